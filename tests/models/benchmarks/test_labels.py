"""The label benchmark: groups stay apart, and its figure is drawn."""

from pathlib import Path

import pytest
import torch

from inspection.part import Picture
from models.backbone.features import EfficientNetLite0
from models.benchmarks.labels import _Judged, _over_seeds, draw
from models.benchmarks.splits import Sample, label_split
from models.memory.adaptation import Adaptation, AdaptedMemory, Direction, Rule
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings


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


def test_what_is_measured_is_what_the_station_would_say(
    parts: list[Picture], tower: EfficientNetLite0
) -> None:
    memory = NormalityMemory.teach(parts[:6], tower=tower, settings=MemorySettings(working_area_px=20_480))
    adaptation = Adaptation(
        nets=(),
        direction=Direction(weights=torch.linspace(-0.01, 0.01, 2 * 4 * (40 + 112 + 192)), offset=0.1),
        rule=Rule(memory=1.0, distance=0.1, whole=1.0, cells=0.0, offset=0.0, threshold=1.0, cell_level=0.0),
        tower_sha256=tower.sha256,
        closer=(96, 256),
        good=20,
        defective=10,
    )
    judged, judge = _Judged(memory, parts[6:9], tower), AdaptedMemory(memory, adaptation)
    assert judged.scores(adaptation)[0] == [judge.assess(part).score for part in parts[6:9]]
    assert judged.scores(None)[0] == [memory.assess(part).score for part in parts[6:9]]


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
