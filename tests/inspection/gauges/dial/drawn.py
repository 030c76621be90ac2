"""A drawn dial, for what needs pixels: ticks, numerals, bezel and a needle, seen through any homography."""

import math

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

FACE_PX = 400
"""Side of the face as drawn; its ring of ticks has a radius of 160."""


def face(value: float = 3.0, *, dark: bool = False, numerals: bool = True) -> Picture:
    """A dial from 0 to 10 over 270 deg, seen from the front."""
    back, ink = (30, 225) if dark else (235, 25)
    drawn = np.full((FACE_PX, FACE_PX, 3), 120, np.uint8)
    middle = FACE_PX // 2
    cv2.circle(drawn, (middle, middle), 192, (60, 60, 70), -1, cv2.LINE_AA)
    cv2.circle(drawn, (middle, middle), 182, (back, back, back), -1, cv2.LINE_AA)
    for tick in range(51):
        inner = 138 if tick % 5 == 0 else 150
        ends = [_at(tick / 5, radius) for radius in (inner, 160)]
        cv2.line(drawn, ends[0], ends[1], (ink, ink, ink), 4 if tick % 5 == 0 else 2, cv2.LINE_AA)
    if numerals:
        for number in range(0, 11, 2):
            x, y = _at(number, 112)
            cv2.putText(
                drawn, str(number), (x - 12, y + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (ink,) * 3, 2, cv2.LINE_AA
            )
        cv2.putText(
            drawn, "bar", (middle - 24, 275), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (ink,) * 3, 2, cv2.LINE_AA
        )
    cv2.line(drawn, _at(value, -35), _at(value, 140), (190, 30, 30), 6, cv2.LINE_AA)
    cv2.circle(drawn, (middle, middle), 14, (40, 40, 40), -1, cv2.LINE_AA)
    return drawn


def _at(value: float, radius: float) -> tuple[int, int]:
    angle = math.radians(-135 + 27 * value)
    return round(FACE_PX / 2 + radius * math.sin(angle)), round(FACE_PX / 2 - radius * math.cos(angle))


def seen(
    drawn: Picture, onto: Array, size: tuple[int, int] = (480, 400), *, noise: float = 2.0, light: float = 1.0
) -> Picture:
    """The face through ``onto`` (3 x 3, its pixels to the picture's) on a wall; ``size``: width, height."""
    warped = cv2.warpPerspective(
        cv2.GaussianBlur(drawn, (0, 0), 0.8), onto, size, flags=cv2.INTER_AREA, borderValue=(150, 145, 140)
    ).astype(np.float64)
    warped *= light * np.linspace(0.85, 1.1, size[0])[None, :, None]
    warped += np.random.default_rng(7).normal(0.0, noise, warped.shape)
    return np.asarray(np.clip(warped, 0, 255), np.uint8)


def placed(
    x: float = 240.0,
    y: float = 200.0,
    *,
    turn_deg: float = 0.0,
    scale: float = 0.8,
    tilt_deg: float = 0.0,
    about_deg: float = 0.0,
) -> Array:
    """From the face's pixels to the picture's: its middle at x, y, turned clockwise, tilted (from afar)."""
    middle = FACE_PX / 2
    turn, axis = math.radians(turn_deg), math.radians(about_deg)

    def turned(angle: float) -> Array:
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    squeezed = turned(axis) @ np.diag([1.0, math.cos(math.radians(tilt_deg))]) @ turned(-axis)
    linear = scale * squeezed @ turned(turn)
    onto = np.eye(3)
    onto[:2, :2] = linear
    onto[:2, 2] = np.array([x, y]) - linear @ np.array([middle, middle])
    return onto
