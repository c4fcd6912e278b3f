"""Where links lead that leave the product: in mails, and where people copy them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def site_address() -> str:
    """Return where the product is reached: the public address, or a guess that works on this machine."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host = next((host for host in settings.ALLOWED_HOSTS if host.strip("*.") == host and host), "localhost")
    return f"http://{host}:8000"


def absolute(request: HttpRequest, path: str) -> str:
    """Return a whole address.

    What a browser calls the host is a stranger's word: whoever asks could have somebody's mail lead elsewhere. So the
    public address comes first; the request's is taken where none is set.

    Args:
        request: whoever asks.
        path: of a page, from its slash; of a whole address the host is replaced.
    """
    parts = urlsplit(path)
    inside = parts._replace(scheme="", netloc="").geturl()
    return f"{settings.PUBLIC_URL}{inside}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def to_invitations(request: HttpRequest) -> Callable[[str], str]:
    """Return what makes the address of an invitation's page from its token, for mails that somebody has sent."""
    return lambda token: absolute(request, reverse("accounts:invitation", args=[token]))
