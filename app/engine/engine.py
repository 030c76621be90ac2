"""The engine: builds one station from its settings, runs it, and serves the API. Needs no screen."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from types import FrameType

import structlog

from app.access.doors.doors import Doors
from app.access.doors.looking import LookingProcess
from app.access.doors.panel import PanelKey, leave_word, own_key, take_word_back
from app.access.doors.sessions import hash_of
from app.access.keys import PANEL
from app.api.engine.snapshot import ENGINE_VERSION, snapshot
from app.api.engine.supervisor import ApiProcess, bind
from app.api.messages import HealthReport, ReportAsked, ReportFormat
from app.api.server.gate import LOOPBACK
from app.engine.elsewhere import refuse_without_users, served_elsewhere
from app.engine.plant_watch import PlantWatch
from app.inference.building import for_station
from app.inference.process import Build
from app.inference.supervised import SupervisedInspector
from app.memory_use import peak_memory_mb
from app.reporting.at_shift_end import ShiftEnds
from app.reporting.on_request import report_asked, shift_asked, sign_asked
from app.settings.station import Settings
from inspection.alarms.history import HistoryAsked
from inspection.cameras import make_camera
from inspection.errors import SettingsError
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.motion.chunk import NOMINAL_LINE
from inspection.part import Inspection
from inspection.signing.shown import ShiftsAsked, SignOrder
from inspection.station.orders.latches import ENGINE
from inspection.station.recording.lone_thread import LoneThread
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from inspection.status import StationStatus
from inspection.times.clock import SystemClock
from inspection.times.shifts import Shift
from plc.link import ModbusLine
from reports.queries.alarms import alarms_before
from reports.queries.shifts import shifts_before
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind, Language
from reports.store.store import SqlStore

log = structlog.get_logger(__name__)


class Engine:
    """One station, composed. ``run`` serves it until asked to stop."""

    def __init__(self, settings: Settings, build: Build | None = None) -> None:
        """Compose; nothing is opened yet.

        Args:
            settings: The station's.
            build: Builds the inspector, in the inference process; by the settings if not given.

        Raises:
            RecipeError: The recipe was not taught.
            SettingsError: The certificates of ``[plc.tls]`` cannot be used, or ``[challenge]`` asks for what
                the recipe lacks.
        """
        self._settings = settings
        self._clock = SystemClock()
        self._inspector = SupervisedInspector(build or for_station(settings))
        recipe = self._inspector.recipe
        self._unheard = self._inspector.unheard
        if settings.challenge and (misfit := settings.challenge.misfit([one.name for one in recipe.gauges])):
            raise SettingsError(misfit, todo="mend [challenge], or teach the recipe that gauge")
        self._store = SqlStore(settings.store)
        self._recorder = Recorder(self._store, self._clock)
        self._reader = LoneThread("record-reader")
        """Reads the record for clients: no part waits for it, and it may hang on a dead disk."""
        self.link = ModbusLine(settings.plc, self._clock, physics=recipe.motion or NOMINAL_LINE)
        self.station = Station(
            line=self.link,
            cameras={camera.name: make_camera(camera) for camera in settings.cameras},
            inspector=self._inspector,
            recorder=self._recorder,
            clock=self._clock,
            recipe=recipe,
            certification=self._inspector.certification,
            unheard=self._unheard,
            usual=self._inspector.usual,
            start_held=settings.station.start_held,
            shifts=settings.station.calendar,
            challenge=settings.challenge,
        )
        self.doors = Doors(
            LookingProcess(settings.store),
            note=self.station.orders.note,
            shifts=settings.station.calendar,
            now=self._clock.now,
            idle_s=settings.api.signed_in_idle_s,
        )
        self._reports = ShiftEnds(settings, self._clock, alarm=self.station.alarm, well=self.station.well)
        self._plant = PlantWatch(
            settings.store.folder, self._clock, alarm=self.station.alarm, well=self.station.well
        )

    # --- what the API serves --------------------------------------------------------------------------

    def status(self) -> StationStatus:
        """The station at this moment."""
        return snapshot(
            self.station,
            settings=self._settings,
            model=self._inspector.model,
            store=self._recorder.health(),
            clock=self._clock,
            unheard=self._unheard,
            without_users=self.doors.first_day,
        )

    def health(self) -> HealthReport:
        """Alive, and how large."""
        return HealthReport(
            status="ok",
            mode=self.station.mode,
            pid=os.getpid(),
            peak_memory_mb=peak_memory_mb() + self._inspector.peak_memory_mb,
            inference_pid=self._inspector.pid,
        )

    async def history(self, limit: int) -> list[Inspection]:
        """The last parts on record, newest first."""
        return await self._recorder.recent(limit)

    @property
    def record(self) -> StoreSettings:
        """Where the record lies."""
        return self._settings.store

    async def alarm_page(self, asked: HistoryAsked) -> bytes:
        """A page of the alarms that there were, as JSON. Raises StoreError."""
        waiting = self._recorder.health().spooled

        def page() -> bytes:
            return alarms_before(self._settings.store, asked, waiting=waiting).model_dump_json().encode()

        return await asyncio.wrap_future(self._reader.submit(page))

    def picture_path(self, sha256: str) -> Path | None:
        """Where the archive keeps a picture."""
        try:
            return self._store.picture_path(sha256)
        except ValueError:  # not a hash at all
            return None

    async def report(self, asked: ReportAsked) -> tuple[str, bytes]:
        """A shift report: its file's name, and the file."""
        shift = await self._shift(asked.day, asked.shift)
        kind = None if asked.form is ReportFormat.PNG else Kind(asked.form.value)
        return await report_asked(self._settings, shift, kind, Language(asked.language.value))

    async def shifts(self, asked: ShiftsAsked) -> bytes:
        """A page of the shifts with the signatures below their reports, as JSON. Raises StoreError."""
        calendar, now = self._settings.station.calendar, self._clock.now()

        def page() -> bytes:
            return shifts_before(self._settings.store, calendar, asked, now=now).model_dump_json().encode()

        return await asyncio.wrap_future(self._reader.submit(page))

    async def sign(self, order: SignOrder) -> bytes:
        """Put a signature below a shift's report; what became of it, as JSON. Raises StoreError."""
        shift = await self._shift(order.day, order.shift)
        return (await sign_asked(self._settings, shift, order)).model_dump_json().encode()

    async def _shift(self, day: date | None, name: str) -> Shift:
        asked = partial(shift_asked, self._settings, day, name, now=self._clock.now())
        return await asyncio.wrap_future(self._reader.submit(asked))

    def _let_panel_in(self) -> PanelKey:
        """Let in the console that the same person starts on this machine. Raises StoreError."""
        folder = self._settings.store.folder
        own = own_key(folder)
        leave_word(folder, port=self._settings.api.port)
        self.doors.know_panel(hash_of(own.key))
        return own

    async def _let_in(self, panel: PanelKey) -> None:
        """Follow who may be let in, as soon as the station's own events go on record."""
        await self.station.desk.open.wait()
        if panel.new:
            self.station.orders.put(
                EventKind.KEY_ADDED,
                by=ENGINE,
                detail=say(Code.PANEL_KEY_MADE),
                subjects=(PANEL, "", hash_of(panel.key)),
            )
        await self.doors.run()

    # --- its life -------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of what was begun by composing it; ``run`` does so itself. May be called twice."""
        self._inspector.close()
        self._reader.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM. Raises PassgateError where it cannot start."""
        listener = bind(self._settings.api.port)
        try:
            elsewhere = served_elsewhere(self._settings.api)
        except BaseException:
            listener.close()
            raise
        api = ApiProcess(listener, version=ENGINE_VERSION, elsewhere=elsewhere)
        try:
            api.start()  # it gets ready meanwhile
            await self._recorder.open()
            panel = self._let_panel_in()
            if elsewhere is not None:
                await refuse_without_users(self.doors)
            await self.station.prepare()
        except BaseException:
            api.close()
            self.close()  # a model that hangs while it gets ready keeps nobody from ending
            raise
        gc.collect()
        gc.freeze()  # what is loaded now stays: the collector need not look at it between parts
        stop = asyncio.Event()
        with _stopped_by_signals(stop):
            serving = asyncio.create_task(api.run(self), name="api")
            station = asyncio.create_task(self.station.run(), name="station")
            reporting = asyncio.create_task(self._reports.run(), name="shift reports")
            letting_in = asyncio.create_task(self._let_in(panel), name="doors")
            watching = [asyncio.create_task(self._plant.run(), name="plant")] if self._settings.plant else []
            stopped = asyncio.create_task(stop.wait(), name="stop")
            log.info(
                "engine ready",
                station=self._settings.station.name,
                recipe=self.station.recipe.name,
                certification=self.station.certification.in_words,
                api=f"http://{LOOPBACK}:{self._settings.api.port}",
                pid=os.getpid(),
            )
            await asyncio.wait({stopped, serving, station}, return_when=asyncio.FIRST_COMPLETED)
            ended: list[object] = []
            for task in (
                station,
                serving,
                reporting,
                letting_in,
                *watching,
                stopped,
            ):  # the station first: until it is over, clients see it stop
                task.cancel()
                ended += await asyncio.gather(task, return_exceptions=True)
        for result in ended:
            if isinstance(result, Exception):
                raise result
        take_word_back(self._settings.store.folder, port=self._settings.api.port)
        log.info("engine stopped")


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set ``stop``. Not ``loop.add_signal_handler``, which Windows lacks."""
    loop = asyncio.get_running_loop()

    def handle(signum: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
