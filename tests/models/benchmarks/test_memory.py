"""The bench of the memory: rows, means and intervals, on a product that costs nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.benchmarks.memory import PLAIN, Plan, benchmark
from models.benchmarks.splits import group_split
from models.training.eye import teaching
from tests.models.benchmarks.toys import PLATES, BlockTower, plates
from tests.models.training.eye.small import AREA_PX, SMALL

PLAN = Plan(seeds=(3, 4), teach_on=12, resamplings=2, quick=True)


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def found(told: list[tuple[int, int]]) -> dict[str, Any]:
    said = benchmark(
        [PLATES],
        data=Path(),
        tower=BlockTower(),
        plan=PLAN,
        listener=lambda done, total, _: told.append((done, total)),
    )
    read: dict[str, Any] = json.loads(json.dumps(said))  # it is one JSON object
    return read


def test_each_product_and_split_has_a_row_and_it_says_what_was_chosen(found: dict[str, Any]) -> None:
    assert [(row["product"], row["seed"]) for row in found["rows"]] == [("plates", 3), ("plates", 4)]
    for row in found["rows"]:
        assert (row["taught"], row["good"], row["defective"], row["test_groups"]) == (12, 36, 12, 12)
        assert row["auroc"] > 0.95, "a dark spot on a plain plate"
        assert 0.0 <= row["overkill_rate_of_least_group"] <= row["overkill_rate_of_most_group"] <= 1.0
        for name in PLAIN:
            assert row[f"auroc of {name}"] > 0.5
            assert f"overkill_at_1_percent_escape of {name}" in row
        assert row["chosen"]["overkill"] == 0.05
        assert row["chosen"]["eye"] is None, "it was to be quick"


def test_mean_deviation_and_the_ratio_of_mistakes_stand_beside(found: dict[str, Any]) -> None:
    plates_found = found["products"]["plates"]
    assert plates_found["defects"] == "drawn"
    aurocs = [row["auroc"] for row in found["rows"]]
    assert plates_found["mean"]["auroc"] == pytest.approx(sum(aurocs) / 2)
    mistakes = plates_found["mistakes"]
    assert mistakes["better"] in PLAIN
    assert mistakes["low"] <= mistakes["figure"] <= mistakes["high"]
    assert plates_found["threshold"]["resamplings"] == 2


@pytest.mark.usefixtures("found")
def test_the_bar_counts_up_to_what_it_said_first(told: list[tuple[int, int]]) -> None:
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
    assert len({total for _, total in told}) == 1


def test_an_eye_is_trained_as_the_station_does_and_the_row_says_why_it_was_kept_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teaching, "AREA_PX", AREA_PX)
    monkeypatch.setattr(teaching, "Effort", lambda: SMALL)
    plan = Plan(seeds=(3,), teach_on=12)
    (row,) = benchmark([PLATES], data=Path(), tower=BlockTower(), plan=plan)["rows"]
    eye = json.loads(json.dumps(row["chosen"]))["eye"]
    assert (eye["working_height"], eye["working_width"]) == (128, 128)
    assert eye["kept"] is (eye["auroc_eye"] - eye["auroc_memory"] > eye["error"])
    assert all(f"auroc of {name}" in row for name in PLAIN)


def test_no_group_that_was_taught_is_tested() -> None:
    teach, test = group_split(plates(Path(), 0), teach_on=12, seed=0)
    assert not any(one.defective for one in teach)
    assert {one.group for one in teach}.isdisjoint(one.group for one in test)
