"""What the glass before an instrument adds: reflections, dirt, dust, scratches; and a hand before it.

Works on linear light, height x width x 3, float32, in place. Two planes say where pixels lie.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.instruments.marks import Points

Plane = NDArray[np.float32]


def spread(plane: Plane) -> Plane:
    """A plane, height x width, as three equal channels: arithmetic on whole rows is several times as fast."""
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), np.float32)


def in_color(picture: Plane, color: NDArray[np.floating]) -> Plane:
    """A picture times a colour, channel by channel."""
    rows = picture.reshape(len(picture), -1) * np.tile(color.astype(np.float32), picture.shape[1])
    return np.asarray(rows.reshape(picture.shape), np.float32)


def reflect(
    picture: Plane,
    x: Plane,
    y: Plane,
    *,
    pane: Plane,
    count: int,
    rng: np.random.Generator,
    vivid: float = 0.2,
) -> None:
    """Mirror ``count`` things in the glass, where ``pane`` is 1: soft bands, lamps, windows with panes.

    Each is 0.01 to 0.3 of white, and as colourful as ``vivid`` (0 to 1) allows.
    """
    for _ in range(count):
        strength, kind = np.float32(rng.uniform(0.03, 0.4) ** 1.3), rng.integers(3)
        turn, at = rng.uniform(0.0, np.pi), rng.uniform(-0.8, 0.8, 2)
        along = (x - at[0]) * np.cos(turn) + (y - at[1]) * np.sin(turn)
        across = (y - at[1]) * np.cos(turn) - (x - at[0]) * np.sin(turn)
        along, across = along.astype(np.float32), across.astype(np.float32)
        if kind == 0:
            shape = _edge(across, rng.uniform(0.08, 0.3), rng.uniform(0.01, 0.08))
        elif kind == 1:
            wide, high = rng.uniform(0.08, 0.3), rng.uniform(0.04, 0.2)
            shape = cv2.exp(-((along / np.float32(wide)) ** 2) - (across / np.float32(high)) ** 2)
        else:
            wide, high, soft = rng.uniform(0.15, 0.4), rng.uniform(0.15, 0.4), rng.uniform(0.01, 0.03)
            along = along + np.float32(0.3) * across  # seen at a slant
            shape = _edge(along, wide, soft) * _edge(across, high, soft)
            shape *= 1.0 - 0.8 * _edge(along, 0.025, soft) * (np.abs(across) < high)
            shape *= 1.0 - 0.8 * _edge(across, 0.025, soft)
        picture += in_color(spread(strength * shape * pane), rng.uniform(1.0 - vivid, 1.0, 3))


def _edge(value: Plane, half: float, soft: float) -> Plane:
    """1 within ``half`` of 0, falling to 0 over ``soft``."""
    return np.clip((half - np.abs(value)) / soft + 0.5, 0.0, 1.0).astype(np.float32)


def soil(picture: Plane, *, dirt: float, specks: int, radius_px: float, rng: np.random.Generator) -> None:
    """Clouds of dirt as dark as ``dirt``, and ``specks`` of dust, rust, and scratches, some bright."""
    height, width = picture.shape[:2]
    if dirt > 0.0:
        coarse = rng.normal(0.0, 1.0, (6, 6)).astype(np.float32)
        fine = rng.normal(0.0, 0.35, (24, 24)).astype(np.float32)
        size = (width, height)
        cloud = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, size)
        shade = np.clip(cloud, 0.0, 1.5) * np.float32(-dirt / 1.5)
        picture *= in_color(spread(1.0 + shade), np.array([1.0, 0.985, 0.95]))
    if not specks:
        return
    for _ in range(specks):
        at = rng.uniform([0, 0], [width, height])
        size_px = radius_px * 0.012 * rng.uniform(0.3, 1.6)
        color = np.array([0.05, 0.035, 0.02]) if rng.random() < 0.6 else rng.uniform(0.3, 0.8) * np.ones(3)
        if rng.random() < 0.15:  # a scratch
            end = at + rng.normal(0.0, 0.15 * radius_px, 2)
            _line(picture, at, end, tuple(float(part) for part in color * 0.6 + 0.2))
        else:
            center = (int(at[0] * 16), int(at[1] * 16))
            cv2.circle(
                picture, center, max(4, int(size_px * 16)), tuple(map(float, color)), -1, cv2.LINE_8, 4
            )


def _line(picture: Plane, start: Points, end: Points, color: tuple[float, ...]) -> None:
    first, last = (start * 16).astype(int), (end * 16).astype(int)
    cv2.line(picture, (int(first[0]), int(first[1])), (int(last[0]), int(last[1])), color, 1, cv2.LINE_8, 4)


def blind(picture: Plane, x: Plane, y: Plane, *, direction: Points) -> None:
    """Glare so strong that nothing of the needle that points along ``direction`` can be seen."""
    away = (x - np.float32(0.32 * direction[0])) ** 2 + (y - np.float32(0.32 * direction[1])) ** 2
    picture += spread(np.float32(14.0) * cv2.exp(-away / np.float32(0.5**2)))


def cover_by_hand(
    picture: Plane, to_picture: NDArray[np.float64], *, direction: Points, rng: np.random.Generator
) -> None:
    """A hand, bare or gloved, over the needle that points along ``direction``, from hub to beyond its tip."""
    skin = [(0.55, 0.3, 0.2), (0.22, 0.1, 0.06), (0.05, 0.12, 0.35), (0.4, 0.33, 0.06)][int(rng.integers(4))]
    middle, side = 0.3 * direction, np.array([-direction[1], direction[0]])
    lean = rng.uniform(-0.4, 0.4)
    reach = side * np.cos(lean) + direction * np.sin(lean)
    radius_px = float(np.sqrt(abs(np.linalg.det(to_picture[:2, :2]))) / to_picture[2, 2])
    hand, fingers, knuckles = (np.zeros(picture.shape[:2], np.float32) for _ in range(3))

    def stroke(canvas: Plane, first: Points, last: Points, wide: float) -> None:
        ends = np.c_[np.array([first, last]), np.ones(2)] @ to_picture.T
        (left, top), (right, bottom) = (ends[:, :2] / ends[:, 2:] * 16).astype(int).tolist()
        cv2.line(canvas, (left, top), (right, bottom), 1.0, max(2, round(wide * radius_px)), cv2.LINE_8, 4)

    for finger, length in zip(range(-2, 3), (0.2, 0.38, 0.45, 0.4, 0.24), strict=True):
        at = middle + direction * 0.33 * finger
        tip = at + reach * length
        stroke(hand, at - reach * 2.4, tip, 0.36)
        stroke(fingers, tip - reach * 0.6, tip, 0.17)
        stroke(knuckles, tip - reach * 0.72, tip - reach * 0.68, 0.22)
    stroke(fingers, middle - reach * 2.4, middle - reach * 0.7, 1.3)
    hand = np.asarray(cv2.GaussianBlur(hand, (0, 0), max(0.6, 0.006 * radius_px)), np.float32)
    fingers = np.asarray(cv2.GaussianBlur(fingers, (0, 0), max(0.6, 0.07 * radius_px)), np.float32)
    knuckles = np.asarray(cv2.GaussianBlur(knuckles, (0, 0), max(0.6, 0.05 * radius_px)), np.float32)
    light = in_color(spread(0.5 + 0.55 * fingers - 0.2 * knuckles), np.array(skin))
    picture += spread(hand) * (light - picture)
