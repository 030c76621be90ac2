"""The fault proxy: what it does to telegrams is scheduled, counted, and nothing else."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plc.simulator.faults.fault_proxy import FaultProxy, Schedule
from plc.simulator.faults.wire_faults import (
    LONGEST_DELAY_S,
    MOST_RANDOM_BYTES,
    Direction,
    FaultSchedule,
    WireFault,
    WireFaultKind,
    split_telegrams,
)
from tests.fakes import until

PATIENCE_S = 5.0
SEEDS = st.integers(0, 2**32)


def telegram(number: int, size: int = 8) -> bytes:
    """Some telegram that carries its number."""
    body = b"\1" + bytes(number % 256 for _ in range(size))
    return number.to_bytes(2, "big") + b"\0\0" + len(body).to_bytes(2, "big") + body


# --- the schedule ---------------------------------------------------------------------------------------


@given(SEEDS, st.sampled_from(Direction), st.integers(0, 10**6), st.integers(1, 50))
def test_the_same_seed_asks_for_the_same_fault_in_whatever_order_it_is_asked(
    seed: int, direction: Direction, number: int, gap: int
) -> None:
    one, other = (FaultSchedule(seed=seed, mean_gap=gap) for _ in range(2))
    other.at(Direction.TO_PLC, number + 1)
    assert one.at(direction, number) == other.at(direction, number)


@given(SEEDS, st.sampled_from(Direction), st.integers(0, 10**6))
def test_every_fault_keeps_its_bounds(seed: int, direction: Direction, number: int) -> None:
    fault = FaultSchedule(seed=seed, mean_gap=1).at(direction, number)
    assert fault is not None, "one in one: every telegram"
    assert 0 <= fault.delay_s <= LONGEST_DELAY_S
    assert 0 <= fault.share < 1
    assert len(fault.noise) <= MOST_RANDOM_BYTES
    assert bool(fault.noise) == (fault.kind is WireFaultKind.RANDOM_BYTES)


@given(SEEDS)
def test_every_kind_comes_and_about_as_often_as_was_asked_for(seed: int) -> None:
    schedule = FaultSchedule(seed=seed, mean_gap=5)
    faults = [schedule.at(direction, number) for direction in Direction for number in range(1000)]
    kinds = Counter(fault.kind for fault in faults if fault is not None)
    assert set(kinds) == set(WireFaultKind)
    assert 280 <= kinds.total() <= 520, "6.7 standard deviations from 400"


@given(SEEDS, st.sets(st.sampled_from(WireFaultKind), min_size=1))
def test_only_what_was_asked_for_comes(seed: int, kinds: set[WireFaultKind]) -> None:
    schedule = FaultSchedule(seed=seed, mean_gap=1, kinds=sorted(kinds))
    assert {fault.kind for n in range(50) if (fault := schedule.at(Direction.TO_PLC, n))} <= kinds


@pytest.mark.parametrize(("gap", "kinds"), [(0, tuple(WireFaultKind)), (1, ())])
def test_a_schedule_of_nothing_is_refused(gap: int, kinds: tuple[WireFaultKind, ...]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        FaultSchedule(seed=0, mean_gap=gap, kinds=kinds)


# --- telegrams in a stream ------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 0xFFFF), max_size=8), st.data())
def test_telegrams_are_found_however_the_stream_is_cut(numbers: list[int], data: st.DataObject) -> None:
    sent = [telegram(number, 1 + number % 100) for number in numbers]
    stream = b"".join(sent)
    found, rest = [], b""
    while stream:
        take = data.draw(st.integers(1, len(stream)))
        telegrams, rest = split_telegrams(rest + stream[:take])
        found += telegrams
        stream = stream[take:]
    assert (found, rest) == (sent, b"")


@given(st.binary(max_size=600))
def test_no_byte_is_lost_or_made_up_and_rubbish_is_not_waited_for(stream: bytes) -> None:
    telegrams, rest = split_telegrams(stream)
    assert b"".join(telegrams) + rest == stream
    assert len(rest) < 260


# --- the proxy ------------------------------------------------------------------------------------------


class Scripted:
    """Meets the n-th telegram to the PLC with what the test says, and none to the engine."""

    def __init__(self, faults: dict[int, WireFault]) -> None:
        self._faults = faults

    def at(self, direction: Direction, number: int) -> WireFault | None:
        return self._faults.get(number) if direction is Direction.TO_PLC else None


class Peers:
    """Both ends of a proxied connection: what the engine writes, and what the PLC got."""

    def __init__(self) -> None:
        self.got = b""
        self.closed = asyncio.Event()
        self.moved = asyncio.Condition()
        self.proxy: FaultProxy
        self.engine: tuple[asyncio.StreamReader, asyncio.StreamWriter]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1000):
                async with self.moved:
                    self.got += chunk
                    self.moved.notify_all()
        self.closed.set()
        writer.transport.abort()

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.engine[1].write(telegram(number))

    async def until(self, expected: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S), self.moved:
            await self.moved.wait_for(lambda: len(self.got) >= len(expected))
        assert self.got == expected


@contextlib.asynccontextmanager
async def proxied(schedule: Schedule) -> AsyncIterator[Peers]:
    peers = Peers()
    server = await asyncio.start_server(peers.serve, "127.0.0.1", 0)
    async with FaultProxy(target=server.sockets[0].getsockname()[:2], schedule=schedule) as proxy:
        peers.proxy = proxy
        peers.engine = await asyncio.open_connection("127.0.0.1", proxy.port)
        yield peers
        peers.engine[1].transport.abort()
    server.close()


def script(kind: WireFaultKind, **fields: Any) -> Scripted:
    """The second telegram to the PLC meets a fault."""
    return Scripted({1: WireFault(kind=kind, **fields)})


T = [telegram(number) for number in range(4)]


@pytest.mark.parametrize(
    ("schedule", "arrives"),
    [
        (Scripted({}), T[0] + T[1] + T[2]),
        (script(WireFaultKind.DUPLICATE), T[0] + T[1] + T[1] + T[2]),
        (script(WireFaultKind.REORDER), T[0] + T[2] + T[1]),
        (script(WireFaultKind.TRUNCATE, share=0.5), T[0] + T[1][: round(len(T[1]) / 2)] + T[2]),
        (script(WireFaultKind.RANDOM_BYTES, noise=b"noise"), T[0] + b"noise" + T[1] + T[2]),
        (script(WireFaultKind.DELAY, delay_s=0.0), T[0] + T[1] + T[2]),
    ],
    ids=["none", "duplicate", "reorder", "truncate", "random_bytes", "delay"],
)
def test_a_fault_does_what_its_name_says(schedule: Scripted, arrives: bytes) -> None:
    async def go() -> None:
        async with proxied(schedule) as peers:
            peers.send(0, 1, 2)
            await peers.until(arrives)
            assert sum(peers.proxy.injected.values()) == len(schedule._faults)
            assert peers.proxy.telegrams[Direction.TO_PLC] == 3

    asyncio.run(go())


def test_a_delay_holds_back_what_comes_after_it_too() -> None:
    async def go() -> None:
        async with proxied(script(WireFaultKind.DELAY, delay_s=1000.0)) as peers:
            peers.send(0, 1, 2)
            await peers.until(T[0])
            await until(lambda: peers.proxy.injected[WireFaultKind.DELAY] == 1)
            assert peers.got == T[0]

    asyncio.run(go())


def test_a_cut_delivers_its_share_and_resets_both_sides() -> None:
    async def go() -> None:
        async with proxied(script(WireFaultKind.CUT, share=0.5)) as peers:
            peers.send(0, 1, 2)
            async with asyncio.timeout(PATIENCE_S):
                await peers.closed.wait()
                with contextlib.suppress(ConnectionError):
                    assert await peers.engine[0].read() == b""
            assert (T[0] + T[1]).startswith(peers.got)

    asyncio.run(go())


def test_a_half_open_connection_is_silent_and_the_next_one_works() -> None:
    async def go() -> None:
        async with proxied(script(WireFaultKind.HALF_OPEN)) as peers:
            peers.send(0, 1, 2)
            await until(lambda: peers.proxy.telegrams[Direction.TO_PLC] == 3)
            await peers.until(T[0])
            assert not peers.closed.is_set(), "the PLC is not told"
            assert not peers.engine[0].at_eof(), "nor is the engine"
            _, again = await asyncio.open_connection("127.0.0.1", peers.proxy.port)
            again.write(T[3])
            await peers.until(T[0] + T[3])
            again.transport.abort()

    asyncio.run(go())


def test_without_a_plc_behind_it_a_connection_is_reset() -> None:
    async def go() -> None:
        async with proxied(Scripted({})) as peers:
            peers.proxy._target = ("127.0.0.1", 1)
            reader, writer = await asyncio.open_connection("127.0.0.1", peers.proxy.port)
            async with asyncio.timeout(PATIENCE_S):
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
            writer.transport.abort()

    asyncio.run(go())
