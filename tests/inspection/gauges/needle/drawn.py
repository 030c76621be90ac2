"""Dials drawn by hand with OpenCV, for the tests of the needle's reader: nothing of the renderer is used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from inspection.instruments.dial import DialDescription

Picture = npt.NDArray[np.uint8]
Rgb = tuple[int, int, int]
_FINER = 2
_BLACK: Rgb = (25, 25, 28)


@dataclass(frozen=True)
class Hand:
    """A needle: its outline in radii of the marks' ring, outward along x; mirrored about its axis."""

    outline: tuple[tuple[float, float], ...] = ((-0.3, 0.03), (-0.1, 0.02), (0.9, 0.008))
    colour: Rgb = _BLACK
    hub: float = 0.07
    hub_colour: Rgb = (60, 60, 64)


THIN = Hand(outline=((-0.25, 0.006), (0.95, 0.005)), hub=0.05)
WEDGE = Hand(outline=((-0.12, 0.05), (0.88, 0.004)), hub=0.1)
WEIGHTED = Hand(outline=((-0.42, 0.08), (-0.24, 0.08), (-0.22, 0.02), (0.9, 0.008)))
ARROW = Hand(outline=((-0.2, 0.012), (0.62, 0.012), (0.62, 0.05), (0.92, 0.0)))
DRAG = Hand(outline=((0.0, 0.012), (0.93, 0.012)), colour=(205, 30, 35), hub=0.05, hub_colour=(150, 150, 155))


@dataclass(frozen=True)
class Drawing:
    """A dial to be drawn, and how it is photographed."""

    radius: int = 150
    """Of the ring of marks, pixels of the picture."""
    start: float = -135.0
    sweep: float = 270.0
    """Degrees, clockwise from up; a negative sweep runs counter-clockwise."""
    values: tuple[float, ...] = tuple(range(0, 11))
    law: float = 1.0
    """Place along the sweep is (share of full scale) ** law."""
    face: Rgb = (235, 235, 230)
    ink: Rgb = _BLACK
    bezel: Rgb = (70, 70, 75)
    around: Rgb = (120, 125, 118)
    hand: Hand = field(default_factory=Hand)
    second: Hand | None = None
    second_at: float = 0.0
    over: bool = False
    """Whether the second needle lies above the first."""
    shadow: float = 0.0
    """Of the needle, radii it is shifted by."""
    numerals: bool = True
    arcs: tuple[tuple[float, float, Rgb], ...] = ()
    words: tuple[tuple[str, float, float], ...] = (("bar", -0.1, 0.45), ("PASSKO", -0.22, -0.35))
    tilt: float = 0.0
    """Degrees, about an axis that is turned by 30 degrees."""
    blur: float = 0.5
    noise: float = 2.0
    jpeg: int = 90
    second_said: str | None = None
    said: str = "auto"
    seed: int = 0

    def turn(self, value: float) -> float:
        """Direction of a value on the dial, radians clockwise from up."""
        share = (value - self.values[0]) / (self.values[-1] - self.values[0])
        placed = np.sign(share) * abs(share) ** self.law
        return float(np.radians(self.start + self.sweep * placed))

    def photograph(self, value: float) -> tuple[Picture, DialDescription]:
        """A picture in which it shows ``value``, RGB, and its description."""
        canvas, middle = self._face()
        hands = [(self.hand, value)]
        if self.second is not None:
            hands.insert(len(hands) if self.over else 0, (self.second, self.second_at))
        for hand, shown in hands:
            self._draw_hand(canvas, middle, hand, self.turn(shown))
        return self._seen(canvas, middle)

    def _face(self) -> tuple[Picture, float]:
        big = self.radius * _FINER
        side = int(2.9 * big)
        middle = (side - 1) / 2
        canvas = np.full((side, side, 3), self.around, np.uint8)
        at = (round(middle), round(middle))
        cv2.circle(canvas, at, int(1.34 * big), self.bezel, -1, cv2.LINE_AA)
        cv2.circle(canvas, at, int(1.24 * big), self.face, -1, cv2.LINE_AA)
        for low, high, colour in self.arcs:
            turns = np.linspace(self.turn(low), self.turn(high), 60)
            points = middle + 1.06 * big * np.stack([np.sin(turns), -np.cos(turns)], axis=1)
            cv2.polylines(canvas, [points.round().astype(np.int32)], False, colour, max(big // 20, 1))
        steps = np.linspace(self.values[0], self.values[-1], 5 * (len(self.values) - 1) + 1)
        for number, here in enumerate(steps):
            inner, thick = (0.88, big // 50) if number % 5 == 0 else (0.94, big // 110)
            self._line(canvas, middle, self.turn(float(here)), (inner, 1.0), self.ink, max(thick, 1))
        if self.numerals:
            for here in self.values:
                turn, text = self.turn(here), f"{here:.3g}"
                (w, h), _ = cv2.getTextSize(text, 0, big / 190, max(big // 60, 1))
                x, y = middle + 0.74 * big * np.sin(turn), middle - 0.74 * big * np.cos(turn)
                self._write(canvas, text, x - w / 2, y + h / 2)
        for text, x, y in self.words:
            self._write(canvas, text, middle + x * big, middle + y * big)
        return canvas, middle

    def _write(self, canvas: Picture, text: str, x: float, y: float) -> None:
        big = self.radius * _FINER
        cv2.putText(
            canvas, text, (round(x), round(y)), 0, big / 190, self.ink, max(big // 60, 1), cv2.LINE_AA
        )

    def _line(
        self, canvas: Picture, middle: float, turn: float, reach: tuple[float, float], colour: Rgb, thick: int
    ) -> None:
        big = self.radius * _FINER
        ends = [
            (round(middle + r * big * np.sin(turn)), round(middle - r * big * np.cos(turn))) for r in reach
        ]
        cv2.line(canvas, ends[0], ends[1], colour, thick, cv2.LINE_AA)

    def _draw_hand(self, canvas: Picture, middle: float, hand: Hand, turn: float) -> None:
        big = self.radius * _FINER
        along = np.array([np.sin(turn), -np.cos(turn)])
        aside = np.array([np.cos(turn), np.sin(turn)])
        outline = [(u, v) for u, v in hand.outline] + [(u, -v) for u, v in reversed(hand.outline)]
        points = np.array([middle + big * (u * along + v * aside) for u, v in outline])
        if self.shadow:
            cast = (16 * (points + self.shadow * big * np.array([0.8, 0.6]))).round().astype(np.int32)
            dark = canvas.copy()
            cv2.fillPoly(dark, [cast], (0, 0, 0), cv2.LINE_AA, 4)
            canvas[:] = cv2.addWeighted(dark, 0.35, canvas, 0.65, 0)
        cv2.fillPoly(canvas, [(16 * points).round().astype(np.int32)], hand.colour, cv2.LINE_AA, 4)
        at = (round(middle), round(middle))
        cv2.circle(canvas, at, max(int(hand.hub * big), 2), hand.hub_colour, -1, cv2.LINE_AA)

    def _seen(self, canvas: Picture, middle: float) -> tuple[Picture, DialDescription]:
        side = canvas.shape[0] // _FINER
        way = self._camera(middle, canvas.shape[0])
        small = np.diag([1 / _FINER, 1 / _FINER, 1.0])
        small[:2, 2] = (1 / _FINER - 1) / 2
        seen = cv2.warpPerspective(canvas, way, canvas.shape[1::-1], flags=cv2.INTER_LINEAR)
        picture = cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA)
        onto = small @ way
        picture = self._spoiled(np.asarray(picture, np.uint8))
        big = self.radius * _FINER

        def place(r: float, turn: float) -> tuple[float, float]:
            spot = onto @ np.array([middle + r * big * np.sin(turn), middle - r * big * np.cos(turn), 1])
            return float(spot[0] / spot[2]), float(spot[1] / spot[2])

        marks = [(*place(1.0, self.turn(v)), v) for v in self.values]
        needle = {
            "color": self.said,
            "second_needle": None if self.second_said is None else {"color": self.second_said},
        }
        direction: Literal["cw", "ccw"] = "cw" if self.sweep > 0 else "ccw"
        dial = DialDescription.model_validate(
            {
                "center": place(0, 0),
                "marks": marks,
                "direction": direction,
                "unit": "bar",
                "needle": needle,
            }
        )
        return picture, dial

    def _camera(self, middle: float, side: int) -> npt.NDArray[np.float64]:
        """Canvas to canvas, as a camera 4 sides away sees it at a tilt."""
        if not self.tilt:
            return np.eye(3)
        tilt, about = np.radians(self.tilt), np.radians(30)
        turn = np.array([[np.cos(about), -np.sin(about), 0], [np.sin(about), np.cos(about), 0], [0, 0, 1]])
        lean = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
        seen = turn.T @ lean @ turn
        far = 3.0 * side
        to_plane = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 0], [0, 0, 1.0]])
        moved = np.eye(4)
        moved[:3, :3] = seen
        moved[2, 3] = far
        eye = np.array([[far, 0, middle, 0], [0, far, middle, 0], [0, 0, 1, 0]])
        return np.asarray(eye @ moved @ to_plane)

    def _spoiled(self, picture: Picture) -> Picture:
        rng = np.random.default_rng(self.seed)
        if self.blur:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), self.blur), np.uint8)
        noisy = picture + rng.normal(0, self.noise, picture.shape)
        picture = np.clip(noisy, 0, 255).astype(np.uint8)
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


T = TypeVar("T", Drawing, Hand)


def but(drawing: T, **changes: object) -> T:
    """The same, but for that."""
    return replace(drawing, **changes)  # type: ignore[arg-type]
