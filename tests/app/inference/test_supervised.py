"""What the models do to their process loses no part, passes none, and the station gets its model back."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.inference.process import Build
from app.inference.supervised import SupervisedInspector
from app.inference.worker import Worker, WorkerLostError
from inspection.decision import Action, Decision
from inspection.errors import InspectorError, PassgateError, RecipeError
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.result import InspectionResult, LaterWords
from tests.app.inference.misbehaving import (
    LOSES_ITS_PROCESS,
    MODEL,
    RECIPE,
    Deed,
    belt_speed_mm_s,
    build,
    build_among,
    build_nothing,
    build_without_rights,
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


def result_of(
    inspector: SupervisedInspector, part_id: int, *frames: Frame, within_s: float = 0.2
) -> InspectionResult:
    return inspector.inspect(
        frames or (picture(7),),
        recipe=RECIPE,
        part_id=part_id,
        trigger_seq=9,
        deadline_ns=time.monotonic_ns() + int(within_s * 1e9),
    )


def inspect(inspector: SupervisedInspector, part_id: int, *frames: Frame, within_s: float = 0.2) -> Decision:
    return result_of(inspector, part_id, *frames, within_s=within_s).decision


def words_on(inspector: SupervisedInspector, part_id: int) -> LaterWords:
    words = result_of(inspector, part_id, within_s=10.0).words
    assert words is not None
    return words


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


def test_each_result_has_its_own_parts_motion_whatever_is_inspected_meanwhile(
    inspector: SupervisedInspector,
) -> None:
    results = {part_id: result_of(inspector, part_id, within_s=10.0) for part_id in (1000, 1001)}
    for part_id, result in results.items():
        assert result.decision.part_id == part_id
        assert result.motion is not None
        assert result.motion.chunk.belt_speed_mm_s[0] == belt_speed_mm_s(part_id)


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


def test_a_stopped_process_is_given_up_long_before_a_distant_deadline(inspector: SupervisedInspector) -> None:
    """To find it at the deadline alone would keep the line waiting for nothing."""
    began = time.monotonic()
    with pytest.raises(InspectorError, match="ended with signal 9"):
        inspect(inspector, Deed.STOPS, within_s=10 * PATIENCE_S)
    assert time.monotonic() - began < PATIENCE_S
    wait_until_it_is_back(inspector)
    assert inspect(inspector, 1000).action is Action.PASS


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
    monkeypatch.setattr("app.inference.supervision.PING_TIMEOUT_S", 0.5)
    gone = threading.Event()
    inspector.watch(gone.set)
    pid = inspector.pid
    assert pid is not None
    os.kill(pid, number)
    assert gone.wait(PATIENCE_S)
    wait_until_it_is_back(inspector)
    assert inspect(inspector, 1000, within_s=10.0).action is Action.PASS


def test_a_version_that_is_taught_while_the_station_runs_is_not_what_the_next_process_judges_by(
    tmp_path: Path,
) -> None:
    newest = tmp_path / "newest"
    newest.write_text("1")
    inspector = SupervisedInspector(partial(build_among, newest), grace_s=GRACE_S)
    try:
        inspector.prepare(inspector.recipe)
        newest.write_text("2")
        with pytest.raises(InspectorError):
            inspect(inspector, Deed.DIES)
        wait_until_it_is_back(inspector)
        assert inspect(inspector, 1000, within_s=10.0).recipe.version == 1
    finally:
        inspector.close()


def test_the_words_are_those_of_their_own_part_and_end_when_asked(inspector: SupervisedInspector) -> None:
    words = words_on(inspector, 1000)
    turns = iter([True, True, False])
    assert words(go_on=lambda: next(turns, False)) == "because 1000 of"
    assert words(go_on=lambda: True) == "", "said already"
    words = words_on(inspector, 1001)
    turns = iter([True, True, False])
    newer = words_on(inspector, 1002)
    assert words(go_on=lambda: True) == "", "another part was judged since"
    said = newer(go_on=lambda: next(turns, False))
    assert said == "because 1002 of", "to ask about the older one has used up nothing"
    assert inspect(inspector, 1003, within_s=10.0).part_id == 1003


def test_a_picture_of_more_than_8_bits_arrives_at_its_depth(inspector: SupervisedInspector) -> None:
    deep = replace(picture(7), picture=np.full((4, 4, 3), 4095, np.uint16), bit_depth=12)
    assert inspect(inspector, 1000, deep, within_s=10.0).reason == "4095"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="Linux alone kills who writes where none is left")
def test_pictures_that_shared_memory_has_no_room_for_cost_the_part_its_pass_and_nothing_else(
    inspector: SupervisedInspector,
) -> None:
    room = shutil.disk_usage("/dev/shm").total
    huge = replace(picture(7), picture=np.broadcast_to(np.uint8(7), (1 << 20, room // (3 << 20) + 1, 3)))
    with pytest.raises(InspectorError, match=r"shared memory are not to be had.*/dev/shm"):
        inspect(inspector, 1000, huge, within_s=10.0)
    assert inspect(inspector, 1001, within_s=10.0).action is Action.PASS
    assert inspector.replaced == 0


@pytest.mark.parametrize("error", [EOFError("unexpected EOF"), RuntimeError("bug"), OSError("full")])
def test_whatever_keeps_a_process_from_starting_it_is_tried_again(
    inspector: SupervisedInspector, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [error]

    class Unlucky(Worker):
        def __init__(self, build: Build, *, version: int | None = None) -> None:
            if failures:
                raise failures.pop()
            super().__init__(build, version=version)

    monkeypatch.setattr("app.inference.supervision.Worker", Unlucky)
    with pytest.raises(InspectorError):
        inspect(inspector, Deed.DIES)
    wait_until_it_is_back(inspector)
    assert not failures
    assert inspect(inspector, 1000, within_s=10.0).action is Action.PASS


def test_a_part_that_meets_no_process_is_told_why_there_is_none(
    inspector: SupervisedInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_to_be_started(build: Build, *, version: int | None = None) -> Worker:
        raise RecipeError("the recipe's file is gone")

    monkeypatch.setattr("app.inference.supervision.Worker", not_to_be_started)
    tried = threading.Event()
    inspector.watch(lambda: tried.set() if "cannot be started" in inspector.fault else None)
    with pytest.raises(InspectorError):
        inspect(inspector, Deed.DIES)
    assert tried.wait(PATIENCE_S)
    with pytest.raises(InspectorError, match="the recipe's file is gone") as refused:
        inspect(inspector, 1000)
    assert refused.value.message.code is Code.MODEL_NOT_STARTED, "not that it is being started"


def test_an_explanation_that_takes_too_long_is_ended_and_costs_no_process(
    inspector: SupervisedInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.inference.supervised.EXPLAIN_TIMEOUT_S", 0.1)
    assert words_on(inspector, 1000)(go_on=lambda: True) == "because 1000 of"
    assert inspector.replaced == 0


def test_a_process_that_was_started_since_says_nothing_of_a_part_that_it_never_saw(
    inspector: SupervisedInspector,
) -> None:
    words = words_on(inspector, 1000)
    with pytest.raises(InspectorError):
        inspect(inspector, Deed.DIES)
    with pytest.raises(InspectorError, match="waits for the model"):
        words(go_on=lambda: True)
    wait_until_it_is_back(inspector)
    assert words(go_on=lambda: True) == ""
    words_on(inspector, 1001)
    assert words(go_on=lambda: True) == "", "nor does it pass off another part's words as these"
    assert inspector.replaced == 1


def test_what_cannot_be_built_is_said_as_it_is(tmp_path: object) -> None:
    with pytest.raises(RecipeError, match="there is no recipe 'cover'"):
        SupervisedInspector(build_nothing)
    with pytest.raises(InspectorError, match=r"Permission denied: .recipes"):
        SupervisedInspector(build_without_rights)
    with pytest.raises(WorkerLostError, match="ended"):
        SupervisedInspector(die_at_once)


ENGINE = """
import time
from app.inference.supervised import SupervisedInspector
from tests.app.inference.misbehaving import build
inspector = SupervisedInspector(build)
print(inspector.pid, flush=True)
time.sleep(600.0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a stopped process stays")
def test_even_a_stopped_process_ends_with_an_engine_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        process = psutil.Process(int(engine.stdout.readline()))
        process.suspend()
        engine.kill()
    try:
        process.wait(PATIENCE_S)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


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


def test_a_program_that_ends_without_closing_it_speaks_of_no_loss() -> None:
    """As an engine does whose port is in use."""
    code = ENGINE.replace("time.sleep(600.0)\n", "")
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert int(said.stdout.splitlines()[0]) > 0
    assert "lost" not in said.stdout + said.stderr
