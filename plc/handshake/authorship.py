"""Who writes the vision block: this engine, nobody any more, or another one that lives. No I/O.

One engine alone may write it. So the block is read back before the first write of a connection, and now and
then afterwards. Another engine shows by its boot id in the block **and** a heartbeat that moves: a boot id
alone may be what a crashed engine left behind, or what a PLC that copies its registers shows a moment longer.
Whoever finds another one writes nothing from then on, until a person has stopped one of the two and resets.
"""

from enum import Enum, auto
from typing import Final

from plc.register_map.registers import MAP_VERSION, LineBits, VisionBits, VisionBlock

STILL_NS: Final = 300_000_000
"""A vision heartbeat that stands for so long is a dead engine's; the PLC says the same of it."""

BEATS: Final = 2
"""So often a heart must be seen to beat: once may be a dead engine's last telegram, held up on its way."""

PATIENT_BEATS: Final = 12
"""And so often where both write, by the engine with the higher boot id: the other one gives way before
that, so that of two engines that begin at the same time one goes on."""

LOOK_EVERY_NS: Final = 1_000_000_000
"""How often the block is read back while it is written."""

SUSPICION_NS: Final = 1_000_000_000
"""For so long after a strange boot id was read it is read back in each cycle."""

MOST_MISSES: Final = 2
"""Times in a row that a PLC that never gave the block back leaves unanswered, before that is given up."""

AGAIN_NS: Final = 60_000_000_000
"""For so long a PLC that does not give the block back is not asked again."""

_GOLDEN: Final = 0.618_033_988_75
"""Its multiples fall evenly between 0 and 1, however many there are (Weyl)."""

_UNSEEN: Final = (
    "so a second engine at this PLC would not be noticed; everything else works. Let the PLC serve the "
    "vision block for reading (function 3)"
)


def evenly(turn: int) -> float:
    """Where in the time between two exchanges the ``turn``-th moment falls: 0 to 1, in step with nothing."""
    return turn * _GOLDEN % 1.0


class _State(Enum):
    LOOKING = auto()
    """Connected, and not known yet whether anybody else writes."""
    WRITING = auto()
    TAKEN = auto()
    """Another engine writes: we must not."""


class Authorship:
    """Whether this engine may write the vision block. Lives in the event loop.

    Args:
        boot_id: This engine's.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        self._state = _State.LOOKING
        self._other: tuple[int, int] | None = None
        """Boot id and heartbeat of another engine as last read."""
        self._beats = 0
        self._still_since_ns = 0
        self._due_ns = 0
        self._suspicious_until_ns = 0
        self._misses = self._looks = 0
        self._answered = False
        """The block was read back before: what fails later without a refusal is the wire."""
        self._refused = False
        self._again_ns = 0
        """When the block is asked for again, where that was given up."""
        self._bits: LineBits | None = None

    @property
    def may_write(self) -> bool:
        """Nobody else writes, as far as can be known."""
        return self._state is _State.WRITING

    @property
    def moment(self) -> float:
        """Where in the time until the next write the next look falls: 0 to 1.

        Every second one at the end, when what another engine wrote after us stands there for sure. The others
        evenly, for a PLC that shows what was written only when its scan has come to it.
        """
        return 1.0 if self._looks % 2 == 0 else evenly(self._looks)

    @property
    def taken_by(self) -> int:
        """The boot id of the engine that writes instead of us; 0 where none does."""
        return self._other[0] if self._state is _State.TAKEN and self._other is not None else 0

    @property
    def readable(self) -> bool:
        """The PLC lets the block be read back, for all that is known."""
        return self._misses < MOST_MISSES

    @property
    def notice(self) -> str:
        """In words, that a second engine would not be noticed now, and why; or nothing."""
        if self.readable:
            return ""
        how = "refuses to give" if self._refused else "brings no answer when asked for"
        return f"the PLC {how} the vision block back, {_UNSEEN}"

    def connected(self, now_ns: int) -> None:
        """A new connection: look before anything is written. What was taken stays so until a reset."""
        if self._state is not _State.TAKEN:
            self._state, self._other = _State.LOOKING, None
            if not self.readable and now_ns < self._again_ns:
                self._write()

    def wants_look(self, now_ns: int) -> bool:
        """The block is to be read back now.

        Where it was given up it is asked for again: of a PLC that refuses once in ``AGAIN_NS``; of one that
        falls silent, which costs the link, only where a new connection begins anyhow.
        """
        if self._state is not _State.WRITING:
            return self._state is _State.LOOKING
        if not self.readable:
            return self._refused and now_ns >= self._again_ns
        return now_ns >= self._due_ns or now_ns < self._suspicious_until_ns

    def missed(self, now_ns: int, *, refused: bool) -> None:
        """The block could not be read back; ``notice`` says where it is given up with that, until later.

        A PLC that gave it before and now brings no answer has lost its link: that says nothing of the block,
        which is looked at again before the next connection's first write.

        Args:
            now_ns: Monotonic.
            refused: The PLC says that it does not give it.
        """
        if refused:
            self._misses, self._refused = MOST_MISSES, True
        elif self._answered:
            return
        else:
            self._misses += 1
        if not self.readable:
            self._again_ns = now_ns + AGAIN_NS
            self._write()

    def look(self, vision: VisionBlock, now_ns: int) -> None:
        """The block as just read back."""
        self._misses, self._answered, self._refused = 0, True, False
        self._looks += 1
        self._due_ns = now_ns + LOOK_EVERY_NS
        strange = (
            vision.map_version == MAP_VERSION
            and vision.boot_id not in (0, self._boot_id)
            and VisionBits.ONLINE in vision.bits
        )
        if not strange:
            self._write()
            return
        before, self._other = self._other, (vision.boot_id, vision.heartbeat)
        if before != self._other:
            same = before is not None and before[0] == vision.boot_id
            self._beats = self._beats + 1 if same else 0
            self._still_since_ns = now_ns
            self._suspicious_until_ns = now_ns + SUSPICION_NS
            if self._beats >= self._patience(vision.boot_id):
                self._state = _State.TAKEN
        elif now_ns - self._still_since_ns >= STILL_NS:
            self._write()  # nobody beats: a crashed engine left it

    def hear(self, bits: LineBits) -> None:
        """The line's bits while another engine writes: where a person resets, we look anew."""
        before, self._bits = self._bits, bits
        if before is None or not bits & ~before & (LineBits.FAULT_RESET | LineBits.ENABLE):
            return
        self._bits = self._other = None
        self._state = _State.LOOKING

    def _patience(self, other: int) -> int:
        """After how many beats of the other engine we give way."""
        return PATIENT_BEATS if self.may_write and self._boot_id > other else BEATS

    def _write(self) -> None:
        """Begin to write, where that was not settled yet. What a dead engine left proves nothing later."""
        if self._state is _State.LOOKING:
            self._state, self._other = _State.WRITING, None
