"""A shift as CSV: Excel opens it, any text survives it, and no cell is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from reports.shift.as_csv import COLUMNS, to_csv
from reports.shift.query import shift_inspections
from reports.store.store import SqlStore
from tests.reports.parts import START, part
from tests.reports.shift.the_shift import END, HELD


def test_csv_opens_in_excel(shift: SqlStore, reader: Engine) -> None:
    data = to_csv(shift_inspections(reader, start=START, end=END))
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [line["part_id"] for line in lines] == [str(1000 + number) for number in range(1, 8)]
    assert tuple(lines[0]) == COLUMNS
    third = lines[2]
    assert third["seen_at_utc"] == "2026-03-02 06:00:03.000"
    assert (third["action"], third["outcome"], third["defects"]) == ("rework", "diverted", "scratch (major)")
    assert [line["certificate"] for line in lines][1:4] == ["", HELD.id, ""]
    assert [line["outcome"] for line in lines][5:] == ["", "unconfirmed"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_csv_holds_any_text_and_no_formula(text: str) -> None:
    for reason in (text, "=" + text, "@" + text, "\t" + text):
        data = to_csv([part(1, reason=reason)]).decode("utf-8-sig")
        (line,) = csv.DictReader(io.StringIO(data, newline=""))
        assert not line["reason"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert line["reason"].removeprefix("'") == reason.removeprefix("'")


ROUND = st.floats(0, 1e6, allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(total_ms=ROUND, score=ROUND, reason=TEXTS, marks=st.sampled_from([",.", ";,", "\t,", ";.", "\t."]))
def test_csv_reads_back_with_each_separator_and_decimal_mark(
    total_ms: float, score: float, reason: str, marks: str
) -> None:
    separator, decimal = marks[0], marks[1]
    record = part(1, total_ms=total_ms, reason=reason)
    judged = record.decision.model_copy(update={"defect_score": score})
    data = to_csv([record.model_copy(update={"decision": judged})], separator=separator, decimal=decimal)
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    (line,) = csv.DictReader(text, delimiter=separator)
    assert tuple(line) == COLUMNS
    for column, value in (("latency_ms", round(total_ms, 1)), ("defect_score", score)):
        assert "." not in line[column].replace(decimal, "")
        assert float(line[column].replace(decimal, ".")) == value
    assert line["reason"].removeprefix("'") == reason.removeprefix("'")
    assert line["seen_at_utc"] == f"2026-03-02 06:00:01{decimal}000"


def test_a_separator_that_is_the_decimal_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="both separator and decimal mark"):
        to_csv([part(1)], separator=",", decimal=",")
