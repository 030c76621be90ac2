"""The API of a station around which everything is faked: the real routes, the real channel, one loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from app.api.channel import MOST_ASKED, MOST_TOLD, Channel
from app.api.engine.engine_end import EngineEnd
from app.api.engine.snapshot import snapshot
from app.api.messages import HealthReport, ReportAsked
from app.api.server import routes as server
from app.api.server.api_end import ApiEnd
from app.api.sessions import SessionTold
from app.settings.station import Settings, StationTable
from inspection.access.rights import Proof, Role
from inspection.alarms.history import AlarmPage, HistoryAsked
from inspection.cameras.settings import SimulatedSettings
from inspection.challenge.plan import ChallengePlan
from inspection.errors import AccessError, StoreError
from inspection.events import EventKind
from inspection.line_events import LinkChanged
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.part import Inspection
from inspection.recipe import Recipe
from inspection.signing.shown import ShiftPage, ShiftsAsked, SignatureShown, SignedShown, SignOrder
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from inspection.status import Mode, StationStatus
from inspection.times.shifts import NoSuchShiftError
from inspection.unheard import Unheard
from plc.link import ModbusLine
from plc.settings import LinkSettings
from reports.settings import StoreSettings
from tests.app.access.doors.people import MES_KEY, PASSWORD, PIN, FakeLooking, Noted, Seconds, doors_of
from tests.fakes import FakeCamera, FakeClock, FakeInspector, FakeLine, FakeStore, until

PORT = 8730
URL = f"http://127.0.0.1:{PORT}"


class FakeEngine:
    """A station with everything around it faked, behind the real API."""

    def __init__(self, folder: Path, challenge: ChallengePlan | None = None) -> None:
        self.clock, self.line, self.store = FakeClock(), FakeLine(), FakeStore()
        self.link = ModbusLine(LinkSettings(line_base=40, vision_base=200), self.clock)
        self.recorder = Recorder(self.store, self.clock)
        self.looking, self.seconds = FakeLooking(), Seconds()
        self.folder = folder
        self.pages_asked: list[HistoryAsked | ShiftsAsked] = []
        self.unreadable = False
        self.record = StoreSettings(folder=folder / "record")
        self.unheard = Unheard()
        self.station = Station(
            line=self.line,
            cameras={"main": FakeCamera()},
            inspector=FakeInspector(),
            recorder=self.recorder,
            clock=self.clock,
            recipe=Recipe(id=1, name="cover"),
            challenge=challenge,
        )
        self.noted = Noted()
        self.doors = doors_of(self.looking, note=self.note, seconds=self.seconds)

    def note(self, kind: EventKind, *, by: str, detail: str = "") -> None:
        self.noted(kind, by=by, detail=detail)
        self.station.orders.note(kind, by=by, detail=detail)

    def status(self) -> StationStatus:
        return snapshot(
            self.station,
            settings=Settings(station=StationTable(recipe="cover"), cameras=(SimulatedSettings(),)),
            model=FakeInspector.model,
            store=self.recorder.health(),
            clock=self.clock,
            unheard=self.unheard,
        )

    def health(self) -> HealthReport:
        return HealthReport(status="ok", mode=self.station.mode, pid=1, peak_memory_mb=1.0)

    async def history(self, limit: int) -> list[Inspection]:
        return await self.recorder.recent(limit)

    async def alarm_page(self, asked: HistoryAsked) -> bytes:
        self.pages_asked.append(asked)
        if self.unreadable:
            raise StoreError("the disk is gone")
        return AlarmPage(alarms=(), next=7).model_dump_json().encode()

    def picture_path(self, sha256: str) -> Path | None:
        path = self.folder / sha256
        return path if path.is_file() else None

    async def report(self, asked: ReportAsked) -> tuple[str, bytes]:
        if asked.shift == "none":
            raise NoSuchShiftError("there is no shift 'none'")
        return f"shift.{asked.form}", f"{asked.day} {asked.shift} {asked.language}".encode()

    async def shifts(self, asked: ShiftsAsked) -> bytes:
        self.pages_asked.append(asked)
        return ShiftPage(shifts=(), next=asked.before).model_dump_json().encode()

    async def sign(self, order: SignOrder) -> bytes:
        if order.shift == "none":
            raise NoSuchShiftError("there is no shift 'none'")
        if order.password != PASSWORD:
            said = say(Code.SIGN_IN_WRONG, proof=Proof.PASSWORD)
            raise AccessError(said, code=Code.SIGN_IN_WRONG, params=said.coded[0].params)
        shown = SignatureShown(
            name=order.user,
            role=Role.QUALITY,
            meaning=order.meaning,
            at=self.clock.now(),
            reason=order.reason,
        )
        return SignedShown(signature=shown, nth=1, report_sha256="0" * 64).model_dump_json().encode()


@asynccontextmanager
async def connected(engine: FakeEngine) -> AsyncIterator[ApiEnd]:
    """The API's two ends, as between two processes."""
    ours, theirs = socket.socketpair()
    told, asked = await Channel.over(ours, most=MOST_ASKED), await Channel.over(theirs, most=MOST_TOLD)
    await engine.doors.look()
    engine_end, api_end = EngineEnd(engine, told), ApiEnd(asked)
    tasks = [asyncio.create_task(engine_end.serve()), asyncio.create_task(api_end.listen())]
    try:
        yield api_end
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in (told, asked):
            channel.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def client_of(engine: FakeEngine, *, known: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API, over the real routes and the real channel: the MES, or else nobody known."""
    async with connected(engine) as end:
        transport = httpx.ASGITransport(server.build(end, version="0", port=PORT))
        async with httpx.AsyncClient(
            transport=transport, base_url=URL, headers=bearer(MES_KEY) if known else {}
        ) as client:
            yield client


def bearer(token: str) -> dict[str, str]:
    """The header that lets its bearer in."""
    return {"Authorization": f"Bearer {token}"}


async def signed_in(client: httpx.AsyncClient, user: str = "Ola") -> SessionTold:
    """Ola, who runs the line, or Ben of quality, by PIN."""
    answer = await client.post("/api/session", json={"user": user, "secret": PIN, "proof": "PIN"})
    return SessionTold.model_validate(answer.json())


Test = Callable[[FakeEngine, httpx.AsyncClient], Awaitable[None]]


def in_engine_with(
    challenge: ChallengePlan | None, *, known: bool = True
) -> Callable[[Test], Callable[[Path], None]]:
    """Run a test with a station at work, which is challenged so, and a client of its API."""

    def decorated(test: Test) -> Callable[[Path], None]:
        def wrapped(tmp_path: Path) -> None:
            async def body() -> None:
                engine = FakeEngine(tmp_path, challenge)
                task = asyncio.create_task(engine.station.run())
                engine.line.post(LinkChanged(True, ""))
                try:
                    async with client_of(engine, known=known) as client:
                        await until(lambda: engine.station.mode is Mode.IDLE)
                        await test(engine, client)
                finally:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

            asyncio.run(body())

        wrapped.__name__, wrapped.__doc__ = getattr(test, "__name__", ""), test.__doc__
        return wrapped

    return decorated


in_engine = in_engine_with(None)
"""Run a test with a station at work and a client of its API."""

in_engine_of_strangers = in_engine_with(None, known=False)
"""Run it with a client that nobody knows."""
