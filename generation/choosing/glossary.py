"""What providers call things, in words for people who have never used one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.catalogue import Capability

_MOST_LISTED = 16

# The provider's own field name: what people read, and what it does.
_KNOWN = {
    "accelerating": ("Acceleration", "Faster, with a little less detail."),
    "acceleration": ("Acceleration", "Faster, with a little less detail."),
    "addWatermark": ("Watermark", "Whether the provider's mark is on the picture."),
    "applyTextNormalization": ("Reads out numbers", "On says “twenty-one” for 21; auto decides by the text."),
    "apply_text_normalization": ("Reads out numbers", "On says “twenty-one” for 21; auto decides by the text."),
    "audio": ("Sound", "Whether the clip comes with sound made by the model. It can cost more."),
    "background": ("Background", "Transparent leaves everything but the subject empty."),
    "bpm": ("Tempo", "Beats a minute."),
    "cameraFixed": ("Camera stands still", "On keeps the camera where it is."),
    "guidance": ("Prompt strength", "Higher keeps closer to the words; lower leaves the model more freedom."),
    "CFGScale": ("Prompt strength", "Higher keeps closer to the words; lower leaves the model more freedom."),
    "cfgScale": ("Prompt strength", "Higher keeps closer to the words; lower leaves the model more freedom."),
    "creativity": ("Creativity", "How much the model may invent while it makes the picture larger."),
    "edit": ("Edits the references", "On changes the reference pictures instead of drawing from them."),
    "expressionIntensity": ("Expression", "How strongly the face moves, from 1 to 5."),
    "flavor": ("Manner", "What kind of picture it is made for."),
    "force_instrumental": ("Instrumental", "On keeps voices out; otherwise the words decide."),
    "format": ("File", "What kind of file comes back."),
    "fpsBoost": ("More frames", "On makes movement smoother with frames in between."),
    "generateAudio": ("Sound", "Whether the clip comes with sound made by the model. It can cost more."),
    "grounding": ("Looks things up", "On lets the model search the web for how things look."),
    "instrumental": ("Instrumental", "Without voices."),
    "keepOriginalSound": ("Keeps the sound", "On leaves the sound of the clip that is changed."),
    "language": ("Language", "What is spoken; auto hears it from the words."),
    "language_code": ("Language", "What is spoken; empty hears it from the words."),
    "loop": ("Loop", "On makes the end meet the beginning."),
    "loudnessRate": ("Loudness", "0 is usual."),
    "lyricsOptimizer": ("Writes the lyrics", "On lets the model write or improve the words that are sung."),
    "mode": ("Mode", "The provider's quality levels; the better one costs more."),
    "motion": ("Motion", "How much moves."),
    "outpaint": ("Grow by", "Pixels added on each side."),
    "outputFormat": ("File", "What kind of file comes back."),
    "output_format": ("File", "Kind, samples a second and kilobits; the finest need a larger plan."),
    "pitchRate": ("Pitch", "0 is usual; higher is a higher voice."),
    "preciseEdit": ("Precise", "On leaves everything alone that was not asked for."),
    "promptExpansionMode": ("Rewrites the prompt", "How much the provider adds to your words before they are used."),
    "promptOptimizer": ("Rewrites the prompt", "On lets the provider improve your words before they are used."),
    "prompt_influence": ("Prompt strength", "Higher keeps closer to the words and differs less each time."),
    "promptUpsampling": ("Rewrites the prompt", "On lets the provider make your prompt longer before it is used."),
    "publicFigureThreshold": ("Known faces", "Low is more permissive about people who are known."),
    "quality": ("Quality", "Higher looks better, takes longer and costs more."),
    "resolution": ("Sharpness", "Finer pictures cost more."),
    "sampleRate": ("Sample rate", "Hertz; 48000 is usual in film."),
    "scaleFactor": ("Larger by", "How many times as wide and as high."),
    "scheduler": ("Sampler", "How the picture is worked out of the noise. Leave it unless you know."),
    "sharpen": ("Sharpen", "From 0 to 100."),
    "similarity_boost": ("Likeness", "Higher keeps closer to the original voice."),
    "similarityBoost": ("Likeness", "Higher keeps closer to the original voice."),
    "smartGrain": ("Grain", "Film grain that is added, from 0 to 100."),
    "sound": ("Sound", "Whether the clip comes with sound made by the model. It can cost more."),
    "speechRate": ("Pace", "0 is usual; higher is faster."),
    "speed": ("Speed", "How fast it is spoken; 1 is normal."),
    "stability": ("Steadiness", "Higher is calmer, lower has more feeling."),
    "steps": ("Steps", "How long the model works at the picture: more is finer and slower."),
    "strength": ("How much changes", "0 keeps the picture as it is, 1 keeps almost nothing of it."),
    "style": ("Style", "The look that the model goes for."),
    "targetAspectRatio": ("Shape", "Width to height of what comes back."),
    "targetFramerate": ("Frames a second", "What the clip will have."),
    "thinkingLevel": ("Thinking", "How long the model thinks before it draws."),
    "ultraDetail": ("Detail", "From 0 to 100."),
    "upscaleFactor": ("Larger by", "How many times as wide and as high."),
    "use_speaker_boost": ("Clearer voice", "On brings the voice closer to the original, a little slower."),
    "useSpeakerBoost": ("Clearer voice", "On brings the voice closer to the original, a little slower."),
}
_VALUES = {True: "on", False: "off"}
SIDES = ("top", "right", "bottom", "left")


@dataclass(frozen=True, slots=True)
class Control:
    """One of a model's options as a form shows it.

    Attributes:
        name: the provider's own.
        label, help: for people.
        values: to choose from, as the form sends them with what people read; empty for a number.
        least, most: of a number.
        sides: whether there is one number for each side of the picture.
        needed: whether it must be set.
        value: what is set; empty for the model's own.
    """

    name: str
    label: str
    help: str
    values: tuple[tuple[str, str], ...] = ()
    least: float = 0
    most: float = 0
    sides: tuple[tuple[str, str], ...] = ()
    needed: bool = False
    value: str = ""


def controls(capability: Capability, options: Mapping[str, Any]) -> list[Control]:
    """Return a form's controls for what can be set beside the usual.

    Args:
        capability: of the model, for one operation.
        options: what is set.
    """
    return [_control(name, allowed, capability, options.get(name)) for name, allowed in capability.options.items()]


def _control(name: str, allowed: Sequence[Any], capability: Capability, value: Any) -> Control:
    own = name.rpartition(".")[2]
    label, words = _KNOWN.get(own, (_spoken(own), ""))
    needed, shown = name in capability.needed, "" if value is None else form_value(value)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in allowed)
    if name == "outpaint":
        set_to = value if isinstance(value, Mapping) else {}
        sides = tuple((side, str(set_to.get(side) or "")) for side in SIDES)
        return Control(name, label, words, least=min(allowed), most=max(allowed), sides=sides, needed=needed)
    if numbers and len(allowed) > _MOST_LISTED:
        return Control(name, label, words, least=min(allowed), most=max(allowed), needed=needed, value=shown)
    values = tuple((form_value(one), form_value(one)) for one in allowed)
    return Control(name, label, words, values=values, needed=needed, value=shown)


def form_value(value: Any) -> str:
    """Return an option's value as a form sends it."""
    if isinstance(value, bool):
        return _VALUES[value]
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def options_of(capability: Capability, data: Mapping[str, str]) -> dict[str, Any]:
    """Return a model's options from a form; what is none of the allowed values is kept as it was typed, to be refused.

    Args:
        capability: of the model, for one operation.
        data: fields called ``option.NAME``, ``option.outpaint.top`` for sides.
    """
    found: dict[str, Any] = {}
    for name, allowed in capability.options.items():
        if name == "outpaint":
            sides = {side: _typed(data.get(f"option.{name}.{side}", ""), allowed) for side in SIDES}
            sides = {side: value for side, value in sides.items() if value not in ("", 0)}
            if sides:
                found[name] = sides
        elif text := data.get(f"option.{name}", "").strip():
            found[name] = _typed(text, allowed)
    return found


def _typed(text: str, allowed: Sequence[Any]) -> Any:
    text = text.strip()
    return next((one for one in allowed if form_value(one) == text), text)


def _spoken(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.replace("_", " "))
    return words.strip().capitalize()
