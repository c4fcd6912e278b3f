"""What becomes of an answer in words: checked, and kept as an outline, a version of the script, or a proposal.

An answer is data. It is parsed by us, kept within bounds, and shown as text; it names no row, no file and no model, and
nothing in it is ever carried out. Only a screenplay becomes a version by itself, because that is what was asked for,
and only in the name of somebody who may write there now.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from pydantic import BaseModel

from accounts.policies import Right
from generation.catalogue import models
from generation.models import Attempt, Job, Writing
from generation.providers.errors import Fruitless
from generation.writing import shapes, tasks
from generation.writing.asking import tell_followers
from generation.writing.cleaning import NoScreenplay, joined, prose_of, screenplay_of
from generation.writing.kinds import SCREENPLAYS, Kind
from generation.writing.shapes import NotInForm
from projects.access import OpenProject, open_project
from scenes.models import Script
from scenes.services.changing import hold
from scenes.services.scripts import current_script, hold_project, save_script
from scenes.services.writing import NAME_LIMIT

_FORMS: dict[str, type[BaseModel]] = {Kind.OUTLINE: shapes.Outline, Kind.SHOTS: shapes.Shots}
STOPPED, TOO_LONG, BROKEN = "stopped", "length", "broken"
NO_SCREENPLAY = "not_a_screenplay"
# Of words that are kept with their job, the event tells the beginning: it goes to every screen and receiver.
MOST_TOLD = 2_000


def text_of(attempt: Attempt) -> str:
    """Return the words of an answer."""
    return "\n\n".join(output["text"] for output in attempt.outputs if output.get("text"))


def check(attempt: Attempt) -> None:
    """Look whether an answer is what was asked for, before anything is kept of it.

    Args:
        attempt: in FETCHING, with its job.

    Raises:
        Fruitless: it is not; the message says what to do. What it was charged stays charged.
    """
    text, cut = text_of(attempt), _cut(attempt)
    # Whoever paid for it may read it, whatever comes of it.
    Job.objects.filter(pk=attempt.job_id).update(result_text=text)
    if not text.strip():
        raise _fruitless(attempt, "The model answered with nothing. Try again, or choose another model.", "empty")
    row = Writing.objects.filter(job=attempt.job_id).first()
    if row is None:
        return
    try:
        _read(row, text)
    except NotInForm as error:
        if cut == STOPPED:
            raise _fruitless(attempt, "It was stopped before there was anything to use.", STOPPED) from error
        if cut == TOO_LONG:
            words = "The answer was longer than the model can write at once. Ask for less, or choose another model."
            raise _fruitless(attempt, words, TOO_LONG) from error
        words = f"The answer is not in the form that was asked for ({error}). Try again, or choose another model."
        raise _fruitless(attempt, words, "not_in_form") from error
    except NoScreenplay as error:
        if cut == STOPPED:
            raise _fruitless(attempt, "It was stopped before there was a scene. Nothing was saved.", STOPPED) from error
        words = f"{error} Try again, or choose another model."
        raise _fruitless(attempt, words, NO_SCREENPLAY) from error


def finish(attempt: Attempt) -> dict[str, Any]:
    """Keep what an answer is, in the caller's transaction; the books are closed already.

    Args:
        attempt: just moved to its end, looked at by ``check``.

    Returns:
        More for the event of its end.
    """
    row = Writing.objects.select_related("job__created_by", "job__project").filter(job=attempt.job_id).first()
    if row is None:
        return {"text": text_of(attempt)[:MOST_TOLD]}
    row.cut = _cut(attempt)
    found = _read(row, text_of(attempt))
    if row.kind in SCREENPLAYS:
        _keep_screenplay(row, found["text"], attempt.model)
    else:
        row.result = found
    row.save(update_fields=["cut", "result", "script", "set_aside"])
    if row.kind == Kind.OUTLINE:
        # Who asks for the screenplay at this very moment holds the project, too: one of us sees the other.
        hold(row.job.project)
        tell_followers(row)
    told: dict[str, Any] = {"writingId": str(row.pk), "kind": row.kind}
    return told | ({"version": row.script.version} if row.script is not None else {})


def screenplay_in(row: Writing, text: str) -> str:
    """Return the screenplay that the words of an answer come to, with what they go on from.

    Raises:
        NoScreenplay: there is none in them.
    """
    return screenplay_of(joined(row.before, text) if row.kind == Kind.CONTINUATION else text)


def _read(row: Writing, text: str) -> dict[str, Any]:
    """Return what an answer is, within its bounds.

    Raises:
        NotInForm, NoScreenplay
    """
    if row.kind in SCREENPLAYS:
        return {"text": screenplay_in(row, text)}
    if row.kind in _FORMS:
        found = shapes.read(_FORMS[row.kind], text)
        # Whoever writes the screenplay reads all of it, at a price that was told before there was an outline.
        if row.kind == Kind.OUTLINE and tasks.is_longer_than_asked(tasks.Brief(**row.brief), found):
            raise NotInForm("it is much longer than was asked for")
        return found
    words = prose_of(shapes.read(shapes.Words, text)["text"])
    if row.kind != Kind.REWRITE:
        words = " ".join(words.split())
    most = int(row.brief.get("most", 2 * tasks.MOST_PASSAGE))
    if not words:
        raise NotInForm("it is empty")
    if len(words) > most:
        raise NotInForm(f"it has {len(words):,} characters, and {most:,} is the most")
    return {"text": words}


def version_name(row: Writing, model_id: str) -> str:
    """Return what a version of the script is called that a model wrote, whole or not."""
    model = models().get(model_id)
    return f"{'Unfinished, by' if row.cut else 'By'} {model.label if model else model_id}"[:NAME_LIMIT]


def _keep_screenplay(row: Writing, text: str, model_id: str) -> None:
    """Make a screenplay a version. What somebody has saved meanwhile stays the latest, as a version after it."""
    opened = _opened(row)
    if opened is None:
        row.result = {"text": text}
        return
    hold_project(opened)
    latest = current_script(opened.project)
    row.script = save_script(opened=opened, text=text, name=version_name(row, model_id))
    if latest is not None and latest.version != row.based_on and latest.text != text:
        save_script(opened=opened, text=latest.text, source_format=latest.source_format, name=_back_to(latest))
        row.set_aside = True


def _back_to(script: Script) -> str:
    return f"Back to {script.name or f'version {script.version}'}"[:NAME_LIMIT]


def _opened(row: Writing) -> OpenProject | None:
    """Open the project for whoever asked, as their role is now; None where they may not write there any more."""
    try:
        return open_project(row.job.created_by, row.project_id, Right.CREATE)
    except (Http404, PermissionDenied):
        return None


def _cut(attempt: Attempt) -> str:
    return str(next((output["cut"] for output in attempt.outputs if output.get("cut")), ""))[:8]


def _fruitless(attempt: Attempt, public: str, code: str) -> Fruitless:
    cost = attempt.cost if attempt.cost is not None else attempt.estimate
    return Fruitless(f"{public} What was written is charged.", code=code, cost=cost)
