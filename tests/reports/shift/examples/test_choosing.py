"""Which part shows a type of defect."""

from typing import Any

from sqlalchemy import Engine

from inspection.decision import Action, Defect, Severity
from reports.shift.document.report import ShiftReport, shift_report
from reports.shift.examples.choosing import MOST_EXAMPLES
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.shift.the_shift import END


def defect(name: str, severity: Severity = Severity.MINOR, left: int = 1) -> Defect:
    return Defect(type=name, severity=severity, box=(left, 2, 30, 4), score=0.9)


def put(store: SqlStore, number: int, *defects: Defect, **other: Any) -> None:
    one = part(number, action=Action.REWORK, **{"pictures": (f"{number:064x}",)} | other)
    one = one.model_copy(update={"decision": one.decision.model_copy(update={"defects": defects})})
    store.append(one)
    store.append(closed(one))


def report_of(reader: Engine) -> ShiftReport:
    return shift_report(reader, start=START, end=END)


def test_each_type_has_the_first_part_with_its_severest_defect(store: SqlStore, reader: Engine) -> None:
    put(store, 1, defect("scratch"), defect("毛刺", Severity.MAJOR, left=7))
    put(store, 2, defect("scratch", Severity.CRITICAL, left=9))
    put(store, 3, defect("scratch", Severity.CRITICAL))
    found = {one.type: one for one in report_of(reader).examples}
    assert list(found) == ["scratch", "毛刺"]
    assert (found["scratch"].part_id, found["scratch"].box) == (1002, (9, 2, 30, 4))
    assert (found["毛刺"].part_id, found["毛刺"].sha256) == (1001, f"{1:064x}")


def test_a_part_whose_picture_is_certain_goes_before_severer_ones(store: SqlStore, reader: Engine) -> None:
    put(store, 1, defect("dent", Severity.CRITICAL), pictures=("a" * 64, "b" * 64))
    put(store, 2, defect("dent"))
    put(store, 3, defect("crack"), pictures=())
    found = {one.type: one for one in report_of(reader).examples}
    assert found["dent"].part_id == 1002
    assert (found["crack"].pictures, found["crack"].sha256) == (0, "")


def test_the_most_frequent_types_are_shown(store: SqlStore, reader: Engine) -> None:
    for number in range(MOST_EXAMPLES + 3):
        put(store, number + 1, defect("often"), defect(f"type {number:02}"))
    names = [one.type for one in report_of(reader).examples]
    assert (names[0], len(names)) == ("often", MOST_EXAMPLES)
