"""Chunks, and the state of the line that they begin from: what has no meaning is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

from inspection.motion.chunk import STEPS, MotionChunk
from tests.inspection.motion.lines import context


@pytest.mark.parametrize(
    "wrong",
    [
        {"belt_speed_mm_s": 900.0},
        {"diverter_load_n_m": 8.0},
        {"diverter_angle_deg": 46.0},
        {"diverter_angle_deg": 44.0, "diverter_speed_deg_s": 800.0},
        {"belt_friction": float("nan")},
    ],
)
def test_a_context_that_cannot_be_kept_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        context(**wrong)


def test_what_is_no_number_is_no_chunk() -> None:
    shares = np.full((STEPS, 2), 0.5)
    shares[3, 1] = np.nan
    with pytest.raises(ValidationError):
        MotionChunk.of_shares(shares, context())
