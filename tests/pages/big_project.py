"""A feature film for pages to be measured on: 100 scenes, 500 shots, 3,000 takes, without any file."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from accounts.models import User
from projects.models import Comment, Project
from scenes.models import Asset, Line, Scene, Shot, Take
from scenes.screenplay.drafts import Angle
from scenes.screenplay.numbering import shot_letter

SCENES, SHOTS_IN_SCENE, STILLS, CLIPS = 100, 5, 3, 2
STATUSES = list(Shot.Status)


def add_big_project(project: Project, people: list[User], *, scenes: int = SCENES) -> list[Shot]:
    """Fill a project; each shot has three stills and two clips, and a voice for its one line.

    Args:
        project: an empty one.
        people: to whom the shots are given in turn.
        scenes: how many, five shots and thirty takes in each.

    Returns:
        The shots in order.
    """
    made = Scene.objects.bulk_create(
        Scene(
            project=project,
            number=str(number + 1),
            position=number,
            heading=f"EXT. HARBOUR, PIER {number + 1} - DAWN",
            interior="EXT",
            location=f"HARBOUR, PIER {number + 1}",
            time_of_day="dawn",
            characters=["MARA", "TOM"],
            action="Fog lies on the water. MARA unties the last ferry, and nobody waves.",
            duration_ms=4000 * SHOTS_IN_SCENE,
            mirror_written=1,
        )
        for number in range(scenes)
    )
    angles, statuses, owners = cycle(Angle), cycle(STATUSES), cycle([*people, None])
    shots = Shot.objects.bulk_create(
        Shot(
            scene=scene,
            letter=shot_letter(place),
            position=place,
            angle=next(angles),
            description=f"Fog, and a light that goes dark far out, seen from pier {scene.number}.",
            duration_ms=4000,
            status=next(statuses),
            assignee=next(owners),
            due_on=timezone.localdate() + timedelta(days=place - 2),
        )
        for scene in made
        for place in range(SHOTS_IN_SCENE)
    )
    lines = Line.objects.bulk_create(
        Line(shot=shot, position=0, character="MARA", text="One more.", start_ms=500, duration_ms=1500)
        for shot in shots
    )
    kinds = (*["still"] * STILLS, *["clip"] * CLIPS, "voice")
    takes = [_take(project, shot, line, kind, kinds[:at].count(kind) + 1)
             for shot, line in zip(shots, lines, strict=True) for at, kind in enumerate(kinds)]  # fmt: skip
    Asset.objects.bulk_create([take.asset for take in takes], batch_size=500)
    Take.objects.bulk_create(takes, batch_size=500)
    latest = {(take.shot_id, take.kind): take for take in takes}
    for shot, line in zip(shots, lines, strict=True):
        shot.still, shot.clip = latest[shot.pk, "still"], latest[shot.pk, "clip"]
        line.voice = latest[shot.pk, "voice"]
    Shot.objects.bulk_update(shots, ["still", "clip"], batch_size=100)
    Line.objects.bulk_update(lines, ["voice"], batch_size=100)
    Comment.objects.bulk_create(
        Comment(project=project, author=people[0], subject_kind="shot", subject_id=shot.pk, shot_id=shot.pk, text="Hm.")
        for shot in shots[::3]
    )
    return shots


def _take(project: Project, shot: Shot, line: Line, kind: str, number: int) -> Take:
    sha256 = uuid.uuid4().hex * 2
    asset = Asset(
        project=project,
        scene_id=shot.scene_id,
        kind={"still": "image", "clip": "video", "voice": "audio"}[kind],
        origin="generated",
        key=f"projects/{project.pk}/{sha256}",
        media_type="image/png",
        sha256=sha256,
        size=1,
        width=1280,
        height=720,
        duration_ms=None if kind == "still" else 4000,
        thumbnail_key="thumb",
    )
    return Take(
        project=project, shot=shot, line=line if kind == "voice" else None, kind=kind, number=number, asset=asset,
        recipe=sha256[:64],
    )  # fmt: skip
