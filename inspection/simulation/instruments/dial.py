"""Renders a dial: a picture as a camera takes it, and the label that says what is true of it.

The truth is geometry: the needle has a direction in its own plane, which lies ``needle_height`` above the
plate, and the reading is the value of that direction on the scale: what one reads who looks straight at it.
The label's centre is the pivot *as the picture shows it*, at the needle's height; the marks are the ends of
the numbered ticks on the ring. So a tilted dial with a raised needle shows parallax: the needle's line does
not meet the plate's own centre, by up to 0.04 · sin 35° = 2.3 % of the radius.
"""

from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.instruments import glass
from inspection.simulation.instruments.backdrop import backdrop
from inspection.simulation.instruments.designs import DialDesign, HousingDesign, NeedleDesign
from inspection.simulation.instruments.glass import Plane, spread
from inspection.simulation.instruments.marks import Points, angle_of, label, on_ring, share_of, value_at
from inspection.simulation.instruments.needles import disc, outlines, turned
from inspection.simulation.instruments.optics import Picture, linear, photographed
from inspection.simulation.instruments.plate import plate_of, rgb, texture_to_plate
from inspection.simulation.instruments.scene import Scene, drawn

_DRAG_ABOVE = 0.01
_MOST_MARKS = 12
_LINEAR = (np.arange(256, dtype=np.float32) / np.float32(255.0)) ** 2
"""Linear light of a grey level: gamma is taken to be 2."""


@dataclass(frozen=True)
class Shown:
    """What the instrument shows: values on its scale; None for a needle that is not there."""

    reading: float | None
    drag: float | None = None


def render_dial(
    design: DialDesign, seed: int, *, click_error_px: float = 0.0
) -> tuple[Picture, dict[str, Any]]:
    """One photograph of ``design``, the same to the bit for the same seed, and its label.

    Args:
        design: Of the instrument.
        seed: Draws what it shows, the view and every nuisance (`scene`).
        click_error_px: Standard deviation of what is added to each coordinate of centre and marks, as where a
            person clicked them; 0 gives the exact places.

    Returns:
        The picture, height x width x 3, RGB; and an entry of LABELS (issue 13) with four more keys:
        ``design``, ``hidden`` (why nobody can read it, or ""), ``radius_px`` and ``tilt_deg``.
    """
    rng = np.random.default_rng([crc32(design.name.encode()), seed])
    scene = drawn(rng, housing_box(design.housing))
    shown = _shown(design, rng)
    assert shown.reading is not None
    picture = paint(design, scene, shown)
    values = _marked(design, rng)
    marks = scene.view.project(on_ring([angle_of(design.scale, value) for value in values]))
    center = scene.view.project(np.zeros((1, 2)), scene.needle_height)
    said = label(
        design,
        file=f"{design.name}-{seed:06d}.png",
        center=center + rng.normal(0.0, 1.0, center.shape) * click_error_px,
        marks=marks + rng.normal(0.0, 1.0, marks.shape) * click_error_px,
        values=values,
        reading=shown.reading,
    )
    said |= {
        "design": design.name,
        "hidden": scene.hidden,
        "radius_px": scene.view.radius_px,
        "tilt_deg": scene.view.tilt_deg,
    }
    return picture, said


def paint(design: DialDesign, scene: Scene, shown: Shown) -> Picture:
    """The photograph of ``design`` showing ``shown`` in ``scene``."""
    rng = np.random.default_rng([scene.seed, 1])
    to_picture = scene.view.at(0.0)
    x, y = _plate_coordinates(to_picture, scene.size)
    light, under = _lit_plate(design, scene, x, y, rng)
    directions = []
    for needle, value, above in (
        (design.needle, shown.reading, 0.0),
        (design.drag, shown.drag, _DRAG_ABOVE),
    ):
        if needle is not None and value is not None:
            directions.append(angle_of(design.scale, value))
            raised = replace(scene, needle_height=scene.needle_height + above)
            _lay(
                light,
                needle,
                directions[-1],
                raised,
                seen=None if design.housing.cover is None else 1.0 - under,
            )
    if scene.veil:
        light += np.float32(scene.veil)
    glass.reflect(light, x, y, pane=_pane(design.housing, x, y), count=scene.reflections, rng=rng)
    glass.soil(light, dirt=scene.dirt, specks=scene.specks, radius_px=scene.view.radius_px, rng=rng)
    if scene.hidden and directions:
        direction = on_ring([directions[0]])[0]
        if scene.hidden == "glare":
            glass.blind(light, x, y, direction=direction)
        else:
            glass.cover_by_hand(light, to_picture, direction=direction, rng=rng)
    return photographed(light, scene)


def housing_box(housing: HousingDesign) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the housing on the plate."""
    if housing.window is None:
        rim = housing.edge + housing.width
        return -rim, -rim, rim, rim
    left, top, right, bottom = housing.window
    return left - housing.width, top - housing.width, right + housing.width, bottom + housing.width


def _shown(design: DialDesign, rng: np.random.Generator) -> Shown:
    """Anywhere on the sweep; 4 of 100 on the first mark, 2 on the last. A drag needle lies at or above."""
    chance = rng.random()
    share = 0.0 if chance < 0.04 else 1.0 if chance > 0.98 else rng.random()
    scale = design.scale
    reading = (
        scale.values[0] if share == 0.0 else scale.values[-1] if share == 1.0 else value_at(scale, share)
    )
    if design.drag is None:
        return Shown(reading)
    share = share_of(scale, reading)
    beyond = rng.uniform(0.0, 1.5 / scale.sweep_deg) if rng.random() < 0.12 else rng.uniform(0.0, 1.0 - share)
    return Shown(reading, value_at(scale, min(1.0, share + beyond)))


def _marked(design: DialDesign, rng: np.random.Generator) -> tuple[float, ...]:
    """Which numbered marks the label gives: all; on an even scale now and then the ends and a few between."""
    values = design.scale.values
    if design.scale.law == "linear" and len(values) > 4 and (rng.random() < 0.3 or len(values) > _MOST_MARKS):
        kept = np.unique(np.linspace(0, len(values) - 1, int(rng.integers(4, 7))).round().astype(int))
        return tuple(values[at] for at in kept)
    return values


def _plate_coordinates(to_picture: NDArray[np.float64], size: tuple[int, int]) -> tuple[Plane, Plane]:
    """Where each pixel lies on the plate: x and y."""
    back = np.linalg.inv(to_picture)
    column = np.arange(size[0], dtype=np.float64)[None, :]
    row = np.arange(size[1], dtype=np.float64)[:, None]
    x, y, scale = (line[0] * column + line[1] * row + line[2] for line in back)
    return (x / scale).astype(np.float32), (y / scale).astype(np.float32)


def _lit_plate(
    design: DialDesign, scene: Scene, x: Plane, y: Plane, rng: np.random.Generator
) -> tuple[Plane, Plane]:
    """Background, plate and housing in the scene's light, linear; and where a cover hides the needle."""
    plate = plate_of(design)
    level = plate.level(scene.view.radius_px)
    texture = scene.view.at(0.0) @ texture_to_plate(plate.painted[level].shape[0])
    painted = cv2.warpPerspective(plate.painted[level], texture, scene.size, flags=cv2.INTER_LINEAR)
    surface = cv2.warpPerspective(plate.surface[level], texture, scene.size, flags=cv2.INTER_LINEAR)
    there = painted[..., 3].astype(np.float32) / np.float32(255.0)
    color = np.asarray(cv2.LUT(np.ascontiguousarray(painted[..., :3]), _LINEAR), np.float32)
    gloss = surface[..., 2].astype(np.float32) / np.float32(255.0)
    shade = (
        np.ones(gloss.shape, np.float32)
        if scene.recess == 0.0
        else _recess(design.housing, scene, x, y, gloss)
    )
    gleam = np.zeros(gloss.shape, np.float32)
    body = gloss > 0.0
    slope = (
        (surface[body][:, :2].astype(np.float32) - 128.0)
        @ np.array(scene.light, np.float32)
        / np.float32(120.0)
    )
    around = rng.uniform(0.0, 6.0)  # where bright and dark things stand that polished metal mirrors
    mirrored = 0.6 + 0.55 * np.sin(4.2 * slope + np.float32(around))
    matte = 1.0 + 0.6 * slope
    shade[body] *= np.maximum(matte + gloss[body] * (mirrored - matte), 0.03)
    gleam[body] = gloss[body] * np.maximum(slope, 0.0) ** 8 * np.float32(0.6)
    color *= spread(shade)
    color += spread(gleam)
    light = backdrop(scene.size, rng)
    light *= spread(1.0 - np.float32(0.45) * _cast(there, scene))
    light += spread(there) * (color - light)
    return light, surface[..., 3].astype(np.float32) / np.float32(255.0)


def _cast(there: Plane, scene: Scene) -> Plane:
    """The soft shadow that the housing casts on what stands behind it."""
    away = 0.2 * scene.view.radius_px
    shift = np.array([[1.0, 0.0, -away * scene.light[0]], [0.0, 1.0, -away * scene.light[1]]])
    small = cv2.resize(there, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    shift[:, 2] *= 0.25
    moved = cv2.warpAffine(small, shift, (small.shape[1], small.shape[0]))
    moved = cv2.GaussianBlur(moved, (0, 0), 0.25 * away * 0.5 + 0.5)
    return np.asarray(cv2.resize(moved, scene.size), np.float32)


def _beyond(housing: HousingDesign, x: Plane, y: Plane) -> Plane:
    """How far each point lies beyond the edge of plate and glass, in radii; negative within."""
    if housing.window is None:
        return np.asarray(cv2.magnitude(x, y), np.float32) - np.float32(housing.edge)
    left, top, right, bottom = (np.float32(side) for side in housing.window)
    return np.asarray(
        np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom)), np.float32
    )


def _pane(housing: HousingDesign, x: Plane, y: Plane) -> Plane:
    """1 where the glass is."""
    return (_beyond(housing, x, y) < 0.0).astype(np.float32)


def _recess(housing: HousingDesign, scene: Scene, x: Plane, y: Plane, gloss: Plane) -> Plane:
    """How much light reaches the plate beside a bezel that stands above it."""
    near_x = x + np.float32(scene.recess * scene.light[0])
    near_y = y + np.float32(scene.recess * scene.light[1])
    beyond = _beyond(housing, near_x, near_y)
    dark = np.clip(beyond / np.float32(0.5 * scene.recess + 0.01) + 0.5, 0.0, 1.0)
    return np.asarray(1.0 - np.float32(0.5) * dark * (gloss < 0.01), np.float32)


def _lay(light: Plane, needle: NeedleDesign, angle: float, scene: Scene, *, seen: Plane | None) -> None:
    """Lay a needle on the plate: its shadow, itself, its hub. ``seen`` is 0 where a cover hides it."""
    view, height = scene.view, scene.needle_height
    shapes = [*outlines(needle), disc(needle.hub)]
    if scene.needle_shadow > 0.0:
        shift = np.array(scene.light) * -(height * 1.2 + 0.006)
        on_plate = [view.project(turned(shape, angle) + shift) for shape in shapes]
        soft = scene.shadow_blur * view.radius_px
        _shade(light, on_plate, soft, scene.needle_shadow, seen)
    swings = (
        [0.0]
        if scene.flutter_deg == 0.0
        else np.deg2rad(scene.flutter_deg) * np.sin(np.linspace(-1.4, 1.4, 7))
    )
    places = [
        [view.project(turned(shape, angle + swing), height) for shape in outlines(needle)] for swing in swings
    ]
    color = linear(rgb(needle.color))
    _blend(light, places, color, seen)
    if needle.ridge > 0.0:
        halves = [np.maximum(shape, [0.0, -np.inf]) for shape in outlines(needle)[:1]]
        half = [[view.project(turned(shape, angle + swing), height) for shape in halves] for swing in swings]
        _blend(light, half, color + np.float32(needle.ridge), seen)
    _hub(light, needle, scene, seen)


def _hub(light: Plane, needle: NeedleDesign, scene: Scene, seen: Plane | None) -> None:
    """A domed cap over the pivot, lighter toward the light."""
    view, height = scene.view, scene.needle_height
    color = linear(rgb(needle.hub_color))
    toward = np.array(scene.light) * needle.hub
    _blend(light, [[view.project(disc(needle.hub), height)]], color * np.float32(0.8), seen)
    _blend(
        light,
        [[view.project(disc(needle.hub * 0.8) + 0.12 * toward, height)]],
        color * np.float32(1.15),
        seen,
    )
    gleam = color * np.float32(1.3) + np.float32(0.05)
    _blend(light, [[view.project(disc(needle.hub * 0.35) + 0.3 * toward, height)]], gleam, seen)


def _blend(light: Plane, places: list[list[Points]], color: NDArray[np.float32], seen: Plane | None) -> None:
    """Fill outlines with a colour; where there are several places, each takes its share of the time."""
    window = _window([points for place in places for points in place], light.shape, 1.0)
    if window is None:
        return
    masks = [_mask(place, window) for place in places]
    mask = masks[0] if len(masks) == 1 else np.asarray(np.mean(masks, axis=0), np.float32)
    part = light[window]
    if seen is not None:
        mask = mask * seen[window]
    part += spread(mask) * (color - part)


def _shade(light: Plane, shapes: list[Points], soft: float, dark: float, seen: Plane | None) -> None:
    window = _window(shapes, light.shape, 3.0 * soft + 2.0)
    if window is None:
        return
    mask = np.asarray(cv2.GaussianBlur(_mask(shapes, window), (0, 0), max(soft, 0.5)), np.float32)
    if seen is not None:
        mask = mask * seen[window]
    light[window] *= spread(1.0 - np.float32(dark) * mask)


def _window(shapes: list[Points], shape: tuple[int, ...], room: float) -> tuple[slice, slice] | None:
    """The part of the picture that the outlines touch; None where they lie wholly outside."""
    points = np.concatenate(shapes)
    low = np.maximum(np.floor(points.min(axis=0) - room), 0.0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + room) + 1.0, [shape[1], shape[0]]).astype(int)
    if np.any(high <= low):
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _mask(shapes: list[Points], window: tuple[slice, slice]) -> Plane:
    """How much of each pixel of ``window`` the outlines cover, 0 to 1; drawn three times as fine."""
    times = 3
    height, width = window[0].stop - window[0].start, window[1].stop - window[1].start
    canvas = np.zeros((height * times, width * times), np.uint8)
    corner = np.array([window[1].start, window[0].start])
    for points in shapes:
        fixed = np.round(((points - corner + 0.5) * times - 0.5) * 256.0).astype(np.int32)
        cv2.fillPoly(canvas, [fixed], 255.0, cv2.LINE_8, 8)
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255.0)
