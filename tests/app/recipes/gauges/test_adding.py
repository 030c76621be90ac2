"""A gauge becomes part of a recipe only where it makes sense there."""

import pytest

from app.recipes.gauges.adding import with_gauge
from app.recipes.gauges.simulated import pressure_gauge
from inspection.errors import RecipeError
from inspection.recipe import Recipe


@pytest.mark.parametrize("limits", [{"low": 11.0}, {"high": -1.0}, {"low": 50.0, "high": 80.0}])
def test_limits_that_no_value_of_the_scale_is_within_are_refused(limits: dict[str, float]) -> None:
    cover = Recipe(id=1, name="cover")
    gauge = pressure_gauge(seed=1, part_id=900)
    spec = {"name": "p", "view": "top", "reads": gauge.reads, "unit": "bar", "region": gauge.region}
    with pytest.raises(RecipeError, match="never be within its limits: its scale goes from 0 to 10"):
        with_gauge(cover, spec | limits)
    assert with_gauge(cover, spec | {"low": 10.0}).gauges[0].low == 10.0
