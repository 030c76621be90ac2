"""Times and alarms stand in every file as the record has them, and what is empty says why."""

import pytest

from reports.shift.document.as_pdf import to_pdf
from reports.shift.document.content import content
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from tests.reports.shift.document.made_up import BERLIN, EN, ZH
from tests.reports.shift.document.test_files import flat, lines_of, sheets_of, xlsx_of

MINUTES = {"Bypass": 180.0, "Not known": 78.0, "Hold": 12.0, "PLC lost": 6.0}
"""By hand: bypass from the fifth hour on; died after its last word at 2:12 (START), started at 3:30."""


def rows_of(report: ShiftReport, key: str, words: Words = EN) -> list[list[object]]:
    (table,) = (table for table in content(report, words, zone=BERLIN).tables if table.key == key)
    return [[cell.value for cell in row] for row in table.rows]


def said_of(report: ShiftReport, key: str, words: Words) -> str:
    (table,) = (table for table in content(report, words).tables if table.key == key)
    return table.empty


def test_minutes_by_reason_are_those_counted_by_hand_longest_first(report: ShiftReport) -> None:
    rows = rows_of(report, "downtime")
    told = {str(row[0]): float(str(row[2])) for row in rows}
    assert told == pytest.approx({**MINUTES, "Starting, PLC not yet connected": 1.2})
    assert list(told.values()) == sorted(told.values(), reverse=True)
    assert rows[0][-1] == 1, "the key was still turned at the shift's end"


@pytest.mark.parametrize("words", [EN, ZH])
def test_the_same_minutes_and_alarms_stand_in_pdf_and_xlsx(report: ShiftReport, words: Words) -> None:
    page, sheets = flat(to_pdf(report, words, zone=BERLIN)), sheets_of(xlsx_of(report, words))
    for key, sheet in (("downtime", "downtime"), ("alarms", "alarms")):
        rows = rows_of(report, key, words)
        found = [list(line[: len(rows[0])]) for line in lines_of(sheets[words.say(sheet)])]
        assert [row for row in rows if row not in found] == []
    for minutes in MINUTES.values():
        assert f"{minutes:.1f}" in page
    assert "07:36:00+01:00" in page


def test_who_saw_an_alarm_and_which_came_first_is_told(report: ShiftReport) -> None:
    first, second, third = rows_of(report, "alarms")
    assert [row[1] for row in (first, second, third)] == [1, 1, 3]
    assert first[5] == "by nobody"
    assert str(second[5]).startswith("console of 王芳 on pc-7")


@pytest.mark.parametrize("words", [EN, ZH])
def test_a_shift_of_which_nothing_is_on_record_says_so_in_words(idle: ShiftReport, words: Words) -> None:
    assert rows_of(idle, "downtime", words)[0][0] == words.say("Reason.unknown")
    assert said_of(idle, "alarms", words) == words.say("alarms_unknown")
    old = idle.model_copy(update={"summary": idle.summary.model_copy(update={"downtime": None})})
    assert said_of(old, "downtime", words) == words.say("downtime_unknown")
    assert rows_of(old, "availability", words) == []
