"""What occurs most often, first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics.pareto import pareto


def test_defects_of_an_assembly() -> None:
    found = pareto({"scratch": 8, "dent": 27, "划痕": 5, "stain": 0, "crack": 5, "burr": 55})
    assert [row.name for row in found] == ["burr", "dent", "scratch", "crack", "划痕"]
    assert [round(row.cumulative, 2) for row in found] == [0.55, 0.82, 0.9, 0.95, 1.0]


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 10_000)))
def test_nothing_is_lost_and_no_later_one_is_larger(counts: dict[str, int]) -> None:
    found = pareto(counts)
    assert {row.name: row.count for row in found} == {name: n for name, n in counts.items() if n}
    assert sorted(found, key=lambda row: (-row.count, row.name)) == list(found)
    if found:
        assert found[-1].cumulative == 1.0
        assert sum(row.share for row in found) == pytest.approx(1.0)
