"""Renders a display with digits: pictures as a camera takes them, and what is true of them.

Lengths are in heights of a digit, on their plane; the origin is the middle of the digit field. The
view's own unit is three such heights (`HEIGHTS`): so `scene`'s nuisances have their stated size.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inspection.simulation.instruments import glass
from inspection.simulation.instruments.backdrop import backdrop
from inspection.simulation.instruments.designs import DisplayDesign
from inspection.simulation.instruments.glass import Plane, spread
from inspection.simulation.instruments.marks import Points, on_ring
from inspection.simulation.instruments.optics import Picture, linear, photographed
from inspection.simulation.instruments.plate import lettering, rgb
from inspection.simulation.instruments.scene import Scene, drawn

HEIGHTS: Final = 3.0
_PIXELS: Final = 112
"""A digit's height on the canvas."""
_MARGIN: Final = (0.42, 0.3)
"""Of the window around the digit field."""
_HOUSING: Final = (0.9, 0.8)
"""Of the housing around the window; below it twice as much where words are printed."""
_SEGMENTS: Final = dict(
    zip(
        "0123456789-",
        ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg", "g"),
        strict=True,
    )
)
_DOTS: Final = {
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808",
    "8": "0E11110E11110E", "9": "0E11110F01020C", "-": "0000001F000000", ".": "00000000000C0C",
}  # fmt: skip
"""Seven rows of five dots from above, two hex digits a row, as character generators have them."""


@dataclass(frozen=True)
class _Look:
    """What the seed draws of a display besides the scene."""

    contrast: float
    """How strong lit segments are: LCD 0.35 to 1; emitting ones shine 0.8 to 2.5 times white."""
    window_light: float
    """How much of the housing's light falls into the window: 0.12 to 1 for an LCD, 0.05 to 0.6 else."""
    shadow: float
    """Of an LCD's segments on its reflector: 0 to 0.3 of their strength."""


def render_display(design: DisplayDesign, seed: int) -> tuple[tuple[Picture, ...], dict[str, Any]]:
    """Photographs of one reading of ``design``, the same to the bit by the same seed, and their truth.

    Returns:
        As many pictures, height x width x 3, RGB, as the design has frames: the same view of the same number,
        its digits lit in turn. And a label: ``file``, ``value``, ``text`` as shown without blanks, ``digits``
        (places), ``decimals``, ``corners`` of the digit field (x, y from upper left, clockwise, pixels),
        ``technology``, ``bright_on_dark``, ``design``, ``height_px`` (of a digit), ``hidden`` (why nobody can
        read it, or "").
    """
    rng = np.random.default_rng([crc32(design.name.encode()), seed])
    scene = drawn(rng, _box(design), radius_px=(22.0 * HEIGHTS, 140.0 * HEIGHTS))
    emits = design.technology in ("led", "vfd")
    if emits:
        scene = replace(scene, exposure=rng.uniform(0.6, 1.0))
    look = _Look(
        contrast=rng.uniform(0.8, 2.5) if emits else rng.uniform(0.35, 1.0),
        window_light=rng.uniform(0.05, 0.6) if emits else rng.uniform(0.12, 1.0),
        shadow=rng.uniform(0.0, 0.3),
    )
    text = number(design, rng)
    levels = _levels(design, rng)
    pictures = tuple(
        _photograph(design, text, level, look, replace(scene, seed=scene.seed // 8 * 8 + frame))
        for frame, level in enumerate(levels)
    )
    field = _field(design)
    return pictures, {
        "file": f"{design.name}-{seed:06d}.png",
        "value": float(text),
        "text": text.strip(),
        "digits": design.digits,
        "decimals": design.decimals,
        "corners": scene.view.project(field / HEIGHTS).tolist(),
        "technology": design.technology,
        "bright_on_dark": sum(rgb(design.lit)) > sum(rgb(design.ground)),
        "design": design.name,
        "height_px": scene.view.radius_px / HEIGHTS,
        "hidden": scene.hidden,
    }


def number(design: DisplayDesign, rng: np.random.Generator) -> str:
    """What is shown: blanks on the left, then minus, digits and point; each length about as often."""
    point = 1 if design.technology == "matrix" and design.decimals else 0
    room = design.digits - point - design.decimals > 1
    minus = design.signed and room and rng.random() < 0.3
    places = design.digits - point - int(minus)
    whole = int(rng.integers(1, places - design.decimals + 1))
    low = 0 if whole == 1 else 10 ** (whole - 1 + design.decimals)
    value = int(rng.integers(low, 10 ** (whole + design.decimals)))
    written = f"{value:0{places if design.leading_zeros else design.decimals + 1}d}"
    if design.decimals:
        written = f"{written[: -design.decimals]}.{written[-design.decimals :]}"
    return (("-" if minus and value else "") + written).rjust(
        design.digits + (0 if point else int("." in written))
    )


def _levels(design: DisplayDesign, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """How brightly each place is lit in each frame: where they are lit in turn, fully in one at least."""
    if design.frames == 1:
        return [np.ones(design.digits)]
    turn = np.arange(design.digits) % design.frames
    return [
        np.where(turn == frame, 1.0, rng.uniform(0.0, 0.7, design.digits)) for frame in range(design.frames)
    ]


def _photograph(
    design: DisplayDesign, text: str, levels: NDArray[np.float64], look: _Look, scene: Scene
) -> Picture:
    rng = np.random.default_rng([scene.seed // 8, 1])
    still = _still(design)
    step = max(0, int(np.log2(_PIXELS * HEIGHTS / (0.75 * scene.view.radius_px))))
    layers = []
    for layer in (still.color, still.window, _lit(design, text, levels), _unlit(design)):
        small: NDArray[Any] = layer
        for _ in range(step):
            small = cv2.resize(
                small, (small.shape[1] // 2, small.shape[0] // 2), interpolation=cv2.INTER_AREA
            )
        layers.append(small)
    height, width = layers[0].shape[:2]
    to_picture = scene.view.at(0.0)
    left, top, right, bottom = _box(design)
    texture = to_picture @ np.array(
        [
            [(right - left) / width, 0.0, left + 0.5 * (right - left) / width],
            [0.0, (bottom - top) / height, top + 0.5 * (bottom - top) / height],
            [0.0, 0.0, 1.0],
        ]
    )
    color, window, lit, unlit = (cv2.warpPerspective(layer, texture, scene.size) for layer in layers)
    there = cv2.warpPerspective(np.full((height, width), 255, np.uint8), texture, scene.size)
    pane = _share(window)
    housing = np.asarray(cv2.LUT(color, _LINEAR), np.float32)
    shown = _digits(design, look, _share(lit), _share(unlit), scene)
    light = housing + spread(pane) * (shown - housing)
    behind = backdrop(scene.size, rng)
    light = behind + spread(_share(there)) * (light - behind)
    x, y = _places(to_picture, scene.size)
    if scene.veil:
        light += spread(pane * np.float32(scene.veil * look.window_light))
    glass.reflect(light, x, y, pane=pane, count=scene.reflections, rng=rng, vivid=0.6)
    glass.soil(light, dirt=scene.dirt, specks=scene.specks // 2, radius_px=scene.view.radius_px, rng=rng)
    if scene.hidden == "glare":
        glass.blind(light, x, y, direction=on_ring([np.pi / 2])[0])
    elif scene.hidden == "hand":
        glass.cover_by_hand(light, to_picture, direction=on_ring([np.pi / 2])[0], rng=rng)
    return photographed(light, scene)


_LINEAR: Final = (np.arange(256, dtype=np.float32) / np.float32(255.0)) ** 2


def _share(layer: NDArray[Any]) -> Plane:
    return np.asarray(layer, np.float32) / np.float32(255.0)


def _places(to_picture: NDArray[np.float64], size: tuple[int, int]) -> tuple[Plane, Plane]:
    """X and y on the plane, in its units, of each pixel."""
    grid = np.indices((size[1], size[0]), np.float32)
    back = np.linalg.inv(to_picture).astype(np.float32)
    x, y, scale = (row[0] * grid[1] + row[1] * grid[0] + row[2] for row in back)
    return x / scale, y / scale


def _digits(design: DisplayDesign, look: _Look, lit: Plane, unlit: Plane, scene: Scene) -> Plane:
    """What the window shows, linear: liquid crystal takes light away or lets it through, the others shine."""
    ground, color = linear(rgb(design.ground)), linear(rgb(design.lit))
    full = np.ones((*lit.shape, 3), np.float32)
    if design.technology in ("led", "vfd"):
        glow = cv2.GaussianBlur(lit, (0, 0), 0.05 * scene.view.radius_px)
        shine = (lit + 0.12 * glow + design.unlit * 0.12 * unlit).astype(np.float32)
        core = (
            np.float32(0.12) * color.max() * spread(lit * lit)
        )  # a bright one bleeds into the other colours
        shown = glass.in_color(full, ground * look.window_light) + glass.in_color(
            spread(shine), color * look.contrast
        )
        return np.asarray(shown + core * np.float32(look.contrast), np.float32)
    strength = lit + np.float32(design.unlit) * unlit * (1.0 - lit)
    shift = 0.035 * scene.view.radius_px / HEIGHTS
    move = np.array([[1.0, 0.0, -shift * scene.light[0]], [0.0, 1.0, -shift * scene.light[1]]])
    fallen = cv2.GaussianBlur(cv2.warpAffine(lit, move, scene.size), (0, 0), max(0.5, 0.4 * shift))
    base = glass.in_color(full, ground) * spread((1.0 - look.shadow * fallen * 0.5).astype(np.float32))
    over = spread(np.asarray(strength * look.contrast, np.float32))
    return np.asarray((base + over * (color - base)) * np.float32(look.window_light), np.float32)


# --- The still parts, painted once a design


@dataclass(frozen=True)
class _Still:
    color: NDArray[np.uint8]
    """Housing, rim and words."""
    window: NDArray[np.uint8]
    """255 where one sees into the window."""


def _field(design: DisplayDesign) -> Points:
    """Corners of the digit field, heights, from upper left clockwise."""
    lean = float(np.tan(np.deg2rad(design.slant_deg)))
    wide = (design.digits - 1) * design.pitch + design.width + lean
    return np.array([[-wide / 2, -0.5], [wide / 2, -0.5], [wide / 2, 0.5], [-wide / 2, 0.5]])


def _box(design: DisplayDesign) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the housing in the view's units."""
    right = float(_field(design)[1, 0]) + _MARGIN[0] + _HOUSING[0]
    top = 0.5 + _MARGIN[1] + _HOUSING[1]
    bottom = top + (_HOUSING[1] if design.words else 0.0)
    return -right / HEIGHTS, -top / HEIGHTS, right / HEIGHTS, bottom / HEIGHTS


def _blank(design: DisplayDesign) -> NDArray[np.uint8]:
    left, top, right, bottom = _box(design)
    scale = HEIGHTS * _PIXELS
    return np.zeros((round((bottom - top) * scale), round((right - left) * scale)), np.uint8)


def _fixed(design: DisplayDesign, points: Points) -> NDArray[np.int32]:
    """Points in heights as OpenCV's fixed-point pixels of the canvas (8 bits)."""
    left, top, _, _ = _box(design)
    placed = (points - np.array([left, top]) * HEIGHTS) * _PIXELS - 0.5
    return np.round(placed * 256.0).astype(np.int32)


@lru_cache(maxsize=64)
def _still(design: DisplayDesign) -> _Still:
    window = _blank(design)
    color = np.full((*window.shape, 3), rgb(design.housing), np.uint8)
    half = _field(design)[2] + np.array(_MARGIN)
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    cv2.fillPoly(color, [_fixed(design, corners * (half + 0.07))], rgb(design.rim), cv2.LINE_AA, 8)
    cv2.fillPoly(window, [_fixed(design, corners * half)], 255.0, cv2.LINE_AA, 8)
    sheet = Image.fromarray(color)
    for place, word in enumerate(design.words):
        share = (place + 0.5) / len(design.words) - 0.5
        at = _fixed(design, np.array([[share * 2.0 * half[0], half[1] + 0.62]]))[0] / 256.0
        dark = sum(rgb(design.housing)) > 300
        ink = (24, 24, 26) if dark else (226, 226, 222)
        font = lettering("bold", round(0.5 * _PIXELS))
        ImageDraw.Draw(sheet).text((float(at[0]), float(at[1])), word, ink, font=font, anchor="mm")
    return _Still(np.array(sheet), window)


@lru_cache(maxsize=64)
def _unlit(design: DisplayDesign) -> NDArray[np.uint8]:
    """Every segment or dot, for those that show faintly though they are not lit."""
    canvas = _blank(design)
    for place in range(design.digits):
        if design.technology == "matrix":
            _draw_dots(design, canvas, place, "1F" * 7, 255.0)
        else:
            for outline in segments(design).values():
                _draw(design, canvas, place, outline, 255.0)
    return canvas


def _lit(design: DisplayDesign, text: str, levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    canvas = _blank(design)
    place = -1
    for character in text:
        if character == "." and design.technology != "matrix":
            _draw(design, canvas, place, _point(design), 255.0 * levels[place])
            continue
        place += 1
        if character == " ":
            continue
        if design.technology == "matrix":
            _draw_dots(design, canvas, place, _DOTS[character], 255.0 * levels[place])
            continue
        shapes = segments(design)
        for name in lit_segments(design, character):
            _draw(design, canvas, place, shapes[name], 255.0 * levels[place])
    return canvas


def lit_segments(design: DisplayDesign, character: str) -> str:
    """Names of the segments that show ``character``: a top, then clockwise to f, g in the middle."""
    if not design.tails and character in "69":
        return {"6": "cdefg", "9": "abcfg"}[character]
    return _SEGMENTS[character] + ("f" if design.hook and character == "7" else "")


def _draw(
    design: DisplayDesign, canvas: NDArray[np.uint8], place: int, outline: Points, level: float
) -> None:
    """An outline of the cell (x right from its left edge, y down from its top) into a place."""
    lean = float(np.tan(np.deg2rad(design.slant_deg)))
    x = outline[:, 0] + lean * (1.0 - outline[:, 1]) + place * design.pitch + _field(design)[0, 0]
    cv2.fillPoly(canvas, [_fixed(design, np.stack([x, outline[:, 1] - 0.5], axis=1))], level, cv2.LINE_AA, 8)


def _draw_dots(design: DisplayDesign, canvas: NDArray[np.uint8], place: int, rows: str, level: float) -> None:
    across, down = design.width / 5, 1.0 / 7
    square = np.array([[0.06, 0.06], [0.94, 0.06], [0.94, 0.94], [0.06, 0.94]])
    for row in range(7):
        dots = int(rows[2 * row : 2 * row + 2], 16)
        for column in range(5):
            if dots >> (4 - column) & 1:
                _draw(
                    design,
                    canvas,
                    place,
                    (square + np.array([column, row])) * np.array([across, down]),
                    level,
                )


def _point(design: DisplayDesign) -> Points:
    middle, size = design.width + (design.pitch - design.width) / 2, design.stroke * 0.62
    at = np.array([middle, 1.0 - size])
    if design.point == "square":
        return at + size * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    disc = at + on_ring(np.linspace(0.0, 2 * np.pi, 24, endpoint=False), size)
    if design.point == "round":
        return disc
    return np.concatenate(
        [
            disc[:12],
            at + np.array([[-0.3 * size, size], [-1.2 * size, 2.6 * size], [0.2 * size, 0.9 * size]]),
            disc[12:],
        ]
    )


@lru_cache(maxsize=64)
def segments(design: DisplayDesign) -> dict[str, Points]:
    """Outlines of the seven segments of a cell: x from 0 to its width, y from 0 to 1."""
    wide, stroke, gap = design.width, design.stroke, design.gap
    half = stroke / 2
    if design.ends == "square":  # mitred corners, as most glass displays have them
        top = np.array([[gap, 0.0], [wide - gap, 0.0], [wide - stroke - gap, stroke], [stroke + gap, stroke]])
        left = np.array(
            [
                [0.0, gap],
                [stroke, stroke + gap],
                [stroke, 0.5 - half - gap],
                [half, 0.5 - gap],
                [0.0, 0.5 - gap - half / 2],
            ]
        )
    else:
        top = _bar(np.array([half, half]), np.array([wide - half, half]), design)
        left = _bar(np.array([half, half]), np.array([half, 0.5]), design)
    across, down = np.array([-1.0, 1.0]), np.array([1.0, -1.0])
    middle = _bar(np.array([half, 0.5]), np.array([wide - half, 0.5]), design)
    right = left * across + [wide, 0.0]
    return {
        "a": top, "b": right, "c": right * down + [0.0, 1.0], "d": top * down + [0.0, 1.0],
        "e": left * down + [0.0, 1.0], "f": left, "g": middle,
    }  # fmt: skip


def _bar(first: Points, last: Points, design: DisplayDesign) -> Points:
    """A segment between two joints: pointed, or with round ends."""
    along = (last - first) / np.hypot(*(last - first))
    across, half, gap = np.array([-along[1], along[0]]), design.stroke / 2, design.gap
    if design.ends == "round":
        turn = np.linspace(-np.pi / 2, np.pi / 2, 9)[:, None]
        end = last - along * (gap + half) + half * (np.cos(turn) * along + np.sin(turn) * across)
        start = first + along * (gap + half) - half * (np.cos(turn) * along + np.sin(turn) * across)
        return np.concatenate([end, start])
    near, far = first + along * gap, last - along * gap
    return np.array(
        [
            near, near + along * half + across * half, far - along * half + across * half,
            far, far - along * half - across * half, near + along * half - across * half,
        ]
    )  # fmt: skip
