"""Reports by themselves: each once, failures told and tried again, and never the line's to wait for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time
from pathlib import Path

from app.reporting.at_shift_end import FIRST_BACKOFF_S, LOOK_EVERY_S, MOST_BACKOFF_S, ShiftEnds
from app.reporting.due import FILE_NAME
from app.reporting.maker import ReportRefusedError
from app.reporting.messages import Done, Wanted
from app.settings.report import ReportTable
from app.settings.shifts import ShiftTable
from app.settings.station import Settings, StationTable
from inspection.alarms.catalogue import AlarmCode
from inspection.cameras.settings import SimulatedSettings
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import CHINESE, say
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind, Language
from tests.fakes import FakeClock, until

HOUR_MS = 3_600_000.0
DONE = Done(names=("a.pdf",), sizes=(1,), final=True, statement="", as_of=None)


class World:
    """What the reports are made by and told to."""

    def __init__(self, folder: Path, *, report: bool = True) -> None:
        self.clock = FakeClock()
        self.asked: list[Wanted] = []
        self.said: list[str] = []
        self.well = 0
        self.refuse: Sentence | None = None
        (folder / "record").mkdir(exist_ok=True)
        self.settings = Settings(
            station=StationTable(
                recipe="cover",
                name="Line 3",
                zone="UTC",
                shifts=tuple(ShiftTable(start=time(hour)) for hour in range(0, 24, 4)),
            ),
            cameras=(SimulatedSettings(),),
            store=StoreSettings(folder=folder / "record"),
            report=ReportTable(
                folder=folder / "reports" if report else None, formats=(Kind.JSON,), languages=(Language.ZH,)
            ),
        )

    async def make(self, wanted: Wanted) -> Done:
        self.asked.append(wanted)
        if self.refuse is not None:
            raise ReportRefusedError(self.refuse)
        return DONE

    def alarm(self, code: AlarmCode, text: str) -> None:
        assert code is AlarmCode.REPORT_NOT_WRITTEN
        self.said.append(text)

    def gone(self, code: AlarmCode) -> None:
        self.well += 1

    def ends(self) -> ShiftEnds:
        return ShiftEnds(self.settings, self.clock, alarm=self.alarm, well=self.gone, make=self.make)

    async def passes(self, ms: float) -> None:
        await until(lambda: self.clock.sleepers == 1)
        self.clock.advance(ms)
        await until(lambda: self.clock.sleepers == 1)


def at_work(world: World, test: Callable[[], Awaitable[None]]) -> None:
    async def body() -> None:
        task = asyncio.create_task(world.ends().run())
        await test()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())


def test_each_shift_is_reported_once_as_the_settings_say(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def test() -> None:
        for _ in range(13):
            await world.passes(HOUR_MS)

    at_work(world, test)
    assert len(world.asked) == len({one.shift.start for one in world.asked}) == 3
    first = world.asked[0]
    assert (first.station, first.kinds, first.languages) == ("Line 3", (Kind.JSON,), (Language.ZH,))
    assert first.folder == tmp_path / "reports"
    assert world.said == []

    async def again() -> None:  # after a restart
        await world.passes(LOOK_EVERY_S)

    at_work(world, again)
    assert len(world.asked) == 3


def test_what_fails_is_an_alarm_in_both_languages_and_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.refuse = say(Code.REPORT_NO_ROOM, free_mb=12.0, least_mb=500.0)

    async def test() -> None:
        await world.passes(5 * HOUR_MS)
        (said,) = world.said
        assert "is not written, and is tried again by itself: only 12 MB are free" in said
        assert isinstance(said, Sentence)
        assert "磁盘仅剩 12 MB" in CHINESE.tell(said.coded)
        pause_s = FIRST_BACKOFF_S
        for tries in range(2, 6):
            await world.passes((pause_s - 1.0) * 1000.0)
            assert len(world.asked) == tries - 1
            await world.passes(1000.0)
            assert len(world.asked) == tries
            pause_s = min(2.0 * pause_s, MOST_BACKOFF_S)
        world.refuse = None
        before = world.well
        await world.passes(MOST_BACKOFF_S * 1000.0)
        assert world.well > before
        tried = len(world.asked)
        await world.passes(LOOK_EVERY_S * 1000.0)
        assert len(world.asked) == tried

    at_work(world, test)


def test_an_open_report_survives_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.refuse = say(Code.REPORT_TOO_SLOW, limit_s=600.0)
    at_work(world, lambda: world.passes(5 * HOUR_MS))
    assert (tmp_path / "record" / FILE_NAME).is_file()
    shift, world.refuse = world.asked[0].shift, None
    at_work(world, lambda: world.passes(LOOK_EVERY_S * 1000.0))
    assert world.asked[-1].shift == shift


def test_a_fault_of_ours_ends_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def broken(wanted: Wanted) -> Done:
        raise ZeroDivisionError("on purpose")

    async def test() -> None:
        ends = ShiftEnds(world.settings, world.clock, alarm=world.alarm, well=world.gone, make=broken)
        task = asyncio.create_task(ends.run())
        await world.passes(5 * HOUR_MS)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(test())


def test_without_a_folder_nothing_is_made(tmp_path: Path) -> None:
    world = World(tmp_path, report=False)
    asyncio.run(asyncio.wait_for(world.ends().run(), 5))
    assert world.asked == []
