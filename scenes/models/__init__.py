"""The footage: scripts, scenes, shots, the words spoken in them, elements, files, takes and films.

The rows mirror the folder layout of ``layout.py``; the rows are the truth and the folders follow.
Durations are whole milliseconds.
"""

from scenes.models.assets import Asset, DiscardedFile, Upload
from scenes.models.elements import Element, Reference
from scenes.models.film import Film, Render, Sound, Title, Waveform
from scenes.models.script import Line, Scene, Script, ScriptDraft, Shot
from scenes.models.takes import Take

__all__ = [
    "Asset",
    "DiscardedFile",
    "Element",
    "Film",
    "Line",
    "Reference",
    "Render",
    "Scene",
    "Script",
    "ScriptDraft",
    "Shot",
    "Sound",
    "Take",
    "Title",
    "Upload",
    "Waveform",
]
