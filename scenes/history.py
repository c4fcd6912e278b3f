"""The versions of a script as a page lists them: who, when, how much has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Q

from projects.access import OpenProject
from scenes.models import Script
from scenes.screenplay.comparing import Size, size_of

PAGE = 20
_MONTH = 30 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One version in the list."""

    version: int
    name: str
    automatic: bool
    author: str
    created_at: datetime
    size: Size


@dataclass(frozen=True, slots=True)
class History:
    """Some versions, the latest first.

    Attributes:
        entries: at most ``PAGE``.
        before: ask for those before this version for more; 0 where there are none.
        every: whether versions that were made by themselves and followed by others are listed, too.
    """

    entries: tuple[Entry, ...]
    before: int
    every: bool


def history_of(opened: OpenProject, *, before: int = 0, all_of_them: bool = False) -> History:
    """Return an opened project's versions.

    Args:
        opened: the project, opened to see.
        before: only versions before this one; 0 begins with the latest.
        all_of_them: also those that were made by themselves.
    """
    rows = Script.objects.filter(project=opened.project).select_related("created_by").order_by("-version")
    latest = rows.values_list("version", flat=True).first()
    if not all_of_them:
        rows = rows.filter(Q(automatic=False) | ~Q(name="") | Q(version=latest))
    if before:
        rows = rows.filter(version__lt=before)
    shown = list(rows.defer("text")[: PAGE + 1])
    more = len(shown) > PAGE
    shown = shown[:PAGE]
    sizes = _sizes(opened, [row.version for row in shown])
    entries = tuple(
        Entry(
            version=row.version,
            name=row.name,
            automatic=row.automatic,
            author=row.created_by.shown_name if row.created_by else "Somebody who left",
            created_at=row.created_at,
            size=sizes[row.version],
        )
        for row in shown
    )
    return History(entries, shown[-1].version if more else 0, all_of_them)


def _sizes(opened: OpenProject, shown: list[int]) -> dict[int, Size]:
    """How much each version has changed against the next one listed; kept, because versions stay as they are."""
    earlier = dict(zip(shown, [*shown[1:], shown[-1] - 1], strict=True)) if shown else {}
    keys = {version: f"script-size:{opened.project.pk}:{version}:{earlier[version]}" for version in shown}
    known: dict[str, Size] = cache.get_many(list(keys.values()))
    missing = [version for version in shown if keys[version] not in known]
    wanted = {*missing, *(earlier[version] for version in missing)}
    rows = Script.objects.filter(project=opened.project, version__in=wanted) if missing else Script.objects.none()
    texts = dict(rows.values_list("version", "text"))
    for version in missing:
        known[keys[version]] = size_of(texts.get(earlier[version], ""), texts[version])
        cache.set(keys[version], known[keys[version]], _MONTH)
    return {version: known[keys[version]] for version in shown}
