"""What the API's bench calls broken; the bench itself takes minutes."""

import pytest

from app.benches.api.bench import PhaseReport, _goals
from app.benches.api.loads import Load

GOOD = PhaseReport(
    seconds=45.0,
    parts=90,
    late=0,
    slowest_ms=180.0,
    heartbeat_still_ms=41.0,
    opened=20,
    ended=20,
    answers={200: 3, 404: 1, 413: 2},
    rows=500,
    sent_mb=1.0,
    silent_s=8.1,
    stream_gap_ms=1010.0,
    engine_memory_mb=900.0,
    engine_descriptors=20,
    api_memory_mb=80.0,
    api_descriptors=200,
)


def test_a_line_that_did_not_notice_meets_every_goal() -> None:
    assert all(_goals({Load.QUIET: GOOD, Load.SLOW: GOOD}, restarts=0).values())


@pytest.mark.parametrize(
    "fault",
    [
        {"heartbeat_still_ms": 100.1},
        {"late": 1},
        {"parts": 60},
        {"silent_s": 10.1},
        {"answers": {200: 344, 500: 1}},
    ],
    ids=str,
)
def test_each_broken_limit_is_one_goal_missed(fault: dict[str, object]) -> None:
    bad = GOOD.model_copy(update=fault)
    assert list(_goals({Load.QUIET: GOOD, Load.FUZZ: bad}, restarts=0).values()).count(False) == 1


def test_an_api_process_that_ended_is_a_goal_missed() -> None:
    assert not all(_goals({Load.QUIET: GOOD}, restarts=1).values())
