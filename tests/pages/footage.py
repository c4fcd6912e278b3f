"""Footage for pages: scenes and shots of any number, with stills, clips, lines and voices, without any file."""

from __future__ import annotations

import hashlib
from typing import Any

from generation import wishes
from generation.catalogue import model_named
from generation.prompting import Cast
from projects.models import Project
from scenes.models import Asset, Line, Scene, Shot, Take
from scenes.screenplay.drafts import Angle

ANGLES = list(Angle)


def add_scenes(project: Project, scenes: int, shots: int) -> list[Shot]:
    """Add scenes at the end, with shots and a line in each second shot; return the new shots in order."""
    made = []
    there = Scene.objects.filter(project=project).count()
    for number in range(there, there + scenes):
        scene = Scene.objects.create(
            project=project,
            number=str(number + 1),
            position=number,
            heading=f"EXT. HARBOUR {number} - DAWN",
            interior="EXT",
            location=f"HARBOUR {number}",
            duration_ms=4000 * shots,
        )
        for place in range(shots):
            shot = Shot.objects.create(
                scene=scene,
                letter="ABCDEFGHIJ"[place],
                position=place,
                angle=ANGLES[place % len(ANGLES)],
                description=f"Fog, {number} {place}.",
                duration_ms=4000,
            )
            if place % 2:
                Line.objects.create(
                    shot=shot, position=0, character="MARA", text="One more.", start_ms=500, duration_ms=1500
                )
            made.append(shot)
    return made


def add_take(shot: Shot, kind: str, *, line: Line | None = None, recipe: str | None = None) -> Take:
    """Add a take and make it the select; its recipe is the one that its shot asks for now, unless given."""
    number = Take.objects.filter(shot=shot, kind=kind).count() + 1
    sha256 = hashlib.sha256(f"{shot.pk}{line}{kind}{number}".encode()).hexdigest()
    asset = Asset.objects.create(
        project=shot.scene.project,
        scene=shot.scene,
        kind={"still": "image", "clip": "video", "voice": "audio"}[kind],
        origin="generated",
        key=f"projects/{shot.scene.project_id}/{sha256}",
        media_type="image/png",
        sha256=sha256,
        size=1,
        duration_ms=None if kind == "still" else 1200,
    )
    wish: Any = None
    if recipe is None:
        if kind == "still":
            wish = wishes.still_wish(shot, model=model_named("animatic-still"), cast=Cast())
        elif kind == "clip":
            wish = wishes.clip_wish(shot, model=model_named("animatic-clip"), cast=Cast())
        elif line is not None:
            wish = wishes.voice_wish(line, model=model_named("animatic-voice"), cast=Cast())
    take = Take.objects.create(
        project_id=shot.scene.project_id,
        shot=shot,
        line=line,
        kind=kind,
        number=number,
        asset=asset,
        recipe=wish.recipe if wish else recipe or "",
        fingerprint=wish.fingerprint if wish else "",
    )
    if line is not None:
        Line.objects.filter(pk=line.pk).update(voice=take)
    elif kind == "still":
        shot.still = take
        shot.save(update_fields=["still"])
    else:
        shot.clip = take
        shot.save(update_fields=["clip"])
    return take


def finish(shots: list[Shot]) -> None:
    """Give every shot a still, a clip, and its lines a voice."""
    for shot in shots:
        add_take(shot, "still")
        add_take(shot, "clip")
        for line in shot.lines.all():
            add_take(shot, "voice", line=line)
