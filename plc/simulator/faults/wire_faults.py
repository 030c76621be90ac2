"""What goes wrong on the wire between Passgate and a PLC, and when: a schedule by seed. No I/O, no state.

A fault belongs to one telegram: the n-th that goes in one direction, whatever connection carries it. So the
same seed asks for the same faults again; which part a telegram belongs to depends on timing and is not
repeated.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_DELAY_S: Final = 2.0
MOST_RANDOM_BYTES: Final = 300
"""A little more than the longest Modbus TCP telegram (260 bytes)."""

_HEADER: Final = 6
"""Bytes of a Modbus TCP telegram up to its length field, which counts what follows."""

_LONGEST: Final = 254
"""Most bytes that may follow: unit identifier and PDU."""


class Direction(StrEnum):
    """Where a telegram goes."""

    TO_PLC = "to_plc"
    TO_ENGINE = "to_engine"


class WireFaultKind(StrEnum):
    """What becomes of the telegram."""

    CUT = "cut"
    """Part of it is delivered, perhaps all or nothing; then both sides see the connection reset."""
    DELAY = "delay"
    """It, and all that comes after it in this direction, waits for up to two seconds."""
    DUPLICATE = "duplicate"
    """It is delivered twice."""
    TRUNCATE = "truncate"
    """Its end is lost and the connection goes on: the stream is out of step."""
    HALF_OPEN = "half_open"
    """From it on nothing passes in either direction, and neither side is told."""
    REORDER = "reorder"
    """It is delivered after the one that follows it in this direction."""
    RANDOM_BYTES = "random_bytes"
    """Random bytes are delivered before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFault:
    """One fault; which fields count depends on its kind."""

    kind: WireFaultKind
    delay_s: float = 0.0
    """DELAY: 0 to ``LONGEST_DELAY_S``."""
    share: float = 0.0
    """CUT, TRUNCATE: how much of the telegram is delivered, 0 to 1."""
    noise: bytes = b""
    """RANDOM_BYTES: what comes before it."""


class FaultSchedule:
    """Which telegram meets which fault.

    Args:
        seed: The same seed gives the same schedule.
        mean_gap: One telegram in so many meets a fault, in each direction; at least 1.
        kinds: What may happen, each as often as any other.
    """

    def __init__(
        self, *, seed: int, mean_gap: int, kinds: Sequence[WireFaultKind] = tuple(WireFaultKind)
    ) -> None:
        if mean_gap < 1 or not kinds:
            raise ValueError(f"one fault in {mean_gap} telegrams of {len(kinds)} kinds: at least 1 of each")
        self._seed = seed
        self._mean_gap = mean_gap
        self._kinds = tuple(kinds)

    def at(self, direction: Direction, number: int) -> WireFault | None:
        """The fault of the ``number``-th telegram in ``direction``; None where it passes unharmed."""
        chance = random.Random(f"{self._seed} {direction} {number}")  # noqa: S311  (faults, not secrets)
        if chance.randrange(self._mean_gap):
            return None
        kind = chance.choice(self._kinds)
        match kind:
            case WireFaultKind.DELAY:
                return WireFault(kind=kind, delay_s=chance.uniform(0, LONGEST_DELAY_S))
            case WireFaultKind.CUT | WireFaultKind.TRUNCATE:
                return WireFault(kind=kind, share=chance.random())
            case WireFaultKind.RANDOM_BYTES:
                return WireFault(kind=kind, noise=chance.randbytes(chance.randint(1, MOST_RANDOM_BYTES)))
            case WireFaultKind.DUPLICATE | WireFaultKind.HALF_OPEN | WireFaultKind.REORDER:
                return WireFault(kind=kind)


def split_telegrams(stream: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into whole Modbus TCP telegrams, and what is left of the last one.

    What cannot be Modbus TCP is passed on as it came, as one piece: a proxy that is to deliver rubbish must
    not wait for it to become sense.
    """
    telegrams: list[bytes] = []
    while len(stream) >= _HEADER:
        length = int.from_bytes(stream[4:6], "big")
        if stream[2:4] != b"\0\0" or not 2 <= length <= _LONGEST:
            return [*telegrams, stream], b""
        if len(stream) < _HEADER + length:
            break
        telegrams.append(stream[: _HEADER + length])
        stream = stream[_HEADER + length :]
    return telegrams, stream
