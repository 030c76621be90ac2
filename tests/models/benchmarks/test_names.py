"""The bench of names: no group shows and is named, few groups stay apart, and the regression learns."""

from pathlib import Path

import numpy as np
import pytest

from inspection.decision import Severity
from models.benchmarks.names import FEWEST_GROUPS, _regression, name_split
from models.naming.names import ShownExample
from models.training.data.photographs import Photograph
from models.training.data.samples import LabelledDefect


def photograph(group: str, number: int, kind: str | None) -> Photograph:
    defects = () if kind is None else (LabelledDefect(type=kind, severity=Severity.MAJOR, box=None),)
    return Photograph(path=Path(f"{kind}/{group}-{number}.png"), group=group, defects=defects)


@pytest.mark.parametrize("seed", range(4))
def test_no_group_shows_and_is_named_and_types_of_few_groups_stay_apart(seed: int) -> None:
    groups = [("crack", 11), ("dent", FEWEST_GROUPS), ("rare", FEWEST_GROUPS - 1)]
    found = [photograph(f"good {g}", n, None) for g in range(20) for n in range(3)]
    found += [
        photograph(f"{k} {g}", n, k) for k, most in groups for g in range(most) for n in range(1 + g % 3)
    ]
    split = name_split(found, teach_on=20, seed=seed)
    assert len(split.good) == 20
    assert {one.defects[0].type for one in split.apart} == {"rare"}
    for kind, most in groups[:2]:
        showing = [one.group for one in split.shown[kind]]
        half = (most + 1) // 2
        assert len(set(showing[:half])) == half == len(set(showing)), "each group once before any twice"
        assert not set(showing) & {one.group for one in split.named}
    assert split == name_split(found, teach_on=20, seed=seed)


def test_the_regression_beside_it_tells_what_can_be_told() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 40)).astype(np.float32)
    shown = [
        ShownExample(
            kind="abc"[n % 3],
            direction=centres[n % 3] + 0.3 * rng.normal(size=40).astype(np.float32),
            group=str(n),
        )
        for n in range(15)
    ]
    places = centres[[0, 1, 2, 2]] + 0.3 * rng.normal(size=(4, 40)).astype(np.float32)
    assert _regression(shown, "abc", places).tolist() == [0, 1, 2, 2]
