"""One connection to a PLC that misbehaves: each failure is told in words, counted once, and survived."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest

from plc.modbus.stream import MAX_BUFFER
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import LineBlock, VisionBlock
from plc.settings import LinkSettings
from tests.plc.peers import Misbehaviour, ScriptedPlc, answered, eventually, free_port, refused, says

LINE = LineBlock(boot_id=77, heartbeat=5, part_id=0x10002)
VISION = VisionBlock(heartbeat=9, boot_id=3)


def on_wire(test: Callable[[ScriptedPlc, Wire], Awaitable[None]], **settings: object) -> None:
    """Run a test with a connection that has read once."""

    async def body() -> None:
        async with ScriptedPlc(LINE) as plc:
            values = {"port": plc.port, "timeout_ms": 250} | settings
            wire = Wire(LinkSettings.model_validate(values))
            await wire.connect()
            assert await wire.read() == LINE
            try:
                await test(plc, wire)
            finally:
                wire.close()

    asyncio.run(body())


def counted(wire: Wire) -> dict[str, int]:
    """The counters that are not 0, without the one connection."""
    return {name: count for name, count in wire.counters if count and name != "connections"}


async def failure(wire: Wire) -> WireError:
    with pytest.raises(WireError) as error:
        await wire.exchange(VISION)
    return error.value


def test_an_exchange_writes_ours_and_reads_theirs() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        assert await wire.exchange(VISION) == LINE
        assert plc.vision == VISION
        assert await wire.read_vision() == VISION
        assert plc.requests[1][7] == 23
        assert counted(wire) == {}

    on_wire(test)


@pytest.mark.parametrize("unit", [0, 1, 17, 255])
def test_the_unit_identifier_is_sent_and_must_come_back(unit: int) -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        assert plc.requests[0][6] == unit
        plc.lined_up.append(says(lambda _, a: a[:6] + bytes((unit ^ 1,)) + a[7:]))
        error = await failure(wire)
        assert f"unit {unit ^ 1} answers instead of {unit}" in str(error)
        assert counted(wire) == {"garbled": 1}

    on_wire(test, unit_id=unit)


def test_blocks_lie_where_and_how_the_settings_say() -> None:
    async def test() -> None:
        async with ScriptedPlc() as plc:
            settings = LinkSettings.model_validate(
                {
                    "port": plc.port,
                    "line_base": 200,
                    "vision_base": 50,
                    "word_order": "low-first",
                    "byte_swap": True,
                }
            )
            plc.registers[200:216] = settings.layout.registers(LINE)
            assert plc.registers[204:206] == [0x0200, 0x0100], "the low word first, the low byte first"
            wire = Wire(settings)
            await wire.connect()
            assert await wire.read() == LINE
            assert await wire.exchange(VISION) == LINE
            assert plc.registers[50:52] == [0x0100, 0x0900]
            wire.close()

    asyncio.run(test())


# --- late, lost and doubled answers -----------------------------------------------------------------------


def test_an_answer_that_comes_too_late_is_never_taken_for_the_next_one() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        await wire.exchange(VISION)
        held: list[bytes] = []

        def hold(_: bytes, answer: bytes) -> list[tuple[float, bytes]]:
            held.append(answer)
            return []

        plc.lined_up.extend([hold, says(lambda _, answer: held[0] + answer)])
        error = await failure(wire)
        assert "did not answer within 100 ms" in str(error)
        assert not error.dead, "one time-out may be a busy PLC"
        plc.show(LineBlock(boot_id=77, heartbeat=6))
        assert (await wire.exchange(VISION)).heartbeat == 6
        assert counted(wire) == {"timeouts": 1, "late_answers": 1}

    on_wire(test, timeout_ms=100)


def test_an_answer_that_comes_twice_is_thrown_away_once() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(says(lambda _, answer: answer + answer))
        await wire.exchange(VISION)
        plc.show(LineBlock(boot_id=77, heartbeat=6))
        assert (await wire.exchange(VISION)).heartbeat == 6
        assert counted(wire) == {"late_answers": 1}

    on_wire(test)


def test_answers_of_the_last_connection_do_not_fit_the_next() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        await wire.exchange(VISION)
        used = {request[:2] for request in plc.requests}
        wire.close()
        await wire.connect()
        await wire.read()
        assert plc.requests[-1][:2] not in used

    on_wire(test)


def test_two_time_outs_in_a_row_are_a_dead_connection() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = lambda *_: []
        assert not (await failure(wire)).dead
        assert (await failure(wire)).dead
        assert counted(wire) == {"timeouts": 2, "given_up": 1}

    on_wire(test, timeout_ms=100)


def test_an_answer_in_between_clears_the_time_out_before() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        await wire.exchange(VISION)
        for _ in range(3):
            plc.lined_up.append(lambda *_: [])
            assert not (await failure(wire)).dead
            await wire.exchange(VISION)
        assert counted(wire) == {"timeouts": 3}

    on_wire(test, timeout_ms=100)


# --- exceptions -------------------------------------------------------------------------------------------


def test_a_busy_plc_is_asked_again_on_the_same_connection() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.extend([says(lambda request, _: refused(request, 6))] * 3)
        for _ in range(3):
            error = await failure(wire)
            assert not error.dead
            assert "busy" in str(error)
        assert await wire.exchange(VISION) == LINE
        assert plc.connections == 1
        assert counted(wire) == {"busy": 3}

    on_wire(test)


def test_an_illegal_address_is_a_mistake_in_the_settings() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = says(lambda request, _: refused(request, 2))
        error = await failure(wire)
        assert error.dead
        assert "Check line_base (0) and vision_base (100)" in str(error)
        assert counted(wire) == {"illegal_address": 1}

    on_wire(test)


@pytest.mark.parametrize(("code", "word"), [(3, "length"), (4, "unit_id"), (10, "gateway"), (11, "gateway")])
def test_other_exceptions_say_what_to_look_at(code: int, word: str) -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = says(lambda request, _: refused(request, code))
        error = await failure(wire)
        assert f"Modbus exception {code}" in str(error)
        assert word in str(error).lower()
        assert counted(wire) == {"other_exceptions": 1}

    on_wire(test)


def lacks_fc23(request: bytes, answer: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, refused(request, 1) if request[7] == 23 else answer)]


def test_where_fc23_is_lacking_fc16_and_fc03_do_it_and_it_is_asked_for_once() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = lacks_fc23
        for _ in range(3):
            assert await wire.exchange(VISION) == LINE
        assert plc.vision == VISION
        assert [request[7] for request in plc.requests] == [3, 23, 16, 3, 16, 3, 16, 3]
        assert not wire.uses_fc23
        assert counted(wire) == {"fc23_given_up": 1}

    on_wire(test)


def test_settings_may_forbid_the_try_with_fc23_or_the_way_around_it() -> None:
    async def never(plc: ScriptedPlc, wire: Wire) -> None:
        await wire.exchange(VISION)
        assert [request[7] for request in plc.requests] == [3, 16, 3]

    async def only(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = lacks_fc23
        assert "Modbus exception 1" in str(await failure(wire))
        assert counted(wire) == {"other_exceptions": 1}

    on_wire(never, telegrams="fc16-fc03")
    on_wire(only, telegrams="fc23")


def test_a_write_that_confirms_something_else_is_garbled() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(says(lambda r, _: answered(r, struct.pack(">BHH", 16, 100, 3))))
        assert "another write is confirmed" in str(await failure(wire))
        assert counted(wire) == {"garbled": 1}

    on_wire(test, telegrams="fc16-fc03")


# --- broken answers ---------------------------------------------------------------------------------------

SHORT: dict[str, Misbehaviour] = {
    "one word": says(lambda r, _: answered(r, b"\x17\x02\xff\xff")),
    "fewer bytes than announced": says(lambda r, _: answered(r, b"\x17\x20" + bytes(10))),
    "an exception without code": says(lambda r, _: answered(r, b"\x97")),
    "the telegram breaks off": says(lambda _, answer: answer[:20]),
    "half a header": says(lambda _, answer: answer[:3]),
}
GARBLED: dict[str, Misbehaviour] = {
    "another protocol": says(lambda *_: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "another function": says(lambda r, _: answered(r, b"\x63\x00")),
    "more registers than asked for": says(lambda r, _: answered(r, b"\x17\x22" + bytes(34))),
    "an endless length": says(lambda r, _: r[:4] + b"\xff\xff\x01"),
    "a flood": says(lambda _, answer: answer * (MAX_BUFFER // len(answer) + 2)),
}


@pytest.mark.parametrize("what", SHORT)
def test_short_answers_are_counted_as_short(what: str) -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(SHORT[what])
        error = await failure(wire)
        assert error.dead
        assert "too short" in str(error) or "broke off" in str(error)
        assert counted(wire) == {"short": 1}

    on_wire(test)


@pytest.mark.parametrize("what", GARBLED)
def test_garbled_answers_are_counted_as_garbled(what: str) -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(GARBLED[what])
        error = await failure(wire)
        assert error.dead
        assert "does not speak Modbus TCP as asked" in str(error)
        assert counted(wire) == {"garbled": 1}

    on_wire(test)


def test_a_peer_that_babbles_between_the_telegrams_is_cut_off() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(lambda _, answer: [(0.0, answer), *[(0.001, answer * 40)] * 5])
        await wire.exchange(VISION)
        await eventually(lambda: wire._connection._stream is not None and wire._connection._stream.flooded)
        assert "flood" in str(await failure(wire))
        assert counted(wire)["garbled"] == 1

    on_wire(test)


# --- lost connections -------------------------------------------------------------------------------------


def test_a_connection_that_the_plc_closes_is_counted_as_closed() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(lambda *_: None)
        error = await failure(wire)
        assert error.dead
        assert "the PLC closed the connection" in str(error)
        assert counted(wire) == {"closed": 1}

    on_wire(test)


def test_a_connection_that_was_closed_between_two_cycles_is_noticed_before_anything_is_written() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.lined_up.append(lambda _, answer: [(0.0, answer)])
        await wire.exchange(VISION)
        asked = len(plc.requests)
        await plc.__aexit__()
        await eventually(lambda: wire._connection._stream is not None and wire._connection._stream.lost)
        assert "closed the connection" in str(await failure(wire))
        assert len(plc.requests) == asked
        assert counted(wire) == {"closed": 1}

    on_wire(test)


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-plc.invalid", "a..b", "nul\0"])
def test_nobody_there_is_a_failed_attempt(host: str) -> None:
    async def test() -> None:
        port = free_port()
        wire = Wire(LinkSettings(host=host, port=port, timeout_ms=250))
        with pytest.raises(WireError, match="no connection to the PLC"):
            await wire.connect()
        assert counted(wire) == {"connect_failures": 1}
        assert not wire.connected

    asyncio.run(test())


def test_a_farewell_to_somebody_who_hangs_ends_within_the_time_out() -> None:
    async def test(plc: ScriptedPlc, wire: Wire) -> None:
        plc.always = lambda *_: []
        async with asyncio.timeout(1.0):
            await wire.farewell(VisionBlock())
        assert not wire.connected

    on_wire(test)


def test_nothing_is_written_in_farewell_where_nothing_was_read() -> None:
    async def test() -> None:
        async with ScriptedPlc(LINE) as plc:
            wire = Wire(LinkSettings(port=plc.port))
            await wire.connect()
            await wire.farewell(VisionBlock())
            assert plc.requests == []

    asyncio.run(test())
