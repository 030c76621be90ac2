"""Gauges are read beside the vision pass, never longer than the part has; whatever fails costs one gauge."""

import asyncio
import base64
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.instruments.dial import DialDescription, Reference
from inspection.instruments.reading import Reading, Unreadable
from inspection.levels import BitDepth
from inspection.part import Frame
from inspection.recipe import GreyLevels, Recipe
from inspection.station.gauging.reading_thread import NOTHING_TO_READ, GaugesRead, GaugeThread
from tests.fakes import EPOCH, FakeClock, until
from tests.inspection.station.gauging.instruments import DIAL, FakeReader, dial, display, recipe, shows

DEADLINE_NS = 450_000_000


class Bench:
    """A thread for gauges, and what it tells the station."""

    def __init__(self, of: Recipe, read: FakeReader) -> None:
        self.clock, self.read = FakeClock(), read
        self.alarms: set[AlarmCode] = set()
        self.freed = 0
        self.thread = GaugeThread(
            of,
            self.clock,
            alarm=lambda code, _: self.alarms.add(code),
            well=self.alarms.discard,
            on_free=self._free,
            read=read,
        )

    def _free(self) -> None:
        self.freed += 1

    async def part(self, frames: Mapping[str, Sequence[Frame]] | None = None) -> GaugesRead:
        """What is read of one part, where time stands still."""
        under_way = self.thread.begin(frames or {"top": (frame(),)}, deadline_ns=DEADLINE_NS)
        return await self.thread.read_by(DEADLINE_NS, under_way)

    async def late_part(self) -> GaugesRead:
        """What is read of one part whose deadline passes while the last answer's reader hangs."""
        under_way = self.thread.begin({"top": (frame(),)}, deadline_ns=DEADLINE_NS)
        reading = asyncio.ensure_future(self.thread.read_by(DEADLINE_NS, under_way))
        await until(lambda: self.clock.sleepers > 0 and not self.read.answers)
        self.clock.advance(450)
        return await reading


def frame(*, bits: BitDepth = 8, width: int = 64) -> Frame:
    picture = np.full(
        (48, width, 3), 7 if bits == 8 else 7 << (bits - 8), np.uint8 if bits == 8 else np.uint16
    )
    return Frame(picture=picture, camera="main", captured_at=EPOCH, number=1, simulated=False, bit_depth=bits)


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def wrapped() -> None:
        asyncio.run(test())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


@in_loop
async def test_gauges_are_read_in_order_in_one_thread_of_their_own_and_the_decision_says_how_long() -> None:
    bench = Bench(recipe(dial("a"), dial("b")), FakeReader(shows(4.0), shows(6.0)))
    read = await bench.part()
    assert [(one.name, one.value, one.in_range) for one in read.readings] == [
        ("a", 4.0, True),
        ("b", 6.0, False),
    ]
    assert read.took_ms == 0.0
    assert bench.read.threads == {"gauges"}


@in_loop
async def test_before_the_first_part_each_gauge_is_read_once_as_it_is_described_for_nothing() -> None:
    patch = np.full((16, 16), 200, np.uint8)
    png = base64.b64encode(cv2.imencode(".png", patch)[1].tobytes()).decode()
    known = DIAL.model_copy(update={"reference": Reference(png=png, box=(10, 10, 20, 20))})
    gauges = (dial("a").model_copy(update={"reads": known}), display("b", frames=3), dial("c"))

    def fails() -> Reading:
        raise ValueError("a bug")

    bench = Bench(recipe(*gauges), FakeReader(shows(4.0), fails))
    await bench.thread.prepare()
    (first, as_read), (second, _) = bench.read.calls
    assert [(len(first), len(second)), first[0].shape, second[0].shape] == [(1, 3), (24, 24, 3), (30, 40, 3)]
    assert isinstance(as_read, DialDescription)
    assert as_read.reference is not None
    assert as_read.reference.box == (2, 2, 20, 20)
    assert [int(first[0][at, at, 0]) for at in (1, 12, 23)] == [128, 200, 128]
    bench.read.answers = [shows(4.0), shows(4.0).model_copy(update={"kind": "display"}), shows(4.0)]
    assert len((await bench.part({"top": (frame(),) * 3})).readings) == 3
    assert not bench.thread.busy


@in_loop
async def test_a_recipe_without_gauges_starts_no_thread() -> None:
    bench = Bench(recipe(), FakeReader())
    before = threading.active_count()
    await bench.thread.prepare()
    assert await bench.part() is NOTHING_TO_READ
    assert threading.active_count() == before
    assert bench.clock.sleepers == 0


@in_loop
async def test_a_gauge_that_nobody_described_is_left_to_the_guard_as_ever() -> None:
    old = dial("old").model_copy(update={"reads": None, "kind": "analogue"})
    bench = Bench(recipe(old, dial("new")), FakeReader(shows(4.0)))
    assert [one.name for one in (await bench.part()).readings] == ["new"]


@in_loop
async def test_a_reader_that_fails_costs_its_gauge_and_no_other() -> None:
    def fails() -> Reading:
        raise ValueError("a bug")

    bench = Bench(recipe(dial("a"), dial("b")), FakeReader(fails, shows(4.0)))
    read = await bench.part()
    assert [(one.value, one.reason) for one in read.readings] == [(None, Unreadable.FAILED), (4.0, None)]
    assert not bench.thread.busy


@in_loop
async def test_what_is_not_read_by_the_deadline_is_late_and_what_is_read_is_kept() -> None:
    bench = Bench(recipe(dial("a"), dial("b"), dial("c")), FakeReader())
    hangs = threading.Event()

    def second() -> Reading:
        hangs.wait(10.0)
        return shows(4.2)

    bench.read.answers = [shows(4.0), second]
    read = await bench.late_part()
    assert [(one.name, one.value, one.reason) for one in read.readings] == [
        ("a", 4.0, None),
        ("b", None, Unreadable.LATE),
        ("c", None, Unreadable.LATE),
    ]
    assert read.took_ms == 450.0
    assert bench.alarms == {AlarmCode.GAUGES_LATE}
    assert bench.thread.busy
    calls = len(bench.read.calls)
    hangs.set()
    await until(lambda: not bench.thread.busy)
    assert bench.freed == 1
    assert len(bench.read.calls) == calls, "after the deadline no further gauge is begun"
    assert [one.value for one in read.readings] == [4.0, None, None], "what comes late changes nothing"


@in_loop
async def test_while_late_work_goes_on_nothing_piles_up_behind_it_and_then_the_alarm_leaves() -> None:
    bench = Bench(recipe(dial("a")), FakeReader(shows(4.0)))
    bench.read.gate.clear()
    await bench.late_part()
    again = await bench.part()
    assert [one.reason for one in again.readings] == [Unreadable.LATE]
    assert len(bench.read.calls) == 1
    bench.read.gate.set()
    await until(lambda: not bench.thread.busy)
    bench.read.answers = [shows(4.0)]
    under_way = bench.thread.begin({"top": (frame(),)}, deadline_ns=2 * DEADLINE_NS)
    assert [one.value for one in (await bench.thread.read_by(2 * DEADLINE_NS, under_way)).readings] == [4.0]
    assert bench.alarms == set()


@in_loop
async def test_a_reader_that_hangs_does_not_stop_the_line_but_for_the_third_time() -> None:
    bench = Bench(recipe(dial("a")), FakeReader())
    hangs = [threading.Event() for _ in range(3)]

    def hang() -> Reading:
        hangs[len(bench.read.calls) - 1].wait(10.0)
        return shows(4.0)

    for times in (1, 2, 3):
        bench.read.answers = [hang]
        deadline_ns = bench.clock.monotonic_ns() + DEADLINE_NS
        under_way = bench.thread.begin({"top": (frame(),)}, deadline_ns=deadline_ns)
        reading = asyncio.ensure_future(bench.thread.read_by(deadline_ns, under_way))
        await until(lambda: bench.clock.sleepers > 0 and not bench.read.answers)
        bench.clock.advance(450)
        assert [one.reason for one in (await reading).readings] == [Unreadable.LATE]
        assert bench.thread.busy
        await until(lambda: bench.clock.sleepers > 0)
        bench.clock.advance(5000)
        await until(lambda: not bench.thread._watching)
        assert bench.thread.busy == (times == 3)
    assert bench.freed == 2
    hangs[2].set()
    await until(lambda: not bench.thread.busy)
    bench.read.answers = [shows(4.1)]
    deadline_ns = bench.clock.monotonic_ns() + DEADLINE_NS
    under_way = bench.thread.begin({"top": (frame(),)}, deadline_ns=deadline_ns)
    assert [one.value for one in (await bench.thread.read_by(deadline_ns, under_way)).readings] == [4.1]
    assert bench.alarms == {AlarmCode.GAUGES_LATE}, "two threads hang still: a person must restart the engine"
    for one in hangs:
        one.set()


@in_loop
async def test_pictures_above_8_bits_are_read_in_the_recipes_levels_and_no_other_depth_is_read() -> None:
    bench = Bench(recipe(dial("a"), levels=GreyLevels(bit_depth=12)), FakeReader(shows(4.0)))
    await bench.part({"top": (frame(bits=12),)})
    ((seen,), _) = bench.read.calls[0]
    assert seen.dtype == np.uint8
    assert (seen.shape, int(seen.max())) == ((40, 40, 3), 7)
    (other,) = (await bench.part({"top": (frame(),)})).readings
    assert other.reason is Unreadable.WRONG_DEPTH


@pytest.mark.parametrize(("taken", "reason"), [(3, None), (2, Unreadable.LATE)])
def test_a_display_is_read_off_as_many_pictures_as_it_wants_or_not_at_all(
    taken: int, reason: Unreadable | None
) -> None:
    async def body() -> None:
        bench = Bench(recipe(display("volts", frames=3)), FakeReader())
        volts = shows(4.0).model_copy(update={"kind": "display", "unit": "V"})
        bench.read.answers = [volts]
        (read,) = (await bench.part({"top": (frame(),) * taken})).readings
        assert read.reason is reason
        assert [len(pictures) for pictures, _ in bench.read.calls] == ([3] if reason is None else [])

    asyncio.run(body())


@in_loop
async def test_a_region_outside_of_the_picture_is_cut_off_and_no_error() -> None:
    bench = Bench(recipe(dial("a")), FakeReader())
    (read,) = (await bench.part({"top": (frame(width=30),)})).readings
    assert read.reason is Unreadable.CUT_OFF
