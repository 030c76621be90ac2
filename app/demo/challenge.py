"""The demo's challenge: two of its own first parts, of which the simulation knows what they are."""

from datetime import UTC, datetime
from typing import Any, Final

from inspection.decision import Severity
from inspection.simulation import Variation, cover, draw_part
from inspection.simulation.spec import severity_of
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.challenges import ChallengeRun, Ended, challenge_runs
from reports.shift.query import shift_on_record
from reports.store.waiting import read_waiting

_EVIDENT: Final = 0.3
"""Contrast from which on nobody would overlook a defect."""

_LAST: Final = 200
"""Among so many parts some are good and some evidently defective, whatever the seed."""


def simulated_challenge(*, seed: int) -> dict[str, Any]:
    """``[challenge]`` of a line that makes the parts of ``seed``: one good part, and one that is not."""
    variation = Variation()
    places = cover(variation.label).places
    good = defective = 0
    for part_id in range(_LAST, 0, -1):
        spec = draw_part(seed=seed, part_id=part_id, variation=variation, places=places)
        if not spec.defects:
            good = part_id
        elif all(
            one.contrast >= _EVIDENT and severity_of(one.type, one.size_mm) is not Severity.MINOR
            for one in spec.defects
        ):
            defective = part_id
    return {
        "shift_start": False,
        "engine_start": True,
        "after_failure": "challenge",
        "after_overdue": "challenge",
        "pieces": [
            {"name": "golden part", "expects": "pass", "part_ids": [good]},
            {
                "name": "defective part",
                "expects": ["rework", "stop", "manual_review"],
                "part_ids": [defective],
            },
        ],
    }


def challenges_on_record(settings: StoreSettings) -> tuple[ChallengeRun, ...]:
    """The challenges that a record tells of, in the order in which they began.

    Raises:
        StoreError: It cannot be read.
    """
    reader = open_reader(settings.url)
    now = datetime.now(UTC)
    try:
        found = shift_on_record(
            reader, start=datetime.min.replace(tzinfo=UTC), end=now, waiting=read_waiting(settings), now=now
        )
    finally:
        reader.dispose()
    return challenge_runs(found.noted)


def in_words(runs: tuple[ChallengeRun, ...]) -> str:
    """How it stands after these, for people."""
    if not runs:
        return "none was begun: no part passes without one"
    last = runs[-1]
    match last.result:
        case Ended.PASSED:
            return "passed: parts may pass"
        case Ended.FAILED:
            return f"failed ({', '.join(last.wrong)}): no part passes until another is passed"
        case Ended.ABORTED | Ended.OPEN:
            return "not ended: no part passes until it is passed"
