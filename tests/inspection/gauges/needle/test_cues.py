"""What runs outward from the hub is found with its direction, and a numeral is not taken for it."""

import cv2
import numpy as np
import pytest

from inspection.gauges.needle.axis import measure
from inspection.gauges.needle.cues import directions
from inspection.gauges.needle.face import RADIUS_PX, Face
from inspection.gauges.needle.polar import unwrap


def face_with(*lines: tuple[float, float, float, float, float]) -> Face:
    """Dark lines on a light face: degrees clockwise from up, offset, begin, end and width in radii."""
    side = 401
    picture = np.full((side, side, 3), 210, np.uint8)
    for degrees, offset, begin, end, width in lines:
        turn = np.radians(degrees)
        along, aside = np.array([np.sin(turn), -np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
        corners = [(begin, -width / 2), (end, -width / 2), (end, width / 2), (begin, width / 2)]
        points = [200 + RADIUS_PX * (u * along + (v + offset) * aside) for u, v in corners]
        cv2.fillPoly(
            picture, [(16 * np.array(points)).round().astype(np.int32)], (30, 30, 30), cv2.LINE_AA, 4
        )
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.uint8)
    return Face(lab=lab, blind=None, pixels_per_radius=float(RADIUS_PX))


@pytest.mark.parametrize("degrees", [0.0, 33.3, 181.7, 300.2, 359.6])
@pytest.mark.parametrize(("offset", "width"), [(0.0, 0.02), (0.06, 0.05), (-0.1, 0.12)])
def test_a_line_is_found_and_measured(degrees: float, offset: float, width: float) -> None:
    face = face_with((degrees, offset, 0.1, 0.9, width))
    first = directions(unwrap(face))[0]
    axis = measure(face, first.angle, first.offset, first.begin, first.end, first.width)
    assert axis is not None
    apart = np.degrees(axis.angle) - degrees
    assert abs((apart + 180) % 360 - 180) < 0.3
    assert axis.offset == pytest.approx(offset, abs=0.006)
    assert axis.tip == pytest.approx(0.9, abs=0.03)
    assert axis.width == pytest.approx(width, abs=0.01)


def test_what_begins_far_out_has_a_gap() -> None:
    face = face_with((40.0, 0.0, 0.1, 0.9, 0.03), (200.0, 0.0, 0.6, 1.0, 0.03))
    found = {round(np.degrees(one.angle) / 10): one for one in directions(unwrap(face))}
    assert found[4].gap < 0.05
    assert found[20].gap > 0.3
    assert found[4].score > found[20].score
