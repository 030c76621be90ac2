"""The examples in the statistics' own words are right."""

import doctest
from types import ModuleType

import pytest

from reports.statistics import (
    agreement,
    attribute_charts,
    capability,
    intervals,
    pareto,
    proportions,
    run_rules,
    subgroup_charts,
    variables_charts,
)


@pytest.mark.parametrize(
    "module",
    [
        *(agreement, attribute_charts, capability, intervals, pareto, proportions, run_rules),
        *(subgroup_charts, variables_charts),
    ],
)
def test_examples(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
