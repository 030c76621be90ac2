"""What the models do to their process loses no part, passes none, and the station gets its model back."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from app.inference.supervised import SupervisedInspector
from app.inference.worker import WorkerLostError
from inspection.decision import Action, Decision
from inspection.errors import InspectorError, PassgateError, RecipeError
from inspection.part import Frame
from tests.app.inference.misbehaving import (
    LOSES_ITS_PROCESS,
    MODEL,
    RECIPE,
    Deed,
    build,
    build_nothing,
    die_at_once,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows stops no process"),
]
PATIENCE_S = 60.0
GRACE_S = 0.3


@pytest.fixture
def inspector() -> Iterator[SupervisedInspector]:
    inspector = SupervisedInspector(build, grace_s=GRACE_S)
    try:
        inspector.prepare(RECIPE)
        yield inspector
    finally:
        inspector.close()


def picture(grey: int, *, side: int = 4) -> Frame:
    return Frame(
        picture=np.full((side, side, 3), grey, np.uint8),
        camera="main",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        number=1,
        simulated=True,
    )


def inspect(inspector: SupervisedInspector, part_id: int, *frames: Frame, within_s: float = 0.2) -> Decision:
    return inspector.inspect(
        frames or (picture(7),),
        recipe=RECIPE,
        part_id=part_id,
        trigger_seq=9,
        deadline_ns=time.monotonic_ns() + int(within_s * 1e9),
    )


def wait_until_it_is_back(inspector: SupervisedInspector) -> None:
    end = time.monotonic() + PATIENCE_S
    while inspector.fault:
        assert time.monotonic() < end, inspector.fault
        time.sleep(0.01)


def test_each_view_s_picture_arrives_whole_and_in_order_whatever_its_size(
    inspector: SupervisedInspector,
) -> None:
    for sides in ((4, 900), (3,), (1200, 2)):
        frames = [picture(10 * number, side=side) for number, side in enumerate(sides, 1)]
        said = inspect(inspector, 1000, *frames, within_s=10.0)
        assert said.action is Action.PASS
        assert said.reason == ", ".join(str(10 * number) for number, _ in enumerate(sides, 1))
        assert inspector.motion(said) is not None
        assert inspector.motion(said.model_copy(update={"trigger_seq": 10})) is None


@pytest.mark.parametrize("deed", LOSES_ITS_PROCESS, ids=lambda deed: deed.name.lower())
def test_whatever_a_model_does_to_its_process_the_part_gets_no_decision_and_the_next_one_does(
    inspector: SupervisedInspector, deed: Deed
) -> None:
    changes: list[str] = []
    inspector.watch(lambda: changes.append(inspector.fault))
    before = inspector.pid
    began = time.monotonic()
    with pytest.raises(InspectorError, match="started anew"):
        inspect(inspector, deed)
    assert time.monotonic() - began < PATIENCE_S / 2, "a part is never waited for without end"
    with pytest.raises(InspectorError, match="waits for the model"):
        inspect(inspector, 1000)
    wait_until_it_is_back(inspector)
    assert inspect(inspector, 1000, within_s=10.0).action is Action.PASS
    assert inspector.pid != before
    assert inspector.replaced == 1
    assert "waits for the model" in changes[0]
    assert changes[-1] == ""


def test_what_the_model_refuses_is_said_in_its_own_words_and_costs_no_process(
    inspector: SupervisedInspector,
) -> None:
    with pytest.raises(RecipeError) as refused:
        inspect(inspector, Deed.REFUSES)
    assert (refused.value.what, refused.value.todo) == ("the picture has another size", "teach again")
    with pytest.raises(InspectorError, match="ZeroDivisionError"):
        inspect(inspector, Deed.HAS_A_BUG)
    with pytest.raises(RecipeError, match="not taught"):
        inspector.prepare(RECIPE.model_copy(update={"name": "untaught"}))
    assert inspector.replaced == 0
    assert inspect(inspector, 1000).action is Action.PASS


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_a_process_that_is_lost_while_idle_is_replaced_before_the_next_part(
    inspector: SupervisedInspector, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.inference.supervised.PING_TIMEOUT_S", 0.5)
    gone = threading.Event()
    inspector.watch(gone.set)
    pid = inspector.pid
    assert pid is not None
    os.kill(pid, number)
    assert gone.wait(PATIENCE_S)
    wait_until_it_is_back(inspector)
    assert inspect(inspector, 1000, within_s=10.0).action is Action.PASS


def test_the_words_are_those_of_the_part_judged_last_and_end_when_asked(
    inspector: SupervisedInspector,
) -> None:
    judged = inspect(inspector, 1000, within_s=10.0)
    turns = iter([True, True, False])
    assert inspector.explain(judged, go_on=lambda: next(turns, False)) == "because of of"
    assert inspector.explain(judged, go_on=lambda: True) == "", "said already"
    inspect(inspector, 1001, within_s=10.0)
    assert inspector.explain(judged, go_on=lambda: True) == "", "another part was judged since"
    assert inspect(inspector, 1002, within_s=10.0).part_id == 1002


def test_what_cannot_be_built_is_said_as_it_is(tmp_path: object) -> None:
    with pytest.raises(RecipeError, match="there is no recipe 'cover'"):
        SupervisedInspector(build_nothing)
    with pytest.raises(WorkerLostError, match="ended"):
        SupervisedInspector(die_at_once)


def test_it_knows_its_model_and_closes_while_a_model_hangs() -> None:
    inspector = SupervisedInspector(build, grace_s=60.0)
    assert inspector.model == MODEL
    inspector.prepare(RECIPE)
    errors: list[PassgateError] = []

    def hang() -> None:
        try:
            inspect(inspector, Deed.HANGS)
        except PassgateError as error:
            errors.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    pid = inspector.pid
    inspector.close()
    thread.join(PATIENCE_S)
    assert errors
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
