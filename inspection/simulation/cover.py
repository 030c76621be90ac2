"""The cover as it is machined: form, tool marks, engraving. What all parts share is computed once and kept.

The form is a height map, drawn at twice the picture's size and scaled down. Its slopes give the shading:
diffuse light from a lamp at the upper left, and a glint on the chamfers (Blinn and Phong's half vector).
Brushed metal reflects unevenly across its grain; the grain itself differs from part to part and is cut from a
large bank.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inspection.pictures.fonts import cjk_font
from inspection.simulation.defects import Mask, Plane
from inspection.simulation.spec import HEIGHT, WIDTH

DIAL_CENTER = (456.0, 240.0)
"""x, y of the dial's axis in pixels, in part coordinates."""
DIAL_RADIUS = 82.0
"""Outer radius of the dial's bezel, pixels."""

_SCALE = 2
_PLATE = (36.0, 34.0, 604.0, 446.0)
_POCKET = (118.0, 148.0, 330.0, 332.0)
_HOLES = ((84.0, 82.0), (320.0, 78.0), (556.0, 82.0), (84.0, 398.0), (320.0, 402.0), (556.0, 398.0))
_LAMP = np.array([-0.42, -0.52, 0.745], np.float32)
_GRAIN_MARGIN = 256


@dataclass(frozen=True, slots=True)
class Cover:
    """Static layers, all height x width float32 unless said otherwise."""

    shade: Plane
    """Reflected light under the nominal lamp, 0 to about 1."""
    slope_x: Plane
    """How ``shade`` changes as the lamp moves to the right, and"""
    slope_y: Plane
    """downwards."""
    grain: Plane
    """How much of the brushed grain shows: 1 on the face, 0 off the metal."""
    gloss: Plane
    """How much of the bright band shows."""
    tint: Plane
    """height x width x 3: colour, about 1."""
    surface: Mask
    """uint8, 255 on metal where a defect may be: not in holes, nor on the dial, nor beside the part."""
    places: NDArray[np.float32]
    """(n, 2) x, y: centres of defects, clear of the surface's borders."""


@lru_cache(maxsize=4)
def cover(label: str) -> Cover:
    """The cover with ``label`` engraved as the second line; computed once, about a third of a second."""
    y, x = np.mgrid[: HEIGHT * _SCALE, : WIDTH * _SCALE].astype(np.float32) / _SCALE
    x += 0.5 / _SCALE - 0.5
    y += 0.5 / _SCALE - 0.5
    inside = -_rounded_box(x, y, _PLATE, 24.0)
    in_pocket = -_rounded_box(x, y, _POCKET, 18.0)
    hole_dx, hole_dy = _from_hole(x, y)
    to_hole = np.hypot(hole_dx, hole_dy)
    to_dial = np.hypot(x - DIAL_CENTER[0], y - DIAL_CENTER[1])
    engraving = _engraving(label)

    height = np.clip(inside, 0.0, 5.0) - 0.8 * np.clip(in_pocket, 0.0, 4.0)
    height -= np.clip(19.5 - to_hole, 0.0, 2.5) + 1.6 * np.clip(11.5 - to_hole, 0.0, 2.0)
    height += 0.7 * np.clip(DIAL_RADIUS + 9.0 - to_dial, 0.0, 3.0)
    height = cv2.GaussianBlur(height, (0, 0), 0.9) - 0.9 * engraving

    albedo = 0.52 * (1.0 - 0.34 * engraving)
    albedo = albedo * np.where(in_pocket > 3.0, 0.92 + _end_milled(x, y), 1.0)
    albedo = albedo * np.where((to_hole < 17.5) & (to_hole > 11.0), _turned(hole_dx, hole_dy), 1.0)
    shade, slope_x, slope_y = _shaded(height, albedo)

    plate = np.clip(inside + 0.5, 0.0, 1.0)
    shadow = cv2.GaussianBlur(np.roll(plate, (14, 12), axis=(0, 1)), (0, 0), 9.0)
    mat = 0.085 * (1.0 - 0.75 * shadow)
    shade = mat + plate * (shade - mat)
    in_hole = np.clip(9.6 - to_hole, 0.0, 1.0)
    shade = shade + in_hole * (_hole_wall(hole_dx, hole_dy) - shade)
    metal = plate * (1.0 - in_hole)
    face = metal * np.where(in_pocket > 0.0, 0.35, 1.0) * np.where(to_hole < 19.5, 0.2, 1.0)
    tint = metal[..., None] * np.array([1.0, 0.998, 0.985], np.float32)
    tint += (1.0 - metal)[..., None] * np.array([0.94, 1.0, 1.06], np.float32)

    surface = (inside > 7.0) & (to_hole > 21.0) & (to_dial > DIAL_RADIUS + 10.0)
    surface_mask = _down(surface.astype(np.float32)) > 0.9
    clear = cv2.erode(surface_mask.astype(np.uint8), np.ones((23, 23), np.uint8))
    rows, columns = np.nonzero(clear)
    return Cover(
        shade=_down(shade),
        slope_x=_down(slope_x * metal),
        slope_y=_down(slope_y * metal),
        grain=_down(face),
        gloss=_down(face * 0.30),
        tint=_down(tint),
        surface=surface_mask.astype(np.uint8) * np.uint8(255),
        places=np.stack([columns, rows], axis=1).astype(np.float32),
    )


@lru_cache(maxsize=1)
def grain_bank() -> Plane:
    """Brushed grain with mean 0 and standard deviation 1: far larger than a picture, so that parts differ.

    White noise smeared along x over three lengths: the grit's short marks, the belt's strokes, long streaks.
    """
    rng = np.random.default_rng(20_000)
    shape = (HEIGHT + 2 * _GRAIN_MARGIN, WIDTH + 2 * _GRAIN_MARGIN)
    bank = np.zeros(shape, np.float32)
    for length, weight, sigma_y in ((21, 0.6, 0.45), (81, 0.6, 0.6), (401, 0.55, 1.2)):
        noise = rng.standard_normal(shape, np.float32)
        smeared = cv2.blur(cv2.blur(noise, (length, 1)), (max(3, length // 3), 1))
        smeared = cv2.GaussianBlur(smeared, (0, 0), sigmaX=0.4, sigmaY=sigma_y)
        bank += weight * (smeared - smeared.mean()) / smeared.std()
    bank /= bank.std()
    return bank


def cut_grain(rng: np.random.Generator) -> Plane:
    """One part's grain, height x width, from a random place of the bank, turned round or not."""
    row, column = rng.integers(0, 2 * _GRAIN_MARGIN, 2)
    cut: Plane = grain_bank()[row : row + HEIGHT, column : column + WIDTH]
    if rng.random() < 0.5:
        cut = cut[::-1]
    return cut


def _down(layer: NDArray[np.floating]) -> Plane:
    small = cv2.resize(layer.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32, copy=False)


def _rounded_box(x: Plane, y: Plane, box: tuple[float, float, float, float], radius: float) -> Plane:
    """Signed distance to a rectangle (left, top, right, bottom) with rounded corners: negative within."""
    left, top, right, bottom = box
    qx = np.abs(x - (left + right) / 2) - (right - left) / 2 + radius
    qy = np.abs(y - (top + bottom) / 2) - (bottom - top) / 2 + radius
    outside = np.hypot(np.maximum(qx, 0.0), np.maximum(qy, 0.0))
    distance: Plane = outside + np.minimum(np.maximum(qx, qy), 0.0) - radius
    return distance


def _shaded(height: Plane, albedo: Plane) -> tuple[Plane, Plane, Plane]:
    """Diffuse light and glint of a height map, and how they change as the lamp moves."""
    slope_y, slope_x = np.gradient(height, 1.0 / _SCALE)
    norm = np.sqrt(slope_x**2 + slope_y**2 + 1.0)
    normal = (-slope_x / norm, -slope_y / norm, 1.0 / norm)
    facing = np.maximum(normal[0] * _LAMP[0] + normal[1] * _LAMP[1] + normal[2] * _LAMP[2], 0.0)
    half = _LAMP + np.array([0.0, 0.0, 1.0], np.float32)
    half /= np.linalg.norm(half)
    glint = np.maximum(normal[0] * half[0] + normal[1] * half[1] + normal[2] * half[2], 0.0) ** 28
    flat = float(half[2] ** 28)
    shade = albedo * (0.42 + 0.58 * facing / _LAMP[2]) + 0.34 * np.maximum(glint - flat, 0.0)
    return shade, albedo * 0.58 * normal[0] / _LAMP[2], albedo * 0.58 * normal[1] / _LAMP[2]


def _end_milled(x: Plane, y: Plane) -> Plane:
    """Marks of an end mill that went to and fro: arcs, 4.5 pixels apart, in lanes."""
    lane, cutter = 37.0, 24.0
    from_top = y - _POCKET[1]
    index = np.floor(from_top / lane)
    off = from_top - (index + 0.5) * lane
    way = np.where(index % 2 == 0, 1.0, -1.0)
    arc = x - way * np.sqrt(np.maximum(cutter**2 - off**2, 0.0))
    ridge = np.exp(-0.5 * ((np.abs(off) - lane / 2) / 0.7) ** 2)
    marks: Plane = 0.05 * np.sin(2 * np.pi * arc / 4.5) + 0.03 * np.sin(2 * np.pi * arc / 31.0) + 0.06 * ridge
    return marks


def _from_hole(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Each pixel's place relative to the nearest hole's axis."""
    nearest = np.argmin([np.hypot(x - cx, y - cy) for cx, cy in _HOLES], axis=0)
    centers = np.array(_HOLES, np.float32)[nearest]
    return x - centers[..., 0], y - centers[..., 1]


def _turned(dx: Plane, dy: Plane) -> Plane:
    """A turned ring: fine circles, and the bow-tie of light that they throw back."""
    ring = 0.06 * np.sin(2 * np.pi * np.hypot(dx, dy) / 2.7)
    light = 0.88 + ring + 0.3 * np.cos(2.0 * (np.arctan2(dy, dx) + 0.6)) ** 5
    return light.astype(np.float32, copy=False)


def _hole_wall(dx: Plane, dy: Plane) -> Plane:
    """Down a bolt hole: dark, but for the wall that faces the lamp."""
    wall = 0.03 + 0.2 * np.clip((dx * 0.63 + dy * 0.77 - 4.5) / 5.0, 0.0, 1.0)
    return wall.astype(np.float32, copy=False)


def _engraving(label: str) -> Plane:
    """Depth of the engraved lines, 0 to 1, at the height map's size."""
    image = Image.new("L", (WIDTH * _SCALE, HEIGHT * _SCALE))
    draw = ImageDraw.Draw(image)
    middle = (_POCKET[0] + _POCKET[2]) / 2 * _SCALE
    lines = (("PASSGATE", 34, 188), (label, 30, 236), ("PN10  AlSi10Mg", 17, 278), ("2026", 17, 304))
    for text, size_px, y in lines:
        draw.text((middle, y * _SCALE), text, 255, font=cjk_font(size_px * _SCALE, "Bold"), anchor="mm")
    depth = np.asarray(image, np.float32) / np.float32(255.0)
    return cv2.GaussianBlur(depth, (0, 0), 0.8).astype(np.float32, copy=False)
