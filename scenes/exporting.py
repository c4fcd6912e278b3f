"""Versions of a script as files for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.text import slugify

from scenes.models import Script
from scenes.screenplay.fdx_writing import screenplay_to_fdx
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.pdf import NoSuchLetter, pages_to_pdf
from scenes.screenplay.printing import typewritten, typewritten_pages


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: its content, what it is, and a plain name to save it under."""

    content: bytes
    media_type: str
    name: str


class ExportError(Exception):
    """A script cannot be had in this form. The message says what to do instead."""


def _pdf(text: str) -> bytes:
    screenplay = parse_fountain(text)
    return pages_to_pdf(typewritten_pages(screenplay), front=1 if screenplay.title_page else 0)


# Never XML or HTML by its type: a browser would show it in our name.
FORMATS: Mapping[str, tuple[str, Callable[[str], bytes]]] = {
    "fountain": ("text/plain; charset=utf-8", lambda text: text.encode()),
    "fdx": ("application/octet-stream", lambda text: screenplay_to_fdx(parse_fountain(text))),
    "pdf": ("application/pdf", _pdf),
    "txt": ("text/plain; charset=utf-8", lambda text: typewritten(parse_fountain(text)).encode()),
}


def export_script(script: Script, form: str) -> Exported:
    """Return a version of a script as a file.

    Args:
        script: of an opened project, with the project.
        form: one of ``FORMATS``.

    Raises:
        ExportError: the form cannot hold it; the message says what to do.
    """
    media_type, write = FORMATS[form]
    stem = slugify(script.project.name) or "script"
    try:
        content = write(script.text)
    except NoSuchLetter as error:
        raise ExportError(
            f"A PDF of this kind has no letter “{error.letter}”. Print the script from its page in the browser instead."
        ) from error
    return Exported(content, media_type, f"{stem}-v{script.version}.{form}")
