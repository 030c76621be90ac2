"""A recipe that cannot keep the deadline is refused when it is taught, with the figures."""

from collections.abc import Callable

import pytest

from inspection.errors import RecipeError
from models.backbone.pace import Pace, measured, refuse_too_slow


def clock(*took_s: float) -> Callable[[], float]:
    """Of the processor: shows these differences, one a look."""
    shown = [0.0]
    for took in took_s:
        shown += [shown[-1] + took, shown[-1] + took]
    times = iter([shown[0], *shown[1:]])
    return lambda: next(times)


def test_the_least_of_three_looks_counts_shared_among_the_threads() -> None:
    looked: list[None] = []
    pace = measured(lambda: looked.append(None), area_px=500_000, threads=2, cpu_s=clock(0.5, 0.3, 0.4))
    assert pace.took_ms == pytest.approx(150.0)
    assert pace.ms_per_megapixel == pytest.approx(300.0)
    assert len(looked) == 4


def test_what_cannot_be_in_time_is_refused_with_the_figures() -> None:
    pace = Pace(took_ms=1500.0, area_px=5_000_000, threads=2)
    with pytest.raises(
        RecipeError, match=r"5\.00 megapixels .* 1500 ms here \(300 ms a megapixel on 2 thr"
    ) as no:
        refuse_too_slow(pace, deadline_ms=450.0)
    assert "within 450 ms, of which 400 are left for looking: up to 1.33 megapixels" in str(no.value)
    refuse_too_slow(pace, deadline_ms=1600.0)


def test_a_working_area_that_keeps_the_deadline_is_told_beforehand() -> None:
    pace = Pace(took_ms=30.0, area_px=100_000, threads=2)
    assert pace.most_area_px(450.0) == pytest.approx(1_333_333, abs=1)
    refuse_too_slow(Pace(took_ms=399.0, area_px=1_330_000, threads=2), deadline_ms=450.0)
