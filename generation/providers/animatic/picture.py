"""A shot as layers: the set, the people, and what passes between them and the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .canvas import Frame, Sheet, mix
from .figures import draw_figure
from .framing import Placement, camera_for, place
from .palette import Light, light_for
from .sets import set_for
from .shot import Shot, dice
from .stage import Camera, Stage

LARGEST_DRAWN = 1080


@dataclass(frozen=True)
class Layer:
    """One layer and how far away it is (metres), which says how it moves when the camera does."""

    image: Image.Image
    depth: float


def drawn_size(width: int, height: int) -> tuple[int, int]:
    """The size that is drawn for a wanted size: the same up to 1080 lines, smaller (and then enlarged) above."""
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
    camera = camera_for(shot, crowd=crowd)
    frame = Frame(width, height, margin, camera.roll)
    # One scene keeps its set and its light from shot to shot: they hang on the place, not on the shot.
    side = dice("side", shot.location.casefold(), shot.interior).choice((-1, 1))
    light = light_for(shot.time, interior=shot.interior, side=side)
    stage = Stage(
        frame, camera, light, dice("set", shot.location.casefold()), Sheet(frame, light.haze), Sheet(frame), crowd
    )
    set_for(shot)(stage)
    check()
    people = place(shot, camera, frame.half_width)
    _ground_shadows(stage, people)
    if shot.angle == "tracking":
        _passing_posts(stage)
    layers = [Layer(_developed(stage.back.finished(), frame, camera, light), camera.stand + 6.0)]
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
            front = front.filter(ImageFilter.GaussianBlur(0.006 * frame.unit))
        front.alpha_composite(near_layer)
        layers.append(Layer(front, camera.stand * 0.62))
    check()
    return [Layer(_vignetted(layer.image, frame, light), layer.depth) for layer in layers]


def flattened(layers: list[Layer], *, margin: int) -> Image.Image:
    """The visible picture of layers drawn with a margin, with a little grain against banding."""
    picture = layers[0].image.convert("RGB")
    for layer in layers[1:]:
        picture.paste(layer.image, (0, 0), layer.image)
    if margin:
        picture = picture.crop((margin, margin, picture.width - margin, picture.height - margin))
    return grained(picture)


def grained(picture: Image.Image) -> Image.Image:
    """The picture with fine grain, always the same."""
    pixels = np.asarray(picture, dtype=np.int16)
    grain = np.random.default_rng(20).normal(0, 1.5, (*pixels.shape[:2], 1)).round().astype(np.int16)
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8), "RGB")


def _ground_shadows(stage: Stage, people: list[Placement]) -> None:
    light = stage.light
    for person in people:
        if person.bust:
            continue
        foot = person.top + person.height
        wide = 0.16 * person.height
        flat = 0.10 if stage.camera.horizon > 0 else 0.32
        stage.back.stain(
            light.shadow, person.x - light.side * wide * 0.9, foot - wide * 0.05, wide * 1.5, wide * flat * 1.6, 0.55
        )
        stage.back.stain(light.shadow, person.x, foot - wide * 0.02, wide * 0.75, wide * flat, 0.6)


def _passing_posts(stage: Stage) -> None:
    """Dark uprights close to the camera: what makes a tracking shot read as movement."""
    frame, chance = stage.frame, dice("posts", stage.camera.stand, stage.light.name, stage.frame.roll)
    tone = mix(stage.light.shadow, (0, 0, 0), 0.35)
    for x in _spread(frame.half_width, chance):
        width = chance.uniform(0.035, 0.06)
        stage.front.rectangle(x - width / 2, 0.5 - frame.reach[1], x + width / 2, 0.5 + frame.reach[1], tone)
    stage.used_front = True


def _spread(half_width: float, chance: object) -> Iterator[float]:
    return iter((-half_width * 0.86, half_width * 0.80))


def _developed(picture: Image.Image, frame: Frame, camera: Camera, light: Light) -> Image.Image:
    if camera.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(camera.blur * frame.unit))
    return picture


def _vignetted(picture: Image.Image, frame: Frame, light: Light) -> Image.Image:
    grid_x, grid_y = frame.grid
    far = (grid_x / frame.reach[0]) ** 2 + ((grid_y - 0.5) / frame.reach[1]) ** 2
    keep = 1 - 0.30 * np.clip(far - 0.35, 0, 1.4) ** 1.3
    mask = Image.fromarray((keep.clip(0, 1) * 255).astype(np.uint8), "L").resize(picture.size, Image.Resampling.BICUBIC)
    pixels = np.array(picture)
    shade = np.asarray(mask, dtype=np.uint16)[..., None]
    pixels[..., :3] = (pixels[..., :3] * shade // 255).astype(np.uint8)
    return Image.fromarray(pixels, picture.mode)
