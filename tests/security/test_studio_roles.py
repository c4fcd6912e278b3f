"""Members and strangers who want more than they have: invitations of others, money twice, what others did."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Invitation, Membership, Role, User
from generation.models import Batch, Job
from projects.models import Comment, Event, Notification, Project, ReviewLink
from scenes.models import Element, Shot, Take
from tests.pages.footage import add_scenes, finish
from tests.pages.guests import make_link

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


def url(name: str, project: Project, *more: Any) -> str:
    return reverse(name, args=[project.pk, *more])


def filled(project: Project) -> Shot:
    """The first of two shots with a still and a clip each."""
    made = add_scenes(project, 1, 2)
    finish(made)
    return Shot.objects.select_related("scene").get(pk=made[0].pk)


@pytest.mark.parametrize("role", [Role.OWNER, Role.PRODUCER])
def test_a_producer_takes_no_owners_invitation_away(role: Role, cast: SimpleNamespace, client_of: ClientOf) -> None:
    page = reverse("accounts:invite", args=[cast.team.pk])
    client_of(cast.alice).post(page, {"email": "nora@example.com", "role": role})
    sent = Invitation.objects.get()
    answer = client_of(cast.bob).post(page, {"email": "Nora@example.com", "role": Role.REVIEWER})
    assert answer.status_code == 403
    now = Invitation.objects.get()
    assert (now.role, now.token_hash, now.invited_by) == (role, sent.token_hash, cast.alice)
    assert len(mail.outbox) == 1


def test_who_is_made_less_has_no_invitation_left_to_come_back_by(cast: SimpleNamespace, client_of: ClientOf) -> None:
    page = reverse("accounts:invite", args=[cast.team.pk])
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    for role in Role.values:
        client_of(cast.bob).post(page, {"email": f"{role}@example.com", "role": role})
    client_of(cast.alice).post(page, {"email": "other@example.com", "role": Role.OWNER})
    change = reverse("accounts:change_role", args=[cast.team.pk, cast.bob.pk])
    left = Invitation.objects.filter(revoked_at=None).order_by("email").values_list("email", flat=True)
    client_of(cast.alice).post(change, {"role": Role.PRODUCER})
    assert list(left.all()) == ["artist@example.com", "other@example.com", "reviewer@example.com"]
    client_of(cast.alice).post(change, {"role": Role.ARTIST})
    assert list(left.all()) == ["other@example.com"]


def test_a_portrait_is_paid_once_for_two_clicks(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    mara = Element.objects.create(project=project, kind="character", name="MARA", handle="mara")
    carol, page = client_of(cast.carol), url("generation:element_portrait", project, mara.pk)
    form = carol.get(page, headers=FRAGMENT).context["token"]
    for _ in range(2):
        assert carol.post(page, {"token": form}, headers=FRAGMENT).status_code == 200
    assert Job.objects.count() == 1
    another = carol.get(page, headers=FRAGMENT).context["token"]
    carol.post(page, {"token": another}, headers=FRAGMENT)
    assert Job.objects.count() == 2, "another press of a new form is another portrait"


@pytest.mark.parametrize("neighbours", [False, True], ids=["another team", "another project of the team"])
def test_ids_of_others_do_nothing(
    neighbours: bool, cast: SimpleNamespace, project: Project, client_of: ClientOf
) -> None:
    """What Carol names in her own project is somebody else's: nothing happens to it, and nothing comes of it here."""
    owner = cast.alice if neighbours else cast.mallory
    team = cast.team if neighbours else cast.mallory.teams.get()
    theirs = Project.objects.create(team=team, name="Elsewhere", created_by=owner)
    own, foreign = filled(project), filled(theirs)
    assert foreign.clip is not None
    assert own.clip is not None
    said = Comment.objects.create(
        project=theirs, author=owner, subject_kind="take", subject_id=foreign.clip.pk, shot_id=foreign.pk, text="Hush."
    )
    mara = Element.objects.create(project=project, kind="character", name="MARA", handle="mara")
    other = Element.objects.create(project=theirs, kind="character", name="MARA", handle="mara")
    link = make_link(theirs, owner)
    took = client_of(cast.alice)
    before = snapshot(theirs)
    here = Event.objects.filter(project=project).count()
    asks: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("scenes:shots_status", [], {"shots": str(foreign.pk), "status": "approved"}),
        ("scenes:shots_due", [], {"shots": str(foreign.pk), "due": "2027-01-01"}),
        ("scenes:shots_omit", [], {"shots": str(foreign.pk)}),
        ("scenes:shots_assign", [], {"shots": str(foreign.pk), "person": str(cast.carol.pk)}),
        ("scenes:shots_assign", [], {"shots": str(own.pk), "person": str(cast.mallory.pk)}),
        ("scenes:scenes_order", [], {"order": str(foreign.scene_id)}),
        ("scenes:shots_order", [own.scene_id], {"order": f"{own.pk},{foreign.pk}"}),
        ("scenes:scene_insert", [], {"after": str(foreign.scene_id), "heading": "INT. X - DAY"}),
        ("scenes:shot_insert", [own.scene_id], {"after": str(foreign.pk)}),
        ("scenes:element_pictures", [mara.pk], {"add": str(foreign.clip.asset_id)}),
        ("scenes:element_pictures", [mara.pk], {"references": [str(foreign.still.asset_id)]}),  # type: ignore[union-attr]
        ("scenes:element_merge", [mara.pk], {"into": str(other.pk)}),
        ("scenes:film_change", [], {"change": f'{{"shots": {{"{foreign.pk}": {{"durationMs": 900}}}}}}'}),
        ("scenes:film_change", [], {"change": f'{{"addTitle": {{"text": "x", "shotId": "{foreign.pk}"}}}}'}),
        ("scenes:film_change", [], {"change": f'{{"addSound": {{"assetId": "{foreign.clip.asset_id}"}}}}'}),
        ("scenes:film_change", [], {"change": f'{{"move": {{"shot": "{foreign.pk}"}}}}'}),
        ("scenes:share", [], {"takes": str(foreign.clip_id), "days": "7"}),
        ("scenes:review_link_revoke", [link.pk], {}),
        ("scenes:review_link_expiry", [link.pk], {"days": "0"}),
        ("projects:comments", ["take", foreign.clip_id], {"text": "x"}),
        ("projects:comments", ["take", own.clip_id], {"text": "x", "parent": str(said.pk)}),
        ("projects:comment_edit", [said.pk], {"text": "x"}),
        ("projects:comment_resolve", [said.pk], {}),
        ("projects:trash_restore", ["take", foreign.clip_id], {}),
        ("generation:redo", [said.pk], {"prompt": "x"}),
        ("generation:generate", [], {"shots": str(foreign.pk), "choice": "stills"}),
        ("generation:element_redo", [other.pk], {"choice": "stills"}),
        ("generation:asset_upload", [], {"folder": str(foreign.scene_id)}),
        ("generation:upload_begin", [], {"folder": str(foreign.scene_id), "name": "a.png", "size": "9"}),
    ]
    for name, ids, given in asks:
        status = took.post(url(name, project, *ids), given, headers=FRAGMENT).status_code
        # What is passed over is answered with nothing at all.
        assert status in (204, 400, 403, 404, 422), f"{name} {given}: {status}"
    assert snapshot(theirs) == before
    assert Shot.objects.of(project).filter(assignee=cast.mallory).count() == 0
    assert not Comment.objects.filter(project=project).exists()
    assert not mara.references.exists()
    assert Event.objects.filter(project=project).count() == here
    assert not Batch.objects.exists()


def snapshot(project: Project) -> list[Any]:
    """All that somebody from outside could have changed."""
    return [
        list(Shot.objects.of(project).order_by("pk").values()),
        list(Take.objects.filter(shot__scene__project=project).order_by("pk").values()),
        list(Comment.objects.filter(project=project).order_by("pk").values()),
        list(Element.objects.filter(project=project).order_by("pk").values()),
        list(ReviewLink.objects.filter(project=project).order_by("pk").values()),
        list(Event.objects.filter(project=project).order_by("pk").values()),
    ]


def test_only_who_did_it_takes_it_back(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    shot = filled(project)
    carol = client_of(cast.carol)
    carol.post(url("scenes:shots_due", project), {"shots": str(shot.pk), "due": "2027-01-01"}, headers=FRAGMENT)
    number = Event.objects.filter(project=project).latest("number").number
    back = url("scenes:undo", project, number)
    for person in (cast.alice, cast.bob, cast.dave):
        assert client_of(person).post(back, headers=FRAGMENT).status_code == 422
    assert client_of(cast.mallory).post(back, headers=FRAGMENT).status_code == 404
    Membership.objects.filter(user=cast.carol).update(role=Role.REVIEWER)
    assert carol.post(back, headers=FRAGMENT).status_code == 422
    Membership.objects.filter(user=cast.carol).delete()
    assert carol.post(back, headers=FRAGMENT).status_code == 404
    assert str(Shot.objects.get(pk=shot.pk).due_on) == "2027-01-01"


def test_somebody_who_was_removed_hears_nothing_more(
    cast: SimpleNamespace, project: Project, client_of: ClientOf
) -> None:
    shot = filled(project)
    Shot.objects.filter(pk=shot.pk).update(assignee=cast.carol)
    alice, carol = client_of(cast.alice), client_of(cast.carol)
    talk = url("projects:comments", project, "shot", shot.pk)
    carol.post(talk, {"text": "Mine."})
    first = Comment.objects.get()
    Membership.objects.filter(user=cast.carol).delete()
    Notification.objects.all().delete()
    alice.post(talk, {"text": "@Carol, look.", "picked": str(cast.carol.pk)})
    alice.post(talk, {"text": "An answer.", "parent": str(first.pk)})
    assert not Notification.objects.filter(user=cast.carol).exists()
    for name, ids in (("comment_edit", [first.pk]), ("comment_delete", [first.pk]), ("comment_restore", [first.pk])):
        assert carol.post(url(f"projects:{name}", project, *ids), {"text": "Gone."}).status_code == 404
    first.refresh_from_db()
    assert (first.text, first.deleted_at) == ("Mine.", None)


def test_who_may_not_spend_asks_for_nothing(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    shot = filled(project)
    assert shot.clip is not None
    note = Comment.objects.create(
        project=project, author=cast.dave, subject_kind="take", subject_id=shot.clip.pk, shot_id=shot.pk, text="Slower."
    )
    mara = Element.objects.create(project=project, kind="character", name="MARA", handle="mara")
    for name, ids, given in (
        ("redo", [note.pk], {"prompt": "Slower.", "start": "", "number": "0"}),
        ("element_redo", [mara.pk], {"choice": "stills"}),
        ("element_portrait", [mara.pk], {"token": uuid.uuid4().hex}),
        ("element_voice", [mara.pk], {"voice": "Judith"}),
        ("make_film", [], {}),
    ):
        for person, status in ((cast.dave, 403), (cast.mallory, 404)):
            answer = client_of(person).post(url(f"generation:{name}", project, *ids), given, headers=FRAGMENT)
            assert answer.status_code == status, f"{name}: {answer.status_code}"
    assert not Batch.objects.exists()
