"""No English sentence reaches the Chinese screen, whatever happens at the station."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Final

import numpy as np

from app.api.engine.snapshot import snapshot
from app.console.client.replies import CommandProblem, CommandReply, Received
from app.console.screens.alarms.model.rows import listed, listed_pane
from app.console.screens.run.model.details import (
    CountsTopic,
    NoticeTopic,
    PartTopic,
    StationTopic,
    TileTopic,
    Topic,
    details,
)
from app.console.screens.run.model.state import RunState
from app.console.screens.run.model.view import present
from app.console.words.chinese import ZH
from app.settings.station import Settings, StationTable
from inspection.alarms.catalogue import AlarmCode
from inspection.cameras.settings import SimulatedSettings
from inspection.decision import Action, Timings, because
from inspection.errors import InspectorError, StoreError
from inspection.events import EventKind
from inspection.line_events import (
    Halted,
    LineState,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    RunTakenOver,
    SecondEngine,
)
from inspection.messages.codes import Code
from inspection.messages.message import Coded
from inspection.messages.telling import say
from inspection.part import Frame, MissedCause, Outcome
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.station.open_parts import MAX_OPEN
from inspection.status import Command, Mode, StationStatus, Subsystem
from inspection.unheard import Unheard
from plc.handshake import halts
from plc.modbus import wire_failures
from plc.register_map.registers import LineBlock
from plc.settings import LinkSettings
from tests.fakes import BOOT, PATIENCE_S, FakeInspector, FakeStore, trigger, until
from tests.inspection.station.gauging.instruments import FakeReader, dial, recipe, shows
from tests.inspection.station.usual import USUAL
from tests.inspection.station.world import RECIPE, World

NAMES: Final = {
    *(
        "PLC",
        "Passgate",
        "FaultReset",
        "Modbus",
        "mm",
        "ms",
        "boot_id",
        "part_id",
        "trigger_seq",
        "line_base",
    ),
    *(
        "cover",
        "main",
        "top",
        "fake",
        "Pump",
        "porosity",
    ),  # recipe, camera, view, model, station, a type of defect
    *("anna", "line"),
}
"""What is called so in every language, and what people have named."""
SETTINGS: Final = Settings(station=StationTable(recipe="cover", name="Pump"), cameras=(SimulatedSettings(),))
TOPICS: Final[tuple[Topic, ...]] = (
    PartTopic(),
    StationTopic(),
    CountsTopic(),
    NoticeTopic(),
    *map(TileTopic, Subsystem),
)


class Inspector(FakeInspector):
    """Says why it decides so, as every inspector does, and how unusual the part was."""

    score = 0.25

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        result = super().inspect(
            frames, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, deadline_ns=deadline_ns
        )
        why = because(say(Code.NOTHING_UNUSUAL, normality=0.97))
        decision = result.decision.model_copy(update=why)
        return replace(result, decision=decision, scores=(self.score,))


class Store(FakeStore):
    """Fails in its housekeeping, too."""

    def maintain(self) -> None:
        super().maintain()
        if self.housekeeping_broken:
            raise StoreError("the spool cannot be drained")


class Screen:
    """Shows a station in Chinese, and keeps what it was seen to say."""

    def __init__(self) -> None:
        self.alarms: set[int] = set()
        self.english: list[str] = []
        self.uncoded: list[str] = []

    def see(self, world: World, reply: CommandReply | None = None) -> StationStatus:
        status = snapshot(
            world.station,
            settings=SETTINGS,
            model=world.inspector.model,
            store=world.station._recorder.health(),
            clock=world.clock,
            unheard=world.station.unheard,
        )
        return self.show(status, reply)

    def show(self, status: StationStatus, reply: CommandReply | None = None) -> StationStatus:
        status = StationStatus.model_validate_json(status.model_dump_json())
        state = RunState()
        state.take(Received(status=status, at_s=0.0))
        if reply is not None:
            state.command_ended(reply, 0.0)
        view = present(state, now_s=0.1, words=ZH, url="http://127.0.0.1:8730")
        said = [*strings(view)]
        for topic in TOPICS:
            for name, text in details(topic, state, view, ZH).rows:
                said += [name] if name == ZH.in_english else [name, text]
        said += strings(listed(status, 0.1, ZH))
        for alarm in status.alarms:
            for name, text in listed_pane(alarm, status, ZH).rows:
                said += [name] if name == ZH.in_english else [name, text]
        for text in said:
            bare = re.sub(r"0x[0-9A-F]+|http\S+|[0-9a-f]{12}|\bv\d+", "", text)
            words = set(re.findall(r"[A-Za-z_]{2,}", bare)) - NAMES
            self.english += [text] if words else []
        self.alarms |= {alarm.code for alarm in status.alarms}
        for text, coded in sentences(status, reply):
            codes = {message.code for message in whole(coded)}
            self.uncoded += [text] if text and (not codes or Code.OTHER_ERROR in codes) else []
        return status


def strings(value: object) -> Iterator[str]:
    """Each text in a view."""
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in ("inspection_id", "pictures", "key"):
                yield from strings(getattr(value, field.name))


def sentences(status: StationStatus, reply: CommandReply | None) -> Iterator[tuple[str, Coded]]:
    """All that the engine says in words, with its codes."""
    yield status.mode_reason, status.reason_coded
    for tile in status.tiles:
        yield tile.text, tile.coded
        yield tile.detail, tile.detail_coded
    for alarm in status.alarms:
        yield alarm.text, alarm.coded
    for part in status.recent:
        yield part.decision.reason, part.decision.coded
    if reply is not None:
        yield reply.detail, reply.coded


def whole(coded: Coded) -> Coded:
    """Messages with their causes."""
    return tuple(one for message in coded for one in (message, *whole(message.causes)))


async def raised(world: World, code: AlarmCode) -> None:
    """Wait for an alarm."""
    await until(lambda: any(alarm.code == code for alarm in world.station.telemetry.alarms))


Scene = Callable[[World, Screen], Awaitable[None]]


async def a_good_part(world: World, screen: Screen) -> None:
    screen.see(world)
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    screen.see(world)


async def good_parts_look_otherwise_than_taught(world: World, screen: Screen) -> None:
    assert isinstance(world.inspector, Inspector)
    world.inspector.score = 0.38
    for seq in range(1, 200):
        world.line.post(PartTriggered(trigger(seq)))
        await world.published()
        await until(lambda: not world.station._life.follow_ups)
        if any(alarm.code == AlarmCode.PICTURES_DRIFT for alarm in world.station.telemetry.alarms):
            break
    screen.see(world)


async def no_picture(world: World, screen: Screen) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(lambda: world.station.mode is Mode.IDLE)
    screen.see(world)


async def a_black_picture(world: World, screen: Screen) -> None:
    world.camera.picture = np.zeros((48, 64, 3), np.uint8)
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    screen.see(world)


async def the_model_fails(world: World, screen: Screen) -> None:
    for seq, error in enumerate((InspectorError("the model is busy"), ZeroDivisionError("a bug")), 1):
        world.inspector.error = error
        world.line.post(PartTriggered(trigger(seq)))
        await world.published()
        await until(lambda: world.station.mode is Mode.IDLE)
        screen.see(world)


async def the_model_is_late(world: World, screen: Screen) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: world.line.exposed == [1])
    await world.pass_time(1000)
    await world.published()
    await raised(world, AlarmCode.INSPECTION_LATE)
    screen.see(world)


async def a_gauge_is_late(world: World, screen: Screen) -> None:
    reader = FakeReader(shows(4.0))
    reader.gate.clear()
    world.station.judge._gauges._reader._read = reader
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(reader.calls))
    await world.pass_time(1000)
    await world.published()
    await raised(world, AlarmCode.GAUGES_LATE)
    screen.see(world)
    reader.gate.set()


async def publishing_fails(world: World, screen: Screen) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug, as the test wants it")

    world.line.before_publish = fail
    world.line.post(PartTriggered(trigger(1)))
    await raised(world, AlarmCode.INTERNAL)
    screen.see(world)


async def nothing_is_recorded(world: World, screen: Screen) -> None:
    world.store.broken = True
    world.store.detail = StoreError("cannot write the spool: no room").what_happened
    world.line.post(PartTriggered(trigger(1)))
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.line.ready)
    screen.see(world)
    world.store.full = True
    screen.see(world)


async def the_record_is_late(world: World, screen: Screen) -> None:
    world.store.gate.clear()
    world.line.takes_results = False
    world.line.post(PartTriggered(trigger(1, deadline_ms=500)))
    await until(world.store.waiting.is_set)
    world.clock.advance(2100)
    screen.see(world)
    world.store.gate.set()
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.only().published)
    screen.see(world)


async def pictures_are_not_kept(world: World, screen: Screen) -> None:
    world.store.pictures_broken = world.store.housekeeping_broken = True
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    screen.see(world)
    await world.keep_house_until(AlarmCode.PICTURES_NOT_RETIRED)
    await world.keep_house_until(AlarmCode.RECORD_NOT_KEPT_UP)
    screen.see(world)


async def the_disk_of_the_pictures_hangs(world: World, screen: Screen) -> None:
    world.store.picture_gate.clear()
    await world.keep_house_until(AlarmCode.PICTURES_SILENT)
    screen.see(world)
    world.store.picture_gate.set()


async def the_plc_says_much(world: World, screen: Screen) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    for seq, cause in enumerate(MissedCause, 2):
        world.line.post(PartMissed(trigger(seq), cause))
    world.line.post(RunTakenOver(plc_boot_id=BOOT, other_boot_id=7, seq=1))
    world.line.post(RunTakenOver(plc_boot_id=BOOT, other_boot_id=7, seq=1, rows_lost=True))
    world.line.post(SecondEngine(7, say(Code.OTHER_ENGINE_REFUSED, other=7)))
    world.line.post(PlcRestarted(old_boot_id=BOOT, new_boot_id=BOOT + 1))
    await raised(world, AlarmCode.PLC_RESTARTED)
    await raised(world, AlarmCode.OUTCOME_UNKNOWN)
    screen.see(world)


async def a_part_is_released_without_a_pass(world: World, screen: Screen) -> None:
    world.inspector.action = Action.REWORK
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: world.station.mode is Mode.ABORTED)
    screen.see(world)


async def people_order(world: World, screen: Screen) -> None:
    by = "console of anna on line3 (127.0.0.1:5151)"

    async def order(command: Command) -> None:
        result = await world.station.command(command, by=by)
        problem = None if result.accepted else CommandProblem.REFUSED
        reply = CommandReply(command=command, problem=problem, detail=result.message, coded=result.coded)
        screen.see(world, reply)

    world.line.post(SecondEngine(7, say(Code.OTHER_ENGINE_REFUSED, other=7)))
    await raised(world, AlarmCode.SECOND_ENGINE)
    for command in (Command.HOLD, Command.START, Command.RESET):
        await order(command)
    world.line.post(Halted(halts.heartbeat_lost(say(Code.HEARTBEAT_STOOD, stood_ms=500)).reason))
    await until(lambda: world.station.mode is Mode.ABORTED)
    await order(Command.RESET)
    world.store.broken = True
    await order(Command.START)
    await order(Command.HOLD)


async def the_link_is_in_every_state(world: World, screen: Screen) -> None:
    well = LineState(connected=True, enabled=True, read_ns=1, belt_speed_mm_s=200, plc_boot_id=BOOT)
    link = LinkSettings(host="10.0.0.1")
    line = LineBlock(trigger_seq=7, part_id=9)
    found = [
        halts.second_engine(other=7, own=8),
        halts.heartbeat_lost(wire_failures.unreachable(link, OSError("no route")).reason),
        halts.counts_anew(last=3, boot_id=BOOT),
        halts.foreign_map(2),
        halts.unsent_result(seq=7, part_id=9),
        halts.count_jumped(before=1, now=900, uncounted=12),
        halts.number_repeated(line),
        halts.station_lags(),
    ]
    states = [replace(well, halted=True, halt_reason=halt.reason, halt_brief=halt.brief) for halt in found]
    failing = wire_failures.unreachable(link, ConnectionRefusedError()).reason
    states += [
        well,
        replace(well, counting_missed=True),
        replace(well, enabled=False),
        replace(well, bypassed=True),
        replace(well, read_ns=0),
        replace(well, connected=False),
        replace(well, connected=False, down_reason=failing),
        replace(well, connected=False, down_reason=halts.EMPTY_BLOCK),
    ]
    for state in states:
        world.line.shown = state
        screen.see(world)
    world.line.post(LinkChanged(False, failing))
    await until(lambda: world.station.mode is Mode.STARTING)
    screen.see(world)


async def others_tell_beside_the_line(world: World, screen: Screen) -> None:
    """Whoever writes reports, pushes to the plant, or says that a challenge is due."""
    for code, said in (
        (AlarmCode.REPORT_NOT_WRITTEN, say(Code.REPORT_NOT_WRITTEN, shift="早班", date="2026-03-02")),
        (AlarmCode.PLANT_REFUSES, say(Code.PLANT_REFUSES, row=7)),
        (AlarmCode.CHALLENGE_DUE, say(Code.CHALLENGE_DUE)),
        (AlarmCode.CHALLENGE_OVERDUE, say(Code.CHALLENGE_OVERDUE)),
        (AlarmCode.CHALLENGE_FAILED, say(Code.CHALLENGE_FAILED)),
    ):
        world.station.alarm(code, said)
    screen.see(world)


SCENES: Final[tuple[Scene, ...]] = (
    a_good_part,
    good_parts_look_otherwise_than_taught,
    no_picture,
    a_black_picture,
    the_model_fails,
    the_model_is_late,
    a_gauge_is_late,
    publishing_fails,
    nothing_is_recorded,
    the_record_is_late,
    pictures_are_not_kept,
    the_disk_of_the_pictures_hangs,
    the_plc_says_much,
    a_part_is_released_without_a_pass,
    people_order,
    others_tell_beside_the_line,
    the_link_is_in_every_state,
)


async def played(scene: Scene, screen: Screen) -> None:
    """One scene at a station of its own, which cannot name a type that its recipe asks for."""
    of = recipe(dial("压力")) if scene is a_gauge_is_late else RECIPE
    world = World(Store(), inspector=Inspector(), usual=(USUAL,), recipe=of)
    world.station.unheard = Unheard(types=("porosity",), lost={"porosity": Action.STOP})
    await world.station.prepare()
    task = asyncio.create_task(world.station.run())
    world.line.post(LinkChanged(True, ""))
    await until(lambda: world.station.mode is Mode.IDLE and world.station.desk.open.is_set())
    noted = {EventKind.ENGINE_STARTED, EventKind.LINK_UP}  # else a scene may find them at the gate
    await until(lambda: noted <= {event.kind for event in world.store.events})
    try:
        await scene(world, screen)
    finally:
        for gate in (world.inspector.gate, world.store.gate, world.store.picture_gate):
            gate.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_no_english_sentence_reaches_the_chinese_screen_whatever_happens() -> None:
    screen = Screen()
    for scene in SCENES:
        asyncio.run(played(scene, screen))
    assert not screen.uncoded, "said in English words alone"
    assert not screen.english
    assert {AlarmCode(code) for code in screen.alarms} == set(AlarmCode), "every alarm was seen"


def test_more_open_parts_than_may_be_are_told_in_chinese() -> None:
    said = say(Code.TAKES_NO_PART, cause=say(Code.CROWDED, open=MAX_OPEN + 1, most=MAX_OPEN))
    screen = Screen()

    async def crowded(world: World, screen: Screen) -> None:
        status = screen.see(world)
        screen.show(status.model_copy(update={"mode_reason": said, "reason_coded": said.coded}))

    asyncio.run(played(crowded, screen))
    assert not screen.english


def test_every_stage_of_a_decision_has_its_word() -> None:
    assert set(ZH.stages) == set(Timings.model_fields)
