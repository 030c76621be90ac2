"""What a rendered display's label says is what its pixels show."""

import numpy as np
import pytest

from inspection.simulation.instruments import designs_figures
from inspection.simulation.instruments.designs import DisplayDesign
from inspection.simulation.instruments.designs_tuning import DISPLAYS
from inspection.simulation.instruments.display import lit_segments, number, render_display, segments

NAMES = {design.name: design for design in DISPLAYS}


def test_the_same_seed_gives_the_same_bytes_and_as_many_pictures_as_frames() -> None:
    design = NAMES["panel-led-red"]
    (first, label), (again, _) = render_display(design, 3), render_display(design, 3)
    assert len(first) == design.frames == 3
    assert [one.tobytes() for one in first] == [one.tobytes() for one in again]
    assert len({one.shape for one in first}) == 1
    assert float(label["text"]) == label["value"]


def test_what_is_shown_fits_the_places_and_says_the_value() -> None:
    rng = np.random.default_rng(0)
    for design in DISPLAYS + designs_figures.DISPLAYS:
        for _ in range(50):
            text = number(design, rng)
            places = len(text) if design.technology == "matrix" else len(text.replace(".", ""))
            assert places == design.digits, (design.name, text)
            assert len(text.strip().partition(".")[2]) == design.decimals, (design.name, text)
            assert " " not in text.strip()
            assert float(text) >= 0.0 or design.signed


def test_ten_digits_and_minus_are_ten_patterns_and_a_minus() -> None:
    for design in DISPLAYS:
        patterns = {"".join(sorted(lit_segments(design, character))) for character in "0123456789-"}
        assert len(patterns) == 11
        assert all(np.all((points > -0.01) & (points < 1.01)) for points in segments(design).values())


def test_the_corners_hold_what_is_lit() -> None:
    design = NAMES["counter-lcd"]
    for seed in range(40):
        (picture,), label = render_display(design, seed)
        if not label["hidden"] and label["height_px"] > 40:
            break
    corners = np.array(label["corners"])
    height, width = picture.shape[:2]
    assert np.all((corners >= 0) & (corners < [width, height]))
    across = np.hypot(*(corners[1] - corners[0]))
    down = np.hypot(*(corners[3] - corners[0]))
    assert across / down == pytest.approx((design.digits - 1) * design.pitch + design.width, rel=0.35)


@pytest.mark.slow
@pytest.mark.parametrize("design", designs_figures.DISPLAYS, ids=lambda design: design.name)
def test_each_design_of_the_figures_renders_unseen(design: DisplayDesign) -> None:
    pictures, label = render_display(design, 0)
    assert len(pictures) == design.frames
    assert np.isfinite(label["value"])
