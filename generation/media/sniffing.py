"""What a file is by its first bytes and its outer structure, without any decoder.

Each answer is checked later by really decoding the file; this stage decides which single decoder may try, and turns
away files that are also something else (an archive, a page, a script): a browser or an archiver would read them
differently than we do.
"""

from __future__ import annotations

import mmap
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from generation.media.boxes import BoxesBroken, is_iso_media, walk

HEAD = 8192

_ISO_MEDIA = frozenset({"video/mp4", "video/quicktime", "video/x-m4v", "audio/mp4", "audio/x-m4a", "video/3gpp"})

# ISO/IEC 14496-12 and Apple's QuickTime File Format: what may stand at the top level of a file.
_ISO_BOXES = frozenset(
    b"ftyp styp moov mdat free skip wide udta meta uuid moof mfra sidx ssix emsg pdin prft pnot PICT".split()
)

_PAGE_OR_SCRIPT = re.compile(
    rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?php|\?xml)|#!\s*/|#EXTM3U|ffconcat|%PDF-", re.IGNORECASE
)

_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class NotWhole(Exception):
    """The structure ends before the file says it should."""


class TwoThings(Exception):
    """The file goes on after its end, or is something else as well."""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The one reading of a file that will be tried.

    Attributes:
        kind: ``"image"``, ``"audio"`` or ``"moving"`` (a container that may hold either).
        media_type: to be corrected for containers once it is known what they hold.
        formats: Pillow's format name, or ffmpeg's demuxer.
    """

    kind: str
    media_type: str
    formats: tuple[str, ...]


_KNOWN = {
    "image/jpeg": Sniffed("image", "image/jpeg", ("JPEG",)),
    "image/png": Sniffed("image", "image/png", ("PNG",)),
    "image/apng": Sniffed("image", "image/png", ("PNG",)),
    "image/webp": Sniffed("image", "image/webp", ("WEBP",)),
    "video/mp4": Sniffed("moving", "video/mp4", ("mov",)),
    "video/webm": Sniffed("moving", "video/webm", ("matroska",)),
    "audio/x-wav": Sniffed("audio", "audio/wav", ("wav",)),
    "audio/mpeg": Sniffed("audio", "audio/mpeg", ("mp3",)),
    "audio/aac": Sniffed("audio", "audio/aac", ("aac",)),
    "audio/x-flac": Sniffed("audio", "audio/flac", ("flac",)),
    "audio/ogg": Sniffed("audio", "audio/ogg", ("ogg",)),
}


def sniff(path: Path) -> Sniffed | None:
    """Name the one kind of media that the file's bytes claim to be, or None when it is none that we take.

    Raises:
        NotWhole, TwoThings
    """
    import filetype

    with path.open("rb") as file:
        head = file.read(HEAD)
    guess = filetype.guess(head)
    media_type = guess.mime if guess is not None else ""
    if media_type in _ISO_MEDIA or is_iso_media(path):
        media_type = "video/mp4"
    known = _KNOWN.get(media_type)
    if known is None:
        return None
    _refuse_second_reading(path, head, known)
    with path.open("rb") as file:
        size = path.stat().st_size
        if known.media_type == "image/jpeg":
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _end_of_jpeg(data)
        elif known.media_type == "image/png":
            _end_of_png(file, size)
        elif known.media_type in {"image/webp", "audio/wav"}:
            _end_of_riff(head, size, known.media_type)
        elif known.formats == ("mov",):
            _walk_boxes(file, size)
    return known


def brand(path: Path) -> str:
    """The major brand of an MP4 or QuickTime file, empty where it has none."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[8:12].decode("latin-1").strip() if head[4:8] == b"ftyp" else ""


def _refuse_second_reading(path: Path, head: bytes, known: Sniffed) -> None:
    # Browsers look for a page in the first 1024 bytes or so; XMP inside pictures comes with its own, harmless, prolog.
    text = head[:1024].replace(b"<?xpacket", b"").replace(b"<x:xmpmeta", b"")
    if _PAGE_OR_SCRIPT.search(text):
        raise TwoThings(known.media_type)
    if zipfile.is_zipfile(path):
        raise TwoThings(known.media_type)


def _end_of_jpeg(data: mmap.mmap) -> None:
    position = 2
    while True:
        found = _JPEG_MARKER.search(data, position)
        if found is None:
            raise NotWhole
        marker = data[found.start() + 1]
        if marker == 0xD9:
            break
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        position = found.end() + max(2, length)
    if data[found.end() :].strip(b"\x00\r\n\t "):
        raise TwoThings("image/jpeg")


def _end_of_png(file: BinaryIO, size: int) -> None:
    file.seek(8)
    while True:
        header = file.read(8)
        if len(header) < 8:
            raise NotWhole
        end = file.tell() + int.from_bytes(header[:4], "big") + 4
        if end > size:
            raise NotWhole
        if header[4:] == b"IEND":
            break
        file.seek(end)
    if end != size:
        raise TwoThings("image/png")


def _end_of_riff(head: bytes, size: int, media_type: str) -> None:
    stated = int.from_bytes(head[4:8], "little") + 8
    # Programs that write WAV into a pipe cannot know its length and leave all ones or nothing there.
    if media_type == "audio/wav" and (stated >= 0xFFFFFF00 or stated == 8):
        return
    if stated > size + 1:
        raise NotWhole
    if size > stated + 1:
        raise TwoThings(media_type)


def _walk_boxes(file: BinaryIO, size: int) -> None:
    seen = set()
    try:
        for box in walk(file, 0, size):
            if box.name not in _ISO_BOXES:
                raise TwoThings("video/mp4")
            seen.add(box.name)
    except BoxesBroken as error:
        raise NotWhole from error
    if not seen & {b"moov", b"moof"}:
        raise NotWhole
