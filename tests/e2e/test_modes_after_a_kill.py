"""kill -9 of the engine in each of its modes: it comes back in the stricter of that and what the PLC says.

The engine is a process of its own with the product's station, link, recorder and SQLite record; the PLC a
foreign Modbus server whose registers the test sets.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self, cast

import pytest
import structlog

from app.testline.known_parts import NoiseCamera, known_action, known_parts_station
from app.testline.reconciliation import read_record
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.challenge.plan import ChallengePlan, Piece
from inspection.decision import Action
from inspection.part import Frame, MissedCause, Outcome
from inspection.status import Alarm, AlarmState, Command, CommandResult, Mode
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.register_map.registers import OUTCOME_CODES, LineBits, LineBlock, VisionBits, action_of
from plc.settings import LinkSettings
from tests.e2e.killable import CONTEXT, PATIENCE_S
from tests.plc.handshaking import RUNNING
from tests.plc.peers import ForeignPlc

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

IDLE = LineBlock(boot_id=77, bits=RUNNING, deadline_ms=20_000)
"""A deadline that no busy machine misses."""


@dataclass(frozen=True)
class Shown:
    """What the engine tells about itself."""

    mode: Mode
    reason: str
    takes_parts: bool
    degraded: bool
    missed: int
    alarms: tuple[Alarm, ...]


class SlowCamera(NoiseCamera):
    """Takes its time, so that a part is under it when the engine dies."""

    def capture(self, part_id: int) -> Frame:
        time.sleep(5.0)
        return super().capture(part_id)


class Engine:
    """One life of the engine, seen from the test. A context manager: leaving it kills it with SIGKILL."""

    def __init__(
        self,
        plc: ForeignPlc,
        record: Path,
        *,
        slow: bool = False,
        challenge: ChallengePlan | None = None,
    ) -> None:
        self._ours, self._theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(
            target=_live, args=(plc.port, record, slow, challenge, self._theirs), daemon=True
        )
        self._plc = plc
        self._boot_id_before = plc.vision().boot_id
        self._seen: list[Shown] = []

    def __enter__(self) -> Self:
        CONTEXT.set_forkserver_preload(["tests.e2e.killable"])
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join(PATIENCE_S)
        self._ours.close()

    def _ask(self, question: Command | AlarmOrder | None) -> Any:
        self._ours.send(question)
        assert self._ours.poll(PATIENCE_S), "the engine does not answer"
        return self._ours.recv()

    def order(self, command: Command | AlarmOrder) -> None:
        """Press a button, as Li."""
        assert cast(CommandResult, self._ask(command)).accepted

    def until(self, holds: Callable[[Shown], bool]) -> Shown:
        """Wait for something; returns what was shown then."""
        end = time.monotonic() + PATIENCE_S
        while not holds(shown := cast(Shown, self._ask(None))):
            self._seen.append(shown)
            assert time.monotonic() < end, f"it never happened; shown last: {shown}"
            time.sleep(0.01)
        self._seen.append(shown)
        return shown

    def writes(self, blocks: int) -> None:
        """Let it write so many vision blocks: after two the PLC's heart has been seen to beat."""
        wait(lambda: self._plc.vision().boot_id != self._boot_id_before)
        begun = self._plc.vision().heartbeat
        wait(lambda: self._plc.vision().heartbeat >= begun + blocks)

    @property
    def looked_ready(self) -> bool:
        """It looked ready at some time."""
        return any(shown.takes_parts or shown.mode in {Mode.IDLE, Mode.EXECUTE} for shown in self._seen)


def _live(port: int, record: Path, slow: bool, challenge: ChallengePlan | None, conn: Connection) -> None:
    """The process's whole life."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(_serve(port, record, slow, challenge, conn))


async def _serve(
    port: int, record: Path, slow: bool, challenge: ChallengePlan | None, conn: Connection
) -> None:
    clock = SystemClock()
    line = ModbusLine(LinkSettings(port=port, reconnect_ms=50), clock)
    camera = SlowCamera() if slow else NoiseCamera()
    station, recorder = known_parts_station(
        line=line, clock=clock, folder=record, camera=camera, challenge=challenge
    )
    await recorder.open()
    await station.prepare()
    run = asyncio.create_task(station.run())
    while not run.done():
        await asyncio.sleep(0.005)
        if not conn.poll():
            continue
        question = conn.recv()
        if question is None:
            standing = station.standing
            conn.send(
                Shown(
                    mode=standing.mode,
                    reason=standing.reason,
                    takes_parts=standing.takes_parts,
                    degraded=recorder.health().degraded,
                    missed=station.telemetry.counts.missed,
                    alarms=tuple(station.telemetry.alarms),
                )
            )
        elif isinstance(question, AlarmOrder):
            conn.send(await station.desk.of_alarms.take(question, by="Li"))
        else:
            conn.send(await station.command(question, by="Li"))
    run.result()


@contextmanager
def line(tmp_path: Path) -> Iterator[tuple[ForeignPlc, Path]]:
    """A PLC that runs, and the record's folder."""
    with ForeignPlc() as plc:
        plc.set(IDLE)
        yield plc, tmp_path / "record"


def test_held_comes_back_held_and_says_who_held_it(tmp_path: Path) -> None:
    with line(tmp_path) as (plc, record):
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.mode is Mode.IDLE)
            engine.order(Command.HOLD)
        with Engine(plc, record) as engine:
            shown = engine.until(lambda shown: shown.mode is Mode.HELD)
            assert "held by Li since" in shown.reason
            engine.writes(10)
            assert VisionBits.TRIGGER_READY not in plc.vision().bits
            engine.until(lambda shown: shown.mode is Mode.HELD)
            assert not engine.looked_ready
            engine.order(Command.START)
            engine.until(lambda shown: shown.takes_parts)
            on_record(record, "start")
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.mode is Mode.IDLE)


def test_halted_comes_back_halted_until_the_plc_resets_and_its_alarm_as_people_left_it(
    tmp_path: Path,
) -> None:
    def state(shown: Shown) -> AlarmState:
        (alarm,) = shown.alarms
        return alarm.state

    with line(tmp_path) as (plc, record):
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.takes_parts)
            plc.beats = False
            halted = engine.until(lambda shown: shown.mode is Mode.ABORTED)
            on_record(record, "alarm_raised")
        plc.beats = True
        with Engine(plc, record) as engine:
            shown = engine.until(lambda shown: shown.mode is Mode.ABORTED)
            assert shown.reason == halted.reason
            engine.until(lambda shown: state(shown) is AlarmState.UNACKNOWLEDGED)
            engine.writes(10)
            assert plc.vision().error_code
            assert VisionBits.TRIGGER_READY not in plc.vision().bits
            assert not engine.looked_ready
            plc.set(replace(plc.line, bits=RUNNING | LineBits.FAULT_RESET))
            back = engine.until(lambda shown: shown.takes_parts)
            assert state(back) is AlarmState.RETURNED
            alarm_id = back.alarms[0].alarm_id
            engine.order(AlarmOrder(act=AlarmAct.SHELVE, alarm_id=alarm_id, minutes=60, reason="known"))
        with Engine(plc, record) as engine:
            shown = engine.until(lambda shown: shown.mode is Mode.IDLE)
            assert state(shown) is AlarmState.SHELVED
            assert {alarm.alarm_id for alarm in (*halted.alarms, *shown.alarms)} == {alarm_id}
            engine.order(AlarmOrder(act=AlarmAct.UNSHELVE, alarm_id=alarm_id))
            engine.order(AlarmOrder(act=AlarmAct.ACKNOWLEDGE, alarm_id=alarm_id))
            assert not engine.until(lambda shown: shown.mode is Mode.IDLE).alarms


def test_bypassed_looks_ready_to_nobody_until_the_key_was_read_anew(tmp_path: Path) -> None:
    with line(tmp_path) as (plc, record):
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.mode is Mode.IDLE)
            plc.set(replace(plc.line, bits=RUNNING | LineBits.BYPASS))
            engine.until(lambda shown: shown.mode is Mode.SUSPENDED)
            on_record(record, "bypass_began")
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.mode is Mode.SUSPENDED)
            assert not engine.looked_ready
        plc.cut()
        with Engine(plc, record) as engine:
            shown = engine.until(lambda shown: "bypass key was turned" in shown.reason)
            assert shown.mode is Mode.STARTING
            plc.set(replace(plc.line, bits=RUNNING))
            plc.open()
            engine.until(lambda shown: shown.mode is Mode.IDLE)


GOLDEN, DEFECTIVE = (
    next(part for part in range(1, 100) if known_action(part) is action)
    for action in (Action.PASS, Action.REWORK)
)
CHALLENGE = ChallengePlan(
    pieces=(
        Piece(name="golden", expects=(Action.PASS,), part_ids=(GOLDEN,)),
        Piece(name="defective", expects=(Action.REWORK,), part_ids=(DEFECTIVE,)),
    ),
    shift_start=False,
)


def test_killed_while_it_is_challenged_it_releases_nothing_before_it_was_challenged_anew(
    tmp_path: Path,
) -> None:
    def decided(plc: ForeignPlc, part_id: int) -> Action | None:
        """What the PLC reads of a part that it sends, and does."""
        wait(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
        seq = plc.line.trigger_seq + 1
        plc.set(replace(plc.line, trigger_seq=seq, part_id=part_id))
        wait(lambda: plc.vision().result_seq == seq)
        read = plc.vision()
        action = action_of(decision=read.decision, decision_complement=read.decision_complement)
        outcome = OUTCOME_CODES[Outcome.RELEASED if action is Action.PASS else Outcome.HELD]
        plc.set(replace(plc.line, result_ack_seq=seq, outcome=outcome, outcome_seq=seq))
        wait(lambda: plc.vision().outcome_ack_seq == seq)
        return action

    def due(plc: ForeignPlc) -> bool:
        return VisionBits.CHALLENGE_DUE in plc.vision().bits

    with line(tmp_path) as (plc, record):
        with Engine(plc, record, challenge=CHALLENGE) as engine:
            engine.until(lambda shown: "none has passed here yet" in shown.reason)
            assert decided(plc, GOLDEN) is Action.MANUAL_REVIEW
            assert due(plc)
            engine.until(lambda shown: "next piece defective" in shown.reason)
        with Engine(plc, record, challenge=CHALLENGE) as engine:
            engine.until(lambda shown: "the engine ended in its midst" in shown.reason)
            engine.writes(3)
            assert due(plc)
            assert decided(plc, DEFECTIVE) is Action.MANUAL_REVIEW
            assert decided(plc, GOLDEN) is Action.MANUAL_REVIEW
            on_record(record, "challenge_passed")
            wait(lambda: not due(plc))
        with Engine(plc, record, challenge=CHALLENGE) as engine:
            engine.until(lambda shown: shown.takes_parts and not shown.reason)
            other = next(part for part in range(GOLDEN + 1, 100) if known_action(part) is Action.PASS)
            assert decided(plc, other) is Action.PASS


def test_killed_while_it_judges_it_tells_of_the_part_and_publishes_nothing(tmp_path: Path) -> None:
    with line(tmp_path) as (plc, record):
        with Engine(plc, record, slow=True) as engine:
            engine.until(lambda shown: shown.takes_parts)
            wait(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
            plc.set(replace(plc.line, trigger_seq=1, part_id=6))
            engine.until(lambda shown: shown.mode is Mode.EXECUTE)
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.missed == 1)
            engine.until(lambda shown: shown.mode is Mode.IDLE)
            assert plc.vision().result_seq == 0
    (part,) = read_record(record)
    assert (part.trigger.seq, part.published, part.missed) == (1, False, MissedCause.RESTART)


def test_degraded_it_brings_what_waited_in_the_spool(tmp_path: Path) -> None:
    with line(tmp_path) as (plc, record):
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.takes_parts)
            wait(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
            with database_taken(record):
                plc.set(replace(plc.line, trigger_seq=1, part_id=6))
                engine.until(lambda shown: shown.degraded)
                wait(lambda: VisionBits.STORE_DEGRADED in plc.vision().bits)
                engine.__exit__()  # killed while the record waits in the spool
        with Engine(plc, record) as engine:
            shown = engine.until(lambda shown: shown.mode is Mode.IDLE)
            assert not shown.degraded
    assert [part.trigger.seq for part in read_record(record)] == [1]


def test_killed_degraded_it_comes_back_degraded_where_the_database_is_still_held(tmp_path: Path) -> None:
    """It did not start at all until whoever held the database let go of it."""
    with line(tmp_path) as (plc, record):
        with Engine(plc, record) as engine:
            engine.until(lambda shown: shown.takes_parts)
            wait(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
            with database_taken(record):
                plc.set(replace(plc.line, trigger_seq=1, part_id=6))
                engine.until(lambda shown: shown.degraded)
                engine.__exit__()  # killed while the record waits in the spool
                with Engine(plc, record) as second:
                    assert second.until(lambda shown: shown.mode is Mode.IDLE).degraded
                    wait(lambda: VisionBits.STORE_DEGRADED in plc.vision().bits)
        with Engine(plc, record) as third:
            third.until(lambda shown: shown.mode is Mode.IDLE and not shown.degraded)
    assert [part.trigger.seq for part in read_record(record)] == [1]


def wait(holds: Callable[[], bool]) -> None:
    """Until something holds in the PLC's registers."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def on_record(record: Path, kind: str) -> None:
    """Until an event is in the database: what came a moment before the kill need not be."""

    def there() -> bool:
        with sqlite3.connect(f"file:{database(record)}?mode=ro", uri=True) as connection:
            return bool(connection.execute("select 1 from events where kind = ?", (kind,)).fetchall())

    wait(there)


def database(record: Path) -> Path:
    """The record's SQLite file."""
    (file,) = record.glob("*.db")
    return file


@contextmanager
def database_taken(record: Path) -> Iterator[None]:
    """Another program holds the database: records go to the spool."""
    connection = sqlite3.connect(database(record), isolation_level=None)
    try:
        connection.execute("begin immediate")
        yield
    finally:
        connection.close()
