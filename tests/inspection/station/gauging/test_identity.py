"""Which part it is: by codes that were read as the recipe wants them, and never by chance."""

import pytest

from inspection.instruments.reading import Reading, Unreadable, unreadable
from inspection.line_events import NOT_ASKED, ToldName
from inspection.part import Identity
from inspection.station.gauging.identity import agreed, identity_of, without_contradiction
from tests.inspection.station.gauging.instruments import code, dial, recipe, says, shows

NO_CODE = unreadable(says("x").kind, Unreadable.NO_CODE)


def identity(*read: tuple[object, Reading]) -> tuple[Identity | None, list[Unreadable | None]]:
    """The identity, and why codes count as unreadable."""
    specs = recipe(*(spec for spec, _ in read))  # type: ignore[arg-type]
    readings = [spec.reading_of(said) for spec, (_, said) in zip(specs.gauges, read, strict=True)]
    kept = without_contradiction(specs, readings)
    return identity_of(specs, kept), [one.reason for one in kept]


def test_serial_and_lot_come_from_the_codes_that_tell_them() -> None:
    found, reasons = identity(
        (code("a"), says("SN0042")), (code("b", field="lot"), says("L7")), (dial("c"), shows(4.0))
    )
    assert found == Identity(serial="SN0042", lot="L7", source="code")
    assert reasons == [None, None, None]


def test_a_code_that_could_not_be_read_or_is_not_as_taught_names_nothing() -> None:
    assert identity((code("a"), NO_CODE)) == (None, [Unreadable.NO_CODE])
    assert identity((code("a", pattern="SN[0-9]{4}"), says("LOT 7"))) == (None, [None])
    assert identity((code("a"), NO_CODE), (code("b", field="lot"), says("L7")))[0] == Identity(lot="L7")
    assert identity((dial("a"), shows(4.0)))[0] is None


def test_two_codes_that_tell_the_same_name_it_and_two_that_do_not_are_both_unreadable() -> None:
    same, _ = identity((code("a"), says("SN1")), (code("b"), says("SN1")))
    assert same == Identity(serial="SN1")
    torn, reasons = identity(
        (code("a"), says("SN1")), (code("b"), says("SN2")), (code("c", field="lot"), says("L"))
    )
    assert torn == Identity(lot="L")
    assert reasons == [Unreadable.CODE_TWICE, Unreadable.CODE_TWICE, None]


READ, TOLD = Identity(serial="SN1"), Identity(serial="SN1", source="plc")


@pytest.mark.parametrize(
    ("read", "told", "known"),
    [
        (None, NOT_ASKED, None),
        (READ, NOT_ASKED, READ),
        (None, ToldName(identity=TOLD), TOLD),
        (READ, ToldName(identity=TOLD), READ),
        (READ, ToldName(identity=Identity(lot="L7", source="plc")), Identity(serial="SN1", lot="L7")),
    ],
)
def test_codes_and_the_line_name_a_part_together(
    read: Identity | None, told: ToldName, known: Identity | None
) -> None:
    assert agreed(read, told) == (known, "")


def test_where_the_line_names_another_part_than_the_one_in_view_neither_counts_and_it_is_said() -> None:
    read = Identity(serial="SN1", lot="L7")
    known, doubt = agreed(read, ToldName(identity=Identity(serial="SN2", source="plc")))
    assert known == Identity(lot="L7")
    assert doubt == "the code on the part says serial SN1, the PLC says SN2"
    assert agreed(READ, ToldName(fault="silent")) == (READ, "silent")
