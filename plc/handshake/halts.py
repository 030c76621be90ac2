"""Why our side of the handshake halts the line: each reason in words, and in a handful of words. No I/O.

Each says what happened, what becomes of the part, and what to do; a halt stays until FaultReset.
"""

from typing import Final, NamedTuple

from inspection.messages.codes import Code
from inspection.messages.telling import say
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

EMPTY_BLOCK: Final = say(Code.MAP_EMPTY)
"""Why the PLC cannot be worked with before its program's first scan. That halts nothing."""


def second_engine(*, other: int, own: int) -> Halt:
    """Another engine writes our block; both by their boot ids."""
    return Halt(
        say(Code.SECOND_ENGINE, other=other, own=own),
        say(Code.SECOND_ENGINE_BRIEF, other=other),
    )


def heartbeat_lost(why: str) -> Halt:
    """The PLC's heartbeat failed, or the connection did, for so long that it must have."""
    return Halt(say(Code.HEARTBEAT_LOST, cause=why), say(Code.HEARTBEAT_LOST_BRIEF))


def counts_anew(*, last: int, boot_id: int) -> Halt:
    """The PLC's trigger count fell from ``last`` to 0, and its boot id stayed."""
    return Halt(
        say(Code.COUNT_RESTARTED, last=last, boot_id=boot_id),
        say(Code.COUNT_RESTARTED_BRIEF),
    )


def foreign_map(version: int) -> Halt:
    """The line block is of another version of the register map."""
    return Halt(
        say(Code.MAP_FOREIGN, version=version, own_version=MAP_VERSION),
        say(Code.MAP_FOREIGN_BRIEF, version=version, own_version=MAP_VERSION),
    )


def unsent_result(*, seq: int, part_id: int) -> Halt:
    """The PLC says that it took a result that it was never given."""
    return Halt(
        say(Code.UNSENT_RESULT_TAKEN, trigger=seq, part=part_id),
        say(Code.UNSENT_RESULT_TAKEN_BRIEF, part=part_id),
    )


def count_jumped(*, before: int, now: int, uncounted: int) -> Halt:
    """The trigger count jumped too far for the numbers between to be told."""
    return Halt(
        say(Code.COUNT_JUMPED, before=before, now=now, uncounted=uncounted),
        say(Code.COUNT_JUMPED_BRIEF),
    )


def number_repeated(line: LineBlock) -> Halt:
    """The PLC shows a part under the trigger number of the one before."""
    return Halt(
        say(Code.NUMBER_USED_TWICE, part=line.part_id, trigger=line.trigger_seq),
        say(Code.NUMBER_USED_TWICE_BRIEF, part=line.part_id),
    )


def station_lags() -> Halt:
    """The station does not take the line's events."""
    return Halt(say(Code.STATION_LAGS), say(Code.STATION_LAGS_BRIEF))
