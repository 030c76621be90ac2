"""A second engine at a PLC tells the first of itself: it knocks. Pure.

An engine that finds another one at work writes nothing that the PLC heeds, so the other would never learn of
it. Therefore it writes its boot id into the line block's last word, and 0 again, in turns of half a second,
as long as it is refused and sees the other one's heart beat. The engine at work reads that word in each cycle
anyhow, and only reads it: a number of another engine that *comes* there is a knock. One that merely stands
there proves nothing, for an engine that died may have left it.

Programs of PLCs that know nothing of this write 0 there in each scan. Then the number stands for a part of a
scan only; so it is written in each cycle of a turn, at moments that fall evenly into the cycle.
"""

from dataclasses import dataclass
from typing import Final

from inspection.line_events import LineEvent, SecondEngine, SecondEngineGone
from inspection.messages.codes import Code
from inspection.messages.telling import say
from plc.handshake.authorship import evenly
from plc.register_map.registers import MAP_VERSION, LineBlock, VisionBits, VisionBlock

PERIOD_NS: Final = 1_000_000_000
"""From one turn of knocking to the next. Before each the other engine's heart is looked at."""

BURST_NS: Final = 500_000_000
"""So long of each turn the number is written; for the rest 0 stands there, so that the next comes anew."""

TURNS_UNSEEN: Final = 5
"""Turns in which the PLC never showed what it took; with that the other engine counts as not told."""

MOST_MISSES: Final = 2
"""Knocks in a row that the PLC leaves unanswered, before that is given up."""

AGAIN_NS: Final = 60_000_000_000
"""For so long a PLC that does not let the word be written is not asked again."""

KNOCKS: Final = 2
"""So often a number must come before it is believed: once may be another thing that writes there."""

QUIET_NS: Final = 10_000_000_000
"""No knock for so long: the other engine is gone. Many turns, for a PLC that writes over most of them."""

MOST_HEARD: Final = 4
"""Numbers that are remembered, and named, at a time."""


class Knocking:
    """The refused engine's side: when to write what. Lives in the event loop.

    Args:
        boot_id: This engine's.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        self._turn_ns: int | None = None
        """When this turn began; None while nobody refuses us."""
        self._beat: tuple[int, int] | None = None
        """Boot id and heartbeat of the engine at work, at the beginning of this turn."""
        self._alive = False
        self._left = False
        """Our number may stand in the PLC."""
        self._written = 0
        self._misses = 0
        self._again_ns: int | None = None
        """When it is tried again, where it was given up."""
        self._why = ""
        self._turns = 0
        """Turns since the PLC last showed our number."""

    @property
    def phase(self) -> float:
        """Where in the rest of the cycle the next knock falls: 0 to 1."""
        return evenly(self._written)

    @property
    def notice(self) -> str:
        """In words, that the other engine is not told, and why; empty where it is, or nobody is to be."""
        if self._turn_ns is None:
            return ""
        if self._again_ns is not None:
            why = f"the PLC {self._why}"
            todo = "Let it serve that register for writing (function 16)"
        elif self._turns >= TURNS_UNSEEN:
            why = "the PLC writes over word 15 of the line block before anybody can read it"
            todo = "Let its program leave that word alone"
        else:
            return ""
        return f"the other engine could not be told of this one, its screen says nothing of it: {why}. {todo}"

    def begin(self, other: VisionBlock, now_ns: int) -> None:
        """The engine that wrote ``other`` was just seen to live, and refuses us."""
        self._turn_ns, self._turns, self._misses, self._again_ns = now_ns, 0, 0, None
        self._beat, self._alive = (other.boot_id, other.heartbeat), True

    def end(self) -> None:
        """Nobody refuses us any more, or that is to be seen."""
        self._turn_ns = None

    def wants_look(self, now_ns: int) -> bool:
        """A turn is over: the vision block is to be read before the next one."""
        return self._turn_ns is not None and now_ns >= self._turn_ns + PERIOD_NS

    def look(self, vision: VisionBlock | None, now_ns: int) -> None:
        """The vision block as just read, None where the PLC does not give it: the next turn begins."""
        self._turns += self._alive and self._again_ns is None
        self._turn_ns = now_ns
        before, self._beat = self._beat, None
        self._alive = False
        if vision is None:
            return
        self._beat = (vision.boot_id, vision.heartbeat)
        self._alive = (
            vision.map_version == MAP_VERSION
            and VisionBits.ONLINE in vision.bits
            and vision.boot_id not in (0, self._boot_id)
            and self._beat != before
        )

    def word(self, line: LineBlock, now_ns: int) -> int | None:
        """What is to be written into the word now; None for nothing. ``line`` is the block as last read."""
        if line.refused_boot_id == self._boot_id:
            self._turns = 0  # it can be read
        if line.map_version != MAP_VERSION:
            return None
        if self._again_ns is not None and now_ns >= self._again_ns:
            self._again_ns, self._misses = None, 0
        if (
            self._turn_ns is not None
            and self._alive
            and self._again_ns is None
            and now_ns - self._turn_ns < BURST_NS
        ):
            return self._boot_id
        return 0 if self._left else None

    def writing(self, word: int) -> None:
        """It is on its way: from now on it may stand in the PLC, whether an answer comes or not."""
        self._left |= word != 0
        self._written += 1

    def written(self, word: int) -> None:
        """The PLC took it."""
        self._misses = 0
        self._left = word != 0

    def failed(self, now_ns: int, *, refused_by: int | None) -> None:
        """The PLC does not take it: it says so by a Modbus exception, or brings no answer (None)."""
        self._misses += 1
        if refused_by is None and self._misses < MOST_MISSES:
            return
        self._again_ns, self._left = now_ns + AGAIN_NS, False
        self._why = (
            "brings no answer when word 15 of the line block is written"
            if refused_by is None
            else f"refuses to have word 15 of the line block written (Modbus exception {refused_by})"
        )


@dataclass(slots=True)
class _Heard:
    """One number that came."""

    times: int
    last_ns: int
    told: bool = False


class Listening:
    """The side of the engine at work: what its PLC's line block says of others. Lives in the event loop.

    Args:
        boot_id: This engine's.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        self._word: int | None = None
        self._heard: dict[int, _Heard] = {}
        self._told = False
        """It was said that there is another one, and not yet that it is gone."""

    def hear(self, line: LineBlock, now_ns: int) -> tuple[LineEvent, ...]:
        """The line block as just read; each other engine is told once, until none was heard for a while."""
        before, self._word = self._word, line.refused_boot_id
        number = line.refused_boot_id
        if before is None or number in (0, before, self._boot_id):
            return ()
        heard = self._heard.pop(number, None) or _Heard(0, now_ns)
        self._heard[number] = heard  # the last that came is the last that is forgotten
        heard.times, heard.last_ns = heard.times + 1, now_ns
        if len(self._heard) > MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        if heard.times < KNOCKS or heard.told:
            return ()
        heard.told = self._told = True
        return (SecondEngine(number, say(Code.OTHER_ENGINE_REFUSED, other=number)),)

    def tick(self, now_ns: int) -> tuple[LineEvent, ...]:
        """Let time pass: who is not heard any more is gone."""
        for number in [n for n, heard in self._heard.items() if now_ns - heard.last_ns >= QUIET_NS]:
            del self._heard[number]
        if not self._told or any(heard.told for heard in self._heard.values()):
            return ()
        self._told = False
        return (SecondEngineGone(),)
