"""Why our side of the handshake halts the line: each reason in words, and in a handful of words. No I/O.

Each says what happened, what becomes of the part, and what to do; a halt stays until FaultReset.
"""

from typing import Final, NamedTuple

from plc.register_map.registers import MAP_VERSION, ErrorCode, LineBlock


class Halt(NamedTuple):
    """One halt of the line."""

    reason: str
    """What happened, what becomes of the part, what to do; empty where nothing is halted."""
    brief: str
    """The same in a handful of words, for a small display."""


LINK_HALTED: Final = ErrorCode(severity=2, component=1, code=1).word
"""Error code shown while halted, unless the station shows one of its own."""

NO_HALT: Final = Halt("", "")

EMPTY_BLOCK: Final = (
    "the PLC answers, but its line block is empty (map version 0). No part is taken. "
    "Start the PLC's program, or check line_base"
)
"""Why the PLC cannot be worked with before its program's first scan. That halts nothing."""


def second_engine(*, other: int, own: int) -> Halt:
    """Another engine writes our block; both by their boot ids."""
    return Halt(
        f"another Passgate engine (boot id {other}) is at work at this PLC: this one ({own}) "
        "takes no part and writes nothing that the PLC heeds. Stop one of the two, then reset with "
        "FaultReset",
        f"second engine ({other}) at the PLC: stop one",
    )


def heartbeat_lost(why: str) -> Halt:
    """The PLC's heartbeat failed, or the connection did, for so long that it must have."""
    return Halt(
        f"{why}. An open part is default-rejected by the PLC. "
        "Check that the PLC runs and the network is up, then reset with FaultReset",
        "PLC heartbeat lost: check it, reset at the PLC",
    )


def counts_anew(*, last: int, boot_id: int) -> Halt:
    """The PLC's trigger count fell from ``last`` to 0, and its boot id stayed."""
    return Halt(
        f"the PLC counts its triggers from 0 again (it was at {last}) under the same boot id "
        f"{boot_id}: the parts of before and after have the same numbers. Parts on the belt "
        "have no known outcome. Let the PLC's program draw a new boot_id at each start, "
        "clear the belt, then reset with FaultReset",
        "PLC restarted: clear the belt, reset at the PLC",
    )


def foreign_map(version: int) -> Halt:
    """The line block is of another version of the register map."""
    return Halt(
        f"the PLC speaks map version {version}, Passgate speaks {MAP_VERSION}. No part is taken. "
        "Check line_base and the PLC's program, then reset with FaultReset",
        f"PLC map version {version}, not {MAP_VERSION}: call maintenance",
    )


def unsent_result(*, seq: int, part_id: int) -> Halt:
    """The PLC says that it took a result that it was never given."""
    return Halt(
        f"the PLC acknowledged a result for trigger {seq} that it was never given. What becomes of "
        f"part {part_id} is not Passgate's decision: find the part. "
        "Check the PLC's program, then reset with FaultReset",
        f"PLC took an unsent result: find part {part_id}",
    )


def count_jumped(*, before: int, now: int, uncounted: int) -> Halt:
    """The trigger count jumped too far for the numbers between to be told."""
    return Halt(
        f"the PLC's trigger count jumped from {before} to {now}. Up to {uncounted} "
        "parts have no record. Check the PLC's program and the parts behind the camera, then reset "
        "with FaultReset",
        "trigger count jumped: find parts, reset at PLC",
    )


def number_repeated(line: LineBlock) -> Halt:
    """The PLC shows a part under the trigger number of the one before."""
    return Halt(
        f"the PLC shows part {line.part_id} under trigger number {line.trigger_seq}, which was "
        "another part's: this part has no record and gets no result. Find it, let the PLC's program "
        "count trigger_seq up with each part_id, then reset with FaultReset",
        f"number used twice: find part {line.part_id}, reset at PLC",
    )
