"""Bringing a result home from an address that somebody else has named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError, IncompleteRead

from generation.providers.errors import OutputExpired, OutputUnusable, PollFailed

from .addresses import NotPublic, check_url, origin, origins
from .calls import reason, retry_after
from .wire import Errand, errand, new_session

PIECE = 1024 * 1024
MOST_REDIRECTS = 3
CONNECT = 10.0
_PAGES = ("text/", "application/json", "application/xml", "application/xhtml", "application/problem")
_PAGE_STARTS = (b"<!doctype", b"<html", b"<?xml", b"<error", b"{", b"[")
_MOST_DIGITS = 18
_GONE = (401, 403, 404, 410)


def download(
    url: str,
    destination: Path,
    *,
    fetch_origins: Collection[str],
    most_bytes: int,
    deadline: float,
    check: Callable[[], None],
    headers: Mapping[str, str] | None = None,
    headers_to: str = "",
) -> str:
    """Write what lies at an address to a file, which appears only when it is whole.

    Args:
        url: as the provider gave it.
        destination: the file; beside it a ``.part`` lives for as long as this takes.
        fetch_origins: origins that may be private or plain http; all else must be https at public addresses.
        most_bytes: the most that is taken.
        deadline: the seconds that all of it may take.
        check: called at least once a second; what it raises ends the download.
        headers: what to send besides, such as a key, and
        headers_to: the one address whose origin may see them; a link or a redirect to anywhere else goes without.

    Returns:
        The type that the server gave, without its parameters; empty when it gave none.

    Raises:
        OutputExpired: the link has run out.
        OutputUnusable: not a media file, cut short, too long, empty, or at an address that may not be reached.
        PollFailed: the network or the server was at fault; try again.
    """
    allowed, trusted = origins(fetch_origins), origins([headers_to] if headers_to else [])
    part = destination.with_name(destination.name + ".part")
    with errand(Errand(seconds=deadline, connect=CONNECT, check=check, origins=allowed)), new_session() as session:
        try:
            for _ in range(MOST_REDIRECTS + 1):
                known = origin(*check_url(url, allowed)) in trusted
                sent = {"Accept-Encoding": "identity", **(headers or {} if known else {})}
                with session.get(url, headers=sent, stream=True, allow_redirects=False) as response:
                    if response.is_redirect:
                        url = _leads_to(url, response.headers["location"])
                        continue
                    _refuse_what_is_no_file(response, most_bytes)
                    _write(response, part, most_bytes)
                    part.replace(destination)
                    return _type_of(response)
        except NotPublic as error:
            raise OutputUnusable(
                "The provider's result lies at an address that must not be reached from here. "
                "Generate again; if it stays so, tell the administrator.",
                code="private_address",
                internal=str(error),
            ) from None
        except (requests.RequestException, HTTPError, UnicodeError) as error:
            raise PollFailed(
                "The result could not be downloaded just now; it is tried again by itself.",
                code="download_failed",
                internal=reason(error),
            ) from None
        finally:
            part.unlink(missing_ok=True)
    raise OutputUnusable(
        "The provider's link leads from one address to the next without end. Generate again.",
        code="redirect_loop",
        internal=f"more than {MOST_REDIRECTS} redirects",
    )


def _type_of(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _leads_to(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise NotPublic("It leads on to something that is no address.") from None


def _refuse_what_is_no_file(response: requests.Response, most_bytes: int) -> None:
    status = response.status_code
    if status in _GONE:
        raise OutputExpired(
            "The link to the result has run out; a fresh one is asked for.", code="link_expired", internal=str(status)
        )
    if status in (408, 429) or status >= 500:
        raise PollFailed(
            "The provider's store is busy; the download is tried again by itself.",
            code="download_failed",
            internal=f"HTTP {status}",
            retry_after=retry_after(response.headers),
        )
    if status != 200:
        raise _unusable("The provider's store did not hand over the result", "bad_status", f"HTTP {status}")
    if _type_of(response).startswith(_PAGES):
        raise _page(_type_of(response))
    said = response.headers.get("Content-Length", "")
    if said.isdecimal() and (len(said) > _MOST_DIGITS or int(said) > most_bytes):
        raise _too_large(most_bytes)


def _write(response: requests.Response, part: Path, most_bytes: int) -> None:
    written = 0
    with part.open("wb") as sink:
        try:
            for piece in response.raw.stream(PIECE, decode_content=True):
                if not written and piece.lstrip()[:16].lower().startswith(_PAGE_STARTS):
                    raise _page("begins like a page")
                written += len(piece)
                if written > most_bytes:
                    raise _too_large(most_bytes)
                sink.write(piece)
        except HTTPError as error:
            if any(isinstance(each, IncompleteRead) for each in (error, *error.args, error.__cause__)):
                raise _unusable("The result arrived cut short", "truncated", f"{written} bytes") from None
            raise
    if not written:
        raise _unusable("The provider delivered an empty file", "empty", "0 bytes")


def _unusable(what: str, code: str, internal: str) -> OutputUnusable:
    return OutputUnusable(
        f"{what}. It is tried again by itself; if it stays so, generate again.", code=code, internal=internal
    )


def _page(internal: str) -> OutputUnusable:
    return _unusable("The provider delivered a page of text instead of a media file", "not_media", internal)


def _too_large(most: int) -> OutputUnusable:
    return _unusable(
        f"The result is larger than {most // (1024 * 1024)} MB, the most that is taken", "too_large", f"over {most}"
    )
