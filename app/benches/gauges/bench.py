"""All that is measured of gauges, in the order in which it is worth waiting for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.benches.gauges.figures import of_dials, of_displays, of_photographs, photographs_in
from app.benches.gauges.rendered import instruments, outcomes_of
from app.benches.gauges.speed import COUNTS, bench_speed
from inspection.gauges.reading_all import read

Show = Callable[[int, int, str], None]
"""Is told how many instruments are done, of how many, and of which kind."""


def bench_gauges(
    *,
    dials: int,
    displays: int,
    tuning: bool,
    click_error_px: float,
    processes: int,
    data: Path | None,
    speed: bool,
    show: Show,
) -> dict[str, Any]:
    """Read rendered dials and displays, the shared photographs, and measure how long a reading takes.

    Args:
        dials: How many dials are rendered, of all designs alike; 0 for none.
        displays: How many displays.
        tuning: Take the designs on which one may tune, not those that make the figures.
        click_error_px: Standard deviation of centre and marks in the dials' labels.
        processes: How many render and read at a time; 0: none but this one.
        data: The folder of shared photographs; None, or one without them: they are left out.
        speed: Whether to measure times.
        show: Is told how far it is.

    Returns:
        ``dials``, ``displays``, ``photographs`` (by name) and ``speed``, as far as they were measured, each
        with its ``goals_met``; and ``all_goals_met``, which is not so where nothing was measured.

    Raises:
        TimeoutError: A process of readers hangs.
        DatasetError: Labels of photographs cannot be read.
    """
    folders = photographs_in(data) if data is not None else {}
    total = dials + displays + sum(folders.values()) + (sum(COUNTS.values()) if speed else 0)
    before = 0

    def counted(noun: str) -> Callable[[int], None]:
        return lambda done: show(before + done, total, noun)

    said: dict[str, Any] = {"designs": "tuning" if tuning else "figures", "click_error_px": click_error_px}
    for noun, count, summed in (("dials", dials, of_dials), ("displays", displays, of_displays)):
        if count:
            chosen = instruments(noun, count, tuning=tuning, click_error_px=click_error_px)
            said[noun] = summed(list(outcomes_of(chosen, processes=processes, on_done=counted(noun))))
            before += count
    if folders:
        assert data is not None
        said["photographs"] = {}
        for name, count in folders.items():
            said["photographs"][name] = of_photographs(name, data, read, on_done=counted(name))
            before += count
    if speed:
        said["speed"] = bench_speed(tuning=tuning, on_done=counted("speed"))
    goals = _goals(said)
    said["all_goals_met"] = bool(goals) and all(goals)
    return said


def _goals(said: dict[str, Any]) -> list[bool]:
    """Whether each goal was met, wherever it stands."""
    met: list[bool] = []
    for key, value in said.items():
        if key == "goals_met":
            met += value.values()
        elif isinstance(value, dict):
            met += _goals(value)
    return met
