"""A dial is taught only where it can be found again, and the description then holds all that is needed."""

import numpy as np
import pytest

from inspection.errors import RecipeError
from inspection.gauges.dial.teaching import taught
from inspection.instruments.description import description_of
from inspection.instruments.dial import MOST_SIDE_PX, DialDescription
from tests.inspection.gauges.dial.drawn import face, placed, seen
from tests.inspection.gauges.dial.test_registration import description


def test_a_taught_dial_holds_a_small_reference_and_survives_its_file() -> None:
    dial = taught(seen(face(), placed(scale=1.6), (800, 700)), description(placed(scale=1.6)))
    assert dial.reference is not None
    assert max(dial.reference.box) > MOST_SIDE_PX
    assert description_of(dial.model_dump_json().encode(), source="dial.json") == dial


def test_a_dial_cut_off_by_the_picture_is_taught_by_what_is_seen() -> None:
    onto = placed(240, 60)
    dial = taught(seen(face(), onto), description(onto))
    assert dial.reference is not None
    assert dial.reference.box[1] == 0


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_anything_to_hold_on_to_teaches_nothing(level: int) -> None:
    plain = np.full((400, 480, 3), level, np.uint8)
    with pytest.raises(RecipeError, match="not found again"):
        taught(plain, description())


def test_marks_that_fit_no_dial_teach_nothing() -> None:
    good = description()
    jumbled = good.model_copy(update={"center": (200.0, 290.0)})
    with pytest.raises(RecipeError, match="marks"):
        taught(seen(face(), placed()), jumbled)


def test_a_dial_too_small_or_outside_teaches_nothing() -> None:
    with pytest.raises(RecipeError, match="radius is"):
        taught(seen(face(), placed(scale=0.1)), description(placed(scale=0.1)))
    with pytest.raises(RecipeError, match="outside"):
        taught(seen(face(), placed()), description(placed(900, 900)))


def test_shares_of_the_picture_are_not_looked_for() -> None:
    relative = DialDescription.model_validate(
        {"center": [0.5, 0.5], "marks": [[0.2, 0.8, 0], [0.5, 0.1, 1]], "direction": "cw", "relative": True}
    )
    with pytest.raises(RecipeError, match="shares"):
        taught(seen(face(), placed()), relative)
