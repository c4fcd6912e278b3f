"""Invitations as they arrive: the link out of the mail."""

from __future__ import annotations

import re

from django.core import mail


def link_in(message: object) -> str:
    """Return the path of the invitation's link in a mail."""
    found = re.search(r"http://testserver(/invitations/\S+)", str(getattr(message, "body", "")))
    assert found, message
    return found[1]


def last_link() -> str:
    """Return the path of the link in the newest mail."""
    return link_in(mail.outbox[-1])
