"""The one way in for scripts: a file or pasted text, whatever it is, to clean Fountain or a clear refusal.

The stored form is always Fountain with line feeds, in Unicode's composed form (NFC), without control
characters, without marks that turn the direction of writing, and without invisible joiners at the start.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from .fdx import FdxError, fdx_to_fountain
from .fountain import parse_fountain
from .plain import looks_like_layout, plain_to_fountain
from .syntax import ElementKind, Notice

MAX_BYTES = 2 * 1024 * 1024
MAX_SCENES = 2_000
MAX_LINES = 100_000

_SHAPES = (
    (b"%PDF", "a PDF", "Export the script as Fountain, Final Draft (.fdx) or text, or paste its text here."),
    (b"PK\x03\x04", "a Word, Pages or zip file", "Save the script as plain text, Fountain or .fdx and try again."),
    (b"\xd0\xcf\x11\xe0", "an old Word file", "Save the script as plain text, Fountain or .fdx and try again."),
    (b"{\\rtf", "a rich text (RTF) file", "Save the script as plain text, Fountain or .fdx and try again."),
)
_LINE_END = re.compile(r"\r\n|\r|\u2028|\u2029|\x85|\x0b")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufff9-\ufffb\ud800-\udfff]")
# Marks over and under letters count as no word, like other signs; writing systems put a handful on one letter.
_MOST_MARKS = 30
_MANY_SIGNS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")
_CONTROL_BYTES = frozenset(range(32)) - {9, 10, 11, 12, 13, 26, 27}


class ScriptError(ValueError):
    """A script that cannot be taken; the message says what to do, ``code`` is for programs."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class ImportedScript:
    """A script ready to be stored.

    Attributes:
        fountain: the text.
        source_format: ``fountain``, ``fdx`` or ``plain``.
        notices: what was changed on the way in, for the person to see.
    """

    fountain: str
    source_format: str
    notices: tuple[Notice, ...]


def read_script(data: bytes, filename: str = "") -> ImportedScript:
    """Read an uploaded script.

    Args:
        data: the file's bytes.
        filename: only its ending is looked at, and only as a hint; it may be anything.

    Raises:
        ScriptError: ``empty``, ``too_large``, ``binary``, ``undecodable``, ``malformed_xml``, ``unsafe_xml``,
            ``not_final_draft``, ``too_many_scenes`` or ``no_content``.
    """
    if len(data) > MAX_BYTES:
        size = len(data) / 1024 / 1024
        raise ScriptError(
            f"The file is {size:.1f} MB; a script may have at most {MAX_BYTES // 1024 // 1024} MB "
            "(a feature film has about 0.2 MB). Check that it is the script, or split it into parts.",
            "too_large",
        )
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise _empty()
    for start, name, advice in _SHAPES:
        if data.startswith(start):
            raise ScriptError(f"This is {name}, not a text that can be read as a script. {advice}", "binary")
    notices: list[Notice] = []
    if _is_xml(data, filename):
        try:
            text = fdx_to_fountain(data)
        except FdxError as error:
            raise ScriptError(str(error), error.code) from error
        return _finish(text, "fdx", notices)
    return _read_text(_decode(data, notices), filename, notices)


def read_pasted(text: str) -> ImportedScript:
    """Read a script that was pasted or typed; the same rules and errors as ``read_script``."""
    return read_script(text.encode("utf-8", "replace"))


def clean_text(text: str) -> tuple[str, tuple[Notice, ...]]:
    """Bring text into the stored form without interpreting it.

    Returns:
        The text, and a notice for each kind of thing that was taken out.
    """
    notices: list[Notice] = []
    text = _LINE_END.sub("\n", text.removeprefix("\ufeff"))
    for pattern, code, what in (
        (_DIRECTION, "direction_marks_removed", "marks that change the direction of writing"),
        (_INVISIBLE, "control_characters_removed", "invisible control characters"),
    ):
        text, count = pattern.subn("", text)
        if count:
            notices.append(Notice(code, f"{count} {what} were removed."))
    return unicodedata.normalize("NFC", _MANY_SIGNS.sub(_without_towers, text)), tuple(notices)


def _without_towers(signs: re.Match[str]) -> str:
    """Return signs with no more marks on one letter than any has: sorting a tower of them takes the square of it."""
    kept, marks = [], 0
    for sign in signs[0]:
        marks = marks + 1 if unicodedata.category(sign).startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _empty() -> ScriptError:
    return ScriptError("The script is empty. Paste or upload a text with at least one line of action.", "empty")


def _is_xml(data: bytes, filename: str) -> bool:
    start = data[:400].removeprefix(codecs.BOM_UTF8).replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    return start.startswith((b"<?xml", b"<FinalDraft", b"<!DOCTYPE")) or (
        filename.lower().endswith(".fdx") and start.startswith(b"<")
    )


def _decode(data: bytes, notices: list[Notice]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_as("utf-16", data, notices)
    if encoding := _silent_utf16(data):
        return _decode_as(encoding, data, notices)
    start = data[:65_536]
    # A stray control character is cleaned away; more than a few are no text.
    if sum(start.count(byte) for byte in _CONTROL_BYTES) > max(8, len(start) // 50):
        raise ScriptError(
            "This is a binary file, not a text that can be read as a script. "
            "Upload Fountain, Final Draft (.fdx) or plain text.",
            "binary",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_as("cp1252", data, notices)


def _silent_utf16(data: bytes) -> str:
    """UTF-16 without a byte order mark: nearly every other byte is zero."""
    half = len(data) // 2
    if half < 4 or len(data) % 2:
        return ""
    if data[1::2].count(0) * 10 > half * 7 and data[0::2].count(0) * 10 < half:
        return "utf-16-le"
    if data[0::2].count(0) * 10 > half * 7 and data[1::2].count(0) * 10 < half:
        return "utf-16-be"
    return ""


def _decode_as(encoding: str, data: bytes, notices: list[Notice]) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise _undecodable() from None
    name = "Windows-1252" if encoding == "cp1252" else "UTF-16"
    message = f"The file was not UTF-8; it was read as {name}. Check accented letters, and save it as UTF-8 next time."
    notices.append(Notice("encoding_guessed", message))
    return text


def _undecodable() -> ScriptError:
    return ScriptError(
        "The file's letters cannot be read: it is neither UTF-8 nor UTF-16 nor Windows-1252. "
        "Save it as UTF-8 and upload it again.",
        "undecodable",
    )


def _read_text(text: str, filename: str, notices: list[Notice]) -> ImportedScript:
    says_fountain = filename.lower().endswith((".fountain", ".spmd"))
    text, cleaned = clean_text(text)
    _check_lines(text)
    notices.extend(cleaned)
    if not says_fountain and looks_like_layout(text):
        notices.append(
            Notice("layout_converted", "The text was laid out like a printed script and was converted to Fountain.")
        )
        return _finish(plain_to_fountain(text), "plain", notices)
    screenplay = parse_fountain(text)
    prose = not says_fountain and not screenplay.has_headings and not screenplay.title_page
    return _finish(text, "plain" if prose else "fountain", notices)


def _check_lines(text: str) -> None:
    lines = text.count("\n")
    if lines > MAX_LINES:
        raise ScriptError(
            f"The script has {lines} lines; at most {MAX_LINES} are possible. Check that it is the script, "
            "or split it into parts.",
            "too_large",
        )


def _finish(text: str, source_format: str, notices: list[Notice]) -> ImportedScript:
    text, cleaned = clean_text(text)
    notices.extend(cleaned)
    text = text.replace("\f", "\n").strip("\n") + "\n"
    _check_lines(text)
    screenplay = parse_fountain(text)
    if not any(element.kind in _CONTENT for element in screenplay.elements):
        if not screenplay.title_page and not screenplay.elements:
            raise _empty()
        raise ScriptError(
            "The script has nothing to film yet. Add a scene heading such as “INT. KITCHEN - DAY” and some action.",
            "no_content",
        )
    scenes = sum(element.kind is ElementKind.SCENE_HEADING for element in screenplay.elements)
    if scenes > MAX_SCENES:
        raise ScriptError(
            f"The script has {scenes} scenes; at most {MAX_SCENES} are possible. Split it into parts.",
            "too_many_scenes",
        )
    return ImportedScript(text, source_format, (*notices, *screenplay.warnings))


_CONTENT = frozenset(ElementKind) - {
    ElementKind.NOTE,
    ElementKind.SECTION,
    ElementKind.SYNOPSIS,
    ElementKind.PAGE_BREAK,
    ElementKind.TRANSITION,
}
