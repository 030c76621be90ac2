"""A recipe that cannot keep the deadline is refused when it is taught, with the figures."""

import threading
from collections.abc import Callable

import pytest
import torch

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


def test_a_busy_machine_refuses_nothing_that_was_in_time_once() -> None:
    """Looks that something else slowed are followed by others, a bounded number of them."""
    slowed = (2.0,) * 5
    once = measured(
        lambda: None, area_px=500_000, threads=2, deadline_ms=450.0, cpu_s=clock(*slowed, 0.5, 9.0)
    )
    refuse_too_slow(once, deadline_ms=450.0)
    looked: list[None] = []
    never = measured(
        lambda: looked.append(None), area_px=500_000, threads=2, deadline_ms=450.0, cpu_s=clock(*(2.0,) * 12)
    )
    assert (never.took_ms, len(looked)) == (1000.0, 13)


def test_threads_that_wait_for_each_other_are_not_counted() -> None:
    """Looked at is with one thread, and afterwards torch has as many as before."""
    before, during = torch.get_num_threads(), set[int]()
    torch.set_num_threads(2)
    try:
        busy = threading.Thread(target=lambda: sum(range(3_000_000)))
        busy.start()
        pace = measured(lambda: during.add(torch.get_num_threads()), area_px=1, threads=1)
        busy.join()
        assert (during, torch.get_num_threads()) == ({1}, 2)
        assert pace.took_ms < 5.0, "what another thread of the process does is not its time"
    finally:
        torch.set_num_threads(before)


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
