"""The recorder: what the store refuses waits in memory, in order, within bounds."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import wraps

import pytest
from structlog.testing import capture_logs

from inspection.errors import RecordRefusedError, StoreError
from inspection.events import Event, EventKind
from inspection.part import Inspection
from inspection.recorder import END_S, MOST_EVENTS, RETRY_S, Recorder
from tests.fakes import EPOCH, FakeClock, FakeStore, decision, trigger, until

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
    recorder = Recorder(FakeStore(), FakeClock())
    assert await recorder.last_event(ORDERS) is None
    await recorder.note(event())
    await recorder.note(event(EventKind.ENGINE_STARTED))
    assert await recorder.last_event(ORDERS) == event()
    assert await recorder.recent_events(1) == [event(EventKind.ENGINE_STARTED)]
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
    assert recorder.behind, "the line takes no part"
    assert await recorder.last_event(ORDERS) == event()
    assert await recorder.recent_events(9) == [event(), event(EventKind.START)]
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


HANGS = """
import asyncio, time
from inspection.errors import StoreError
from inspection.recorder import Recorder
from tests.fakes import EPOCH, FakeClock, FakeStore, until
from tests.inspection.test_recorder import intent

class Dead(FakeStore):
    def append(self, inspection):
        self.waiting.set()
        time.sleep(600)

async def main():
    store, clock = Dead(), FakeClock()
    recorder = Recorder(store, clock)
    writing = asyncio.create_task(recorder.append(intent()))
    await until(store.waiting.is_set)
    ending = asyncio.create_task(recorder.close())
    await until(lambda: clock.sleepers > 0)
    clock.advance(5000)
    await ending

asyncio.run(main())
"""


def test_a_process_whose_store_hangs_ends_all_the_same() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], check=False, timeout=60, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "did not answer within 5 s of the end" in ended.stderr
