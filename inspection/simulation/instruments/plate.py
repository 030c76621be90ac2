"""Paints a dial's plate and housing once for each design, as textures that a view then projects.

Two textures of the same extent: what is printed and painted (colour, and where the instrument is at all), and
how its surface lies (slope in x and y, gloss, and what covers the needle). Both in several sizes, each half
of the one before, so that a small dial is projected from a small texture and does not alias.
"""

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inspection.pictures.fonts import cjk_font
from inspection.simulation.instruments.designs import DialDesign, FaceDesign, HousingDesign
from inspection.simulation.instruments.marks import Points, angle_of, on_ring

Texture = NDArray[np.uint8]

EXTENT: Final = 1.5
"""The textures reach from -EXTENT to EXTENT in both directions, in radii of the ring."""
_PIXELS: Final = 280
"""A radius in the largest texture."""
_TIMES: Final = 2
"""How much finer it is painted than kept."""
_LEVELS: Final = 3
_FILES: Final = {
    "sans": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "mono": "DejaVuSansMono.ttf",
}


@dataclass(frozen=True)
class Plate:
    """The textures of one design, largest first."""

    painted: tuple[Texture, ...]
    """Each side x side x 4: RGB as printed, and 255 where the instrument is."""
    surface: tuple[Texture, ...]
    """Each side x side x 4: slope x and y (128 is flat), gloss, and 255 where a cover hides the needle."""

    def level(self, radius_px: float) -> int:
        """Which size to project from for a dial of ``radius_px``: the smallest that is not much coarser."""
        level = 0
        while level + 1 < len(self.painted) and _PIXELS / 2 ** (level + 1) >= 0.85 * radius_px:
            level += 1
        return level


def rgb(color: str) -> tuple[int, int, int]:
    """Of ``#rrggbb``."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def texture_to_plate(side: int) -> NDArray[np.float64]:
    """3 x 3: from pixels of a texture of ``side`` to plate coordinates."""
    step = 2.0 * EXTENT / side
    return np.array([[step, 0.0, -EXTENT + step / 2], [0.0, step, -EXTENT + step / 2], [0.0, 0.0, 1.0]])


@lru_cache(maxsize=160)
def plate_of(design: DialDesign) -> Plate:
    """The plate and housing of ``design``, without needles. Kept once painted (some 7 MB a design)."""
    brush = _Brush(round(2.0 * EXTENT * _PIXELS) * _TIMES, rgb(design.face.ground))
    _print(brush, design)
    body = _Body(_resized(brush.color, brush.side // _TIMES))
    _grain(body, design)
    _house(body, design.housing)
    painted, surface = [np.dstack([body.color, body.there])], [body.surface]
    for _ in range(_LEVELS - 1):
        painted.append(_resized(painted[-1], len(painted[-1]) // 2))
        surface.append(_resized(surface[-1], len(surface[-1]) // 2))
    return Plate(tuple(painted), tuple(surface))


def _resized(texture: Texture, side: int) -> Texture:
    return np.asarray(cv2.resize(texture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


class _Brush:
    """The print being painted, in plate coordinates, finer than it is kept."""

    def __init__(self, side: int, ground: tuple[int, int, int]) -> None:
        self.side = side
        self.scale = side / (2.0 * EXTENT)
        self.color = np.full((side, side, 3), ground, np.uint8)

    def fill(self, outline: Points, color: tuple[int, ...]) -> None:
        """A filled outline, smooth at its edges."""
        fixed = np.round(((outline + EXTENT) * self.scale - 0.5) * 256.0).astype(np.int32)
        cv2.fillPoly(self.color, [fixed], color, cv2.LINE_AA, 8)

    def band(self, first: float, last: float, inner: float, outer: float) -> Points:
        """The outline of a piece of a ring between two angles, radians."""
        angles = np.linspace(first, last, max(8, int(abs(last - first) * 60)))
        return np.concatenate([on_ring(angles, outer), on_ring(angles[::-1], inner)])


class _Body:
    """The instrument as it is kept: its colours, where it is, and how its surface lies."""

    def __init__(self, color: Texture) -> None:
        side = len(color)
        self.color = color
        self.there = np.full((side, side), 255, np.uint8)
        self.surface = np.zeros((side, side, 4), np.uint8)
        self.surface[..., :2] = 128
        axis = (np.arange(side, dtype=np.float32) + 0.5) * np.float32(2.0 * EXTENT / side) - np.float32(
            EXTENT
        )
        self.x, self.y = np.meshgrid(axis, axis)

    def tint(self, part: NDArray[np.float32], color: tuple[int, int, int]) -> None:
        """Paint with ``color`` where ``part`` is 1, partly where it is less."""
        for channel in range(3):
            plane = self.color[..., channel]
            self.color[..., channel] = plane + part * (color[channel] - plane.astype(np.float32))

    def within(self, depth: NDArray[np.float32]) -> NDArray[np.float32]:
        """1 where ``depth`` is negative, 0 where it is positive, soft over a pixel."""
        soft = np.float32(0.5) - depth * np.float32(len(self.there) / (2.0 * EXTENT))
        return np.asarray(np.clip(soft, 0.0, 1.0), np.float32)


def _grain(body: _Body, design: DialDesign) -> None:
    """Enamel and paper are not of one grey: a slow cloud of ±2 and a grain of ±1.5 grey levels."""
    rng = np.random.default_rng([len(design.name), sum(design.name.encode())])
    side = len(body.color)
    cloud = cv2.resize(rng.normal(0.0, 2.0, (7, 7)), (side, side), interpolation=cv2.INTER_CUBIC)
    grey = (cloud + cv2.resize(rng.normal(0.0, 1.5, (side // 2, side // 2)), (side, side))).astype(np.int16)
    for channel in range(3):
        body.color[..., channel] = np.clip(body.color[..., channel] + grey, 0, 255)


def _print(brush: _Brush, design: DialDesign) -> None:
    face, scale = design.face, design.scale
    ink = rgb(face.ink)
    for low, high, color, inner, outer in face.arcs:
        ends = angle_of(scale, low), angle_of(scale, high)
        brush.fill(brush.band(*ends, inner, outer), rgb(color))
    first, last = angle_of(scale, scale.values[0]), angle_of(scale, scale.values[-1])
    if face.mirror:
        _mirror(brush, first, last)
    if face.track:
        brush.fill(brush.band(first, last, 1.0 - face.track / 2, 1.0 + face.track / 2), ink)
    for tick in _ticks(design):
        brush.fill(tick, ink)
    if face.second:
        _second_scale(brush, design)
    if face.logo:
        _logo(brush, face)
    _small_print(brush, design)
    _letters(brush, design)


def _tick(angle: float, length: float, width: float, *, outward: bool) -> Points:
    along = on_ring([angle])[0]
    across = np.array([-along[1], along[0]]) * width / 2
    start, end = along, along * (1.0 + length if outward else 1.0 - length)
    return np.array([start + across, start - across, end - across, end + across])


def _ticks(design: DialDesign) -> list[Points]:
    face, scale = design.face, design.scale
    ticks = [_tick(angle_of(scale, value), *face.major, outward=face.outward) for value in scale.values]
    for low, high in zip(scale.values, scale.values[1:], strict=False):
        for part in range(1, scale.minors):
            middle = scale.minors % 2 == 0 and 2 * part == scale.minors
            length, width = face.minor
            ticks.append(
                _tick(
                    angle_of(scale, low + (high - low) * part / scale.minors),
                    (length + face.major[0]) / 2 if middle else length,
                    width * 1.3 if middle else width,
                    outward=face.outward,
                )
            )
    return ticks


def _small_print(brush: _Brush, design: DialDesign) -> None:
    """What most plates bear besides: lines too small to read, two screws that hold the plate, a stop pin.

    Which of them, follows from the design's name: it is the same in each of its pictures.
    """
    rng = np.random.default_rng(sum(design.name.encode()) + 7919 * len(design.name))
    ink, ground = np.array(rgb(design.face.ink)), np.array(rgb(design.face.ground))
    grey = tuple(int(part) for part in 0.35 * ground + 0.65 * ink)
    round_plate = design.housing.window is None
    low = 0.66 if round_plate else -0.08
    if rng.random() < 0.6:
        for line in range(int(rng.integers(1, 4))):
            text = "".join(rng.choice(list("ABCEHKLNOPRSTX0123456789 .-"), int(rng.integers(8, 18))))
            _write(brush, text, np.array([0.0, low + 0.07 * line]), 0.035, "sans", grey, 0.0)
    if rng.random() < 0.5 and round_plate:
        for side in (-0.22, 0.22):
            at = np.array([side, 0.54])
            brush.fill(at + on_ring(np.linspace(0.0, 2 * np.pi, 24), 0.04), (88, 88, 90))
            brush.fill(
                at + np.array([0.0, -0.004]) + on_ring(np.linspace(0.0, 2 * np.pi, 24), 0.034),
                (172, 173, 175),
            )
            brush.fill(
                at + np.array([[-0.03, -0.006], [0.03, 0.002], [0.03, 0.01], [-0.03, 0.002]]), (70, 70, 72)
            )
    if rng.random() < 0.4:
        sense = -1.0 if design.scale.direction == "cw" else 1.0
        at = on_ring([angle_of(design.scale, design.scale.values[0]) + 0.09 * sense], 0.62)[0]
        brush.fill(at + 0.012 + on_ring(np.linspace(0.0, 2 * np.pi, 16), 0.022), grey)
        brush.fill(at + on_ring(np.linspace(0.0, 2 * np.pi, 16), 0.02), (150, 151, 153))


def _mirror(brush: _Brush, first: float, last: float) -> None:
    """A band of mirror below the scale: grey that runs with the angle."""
    for part in range(24):
        ends = first + (last - first) * part / 24, first + (last - first) * (part + 1) / 24
        grey = int(150 + 70 * np.sin(part * 0.5))
        brush.fill(brush.band(*ends, 0.84, 0.88), (grey, grey, min(255, grey + 6)))


def _second_scale(brush: _Brush, design: DialDesign) -> None:
    """An inner scale in another unit, as many gauges have; no label knows of it."""
    assert design.face.second is not None
    unit, full, color = design.face.second
    scale, ink = design.scale, rgb(color)
    step = 10.0 ** np.floor(np.log10(full))
    step = step / 5 if full / step < 2 else step / 2 if full / step < 4 else step
    count, inner = int(full / step + 1e-6), 0.52
    span = scale.values[-1] - scale.values[0]
    angles = [
        angle_of(scale, scale.values[0] + span * min(step * part / 5 / full, 1.0))
        for part in range(5 * count + 1)
    ]
    brush.fill(brush.band(angles[0], angles[-1], inner - 0.004, inner + 0.004), ink)
    for part, angle in enumerate(angles):
        brush.fill(_tick(angle, 0.09 if part % 5 == 0 else 0.05, 0.014, outward=False) * inner, ink)
    for part in range(count + 1):
        at = on_ring([angles[5 * part]], inner - 0.12)[0]
        _write(brush, f"{step * part:g}", at, 0.055, design.face.font, ink, 0.0)
    _write(brush, unit, np.array([0.0, 0.44]), 0.08, design.face.font, ink, 0.0)


def _logo(brush: _Brush, face: FaceDesign) -> None:
    """A maker's mark left of or above the words; invented ones."""
    ink, at = rgb(face.ink), np.array([0.0, -0.42 if not any(word[2] < 0 for word in face.words) else 0.74])
    turn = np.linspace(0.0, 2 * np.pi, 48)
    ring = on_ring(turn)
    if face.logo == "ring":
        brush.fill(at + ring * 0.075, ink)
        brush.fill(at + ring * 0.055, rgb(face.ground))
        brush.fill(at + np.array([[-0.1, -0.012], [0.1, -0.012], [0.1, 0.012], [-0.1, 0.012]]), ink)
    elif face.logo == "bar":
        for part in range(3):
            left = -0.12 + 0.085 * part
            brush.fill(
                at
                + np.array([[left, 0.05], [left + 0.05, 0.05], [left + 0.09, -0.05], [left + 0.04, -0.05]]),
                ink,
            )
    elif face.logo == "star":
        points = (
            on_ring(np.linspace(0.0, 2 * np.pi, 11)[:-1]) * np.where(np.arange(10) % 2, 0.035, 0.085)[:, None]
        )
        brush.fill(at + points, ink)
    else:
        x = np.linspace(-0.14, 0.14, 40)
        wave = np.stack([x, 0.03 * np.sin(x * 45.0)], axis=1)
        brush.fill(at + np.concatenate([wave, wave[::-1] + np.array([0.0, 0.03])]), ink)


@lru_cache(maxsize=1)
def _font_folder() -> Path | None:
    """Where matplotlib keeps DejaVu; found without importing it."""
    spec = importlib.util.find_spec("matplotlib")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "mpl-data/fonts/ttf"


@lru_cache(maxsize=128)
def lettering(font: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A font by the name that a design gives, ``size_px`` to the em."""
    folder = _font_folder()
    if font in _FILES and folder is not None and (folder / _FILES[font]).is_file():
        return ImageFont.truetype(str(folder / _FILES[font]), size_px)
    return cjk_font(size_px, "Bold" if font == "bold" else "Regular")


def _letters(brush: _Brush, design: DialDesign) -> None:
    face, scale = design.face, design.scale
    ink, numeral_ink = rgb(face.ink), rgb(face.numerals or face.ink)
    texts = scale.numerals or tuple(f"{value:g}" for value in scale.values)
    for text, value in zip(texts, scale.values, strict=True):
        if text:
            angle = angle_of(scale, value)
            turn = np.rad2deg(angle) if face.turned else 0.0
            at = on_ring([angle], face.numeral_radius)[0]
            _write(brush, text, at, face.numeral_height, face.font, numeral_ink, turn)
    for text, x, y, height in face.words:
        _write(brush, text, np.array([x, y]), height, face.font, ink, 0.0)


def _write(
    brush: _Brush,
    text: str,
    at: NDArray[np.float64],
    height: float,
    font: str,
    color: tuple[int, ...],
    turn: float,
) -> None:
    """Text with its middle at ``at``; ``height`` is that of a capital."""
    face = lettering(font, max(6, round(height * brush.scale / 0.73)))
    left, top, right, bottom = face.getbbox(text, anchor="ls")
    size = (int(right - left) + 8, int(bottom - top) + 8)
    stamp = Image.new("L", size, 0)
    ImageDraw.Draw(stamp).text((4 - left, 4 - top), text, 255, font=face, anchor="ls")
    if font == "narrow":
        stamp = stamp.resize((max(4, round(size[0] * 0.78)), size[1]), Image.Resampling.LANCZOS)
    if turn:
        stamp = stamp.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
    ink = np.asarray(stamp, np.float32) / np.float32(255.0)
    column = round((float(at[0]) + EXTENT) * brush.scale - ink.shape[1] / 2)
    row = round((float(at[1]) + EXTENT) * brush.scale - ink.shape[0] / 2)
    column, row = max(column, 0), max(row, 0)
    under = brush.color[row : row + ink.shape[0], column : column + ink.shape[1]]
    ink = ink[: under.shape[0], : under.shape[1], None]
    under[...] = (under + ink * (np.array(color, np.float32) - under)).astype(np.uint8)


def _house(body: _Body, housing: HousingDesign) -> None:
    """Bezel, screws and cover: painted, and how their surfaces lie."""
    x, y = body.x, body.y
    if housing.window is None:
        away = np.maximum(np.hypot(x, y), np.float32(1e-3))
        depth, slopes = away - np.float32(housing.edge), (x / away, y / away)
    else:
        left, top, right, bottom = (np.float32(side) for side in housing.window)
        outside_x, outside_y = np.maximum(left - x, x - right), np.maximum(top - y, y - bottom)
        depth, across = np.maximum(outside_x, outside_y), outside_x > outside_y
        slopes = np.sign(x) * across, np.sign(y - (top + bottom) / 2) * ~across
    color = (26, 26, 28) if housing.bezel == "black" else rgb(housing.color)
    if housing.cover is not None:
        _cover(body, housing.cover, depth, color)
    bezel = body.within(-depth)
    body.there[...] = 255.0 * body.within(depth - np.float32(housing.width))
    body.tint(bezel, color)
    profile = np.cos(np.pi * np.clip(depth / np.float32(housing.width), 0.0, 1.0)) * np.float32(-108.0)
    for channel, slope in enumerate(slopes):
        plane = body.surface[..., channel]
        plane[...] = plane + bezel * (np.float32(128.0) + profile * slope - plane)
    gloss = {"steel": 255, "brass": 220, "paint": 90, "black": 110, "none": 40}[housing.bezel]
    body.surface[..., 2] = np.maximum(body.surface[..., 2], bezel * gloss)
    for number in range(housing.screws):
        _screw(body, housing, number)


def _cover(body: _Body, height: float, depth: NDArray[np.float32], color: tuple[int, int, int]) -> None:
    """The lower part of a window that hides hub and needle, with a lip that catches the light."""
    covered = body.within(np.float32(height) - body.y) * (depth < 0.05)
    body.tint(covered, color)
    body.surface[..., 3] = 255.0 * covered
    lip = (covered > 0.5) & (body.y < height + 0.03)
    body.surface[lip, 1], body.surface[lip, 2] = 60, 110


def _screw(body: _Body, housing: HousingDesign, number: int) -> None:
    """A slotted screw in the flange, or in a corner of a window's frame."""
    if housing.window is None:
        turn = np.pi / 4 + 2 * np.pi * number / housing.screws
        at = on_ring([turn], housing.edge + housing.width * 0.55)[0]
    else:
        left, top, right, bottom = housing.window
        side, end = (left, right)[number % 2], (top, bottom)[number // 2 % 2]
        rim = housing.width / 2
        at = np.array([side + np.sign(side) * rim, end + (rim if end == bottom else -rim)])
    radius, side_px = housing.width * 0.3, len(body.color)
    first = ((at - 1.2 * radius + EXTENT) * side_px / (2 * EXTENT)).astype(int)
    last = ((at + 1.2 * radius + EXTENT) * side_px / (2 * EXTENT)).astype(int) + 1
    window = slice(max(first[1], 0), last[1]), slice(max(first[0], 0), last[0])
    away_x, away_y = (body.x[window] - at[0]) / radius, (body.y[window] - at[1]) / radius
    distance = np.hypot(away_x, away_y)
    head = distance <= 1.0
    turn = 0.7 + 1.9 * number
    slot = head & (np.abs(away_x * np.cos(turn) + away_y * np.sin(turn)) < 0.16)
    body.color[window][head] = (176, 178, 180)
    body.color[window][slot] = (52, 52, 54)
    for channel, away in ((0, away_x), (1, away_y)):
        body.surface[window][head, channel] = np.clip(128.0 + 70.0 * away * distance, 0, 255)[head]
