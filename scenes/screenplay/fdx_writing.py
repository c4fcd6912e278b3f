"""Writing Final Draft files: what ``fdx.py`` reads, the other way round."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import SubElement, tostring

from .syntax import Element, ElementKind, Screenplay, plain_text

_K = ElementKind
_TYPES = {
    _K.SCENE_HEADING: "Scene Heading",
    _K.ACTION: "Action",
    _K.CHARACTER: "Character",
    _K.DIALOGUE: "Dialogue",
    _K.PARENTHETICAL: "Parenthetical",
    _K.LYRICS: "Lyrics",
    _K.TRANSITION: "Transition",
    _K.CENTERED: "Action",
    _K.SECTION: "New Act",
}
# XML 1.0 has no place for these, however they are written.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def screenplay_to_fdx(screenplay: Screenplay) -> bytes:
    """Return a screenplay as a Final Draft document. Notes and synopses, which are not printed, stay behind."""
    root = Node("FinalDraft", DocumentType="Script", Template="No", Version="5")
    content = SubElement(root, "Content")
    new_page = False
    dual: Node | None = None
    for element in screenplay.elements:
        if element.kind is _K.PAGE_BREAK:
            new_page = True
            continue
        if element.kind not in _TYPES:
            continue
        if not element.dual:
            dual = None
        elif dual is None or (element.dual == "left" and dual.get("both")):
            dual = SubElement(SubElement(content, "Paragraph"), "DualDialogue")
        if dual is not None and element.dual == "right":
            dual.set("both", "yes")
        paragraph = _paragraph(content if dual is None else dual, element)
        if new_page:
            paragraph.set("StartsNewPage", "Yes")
            new_page = False
    for node in root.iter("DualDialogue"):
        node.attrib.clear()
    _title_page(root, screenplay)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _paragraph(parent: Node, element: Element) -> Node:
    paragraph = SubElement(parent, "Paragraph", Type=_TYPES[element.kind])
    if element.kind is _K.CENTERED:
        paragraph.set("Alignment", "Center")
    if element.scene_number:
        paragraph.set("Number", _ILLEGAL.sub("", element.scene_number))
    text = plain_text(element.text)
    if element.kind is _K.CHARACTER and element.extension:
        text = f"{text} ({element.extension})"
    if element.kind is _K.PARENTHETICAL and not text.startswith("("):
        text = f"({text})"
    SubElement(paragraph, "Text").text = _ILLEGAL.sub("", text)
    return paragraph


def _title_page(root: Node, screenplay: Screenplay) -> None:
    lines = [plain_text(line) for entry in screenplay.title_page for line in entry.values if line.strip()]
    if not lines:
        return
    content = SubElement(SubElement(root, "TitlePage"), "Content")
    for line in lines:
        paragraph = SubElement(content, "Paragraph", Type="Title Page", Alignment="Center")
        SubElement(paragraph, "Text").text = _ILLEGAL.sub("", line)
