"""Pages of typewritten lines as a PDF file (ISO 32000-1): Letter paper, 12 point Courier, which every reader has."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

_WIDTH, _HEIGHT = 612, 792
_LEFT, _TOP, _LEADING = 108, 720, 12
# Windows-1252: what the reader's own Courier can show.
_ENCODING = "cp1252"


class NoSuchLetter(ValueError):
    """There is a letter that the typewriter does not have; ``letter`` says which."""

    def __init__(self, letter: str) -> None:
        super().__init__(letter)
        self.letter = letter


def pages_to_pdf(pages: Sequence[Sequence[str]], *, front: int = 0) -> bytes:
    """Return a PDF of these pages; from the second page of the script on they are numbered.

    Args:
        pages: the lines of each, none longer than the paper is wide.
        front: how many of them stand before the script.

    Raises:
        NoSuchLetter: the typewriter does not have it.
    """
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for place, lines in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * place} 0 R >>".encode()
        )
        content = zlib.compress(_drawn(lines, place + 1 - front))
        head = f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    return _file(objects)


def _drawn(lines: Sequence[str], number: int) -> bytes:
    drawn = [b"BT /F1 12 Tf %d TL" % _LEADING]
    if number > 1:
        drawn.append(b"1 0 0 1 %d %d Tm (%d.) Tj" % (_WIDTH - _LEFT, _HEIGHT - 36, number))
    drawn.append(b"1 0 0 1 %d %d Tm" % (_LEFT, _TOP))
    drawn += [b"(%b) Tj T*" % _text(line) for line in lines]
    return b"\n".join([*drawn, b"ET"])


def _text(line: str) -> bytes:
    try:
        letters = line.encode(_ENCODING)
    except UnicodeEncodeError as error:
        raise NoSuchLetter(line[error.start]) from error
    return letters.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    made, starts = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        starts.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % start for start in starts)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(made)
