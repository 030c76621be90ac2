"""How challenges ended, and how far their calls agree with what is known, or why that cannot be said."""

from datetime import timedelta

import pytest

from inspection.events import Event, EventKind
from reports.shift.challenges import agreement_among, challenge_runs
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from tests.reports.parts import START
from tests.reports.shift.document.made_up import EN, ZH
from tests.reports.shift.document.running.test_tables import rows_of, said_of
from tests.reports.shift.document.test_files import flat, lines_of, pdf_of, sheets_of, xlsx_of


def challenged(report: ShiftReport, pieces: int, wrong: int = 0) -> ShiftReport:
    """The report with a challenge of two looks at each piece, every other one defective."""
    events = [event("challenge_began", 0)]
    for number in range(pieces):
        known = "rework|stop" if number % 2 else "pass"
        for look in range(2):
            missed = number % 2 == 1 and number < 2 * wrong and look == 1
            got = "pass" if missed or not number % 2 else "stop"
            right = "wrong" if missed else "right"
            events.append(event("challenge_piece", 1, f"piece {number}", known, got, right, str(number)))
    events.append(event("challenge_failed" if wrong else "challenge_passed", 2))
    found = {"challenges": challenge_runs(events), "agreement": agreement_among(events, station="Line 3")}
    return report.model_copy(update=found)


def event(kind: str, minutes: float, *more: str) -> Event:
    subjects = ("due", "2026-03-02T06:00:00+00:00", "a" * 32, *more)
    at = START + timedelta(minutes=minutes)
    return Event(at=at, kind=EventKind(kind), by="console of 王芳 on pc-7", subjects=subjects)


def test_a_missed_defective_piece_is_told_with_its_rate_and_its_grade(idle: ShiftReport) -> None:
    report = challenged(idle, 40, wrong=4)
    told = {str(row[1]): row[2:] for row in rows_of(report, "agreement")}
    share, _, _, missed, of, grade = told["Misses"]
    assert (share, missed, of, grade) == (0.1, 4, 40, "not acceptable")
    assert told["Effectiveness"][3:] == [36, 40, "acceptable"]
    assert told["False alarms"][3:] == [0, 40, "acceptable"]
    assert told["Kappa against what is known"][0] == pytest.approx(0.9)  # 76 of 80 agree, chance gives half
    (line,) = rows_of(report, "challenges")
    assert line[3:5] == ["failed", 80]


def test_few_pieces_have_rates_and_no_kappa_and_the_files_say_why(idle: ShiftReport) -> None:
    report, words = challenged(idle, 2), ZH
    rows = rows_of(report, "agreement", words)
    assert [row[-1] for row in rows[3:]] == [words.code("too_few_pieces")] * 2
    sheet = sheets_of(xlsx_of(report, words))[words.say("challenges")]
    assert rows[3] in [list(line[: len(rows[3])]) for line in lines_of(sheet)]
    assert words.code("too_few_pieces").split()[0] in flat(pdf_of(report, words))


@pytest.mark.parametrize("words", [EN, ZH])
def test_without_a_challenge_it_says_so_in_words(idle: ShiftReport, words: Words) -> None:
    assert said_of(idle, "challenges", words) == words.say("challenges_none")
    assert said_of(idle, "agreement", words) == words.say("agreement_none")
