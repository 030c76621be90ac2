"""The demo says how its challenge ended: a line that passes nothing must not look as if it were broken."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.demo.challenge import challenges_on_record, in_words
from inspection.events import Event, EventKind
from reports.settings import StoreSettings
from reports.shift.challenges import ChallengeRun, Ended
from reports.store.store import SqlStore
from tests.reports.parts import START


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ((), "none was begun: no part passes without one"),
        ((ChallengeRun(run="a", by="plc", result=Ended.PASSED),), "passed: parts may pass"),
        (
            (ChallengeRun(run="a", by="plc", result=Ended.FAILED, wrong=("golden part",)),),
            "failed (golden part): no part passes until another is passed",
        ),
        (
            (
                ChallengeRun(run="a", by="plc", result=Ended.PASSED),
                ChallengeRun(run="b", by="plc", result=Ended.OPEN),
            ),
            "not ended: no part passes until it is passed",
        ),
    ],
)
def test_the_last_challenge_is_what_counts(runs: tuple[ChallengeRun, ...], words: str) -> None:
    assert in_words(runs) == words


def test_challenges_are_read_from_the_record(tmp_path: Path) -> None:
    settings = StoreSettings(folder=tmp_path / "record")
    store = SqlStore(settings)
    store.open()
    for number, kind in enumerate((EventKind.CHALLENGE_BEGAN, EventKind.CHALLENGE_PASSED)):
        at = START + timedelta(seconds=number)
        store.note(Event(at=at, kind=kind, by="plc", subjects=("", "", "run 1")))
    store.close()
    (run,) = challenges_on_record(settings)
    assert (run.run, run.result) == ("run 1", Ended.PASSED)
