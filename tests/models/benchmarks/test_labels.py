"""The label benchmark: groups stay apart, and its figure is drawn."""

from pathlib import Path

import pytest

from models.benchmarks.labels import _over_seeds, draw
from models.benchmarks.splits import Sample, label_split


def sample(number: int, group: str, *, defective: bool) -> Sample:
    return Sample(path=Path(f"{number}.jpg"), group=group, defective=defective)


@pytest.fixture
def samples() -> list[Sample]:
    """Ten groups with good pictures, one of them with defects as well; six groups of defects alone."""
    good = [sample(n, f"good {n % 10}", defective=False) for n in range(80)]
    mixed = [sample(100 + n, "good 3", defective=True) for n in range(4)]
    bad = [sample(200 + n, f"bad {n % 6}", defective=True) for n in range(36)]
    return [*good, *mixed, *bad]


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides_and_both_sides_have_both_kinds(samples: list[Sample], seed: int) -> None:
    teach, defects, test = label_split(samples, teach_on=30, seed=seed)
    side = {one.group for one in (*teach, *defects)}
    assert side.isdisjoint(one.group for one in test)
    assert len(teach) == 30
    assert not any(one.defective for one in teach)
    assert all(one.defective for one in defects)
    assert len(defects) >= 18
    assert {one.defective for one in test} == {True, False}


def test_fewer_labels_are_the_first_of_more(samples: list[Sample]) -> None:
    _, defects, _ = label_split(samples, teach_on=30, seed=1)
    assert defects == label_split(samples, teach_on=30, seed=1)[1]
    assert defects != label_split(samples, teach_on=30, seed=2)[1]


def test_the_figure_is_drawn_from_the_result(tmp_path: Path) -> None:
    rows = [
        {
            "seed": seed,
            "labels": labels,
            "kept": labels > 0,
            "auroc": 0.9 + labels / 1000,
            "overkill_at_1_percent_escape": 0.8 - labels / 200,
            "escape_rate_at_threshold": 0.2,
            "overkill_rate_at_threshold": 0.1,
            **({"adapt_s": 60.0} if labels else {}),
        }
        for seed in (1, 2)
        for labels in (0, 10, 100)
    ]
    points = [_over_seeds([row for row in rows if row["labels"] == n], n) for n in (0, 10, 100)]
    assert points[2]["mean"] == pytest.approx(
        {
            "auroc": 1.0,
            "overkill_at_1_percent_escape": 0.3,
            "escape_rate_at_threshold": 0.2,
            "overkill_rate_at_threshold": 0.1,
            "adapt_s": 60.0,
        }
    )
    assert points[0]["kept"] == 0
    assert points[1]["kept"] == points[1]["splits"] == 2
    path = tmp_path / "labels.png"
    draw({"dataset": "bsdata", "rows": rows, "by_labels": points}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
