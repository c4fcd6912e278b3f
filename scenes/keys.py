"""The keys of each page, for the overview that ``?`` opens: groups of a title and rows, each of keys and what they do.

They are listened to in ``static/js``; a test reads there that none of them is missing here.
"""

from __future__ import annotations

Group = tuple[str, tuple[tuple[tuple[str, ...], str], ...]]

STORYBOARD: tuple[Group, ...] = (
    (
        "Storyboard",
        (
            (("←", "→", "↑", "↓"), "go from shot to shot"),
            (("Shift", "arrow"), "select a run of shots"),
            (("Space",), "select one more, or one less"),
            (("Ctrl", "A"), "select all that are shown"),
            (("Esc",), "select nothing"),
            (("Enter",), "go into the panel of the shot"),
            (("Alt", "arrow"), "move the shot in its scene, or to another column of the board"),
            (("Alt", "↑", "↓"), "move the scene, with its heading in focus"),
            (("A",), "give the selected shots to somebody"),
            (("T",), "set the status of the selected shots"),
            (("D",), "set the day on which they are due"),
            (("N",), "insert a shot behind this one"),
            (("S",), "split this shot in the middle"),
            (("Delete",), "leave the selected shots out of the film, or take them back"),
            (("B",), "change between storyboard and board"),
            (("/",), "search"),
        ),
    ),
)
SCRIPT: tuple[Group, ...] = (
    (
        "Script",
        (
            (("Ctrl", "S"), "save a version; everything is kept while you type"),
            (("Ctrl", "F"), "find in the script"),
            (("Enter",), "in the search: the next one"),
            (("Shift", "Enter"), "in the search: the one before"),
            (("Ctrl", "Z"), "take back what you typed"),
        ),
    ),
)
_SCREEN: Group = (
    "Playing",
    (
        (("Space",), "play or pause"),
        (("J", "K", "L"), "play backwards, pause, play; again for faster"),
        ((",", "."), "one frame back, one frame on"),
        (("←", "→"), "a second back, a second on"),
        (("Home", "End"), "go to the first frame, to the last"),
        (("<", ">"), "slower, faster"),
        (("O",), "play it again and again"),
        (("M",), "mute"),
        (("F",), "full screen"),
    ),
)
RUSHES: tuple[Group, ...] = (
    (
        "Takes",
        (
            (("↑", "↓", "[", "]"), "go to the take before, to the next one"),
            (("X",), "compare it with other takes of its shot"),
            (("S",), "star it, or not any more"),
            (("N",), "write a note at this frame"),
            (("D",), "draw on this frame"),
        ),
    ),
    _SCREEN,
)
VERDICTS: Group = ("Review", ((("A",), "approve"), (("C",), "send back, with a note")))
COMPARE: tuple[Group, ...] = (_SCREEN,)
_WATCHING = (
    (("Space", "K"), "play or pause"),
    (("↑", "↓"), "go to the shot before, to the next one"),
    (("←", "→"), "a second back, a second on"),
    ((",", "."), "one frame back, one frame on"),
    (("Home", "End"), "go to the beginning, to the end"),
    (("M",), "mute"),
    (("F",), "full screen"),
)
GUEST: tuple[Group, ...] = (("Playing", _WATCHING),)
NOTES: Group = ("Notes", ((("N",), "write a note at this frame"), (("D",), "draw on this frame")))
FILM: tuple[Group, ...] = (
    ("Playing", (*_WATCHING, (("C",), "subtitles"))),
    (
        "Timeline",
        (
            (("+", "-"), "show it larger, show more of the film"),
            (("0",), "show the whole film"),
            (("Tab",), "go into the rows; arrows then lead from piece to piece"),
            (("Enter",), "choose the piece in focus"),
            (("Esc",), "choose nothing"),
        ),
    ),
)
CUTTING: Group = (
    "Cutting",
    (
        (("Alt", "←", "→"), "move the piece in focus; with Shift further"),
        (("[", "]"), "begin or end what is chosen at the playhead"),
        (("Delete",), "put the sound or title in focus into the trash"),
        (("Ctrl", "Z"), "take back the last change"),
        (("Ctrl", "Shift", "Z"), "do it again"),
    ),
)
