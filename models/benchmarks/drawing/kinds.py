"""The kinds of defect that the bench draws, each named for what happens to a product.

Each is a function of a piece of picture, float32 (side, side, 3), grey levels, with the defect's centre in
its middle; it gives the piece with the defect. ``extent_px`` is the defect's largest extent; ``strength``, 0
to 1, is how far it goes from the surface towards what it is made of.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Piece: TypeAlias = NDArray[np.float32]
Kind: TypeAlias = Callable[[Piece, np.random.Generator, float, float], Piece]

_FINE: Final = 8
"""Curves are laid out on a grid so many times finer, and come out smooth."""


def thread(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """A hair or thread lies on the part: a curve that wanders, lighter or darker than all around."""
    steps = 48
    bend = np.cumsum(rng.normal(0.0, 0.9, steps)) / np.sqrt(steps)
    heading = rng.uniform(0.0, 2.0 * np.pi) + bend + rng.normal(0.0, 1.2) * np.linspace(0.0, 1.0, steps)
    path = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    path -= (path.max(0) + path.min(0)) / 2.0
    path *= (extent_px - 1.0) / np.ptp(path, axis=0).max()
    points = np.round((path + len(piece) / 2.0) * _FINE).astype(np.int32)
    width = max(1, round(extent_px * rng.uniform(0.01, 0.04)))
    cover = np.zeros(piece.shape[:2], np.uint8)
    cv2.polylines(cover, [points[:, None]], False, 255, width, cv2.LINE_AA, int(np.log2(_FINE)))
    return _mixed(piece, cover.astype(np.float32) / 255.0 * strength, _foreign(piece, rng))


def dried_drop(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """A drop has dried: a tint inside, and the most of it in the rim, as in a coffee ring."""
    radius, angle = _polar(piece)
    edge = extent_px / 2.0 * _outline(angle, rng, waves=3, amplitude=0.12)
    depth = (edge - radius) / max(1.0, 0.1 * extent_px)
    rim = np.exp(-0.5 * (depth - 1.0) ** 2)
    inside = 0.45 / (1.0 + np.exp(-3.0 * np.clip(depth, -20.0, 20.0)))
    tint = rng.uniform(-0.5, -0.15, 3) if rng.random() < 0.6 else rng.uniform(0.15, 0.5, 3)
    amount = np.clip(rim + inside, 0.0, 1.0) * (depth > -2.0) * strength
    return (piece * (1.0 + amount[..., None] * tint)).astype(np.float32)


def rubbed(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """The surface is rubbed: its fine structure is lost, and it shines or is dull."""
    across, along = _turned(piece, rng)
    ratio = rng.uniform(1.0, 2.5)
    shape = (np.abs(along) / (extent_px / 2.0)) ** 3 + (np.abs(across) * ratio / (extent_px / 2.0)) ** 3
    amount = np.clip(1.6 * (1.0 - shape), 0.0, 1.0) * strength
    smooth = cv2.GaussianBlur(piece, (0, 0), max(1.0, 0.12 * extent_px))
    gain = 1.0 + float(rng.choice([-1.0, 1.0])) * rng.uniform(0.1, 0.35)
    return _mixed(piece, amount, np.asarray(smooth * gain, np.float32))


def chipped(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """A chip is off, or the stuff is torn: a ragged place of another tone, and light on one of its edges."""
    corners = int(rng.integers(5, 10))
    turns = np.sort(rng.uniform(0.0, 2.0 * np.pi, corners))
    reach = extent_px / 2.0 * rng.uniform(0.55, 1.0, corners)
    flat = rng.uniform(0.35, 1.0)
    middle = len(piece) / 2.0
    corner = np.stack([np.cos(turns) * reach, np.sin(turns) * reach * flat], axis=1)
    spin = rng.uniform(0.0, 2.0 * np.pi)
    matrix = np.array([[np.cos(spin), -np.sin(spin)], [np.sin(spin), np.cos(spin)]])
    points = np.round((corner @ matrix.T + middle) * _FINE).astype(np.int32)
    cover = np.zeros(piece.shape[:2], np.uint8)
    cv2.fillPoly(cover, [points], 255, cv2.LINE_AA, int(np.log2(_FINE)))
    amount = cover.astype(np.float32) / 255.0
    torn = _mixed(piece, amount * strength, _foreign(piece, rng))
    light = rng.uniform(0.0, 2.0 * np.pi)
    rise_x, rise_y = cv2.Sobel(amount, cv2.CV_32F, 1, 0), cv2.Sobel(amount, cv2.CV_32F, 0, 1)
    slope = np.clip(rise_x * np.cos(light) + rise_y * np.sin(light), -2.0, 2.0)
    return np.asarray(torn + 25.0 * strength * slope[..., None], np.float32)


def pulled(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """The place is pulled or pressed out of its shape: what is drawn on it goes another way."""
    side = len(piece)
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    radius, _ = _polar(piece)
    bump = np.clip(1.0 - (radius / (extent_px / 2.0)) ** 2, 0.0, 1.0) ** 2
    way = rng.uniform(0.0, 2.0 * np.pi)
    far = 0.3 * extent_px * strength * bump
    map_x = np.asarray(columns - np.cos(way) * far, np.float32)
    map_y = np.asarray(rows - np.sin(way) * far, np.float32)
    return np.asarray(
        cv2.remap(piece, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32
    )


def bridged(piece: Piece, rng: np.random.Generator, extent_px: float, strength: float) -> Piece:
    """Foreign material lies across: a bar with ragged sides, as rough as what is around it."""
    across, along = _turned(piece, rng)
    half = extent_px * rng.uniform(0.06, 0.16)
    waves = sum(
        rng.normal(0.0, 0.12) * np.sin(along / extent_px * 2.0 * np.pi * n + rng.uniform(0.0, 6.3))
        for n in (1, 2, 4)
    )
    inside = np.minimum(half * (1.0 + waves) - np.abs(across), extent_px / 2.0 - np.abs(along))
    rough = rng.normal(0.0, 1.0, piece.shape[:2]) * min(12.0, float(piece.std()))
    stuff = _foreign(piece, rng) + cv2.GaussianBlur(rough, (0, 0), 1.0)[..., None]
    return _mixed(piece, np.clip(inside + 0.5, 0.0, 1.0) * strength, stuff.astype(np.float32))


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "thread": thread,
        "dried drop": dried_drop,
        "rubbed": rubbed,
        "chipped": chipped,
        "pulled": pulled,
        "bridged": bridged,
    }
)


def _mixed(piece: Piece, amount: NDArray[np.floating], stuff: Piece) -> Piece:
    """Lay ``stuff`` over the piece, as far as ``amount``, (side, side), says."""
    return (piece + amount[..., None] * (stuff - piece)).astype(np.float32)


def _foreign(piece: Piece, rng: np.random.Generator) -> Piece:
    """A colour that the place does not have: clearly lighter or darker than its middle, a little tinted."""
    middle = np.median(piece.reshape(-1, 3), axis=0)
    room_above = 255.0 - middle.mean()
    lighter = rng.random() < room_above / 255.0
    step = rng.uniform(0.45, 0.9) * (room_above if lighter else -middle.mean())
    return np.broadcast_to((middle + step + rng.normal(0.0, 8.0, 3)).clip(0.0, 255.0), piece.shape).astype(
        np.float32
    )


def _polar(piece: Piece) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance from the middle in pixels, and the direction in radians."""
    rows, columns = np.mgrid[: len(piece), : len(piece)] - (len(piece) - 1) / 2.0
    return np.hypot(rows, columns), np.arctan2(rows, columns)


def _turned(piece: Piece, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two axes through the middle, in pixels, turned at random."""
    radius, angle = _polar(piece)
    angle = angle + rng.uniform(0.0, np.pi)
    return radius * np.sin(angle), radius * np.cos(angle)


def _outline(
    angle: NDArray[np.float64], rng: np.random.Generator, *, waves: int, amplitude: float
) -> NDArray[np.float64]:
    """A closed, wavy outline: its radius in each direction, at most 1."""
    outline = np.ones_like(angle)
    for wave in range(1, waves + 1):
        outline += rng.uniform(-amplitude, amplitude) * np.cos(wave * angle + rng.uniform(0.0, 2.0 * np.pi))
    return outline / (1.0 + waves * amplitude)
