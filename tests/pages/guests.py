"""Guests for tests: a project with footage, a link to it, and browsers that come by it."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from accounts.policies import Right
from projects.access import open_project
from projects.guest_access import address_of
from projects.models import Project, ReviewLink
from scenes.models import Asset
from scenes.services import guest_items
from scenes.services.guest_items import Choice


def make_link(project: Project, maker: Any, *, choice: Choice | None = None, **given: Any) -> ReviewLink:
    """Make a link as its form does; to the film, unless a choice is given."""
    opened = open_project(maker, project.pk, Right.MANAGE)
    usual: dict[str, Any] = {"name": "First cut", "expires_at": None, "may_approve": True}
    return guest_items.share(opened=opened, choice=choice or Choice(), **{**usual, **given})


def enter(link: ReviewLink, name: str = "Vera", password: str = "") -> Client:
    """Return the browser of somebody who gave their name at a link."""
    client = Client()
    answer = client.post(address_of(link), {"name": name, "password": password})
    assert answer.status_code == 302, answer.text
    return client


def at(link: ReviewLink, name: str, *more: Any) -> str:
    """Return one of a link's addresses."""
    return address_of(link, f"guests:{name}", *more)


def store(asset: Asset, data: bytes = b"0123456789" * 100) -> None:
    """Put a file where an asset says it is."""
    default_storage.delete(asset.key)
    default_storage.save(asset.key, ContentFile(data))
