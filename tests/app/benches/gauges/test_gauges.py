"""What the bench of gauges counts, and that it fails where a goal is missed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.benches.gauges import bench, rendered
from app.benches.gauges.figures import of_dials, of_displays, of_photographs, photographs_in
from app.benches.gauges.rendered import instruments, outcomes_of
from app.commands.bench.gauges import cli
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture
from inspection.simulation.instruments import designs_figures, designs_tuning


class Knowing:
    """A reader that is told the truth of what it reads next, and says it with an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, off_pct: Sequence[float | None]) -> None:
        """``off_pct``: what each reading in turn is off by, in % of full scale; None: unreadable."""
        self._off = list(off_pct)
        self._truth = 0.0
        render = rendered.rendered

        def told(one: rendered.Instrument) -> Any:
            pictures, described, label = render(one)
            self._truth = label["reading"]
            return pictures, described, label

        monkeypatch.setattr(rendered, "rendered", told)
        monkeypatch.setattr(rendered, "read", self)

    def __call__(self, pictures: Sequence[Picture], what: Description) -> Reading:
        off = self._off.pop(0)
        kind = InstrumentKind(what.kind)
        if off is None:
            return unreadable(kind, Unreadable.NOT_FOUND)
        span = what.full_scale if isinstance(what, DialDescription) else 100.0
        return Reading(
            kind=kind,
            value=self._truth + off * span / 100.0,
            unit="",
            uncertainty=0.002 * span,
            reason=None,
            ms=1.0,
        )


def dials(count: int) -> list[rendered.Outcome]:
    chosen = instruments("dials", count, tuning=True)
    return list(outcomes_of(chosen, processes=0, on_done=lambda done: None))


def test_each_design_comes_as_often_as_the_others_and_none_of_the_other_list() -> None:
    chosen = instruments("dials", 96, tuning=False)
    assert sorted(one.design for one in chosen) == sorted(2 * list(range(len(designs_figures.DIALS))))
    assert len({(one.design, one.seed) for one in chosen}) == 96
    assert not any(one.tuning for one in chosen)
    assert max(one.design for one in instruments("displays", 50, tuning=True)) < len(designs_tuning.DISPLAYS)


def test_a_reader_that_knows_meets_every_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    Knowing(monkeypatch, off_pct=[0.1] * 8)
    said = of_dials(dials(8))
    assert all(said["goals_met"].values()), said["goals_met"]
    assert said["error_pct"]["median"] == pytest.approx(0.1)
    assert said["median_u_pct"] == pytest.approx(0.2)
    assert said["by_design"].keys() == {design.name for design in designs_tuning.DIALS[:8]}


def test_one_wrong_reading_among_few_is_a_silent_error_and_a_missed_goal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Knowing(monkeypatch, off_pct=[0.1, 6.0, None, 0.1])
    said = of_dials(dials(4))
    assert said["silent_errors"] == 1
    assert said["share_readable"] == 0.75
    missed = {goal for goal, met in said["goals_met"].items() if not met}
    assert {"silent errors <= 0.1 %", "p95 <= 1 %", "readable >= 95 %", "within 2 u >= 95 %"} == missed


def test_displays_are_taught_with_and_without_corners_and_wrong_by_any_digit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Knowing(monkeypatch, off_pct=[0.0] * 12 + [1.0] * 12)
    chosen = instruments("displays", 24, tuning=True)
    outcomes = list(outcomes_of(chosen, processes=0, on_done=lambda done: None))
    assert all(isinstance(one.scored.label.what, DisplayDescription) for one in outcomes)
    said = of_displays(outcomes)
    assert said["wrong"] == 12
    assert (
        said["by_corners"]["taught corners"]["instruments"]
        == said["by_corners"]["found"]["instruments"]
        == 12
    )


@pytest.mark.parametrize("met", [True, False])
def test_the_command_prints_one_object_and_fails_where_a_goal_is_missed(
    monkeypatch: pytest.MonkeyPatch, met: bool
) -> None:
    goals = {"dials": {"goals_met": {"a": True}}, "speed": {"goals_met": {"b": met}}}
    monkeypatch.setattr(
        bench, "bench_gauges", lambda **_: {**goals, "all_goals_met": all(bench._goals(goals))}
    )
    done = CliRunner().invoke(cli, ["--json"])
    assert done.exit_code == (0 if met else 1)
    assert json.loads(done.stdout)["all_goals_met"] is met


def test_photographs_are_held_against_their_labels_where_they_are(tmp_path: Path) -> None:
    assert photographs_in(tmp_path) == {}
    folder = tmp_path / "needles"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((64, 64, 3), 128, np.uint8))
    (folder / "index.csv").write_text("file,reading\na.png,9.9\na.png,5.0\n", encoding="utf-8")
    assert photographs_in(tmp_path) == {"needles": 2}

    def reader(pictures: Sequence[Picture], what: Description) -> Reading:
        return Reading(kind=InstrumentKind.DIAL, value=0.05, unit="", uncertainty=0.1, reason=None, ms=1.0)

    said = of_photographs("needles", tmp_path, reader, on_done=lambda done: None)
    assert said["share_within"] == 0.5, "from 9.9 to 0.05 it is 0.15 around the circle, from 5.0 it is not"
    assert said["goals_met"] == {"within 0.2 >= 95 % of the readable": False, "readable >= 90 %": True}


def test_a_bench_that_measures_nothing_meets_no_goal() -> None:
    nothing = bench.bench_gauges(
        dials=0,
        displays=0,
        tuning=True,
        click_error_px=0.0,
        processes=0,
        data=None,
        speed=False,
        show=lambda *_: None,
    )
    assert nothing["all_goals_met"] is False
