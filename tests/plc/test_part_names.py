"""The PLC names the part under the camera: it is asked once for each, and the station hears the answer."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from inspection.line_events import NOT_ASKED, PartTriggered, ToldName
from inspection.part import Identity
from plc.register_map.registers import LineBlock, VisionBits
from tests.plc.handshaking import RUNNING
from tests.plc.peers import ForeignPlc, eventually, running

IDLE = LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)
AT = 300


async def told(hold: list[int], **name: Any) -> tuple[ToldName, ForeignPlc]:
    """What the station hears of a part while the PLC's words hold this."""
    with ForeignPlc() as plc:
        plc.set(IDLE)
        plc._registers.set_holding_registers(AT, hold)
        async with running(plc.port, name={"base": AT, **name} if name else None) as link:
            link.line.set_ready(True)
            await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
            plc.set(replace(plc.line, trigger_seq=1, part_id=8))
            event = await link.until(PartTriggered)
            assert isinstance(event, PartTriggered)
            cycles = link.line.counters().cycles
            await eventually(lambda: link.line.counters().cycles > cycles + 2)
        return event.told, plc


def test_a_new_part_comes_with_the_name_that_the_plc_gives_it() -> None:
    found, plc = asyncio.run(told([0x534E, 0x3432, 0, 0], words=4))
    assert found == ToldName(identity=Identity(serial="SN42", source="plc"))
    assert plc.functions.count(3) <= 4, "it is not asked in every cycle"


def test_a_plc_that_is_not_to_be_asked_is_not_and_one_that_names_nothing_is_told() -> None:
    found, _ = asyncio.run(told([0x534E]))
    assert found == NOT_ASKED
    found, _ = asyncio.run(told([0, 0], words=2, form="u32", field="lot"))
    assert found == ToldName(fault="the PLC's words that name the part hold no name")


def test_a_plc_that_refuses_the_words_costs_the_part_its_name_and_not_the_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            serves = plc._registers.get_holding_registers

            def lacks(address: int, number: int = 1, srv_info: object = None) -> Any:
                return None if address == AT else serves(address, number, srv_info)

            monkeypatch.setattr(plc._registers, "get_holding_registers", lacks)
            async with running(plc.port, name={"base": AT}) as link:
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                plc.set(replace(plc.line, trigger_seq=1, part_id=8))
                event = await link.until(PartTriggered)
                assert isinstance(event, PartTriggered)
                assert event.told.identity is None
                assert event.told.fault.startswith("the PLC's words that name the part could not be read: ")
                assert f"base ({AT}) and words of [plc.name]" in event.told.fault
                assert link.line.counters().reconnects == 0
                cycles = link.line.counters().cycles
                await eventually(lambda: link.line.counters().cycles > cycles + 2)
                assert link.line.state().connected
                assert link.line.counters().connections == 1, "a refusal is an answer"

    asyncio.run(go())
