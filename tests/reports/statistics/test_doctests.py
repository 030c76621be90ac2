"""The examples in the statistics' own words are right."""

import doctest
from types import ModuleType

import pytest

from reports.statistics import (
    attribute_charts,
    capability,
    pareto,
    proportions,
    run_rules,
    variables_charts,
)


@pytest.mark.parametrize(
    "module", [attribute_charts, capability, pareto, proportions, run_rules, variables_charts]
)
def test_examples(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
