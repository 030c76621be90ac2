"""What recipe, decision and record say of gauges; what was written before there were readers stays as is."""

from typing import Any

import pytest
from pydantic import ValidationError

from inspection.decision import Action, GaugeReading
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.part import Identity, Inspection
from inspection.recipe import GaugeSpec, Recipe, View
from tests.fakes import EPOCH, decision, trigger

OLD_RECIPE = (
    '{"id":1,"version":1,"name":"cover","views":[{"name":"top","camera":"main","region":null,"mm_per_pixel":null}],'
    '"gauges":[{"name":"pressure","kind":"analogue","view":"top","region":[0,0,9,9],"unit":"bar","low":3.0,"high":5.0}],'
    '"policy":[{"type":"*","min_severity":"minor","action":"rework"},{"type":"*","min_severity":"critical","action":"stop"}],'
    '"instruction":"","defect_types":[],"unheard_accepted":false,"motion":null,"deadline_ms":450,'
    '"late_policy":"manual_review","review_band":0.0,"quality":{"min_mean":12.0,"max_mean":245.0,"max_saturated":0.6,'
    '"min_contrast":3.0,"min_focus":0.0,"size":null}}'
)
OLD_READINGS = (
    '{"name":"pressure","value":4.21,"unit":"bar","low":3.0,"high":5.0,"in_range":true,"uncertainty":0.04}',
    '{"name":"pressure","value":null,"unit":"bar","low":3.0,"high":5.0,"in_range":false,"uncertainty":0.0}',
)
DIAL: dict[str, Any] = {
    "kind": "dial",
    "center": [50, 50],
    "marks": [[20, 80, 0], [50, 10, 5], [80, 80, 10]],
    "direction": "cw",
    "unit": "bar",
}
LAMP: dict[str, Any] = {
    "kind": "lamp",
    "region": [4, 4, 20, 20],
    "on_level": 120,
    "colours": {"green": "#20c040"},
}
CODE: dict[str, Any] = {"kind": "code", "pattern": "SN[0-9]{4}"}


def spec(reads: dict[str, Any] | None = None, **other: Any) -> GaugeSpec:
    """A gauge as a recipe's file has it; a dial with limits 3 to 5 bar where nothing else is said."""
    told: dict[str, Any] = {"name": "pressure", "region": [0, 0, 99, 99]}
    if reads is None:
        reads, told = DIAL, {**told, "unit": "bar", "low": 3, "high": 5}
    return GaugeSpec.model_validate({**told, "reads": reads, **other})


def test_a_recipe_from_before_there_were_readers_is_the_same_bytes() -> None:
    """Written by 69e6cdd. Its SHA-256 names the recipe in certificates and decisions."""
    recipe = Recipe.model_validate_json(OLD_RECIPE)
    assert recipe.model_dump_json() == OLD_RECIPE
    assert recipe.gauges[0].reads is None


@pytest.mark.parametrize("written", OLD_READINGS)
def test_a_reading_from_before_there_were_readers_is_the_same_bytes(written: str) -> None:
    """Rows of the record are hash-chained over them."""
    assert GaugeReading.model_validate_json(written).model_dump_json() == written


def test_a_part_of_unknown_identity_is_the_same_bytes_and_a_known_one_comes_back() -> None:
    part = Inspection(inspection_id="0" * 32, trigger=trigger(), decision=decision(), recorded_at=EPOCH)
    assert "identity" not in part.model_dump_json()
    known = part.model_copy(update={"identity": Identity(serial="SN0042", lot="L7")})
    assert Inspection.model_validate_json(known.model_dump_json()) == known
    with pytest.raises(ValidationError, match="a serial or a lot"):
        Identity(source="plc")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"name": ""}, "at least 1"),
        ({"name": "p\n1"}, "cannot be printed"),
        ({"region": [10, 0, 90, 90], "reads": LAMP, "low": 1, "high": 1}, "what it reads lies in"),
        ({"low": 6}, "low 6.0 is above high 5.0"),
        ({"on_breach": "pass"}, "must not be pass"),
        ({"on_unreadable": "pass"}, "must not be pass"),
        ({"kind": "digital"}, "kind is digital, but it reads a dial"),
        ({"unit": "psi"}, "its unit is 'psi', but what it reads is in 'bar'"),
        ({"colours": ["green"]}, "only a lamp has colours"),
        ({"doubt_k": -1}, "greater than or equal to 0"),
        ({"low": float("nan")}, "finite"),
        ({"reads": {}}, "Unable to extract tag"),
        ({"reads": CODE, "high": 3}, "a code has no limits"),
        ({"reads": LAMP, "high": 3}, "a lamp's limits are states"),
        ({"reads": LAMP, "low": 1, "high": 1, "colours": ["red"]}, "one that the lamp's description lacks"),
    ],
)
def test_a_gauge_that_contradicts_itself_is_refused(other: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        spec(**other)


def test_gauges_have_names_of_their_own_and_look_at_a_view_that_is_there() -> None:
    aside = View(name="rig", camera="rig")
    recipe = Recipe(id=1, name="cover", gauge_views=(aside,), gauges=(spec(view="rig"), spec(name="other")))
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    for wrong, says in (
        ({"gauges": (spec(), spec())}, "each gauge needs a name of its own"),
        ({"gauges": (spec(view="rig"),)}, "looks at view 'rig', which the recipe lacks"),
        ({"gauge_views": (View(name="top"),)}, "which no other view has"),
        ({"gauge_views": (aside, aside)}, "which no other view has"),
    ):
        with pytest.raises(ValidationError, match=says):
            Recipe.model_validate({"id": 1, "name": "cover", **wrong})


def test_a_decision_says_all_of_a_reading() -> None:
    read = Reading(
        kind=InstrumentKind.DIAL, value=5.5, uncertainty=0.02, unit="bar", box=(1, 2, 30, 30), angle_deg=45.0
    )
    said = spec().reading_of(read)
    assert (said.value, said.uncertainty, said.box, said.angle_deg) == (5.5, 0.02, (1, 2, 30, 30), 45.0)
    assert (said.low, said.high, said.in_range, said.kind, said.view) == (3.0, 5.0, False, "dial", "top")
    assert GaugeReading.model_validate_json(said.model_dump_json()) == said
    blind = spec().reading_of(unreadable(InstrumentKind.DIAL, Unreadable.GLARE))
    assert (blind.value, blind.in_range, blind.reason, blind.read) == (None, False, Unreadable.GLARE, False)
    code = spec(CODE).reading_of(Reading(kind=InstrumentKind.CODE, text="SN0042"))
    assert (code.in_range, code.read, code.text) == (True, True, "SN0042")
    assert not spec(CODE).reading_of(Reading(kind=InstrumentKind.CODE, text="XX")).in_range
    green = Reading(kind=InstrumentKind.LAMP, value=1.0, uncertainty=0.0, text="green")
    assert spec(LAMP, low=1, high=1, colours=["green"]).reading_of(green).in_range
    assert not spec(LAMP, low=0, high=0).reading_of(green).in_range


@pytest.mark.parametrize(
    "other",
    [{"in_range": False}, {"value": None}, {"value": 9.0}, {"reason": "glare"}, {"value": float("inf")}],
)
def test_a_reading_that_says_two_things_at_once_is_refused(other: dict[str, Any]) -> None:
    right = {"name": "p", "value": 4.0, "unit": "bar", "low": 3, "high": 5, "in_range": True}
    assert GaugeReading.model_validate(right)
    with pytest.raises(ValidationError):
        GaugeReading.model_validate({**right, **other})


def test_what_follows_is_written_only_where_it_is_not_usual() -> None:
    assert {"on_breach", "on_unreadable", "doubt_k"}.isdisjoint(spec().model_dump(mode="json"))
    strict = spec(on_breach="stop", on_unreadable="stop", doubt_k=0)
    assert GaugeSpec.model_validate_json(strict.model_dump_json()) == strict
    assert strict.on_breach is Action.STOP


def test_a_gauge_says_what_it_reads() -> None:
    with pytest.raises(ValidationError, match="it must say what it reads"):
        GaugeSpec(name="pressure", region=(0, 0, 9, 9))
