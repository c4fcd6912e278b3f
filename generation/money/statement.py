"""The ledger of a month as a table that spreadsheets open."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from accounts.models import Team
from generation.models import Entry
from projects.models import Project

COLUMNS = (
    "When (UTC)", "Kind", "Amount (USD)", "Above the estimate (USD)", "Project", "Scene", "Shot", "Operation", "Model",
    "Provider", "State", "Person", "Job", "Attempt", "Task at the provider", "Price list", "Rehearsal", "Note",
)  # fmt: skip
# A cell that begins like this is a formula to a spreadsheet, whoever wrote it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def statement(team: Team, project: Project | None, *, month: date, rehearsal: bool) -> str:
    """Return a month's ledger as comma-separated values, the oldest line first.

    Args:
        team, project, month, rehearsal: as for ``costs.costs_of``.
    """
    rows = Entry.objects.filter(team=team, month=month, rehearsal=rehearsal)
    if project is not None:
        rows = rows.filter(project=project)
    rows = rows.select_related("project", "user", "attempt__job__shot__scene").defer("attempt__body")
    text = io.StringIO()
    # A mark that tells spreadsheets which letters these are.
    text.write("\ufeff")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for entry in rows.iterator(chunk_size=500):
        table.writerow(_cells(entry))
    return text.getvalue()


def _cells(entry: Entry) -> list[str]:
    attempt = entry.attempt
    job, shot = attempt.job, attempt.job.shot
    words = (
        f"{entry.project.name} (deleted)" if entry.project.deleted_at else entry.project.name,
        shot.scene.number if shot is not None else "",
        shot.label if shot is not None else "",
        job.operation,
        attempt.model,
        attempt.provider,
        attempt.state,
        entry.user.shown_name if entry.user is not None else "",
        str(job.pk),
        str(attempt.pk),
        attempt.task_id,
        entry.price_version,
        "yes" if entry.rehearsal else "",
        entry.note,
    )
    # The amounts are figures of our own making; a correction may well begin with a minus.
    figures = (f"{entry.created_at:%Y-%m-%d %H:%M:%S}", entry.kind, _usd(entry.amount), _usd(entry.overrun))
    return [*figures, *(_harmless(word) for word in words)]


def _usd(micros: int) -> str:
    return f"{Decimal(micros) / 1_000_000:.6f}"


def _harmless(word: str) -> str:
    return f"'{word}" if word.startswith(_FORMULA) else word
