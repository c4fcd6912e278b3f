"""A shot as layers: the set, the people, and what passes between them and the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from .canvas import Frame, Sheet, mix
from .figures import draw_figure
from .framing import Placement, camera_for, place
from .palette import light_for
from .sets import CRAMPED, foreground, set_for
from .shot import Shot, dice
from .stage import Camera, Stage

LARGEST_DRAWN = 900


@dataclass(frozen=True)
class Layer:
    """One layer and how far away it is (metres), which says how it moves when the camera does."""

    image: Image.Image
    depth: float


def drawn_size(width: int, height: int) -> tuple[int, int]:
    """The size that is drawn for a wanted size: the same up to 900 lines, smaller (and then enlarged) above."""
    short = min(width, height)
    if short <= LARGEST_DRAWN:
        return width, height
    return round(width * LARGEST_DRAWN / short / 2) * 2, round(height * LARGEST_DRAWN / short / 2) * 2


def paint(
    shot: Shot, width: int, height: int, *, margin: int = 0, check: Callable[[], None] = lambda: None
) -> list[Layer]:
    """Draw a shot as layers from back to front, the first one opaque.

    Args:
        width, height: pixels of the visible picture; every layer has ``margin`` pixels more on each side.
        check: called between steps; what it raises ends the work.
    """
    crowd = min(5, len(dict.fromkeys((*shot.characters, *((shot.speaker,) if shot.speaker else ())))))
    build = set_for(shot)
    cramped = build in CRAMPED
    if cramped and shot.angle in ("wide", "high", "low", "tracking"):
        shot = replace(shot, angle="medium")
    camera = camera_for(shot, crowd=crowd, cramped=cramped)
    frame = Frame(width, height, margin, camera.roll)
    # One scene keeps its set and its light from shot to shot: they hang on the place, not on the shot.
    side = dice("side", shot.location.casefold(), shot.interior).choice((-1, 1))
    light = light_for(shot.time, interior=shot.interior, side=side)
    seen = replace(camera, stand=camera.stand - camera.nearer)
    stage = Stage(frame, seen, light, dice("set", shot.location.casefold()), Sheet(frame, light.haze), Sheet(frame))
    build(stage)
    if shot.angle == "wide":
        foreground(stage, build)
    check()
    if camera.horizon < 0 and not shot.interior:
        _worn_ground(stage)
    people = place(shot, camera, frame.half_width)
    _ground_shadows(stage, people)
    if shot.angle == "tracking":
        _passing_posts(stage)
    layers = [Layer(_developed(stage.back.finished(), frame, camera), camera.stand + 6.0)]
    check()
    crowd_layer = Image.new("RGBA", frame.size)
    near_layer = Image.new("RGBA", frame.size)
    for person in people:
        draw_figure(near_layer if person.near else crowd_layer, frame, person, light, shot)
        check()
    if people:
        layers.append(Layer(crowd_layer, camera.stand))
    if stage.used_front or any(person.near for person in people):
        front = stage.front.finished() if stage.used_front else Image.new("RGBA", frame.size)
        if stage.used_front:
            front = front.filter(ImageFilter.GaussianBlur((0.018 if shot.angle == "tracking" else 0.006) * frame.unit))
        front.alpha_composite(near_layer)
        layers.append(Layer(front, camera.stand * 0.55))
    check()
    return [Layer(_vignetted(layer.image, frame), layer.depth) for layer in layers]


def flattened(layers: list[Layer], *, margin: int) -> Image.Image:
    """The visible picture of layers drawn with a margin, with a little grain against banding."""
    picture = merged(layers)
    if margin:
        picture = picture.crop((margin, margin, picture.width - margin, picture.height - margin))
    return grained(picture)


def merged(layers: list[Layer]) -> Image.Image:
    """All layers in one, margin included."""
    picture = layers[0].image.convert("RGB")
    for layer in layers[1:]:
        picture.paste(layer.image, (0, 0), layer.image)
    return picture


def grained(picture: Image.Image) -> Image.Image:
    """The picture with fine grain, always the same."""
    pixels = np.asarray(picture, dtype=np.int16)
    grain = np.random.default_rng(20).normal(0, 1.5, (*pixels.shape[:2], 1)).round().astype(np.int16)
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8), "RGB")


def _ground_shadows(stage: Stage, people: list[Placement]) -> None:
    """Where people touch the ground, and their long shadows when the camera looks down on them."""
    light, seen_from_above = stage.light, stage.camera.horizon < 0
    for person in people:
        if person.bust:
            continue
        foot = person.top + person.height
        wide = 0.16 * person.height
        flat = 0.32 if seen_from_above else 0.10
        x = person.x - light.side * wide * 0.9
        stage.back.stain(light.shadow, x, foot - wide * 0.05, wide * 1.5, wide * flat * 1.6, 0.55)
        stage.back.stain(light.shadow, person.x, foot - wide * 0.02, wide * 0.75, wide * flat, 0.6)
        if seen_from_above:
            for step in range(1, 7):
                along = step / 6
                at = (person.x - light.side * wide * 3.6 * along, foot - wide * 0.1 + wide * 0.9 * along)
                stage.back.stain(
                    light.shadow, *at, wide * (0.45 + 0.3 * along), wide * (0.2 + 0.1 * along), 0.34 * (1 - along * 0.6)
                )


def _worn_ground(stage: Stage) -> None:
    """Marks on ground that fills the picture when the camera looks down."""
    chance, frame, light = dice("ground", stage.light.name), stage.frame, stage.light
    for _ in range(90):
        q = chance.uniform(-2.6, 4.0)
        x, y = stage.camera.point(chance.uniform(-1, 1) * stage.span(q), 0, q)
        size = chance.uniform(0.006, 0.03) * stage.camera.scale(q) / stage.camera.scale(0)
        tone = light.haze if chance.random() < 0.4 else light.shadow
        stage.back.stain(tone, x, y, size * chance.uniform(2, 5), size, chance.uniform(0.10, 0.26))
    stage.back.stain(light.haze, light.side * frame.half_width * 0.5, 0.35, 0.8, 0.4, 0.22)


def _passing_posts(stage: Stage) -> None:
    """Dark uprights close to the camera: what makes a tracking shot read as movement."""
    frame, chance = stage.frame, dice("posts", stage.camera.stand, stage.light.name, stage.frame.roll)
    tone = mix(stage.light.shadow, stage.light.haze, 0.08)
    for x in (-frame.half_width * 0.86, frame.half_width * 0.8):
        width = chance.uniform(0.07, 0.10)
        stage.front.rectangle(x - width / 2, 0.5 - frame.reach[1], x + width / 2, 0.5 + frame.reach[1], tone)
    stage.used_front = True


def _developed(picture: Image.Image, frame: Frame, camera: Camera) -> Image.Image:
    if camera.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(camera.blur * frame.unit))
    return picture


def _vignetted(picture: Image.Image, frame: Frame) -> Image.Image:
    grid_x, grid_y = frame.grid
    far = (grid_x / frame.reach[0]) ** 2 + ((grid_y - 0.5) / frame.reach[1]) ** 2
    keep = 1 - 0.24 * np.clip(far - 0.25, 0, 1.4) ** 1.3
    mask = Image.fromarray((keep.clip(0, 1) * 255).astype(np.uint8), "L").resize(picture.size, Image.Resampling.BICUBIC)
    pixels = np.array(picture)
    shade = np.asarray(mask, dtype=np.uint16)[..., None]
    pixels[..., :3] = (pixels[..., :3] * shade // 255).astype(np.uint8)
    return Image.fromarray(pixels, picture.mode)
