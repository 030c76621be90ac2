"""Whoever teaches a dial is told what would go unnoticed later."""

import cv2
import numpy as np

from app.recipes.gauges.adding import taught
from app.recipes.gauges.cautions import NO_REFERENCE, NO_SCALE, cautions
from app.recipes.gauges.wordings import dial_of
from inspection.instruments.indicator import LampDescription
from tests.app.recipes.gauges.dials import CENTRE, dial, label

PICTURE = dial(40)


def test_a_dial_that_is_there_needs_no_caution() -> None:
    assert cautions(PICTURE, taught(PICTURE, dial_of(label("a.png", 40.0)).dial)) == []


def test_marks_beside_their_scale_are_told() -> None:
    turn = cv2.getRotationMatrix2D(CENTRE, 12.0, 1.0)
    marks = [[*(turn @ np.array([x, y, 1.0])), value] for x, y, value in label("a.png", 40.0)["marks"]]
    beside = dial_of(label("a.png", 40.0, marks=marks)).dial
    assert cautions(PICTURE, taught(PICTURE, beside)) == [NO_SCALE]


def test_a_dial_without_a_reference_is_told() -> None:
    shares = [[(x + 0.5) / 400, (y + 0.5) / 300, value] for x, y, value in label("a.png", 40.0)["marks"]]
    centre = [(CENTRE[0] + 0.5) / 400, (CENTRE[1] + 0.5) / 300]
    relative = dial_of(label("a.png", 40.0, center=centre, marks=shares, relative=True)).dial
    assert cautions(PICTURE, taught(PICTURE, relative)) == [NO_REFERENCE]


def test_what_is_no_dial_needs_none() -> None:
    lamp = LampDescription.model_validate({"kind": "lamp", "region": [10, 10, 24, 24], "on_level": 120})
    assert cautions(PICTURE, lamp) == []
