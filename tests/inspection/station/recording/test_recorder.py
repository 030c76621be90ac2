"""The recorder: what the store refuses waits in memory, in order, within bounds."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest
from structlog.testing import capture_logs

from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.part import Inspection
from inspection.ports import InRecord
from inspection.station.recording.recorder import END_S, MOST_EVENTS, RETRY_S, Recorder
from tests.fakes import EPOCH, FakeCamera, FakeClock, FakeStore, decision, trigger, until

ORDERS = frozenset({EventKind.HOLD, EventKind.START})


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    @wraps(test)
    def run() -> None:
        async def awaited() -> None:
            await test()

        asyncio.run(awaited())

    return run


def event(kind: EventKind = EventKind.HOLD, detail: str = "") -> Event:
    return Event(at=EPOCH, kind=kind, by="Ann", detail=detail)


def intent() -> Inspection:
    return Inspection(
        inspection_id="a" * 32, trigger=trigger(), decision=decision(), published=True, recorded_at=EPOCH
    )


@in_a_loop
async def test_an_event_is_noted_and_told() -> None:
    store = FakeStore()
    recorder = Recorder(store, FakeClock())
    assert await recorder.last_event(ORDERS) is None
    await recorder.note(event())
    await recorder.note(event(EventKind.ENGINE_STARTED))
    assert await recorder.last_event(ORDERS) == event()
    assert store.events == [event(), event(EventKind.ENGINE_STARTED)]
    await recorder.close()


@in_a_loop
async def test_an_order_that_is_not_durable_counts_all_the_same_and_comes_on_record_in_order() -> None:
    store, clock = FakeStore(), FakeClock()
    recorder = Recorder(store, clock)
    await recorder.note(event(EventKind.START))
    store.broken = True
    with pytest.raises(StoreError):
        await recorder.append(intent())
    with pytest.raises(StoreError, match="records wait"):
        await recorder.note(event())
    assert [recorder.behind] == [True], "the line takes no part"
    assert await recorder.last_event(ORDERS) == event()
    assert await recorder.last_event(frozenset({EventKind.START})) == event(EventKind.START)
    store.broken = False
    await until(lambda: clock.sleepers > 0)
    clock.advance(RETRY_S * 1000)
    await recorder.caught_up()
    assert store.events == [event(EventKind.START), event()]
    assert store.revisions == [intent()]
    assert await recorder.last_event(ORDERS) == event()
    assert not recorder.behind
    await recorder.close()


@in_a_loop
async def test_no_more_events_wait_than_there_is_room_for() -> None:
    store = FakeStore()
    recorder = Recorder(store, FakeClock())
    store.broken = True
    for number in range(MOST_EVENTS):
        with pytest.raises(StoreError):
            await recorder.note(event(detail=str(number)))
    with pytest.raises(RecordRefusedError, match="wait for the store"):
        await recorder.note(event(detail="too many"))
    store.broken = False
    await recorder.close()
    assert [noted.detail for noted in store.events] == [str(number) for number in range(MOST_EVENTS)]


@in_a_loop
async def test_an_event_that_cannot_be_kept_does_not_hold_up_the_line() -> None:
    store = FakeStore()
    recorder = Recorder(store, FakeClock())
    store.broken, store.complaint = True, RecordRefusedError("no JSON")
    with pytest.raises(RecordRefusedError):
        await recorder.note(event())
    assert not recorder.behind
    await recorder.close()


@in_a_loop
async def test_the_end_does_not_wait_for_a_store_that_hangs_and_says_what_is_not_on_record() -> None:
    store, clock = FakeStore(), FakeClock()
    recorder = Recorder(store, clock)
    store.gate.clear()
    writing = asyncio.create_task(recorder.append(intent()))
    await until(store.waiting.is_set)
    with capture_logs() as logs:
        ending = asyncio.create_task(recorder.close())
        await until(lambda: clock.sleepers > 0)
        clock.advance(END_S * 1000)
        with pytest.raises(StoreError, match="did not answer within 5 s of the end"):
            await ending
    assert [line["record"] for line in logs] == ["part 1001, trigger 1, revision 0"]
    writing.cancel()
    store.gate.set()


@in_a_loop
async def test_a_disk_of_pictures_that_hangs_keeps_no_record_waiting_and_no_end() -> None:
    store, clock = FakeStore(), FakeClock()
    recorder = Recorder(store, clock)
    store.picture_gate.clear()
    keeping = asyncio.create_task(recorder.pictures.keep(FakeCamera().capture(1)))
    await asyncio.sleep(0)
    await recorder.append(intent())
    await recorder.maintain()
    assert store.revisions == [intent()]
    with capture_logs() as logs:
        await recorder.close()
    assert [line["event"] for line in logs] == ["pictures not kept at the end"]
    store.picture_gate.set()
    await asyncio.gather(keeping, return_exceptions=True)


@in_a_loop
async def test_a_disk_of_pictures_that_does_not_answer_at_the_start_keeps_no_station_from_starting() -> None:
    store, clock = FakeStore(), FakeClock()
    recorder = Recorder(store, clock)
    store.picture_gate.clear()
    opening = asyncio.create_task(recorder.open())
    await until(lambda: clock.sleepers > 0)
    clock.advance(END_S * 1000)
    await opening
    await until(lambda: recorder.health().pictures_silent_s == END_S)
    assert not recorder.behind
    store.picture_gate.set()
    await until(lambda: recorder.health().pictures_silent_s == 0.0)
    await recorder.close()


@in_a_loop
async def test_what_the_archive_asks_of_the_record_is_asked_in_its_thread_and_not_for_ever() -> None:
    threads: list[str] = []

    class AskingStore(FakeStore):
        def retire_pictures(self, in_record: InRecord) -> None:
            threads.append(threading.current_thread().name)
            threads.append(in_record(lambda: threading.current_thread().name))

    store = AskingStore()
    recorder = Recorder(store, FakeClock())
    await recorder.pictures.retire()
    assert threads == ["pictures", "store"]
    store.gate.clear()
    writing = asyncio.create_task(recorder.append(intent()))
    await until(store.waiting.is_set)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inspection.station.recording.recorder.ANSWER_S", 0.01)
        with pytest.raises(StoreError, match="the record does not answer"):
            await recorder.pictures.retire()
    store.gate.set()
    await writing
    await recorder.close()
    assert len(threads) == 3, "what was not waited for is not asked"


HANGS = """
import asyncio, time
from inspection.errors import StoreError
from inspection.station.recording.recorder import Recorder
from tests.fakes import EPOCH, FakeCamera, FakeClock, FakeStore, until
from tests.inspection.station.recording.test_recorder import intent

class Dead(FakeStore):
    def append(self, inspection):
        self.waiting.set()
        time.sleep(600)

    archive_picture = append

async def main():
    store, clock = Dead(), FakeClock()
    recorder = Recorder(store, clock)
    keeping = asyncio.create_task(recorder.pictures.keep(None))
    await until(store.waiting.is_set)
    store.waiting.clear()
    writing = asyncio.create_task(recorder.append(intent()))
    await until(store.waiting.is_set)
    ending = asyncio.create_task(recorder.close())
    await until(lambda: clock.sleepers > 0)
    clock.advance(5000)
    await ending

asyncio.run(main())
"""


def test_a_process_whose_record_and_pictures_hang_ends_all_the_same() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], check=False, timeout=60, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "did not answer within 5 s of the end" in ended.stderr
