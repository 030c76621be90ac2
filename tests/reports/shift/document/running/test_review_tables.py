"""Reviews in each file of a report: by whom, why, and the same numbers everywhere."""

import json
from pathlib import Path

import pytest

from reports.shift.document.kinds import Kind
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.shift.document.writing import contents_of
from tests.reports.shift.document.made_up import EN, REVIEWED, ZH, ask
from tests.reports.shift.document.running.test_tables import rows_of, said_of
from tests.reports.shift.document.test_files import flat, lines_of, pdf_of, sheets_of, xlsx_of


@pytest.mark.parametrize("words", [EN, ZH])
def test_each_file_has_the_reviews_that_sql_has(report: ShiftReport, folder: Path, words: Words) -> None:
    counted = ask(
        folder,
        "SELECT by, count(*), sum(verdict = 'good'), sum(verdict = 'defect'), sum(verdict = 'dont_know')"
        " FROM reviews JOIN events USING (position) GROUP BY by ORDER BY by",
    )
    rows = rows_of(report, "reviews", words)
    assert [tuple(row[:5]) for row in rows] == counted
    assert [row[5] for row in rows] == [0, 1], "a pass was called defective; of the rework nobody knows"
    total = [words.say("total"), len(REVIEWED), 1, 2, 1, 1]
    pdf = flat(pdf_of(report, words))
    assert " ".join(map(str, total)) in pdf
    sheet = lines_of(sheets_of(xlsx_of(report, words))[words.say("reviews")])
    assert total in [list(line[:6]) for line in sheet]
    told = json.loads(contents_of(Kind.JSON, report, words))["summary"]["reviews"]
    assert [(one["by"], one["parts"], *one["by_verdict"].values()) for one in told["by"]] == counted
    held = ask(
        folder,
        "SELECT count(*) FROM inspections AS one WHERE missed IS NOT 'bypass' AND challenge IS NULL AND"
        " (action = 'manual_review' OR late OR missed NOT NULL) AND seen_at BETWEEN '2026-03-02 06:00' AND"
        " '2026-03-02 13:59:59' AND NOT EXISTS (SELECT 1 FROM inspections WHERE supersedes = one.position)",
    )
    assert [(told["held"],)] == held
    assert told["waiting"] == told["held"] - 2
    note = words.say("reviews_note", held=told["held"], waiting=told["waiting"])
    assert note.split("；")[0].split(". ")[0] in pdf


def test_reasons_stand_as_they_were_written(report: ShiftReport) -> None:
    rows = rows_of(report, "review_reasons")
    assert {row[-1] for row in rows} == {reason for _, _, _, reason in REVIEWED if reason}
    (assembled,) = (row for row in rows if row[-1] == "seen at assembly")
    assert assembled[1:5] == ["Pass", "=SUM(A1:A9)", "yes", "王芳"]


@pytest.mark.parametrize("words", [EN, ZH])
def test_without_a_review_it_says_so_and_how_many_parts_wait(idle: ShiftReport, words: Words) -> None:
    assert said_of(idle, "reviews", words) == words.say("reviews_none", waiting=0)
    assert said_of(idle, "reviews_agreement", words) == words.say("reviews_agreement_none")
