"""Which addresses may be reached on behalf of somebody else: those that the whole world can reach.

What counts is the number that a name resolves to in the moment of connecting, never how it is spelt: whoever
checks a name and lets a library resolve it again can be told something else the second time.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Collection
from queue import Empty, SimpleQueue
from typing import Any, cast

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

PORTS = {"http": 80, "https": 443}

# What `is_global` lets through although it leads to this house, to a neighbour, or somewhere through a translator.
_NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        "168.63.129.16/32",  # a cloud's own services, at a public number
        "192.0.0.0/24",
        "192.88.99.0/24",
        "224.0.0.0/3",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_WORLD_6 = ipaddress.ip_network("2000::/3")  # mapped, translated, link-local and site-local numbers lie outside
# One sentence for both, so that nobody can try which names there are behind our own name service.
_TOO_SLOW = "The name {} could not be looked up in time. See whether it is right, and try again."
# Where somebody waits for a name to be looked up, and how many look-ups may hang at once.
LOOK_SECONDS = 5.0
_looking = threading.BoundedSemaphore(8)
_NOT_PUBLIC = "{} is not a public address, or cannot be found."


class NotPublic(Exception):
    """The address may not be reached; the text names it."""


def is_public(address: str) -> bool:
    """Tell whether an IP address, as the resolver gave it, is one that the whole world can reach."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if number.version == 6 and number not in _WORLD_6:
        return False
    return number.is_global and not any(number in network for network in _NEVER if network.version == number.version)


def origin(scheme: str, host: str, port: int | None) -> str:
    """Return ``scheme://host:port`` in one spelling."""
    scheme = scheme.lower()
    return f"{scheme}://{host.strip('[]').lower()}:{port or PORTS.get(scheme, 0)}"


def origins(urls: Collection[str]) -> frozenset[str]:
    """Return the origins of addresses, in one spelling."""
    found = (parse_url(url) for url in urls)
    return frozenset(origin(each.scheme or "", each.host or "", each.port) for each in found)


def check_url(url: str, allowed: Collection[str]) -> tuple[str, str, int]:
    """Refuse what can be refused before a name is looked up.

    Args:
        url: any text.
        allowed: origins, as ``origins`` gives them, that may be plain http.

    Returns:
        Its scheme, host and port.

    Raises:
        NotPublic: not an https address, or one that carries a name or a password.
    """
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise NotPublic("This is not an address.") from None
    scheme, host = (parts.scheme or "").lower(), parts.host or ""
    if scheme not in PORTS or not host:
        raise NotPublic("This is not an address that begins with https://.")
    if parts.auth is not None:
        raise NotPublic("An address must not carry a user name or a password.")
    if scheme != "https" and origin(scheme, host, parts.port) not in allowed:
        raise NotPublic("Only addresses that begin with https:// are fetched.")
    return scheme, host, parts.port or PORTS[scheme]


def check_addresses(host: str, addresses: Collection[str]) -> None:
    """Refuse a name of which even one address is not public.

    Raises:
        NotPublic: its text keeps the number to itself: whoever asks may not learn how this house is numbered.
    """
    for address in addresses:
        if not is_public(address):
            raise NotPublic(_NOT_PUBLIC.format(host))


def resolve(host: str, port: int) -> list[tuple[int, int, int, tuple[str, int]]]:
    """Return family, kind, protocol and address of each place where a host can be reached.

    Raises:
        OSError: there is no such name, or nobody could be asked.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(f"{host!r} is not a name") from error
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]  # type: ignore[misc]


def _resolve_in_time(host: str, port: int) -> list[tuple[int, int, int, tuple[str, int]]]:
    """Return the same within seconds: somebody waits for it. A look-up cannot be ended, so it is left to itself.

    Raises:
        OSError: as above.
        TimeoutError: there was no answer in time, or too many others wait for one.
    """
    if not _looking.acquire(timeout=LOOK_SECONDS):
        raise TimeoutError
    answer: SimpleQueue[Any] = SimpleQueue()

    def look() -> None:
        try:
            answer.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody waits
            answer.put(error)
        finally:
            _looking.release()

    threading.Thread(target=look, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=LOOK_SECONDS)
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return cast(list[tuple[int, int, int, tuple[str, int]]], found)


def public_address(url: str, *, fetch_origins: Collection[str] = ()) -> None:
    """Refuse an address that a person has given, before anybody else is asked to fetch it.

    Args:
        url: what the person gave.
        fetch_origins: origins that may be private or plain http.

    Raises:
        NotPublic: with what is wrong in its text.
    """
    allowed = origins(fetch_origins)
    scheme, host, port = check_url(url, allowed)
    if origin(scheme, host, port) in allowed:
        return
    try:
        places = _resolve_in_time(host, port)
    except TimeoutError:
        raise NotPublic(_TOO_SLOW.format(host)) from None
    except OSError:
        raise NotPublic(_NOT_PUBLIC.format(host)) from None
    check_addresses(host, [place[3][0] for place in places])
