"""A project with one of everything, and everybody who may ask for it: what tests of all addresses share."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import URLResolver, get_resolver, reverse
from PIL import Image

from accounts import invitations
from accounts.access import open_team
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from accounts.services import create_team
from generation import services
from generation.models import Batch, BatchGroup, GroupPart, Job, Writing
from projects.access import open_project
from projects.models import Comment, Delivery, Notification, Project, ReviewLink, WebhookEndpoint
from projects.outgoing import secrets, signing
from scenes.models import Asset, Element, Render, Shot, Take, Upload
from scenes.services.scripts import apply_breakdown, save_script
from scenes.services.takes import StoredFile, add_asset, add_take
from tests.conftest import SCRIPT

ROLE_OF = {"reviewer": Role.REVIEWER, "artist": Role.ARTIST, "producer": Role.PRODUCER, "owner": Role.OWNER}


@dataclass
class World:
    """A project with one of everything, and its addresses."""

    project: Project
    ids: dict[str, Any]

    def address(self, name: str, **others: Any) -> str:
        """Return an address of the project's, with some ids replaced."""
        wanted = {**self.ids, **others}
        for pattern in patterns():
            if pattern[0] == name:
                return reverse(name, kwargs={key: wanted[key] for key in pattern[1]})
        raise LookupError(name)


def patterns() -> list[tuple[str, tuple[str, ...]]]:
    """Return all addresses by name, with the names of the ids in them."""
    found = []

    def walk(inner: list[Any], namespace: str) -> None:
        for pattern in inner:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
            else:
                found.append((f"{namespace}{pattern.name}", tuple(pattern.pattern.converters)))

    walk(get_resolver().url_patterns, "")
    return found


@pytest.fixture
def make_world(settings: Any, tmp_path: Any) -> Callable[[Project, User], World]:
    """Return a function that fills a project."""

    def make(project: Project, owner: User) -> World:
        opened = open_project(owner, project.pk, Right.CREATE)
        script = save_script(opened=opened, text=SCRIPT)
        apply_breakdown(opened=opened, version=script.version)
        shot = Shot.objects.of(project)[0]
        picture = io.BytesIO()
        Image.new("RGB", (32, 18)).save(picture, "PNG")
        key = f"projects/{project.pk}/scene-{shot.scene.number}/images/{'a' * 32}.png"
        default_storage.save(key, ContentFile(picture.getvalue()))
        stored = StoredFile(key=key, kind="image", media_type="image/png", sha256="a" * 64, size=99)
        asset: Asset = add_asset(
            project_id=project.pk, scene=shot.scene, file=stored, origin="uploaded", author=owner.pk
        )
        take: Take = add_take(
            shot=shot, line=None, kind="still", asset=asset, mezzanine=None, attempt_id=None, recipe="",
            fingerprint="", inputs={}, author=owner.pk,
        )  # fmt: skip
        batch: Batch = services.make_film(opened=opened)
        job: Job = batch.jobs.all()[0]
        group = BatchGroup.objects.create(team=project.team, make="storyboard", created_by=owner)
        GroupPart.objects.create(group=group, project=project, place=0, outcome="nothing")
        trial = Job.objects.create(
            project=project, team_id=project.team_id, batch=batch, operation="text_to_image", provider="animatic",
            model="animatic-still", recipe="a" * 64, fingerprint=f"{project.pk}",
        )  # fmt: skip
        outlined = {"title": "Fog", "logline": "A ferry.", "scenes": [{"heading": "A", "happens": "B", "minutes": 1}]}
        written = Writing.objects.create(project=project, job=trial, kind="outline", result=outlined)
        note = Notification.objects.create(user=owner, project=project, kind="team", text="Look.", link="/")
        comment = Comment.objects.create(
            project=project, author=owner, subject_kind="shot", subject_id=shot.pk, shot_id=shot.pk, text="Darker."
        )
        said = Comment.objects.create(
            project=project, author=owner, subject_kind="take", subject_id=take.pk, shot_id=shot.pk, text="Slower."
        )
        link = ReviewLink.objects.create(project=project, name="For the client", nonce="n")
        render = Render.objects.create(film=services.film_of(opened), number=1, asset=asset)
        # On this machine, where nothing is sent: whoever tests it learns that, and no name is looked up.
        webhook = WebhookEndpoint(team_id=project.team_id, url="https://127.0.0.1:9/", types=["project_renamed"])
        webhook.sealed_secret = secrets.seal(webhook.pk, signing.new_secret())
        webhook.save()
        delivery = Delivery.objects.create(endpoint=webhook, number=0, type="webhook_test", state="failed")
        in_team = open_team(owner, project.team_id, Right.MANAGE)
        invited = invitations.invite(opened=in_team, email="guest@example.com", role=Role.REVIEWER, link_for=str)
        ids = {
            "team_id": project.team_id, "person_id": User.objects.get(email="dave@example.com").pk,
            "invitation_id": invited.invitation.pk, "event_id": 1, "session_id": 1, "token": "not-a-token",
            "project_id": project.pk, "scene_id": shot.scene_id, "shot_id": shot.pk, "take_id": take.pk,
            "job_id": job.pk, "batch_id": batch.pk, "group_id": group.pk, "asset_id": asset.pk, "name": "file",
            "kind": "still", "provider": "runway", "group": "pictures", "number": 1,
            "heap": "take", "row_id": take.pk, "window": project.pk, "version": 1,
            "trial_id": trial.pk, "writing_id": written.pk,
            "token_id": create_token(opened=in_team, name="Nightly", scopes=["read"])[0].pk,
            "upload_id": Upload.objects.create(project=project, name="fog.png", size=9, created_by=owner).pk,
            "element_id": Element.objects.get(project=project, name="MARA").pk,
            "link_id": link.pk,
            "webhook_id": webhook.pk, "delivery_id": delivery.pk,
            "notification_id": note.pk,
            "about": "shot", "subject_id": shot.pk, "comment_id": comment.pk,
            "note_id": said.pk,
            "render_id": render.pk, "title_id": render.film.titles.create(text="The Last Ferry").pk,
            "script_id": script.pk, "film_id": render.film_id,
        }  # fmt: skip
        return World(project, ids)

    return make


@pytest.fixture
def people(cast: SimpleNamespace) -> dict[str, User | None]:
    """Everybody, the visitor and somebody who was removed included."""
    removed = User.objects.create_user("removed@example.com", "x")
    Membership.objects.create(team=cast.team, user=removed, role=Role.OWNER)
    Membership.objects.filter(user=removed).delete()
    create_team(name="Elsewhere", owner=removed)
    return {
        "visitor": None, "stranger": cast.mallory, "removed": removed, "reviewer": cast.dave,
        "artist": cast.carol, "producer": cast.bob, "owner": cast.alice,
    }  # fmt: skip
