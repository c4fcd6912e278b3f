"""Final Draft documents (``.fdx``) to Fountain.

The format has no public specification; what is read here is what Final Draft 8 to 13 write: paragraphs
with a ``Type``, each of several styled ``Text`` runs, dual dialogue as a paragraph holding two speeches,
scene numbers as an attribute, and a title page of centred paragraphs.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .writing import FountainWriter, escape

_MARKS = (("Bold", "**"), ("Italic", "*"), ("Underline", "_"))
_CREDITS = ("by", "written by", "screenplay by", "written and directed by", "story by", "teleplay by")


class FdxError(ValueError):
    """The document cannot be read; ``code`` is stable and the message says what to do."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def fdx_to_fountain(data: bytes) -> str:
    """Convert a Final Draft document.

    Args:
        data: the file as it is; its XML declaration says how it is encoded.

    Raises:
        FdxError: it is not well-formed, not Final Draft, or carries entities (which can hide an
            attack and never occur in real documents).
    """
    try:
        root = fromstring(data)
    except DefusedXmlException as error:
        raise FdxError(
            "The file defines XML entities, which Final Draft never does, so it was not opened. "
            "Save it again from Final Draft, or export it as Fountain or text.",
            "unsafe_xml",
        ) from error
    except (ParseError, LookupError, ValueError) as error:
        raise FdxError(
            f"The Final Draft file is damaged ({error}). Save it again from the program that made it, "
            "or export it as Fountain or text.",
            "malformed_xml",
        ) from error
    content = root.find("Content")
    if root.tag != "FinalDraft" or content is None:
        raise FdxError(
            "The file is XML but not a Final Draft script. Export the script as .fdx, Fountain or text.",
            "not_final_draft",
        )
    writer = FountainWriter()
    _write_title_page(root.find("TitlePage/Content"), writer)
    for paragraph in content.findall("Paragraph"):
        _write(paragraph, writer)
    return writer.text()


def _write(paragraph: Element, writer: FountainWriter) -> None:
    dual = paragraph.find("DualDialogue")
    if dual is None:
        _write_one(paragraph, writer)
        return
    speakers = 0
    for inner in dual.findall("Paragraph"):
        speakers += inner.get("Type") == "Character"
        # Two speeches never hold two others; following them down would let a file choose how deep we go.
        _write_one(inner, writer, second=speakers == 2)


def _write_one(paragraph: Element, writer: FountainWriter, *, second: bool = False) -> None:
    kind = paragraph.get("Type", "General")
    text = _text(paragraph)
    if paragraph.get("StartsNewPage") == "Yes" and text.strip() and kind != "Scene Heading":
        writer.page_break()
    if kind == "Scene Heading":
        writer.heading(text, paragraph.get("Number", ""))
    elif kind == "Character":
        writer.character(text, dual=second)
    elif kind == "Parenthetical":
        writer.parenthetical(text)
    elif kind == "Dialogue":
        writer.dialogue(text)
    elif kind in ("Singing", "Lyrics"):
        writer.lyrics(text)
    elif kind == "Transition":
        writer.transition(text)
    elif kind in ("New Act", "Act Break", "Sequence"):
        writer.section(text)
    elif kind == "End of Act" or paragraph.get("Alignment") == "Center":
        writer.centered(text)
    else:
        writer.action(text)


def _text(paragraph: Element) -> str:
    """All runs of a paragraph, each with its style as Fountain marks."""
    return "".join(_run(run.text or "", run.get("Style", "")) for run in paragraph.findall("Text"))


def _run(text: str, style: str) -> str:
    escaped = escape(text)
    styles = style.split("+")
    opening = "".join(mark for name, mark in _MARKS if name in styles)
    core = escaped.strip()
    if not opening or not core or "\n" in core:
        return escaped
    # Marks must hug their words: spaces at the edges of a styled run stay outside.
    start = escaped.index(core)
    closing = "".join(mark for name, mark in reversed(_MARKS) if name in styles)
    return f"{escaped[:start]}{opening}{core}{closing}{escaped[start + len(core) :]}"


def _write_title_page(page: Element | None, writer: FountainWriter) -> None:
    """The title is the first line, the author what follows "by"; the rest is kept under Contact."""
    if page is None:
        return
    lines = [_text(paragraph).strip() for paragraph in page.findall("Paragraph")]
    lines = [line for line in lines if line]
    if not lines:
        return
    writer.title("Title", lines[:1])
    credit = next((at for at, line in enumerate(lines) if line.casefold().strip(" :") in _CREDITS), None)
    rest = lines[1:]
    if credit is not None and credit + 1 < len(lines):
        writer.title("Credit", [lines[credit]])
        writer.title("Author", [lines[credit + 1]])
        rest = [*lines[1:credit], *lines[credit + 2 :]]
    writer.title("Contact", rest)
