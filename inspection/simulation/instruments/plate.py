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
    brush = _Brush(round(2.0 * EXTENT * _PIXELS) * _TIMES)
    brush.canvas[..., :3] = rgb(design.face.ground)
    _grain(brush, design)
    _print(brush, design)
    _house(brush, design.housing)
    painted, surface = [brush.kept(brush.canvas)], [brush.kept(brush.surface)]
    for _ in range(_LEVELS - 1):
        half = (painted[-1].shape[1] // 2, painted[-1].shape[0] // 2)
        painted.append(_resized(painted[-1], half))
        surface.append(_resized(surface[-1], half))
    return Plate(tuple(painted), tuple(surface))


def _resized(texture: Texture, size: tuple[int, int]) -> Texture:
    return cv2.resize(texture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


class _Brush:
    """The canvas being painted, in plate coordinates."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.scale = side / (2.0 * EXTENT)
        self.canvas = np.zeros((side, side, 4), np.uint8)
        self.surface = np.zeros((side, side, 4), np.uint8)
        self.surface[..., :2] = 128
        axis = ((np.arange(side, dtype=np.float32) + 0.5) / np.float32(self.scale)) - np.float32(EXTENT)
        self.x, self.y = axis[None, :], axis[:, None]

    def kept(self, canvas: Texture) -> Texture:
        """``canvas`` in the size in which it is kept."""
        return _resized(canvas, (self.side // _TIMES, self.side // _TIMES))

    def pixels(self, points: Points) -> NDArray[np.int32]:
        """Plate coordinates as OpenCV's fixed-point pixels (8 bits)."""
        return np.round(((points + EXTENT) * self.scale - 0.5) * 256.0).astype(np.int32)

    def fill(self, outline: Points, color: tuple[int, int, int]) -> None:
        """A filled outline, smooth at its edges."""
        layer = self.canvas[..., :3].copy()
        cv2.fillPoly(layer, [self.pixels(outline)], color, cv2.LINE_AA, 8)
        self.canvas[..., :3] = layer

    def fill_all(self, outlines: list[Points], color: tuple[int, int, int]) -> None:
        """Many outlines at once, so that the canvas is copied once."""
        layer = self.canvas[..., :3].copy()
        for outline in outlines:
            cv2.fillPoly(layer, [self.pixels(outline)], color, cv2.LINE_AA, 8)
        self.canvas[..., :3] = layer

    def band(self, first: float, last: float, inner: float, outer: float) -> Points:
        """The outline of a piece of a ring between two angles, radians."""
        angles = np.linspace(first, last, max(8, int(abs(last - first) * 60)))
        return np.concatenate([on_ring(angles, outer), on_ring(angles[::-1], inner)])


def _grain(brush: _Brush, design: DialDesign) -> None:
    """Enamel and paper are not of one grey: a slow cloud of ±2 and a grain of ±1.5 grey levels."""
    rng = np.random.default_rng([len(design.name), sum(design.name.encode())])
    cloud = cv2.resize(
        rng.normal(0.0, 2.0, (7, 7)).astype(np.float32),
        (brush.side, brush.side),
        interpolation=cv2.INTER_CUBIC,
    )
    fine = cv2.resize(
        rng.normal(0.0, 1.5, (brush.side // 2, brush.side // 2)).astype(np.float32), (brush.side, brush.side)
    )
    layer = brush.canvas[..., :3].astype(np.float32) + (cloud + fine)[..., None]
    brush.canvas[..., :3] = np.clip(layer, 0.0, 255.0).astype(np.uint8)


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
    brush.fill_all(_ticks(design), ink)
    if face.second:
        _second_scale(brush, design)
    if face.logo:
        _logo(brush, face)
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
    lengths = [0.09 if part % 5 == 0 else 0.05 for part in range(len(angles))]
    brush.fill_all(
        [
            _tick(angle, length, 0.014, outward=False) * inner
            for angle, length in zip(angles, lengths, strict=True)
        ],
        ink,
    )
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
    color: tuple[int, int, int],
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
    under = brush.canvas[row : row + ink.shape[0], column : column + ink.shape[1], :3]
    ink = ink[: under.shape[0], : under.shape[1], None]
    under[...] = (under + ink * (np.array(color, np.float32) - under)).astype(np.uint8)


def _house(brush: _Brush, housing: HousingDesign) -> None:
    """Bezel, screws and cover: painted, and how their surfaces lie."""
    if housing.window is None:
        depth = np.hypot(brush.x, brush.y) - housing.edge
        slope_x, slope_y = (
            brush.x / np.maximum(depth + housing.edge, 1e-3),
            brush.y / np.maximum(depth + housing.edge, 1e-3),
        )
    else:
        left, top, right, bottom = housing.window
        outside_x = np.maximum(left - brush.x, brush.x - right)
        outside_y = np.maximum(top - brush.y, brush.y - bottom)
        depth = np.maximum(outside_x, outside_y) + 0.0 * brush.x
        across = outside_x > outside_y
        slope_x = np.where(across, np.sign(brush.x), 0.0)
        slope_y = np.where(across, 0.0, np.sign(brush.y - (top + bottom) / 2))
    ring = depth / housing.width
    on_bezel, inside = (ring > 0.0) & (ring <= 1.0), ring <= 1.0
    brush.canvas[..., 3] = np.where(inside, 255, 0)
    color = {"black": (26, 26, 28), "none": rgb(housing.color)}.get(housing.bezel, rgb(housing.color))
    brush.canvas[on_bezel, :3] = color
    profile = np.clip(np.cos(np.pi * np.clip(ring, 0.0, 1.0)), -1.0, 1.0) * np.float32(-0.9)
    for channel, slope in ((0, slope_x), (1, slope_y)):
        tilt = np.where(on_bezel, profile * slope, 0.0)
        brush.surface[..., channel] = np.clip(128.0 + 120.0 * tilt, 0.0, 255.0).astype(np.uint8)
    gloss = {"steel": 255, "brass": 220, "paint": 90, "black": 110, "none": 40}[housing.bezel]
    brush.surface[..., 2] = np.where(on_bezel, gloss, 0)
    if housing.cover is not None:
        covered = (brush.y > housing.cover) & (ring <= 0.0)
        brush.canvas[covered, :3] = (30, 30, 32) if housing.bezel == "black" else rgb(housing.color)
        brush.surface[covered, 3] = 255
        lip = covered & (brush.y < housing.cover + 0.03)
        brush.surface[lip, 1], brush.surface[lip, 2] = 60, 110
    for number in range(housing.screws):
        _screw(brush, housing, number)


def _screw(brush: _Brush, housing: HousingDesign, number: int) -> None:
    """A slotted screw in the flange, or in a corner of a window's frame."""
    if housing.window is None:
        at = on_ring([np.pi / 4 + 2 * np.pi * number / housing.screws], housing.edge + housing.width * 0.62)[
            0
        ]
    else:
        left, top, right, bottom = housing.window
        side, end = (left, right)[number % 2], (top, bottom)[number // 2 % 2]
        rim = housing.width / 2
        at = np.array([side + np.sign(side) * rim, end + (rim if end == bottom else -rim)])
    radius = housing.width * 0.3
    away_x, away_y = (brush.x - at[0]) / radius, (brush.y - at[1]) / radius
    distance = np.hypot(away_x, away_y)
    head = distance <= 1.0
    brush.canvas[head & (brush.canvas[..., 3] > 0), :3] = (176, 178, 180)
    for channel, away in ((0, away_x), (1, away_y)):
        level = np.broadcast_to(np.clip(128.0 + 70.0 * away * distance, 0, 255), head.shape)
        brush.surface[head, channel] = level[head].astype(np.uint8)
    turn = 0.7 + 1.9 * number
    slot = head & (np.abs(away_x * np.cos(turn) + away_y * np.sin(turn)) < 0.16)
    brush.canvas[slot, :3] = (52, 52, 54)
