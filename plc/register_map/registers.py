"""The register map: the two blocks of holding registers by which the PLC and Passgate speak to each other.

A holding register is a word of 16 bits in the PLC that Modbus can read and write. Passgate is the Modbus
client and the PLC the server, so both blocks lie in the PLC: the *line block*, which the PLC writes and
Passgate reads, and the *vision block*, which Passgate writes and the PLC reads. No word is written by both
sides: the line block's last word is Passgate's, for a second engine at the same PLC (see
``plc.handshake.knock``).

Modbus tells nobody that a register has changed. So both blocks are written and read whole in each cycle, and
each event in them has a number: a trigger is new when ``trigger_seq`` has a new value, and a result, an
acknowledgement or an outcome carries the number of the trigger that it belongs to (``sequence``).

This is the one description of the map. The link, the simulated PLC and the documentation are made from the
word tables ``LINE_WORDS`` and ``VISION_WORDS``. A block travels as a list of words; of a pair the high word
comes first.
"""

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple, Self

from inspection.decision import Action
from inspection.part import Outcome

MAP_VERSION: Final = 1
"""Word 0 of both blocks. Another version means other words: neither side may read on."""

LINE_BASE: Final = 0
"""Holding register of the line block's word 0, counted from 0, where the settings name no other."""

VISION_BASE: Final = 100
"""Holding register of the vision block's word 0, counted from 0, where the settings name no other."""

DEFAULT_DEADLINE_MS: Final = 500
"""Milliseconds from the trigger to the result, where the PLC's deadline word is 0."""


class LineBits(IntFlag):
    """Line block, word 2: what the line does and wants."""

    ENABLE = 1 << 0
    """The line may take parts. From off to on it is a reset, as FaultReset is."""
    AUTO = 1 << 1
    """The line is in automatic mode."""
    RUNNING = 1 << 2
    """The belt moves."""
    FAULT_RESET = 1 << 3
    """A person resets: from off to on it ends a halt of Passgate."""
    BYPASS = 1 << 4
    """The key is turned: the belt does not wait for Passgate, and no result is taken."""
    FOLLOW_MOTION = 1 << 5
    """Belt and diverter follow Passgate's set points."""


class VisionBits(IntFlag):
    """Vision block, word 2: what Passgate does and offers."""

    ONLINE = 1 << 0
    """The program runs and writes this block; 0 in its last image before an orderly end."""
    TRIGGER_READY = 1 << 1
    """The PLC may raise a trigger."""
    BUSY = 1 << 2
    """A part is being inspected."""
    EXPOSURE_COMPLETE = 1 << 3
    """Its picture is taken: the part may move."""
    RESULT_VALID = 1 << 4
    """The result words are a result that may be taken; 0 again when it is acknowledged."""
    OVERRUN = 1 << 5
    """A trigger came while another part was being inspected; stays until a reset."""
    FAULT = 1 << 6
    """Passgate is halted, or has a fault; the error code says which."""
    SIMULATED = 1 << 7
    """The picture did not show the part on the belt: take no such result in production."""
    STORE_DEGRADED = 1 << 8
    """Records go to a spool on disk, because the database cannot be written."""
    CHALLENGE_DUE = 1 << 9
    """No part passes: a test with known parts is due, was failed, or is under way."""


class VisionState(IntEnum):
    """Vision block, word 3; names after OPC 40100-1 (machine vision)."""

    PREOPERATIONAL = 0
    """The PLC's heartbeat has not been seen to beat."""
    HALTED = 1
    """Something went wrong that a person must look at; ends by FaultReset or Enable."""
    ERROR = 2
    """The station has a fault; ends when the fault is gone."""
    INITIALIZED = 3
    """All is well, but no trigger can be taken now."""
    READY = 4
    """A trigger can be taken."""
    EXECUTING = 5
    """A part is being inspected."""


DECISION_CODES: Final[dict[Action, int]] = {
    Action.PASS: 0x1E5A,
    Action.REWORK: 0x2D69,
    Action.STOP: 0x4B96,
    Action.MANUAL_REVIEW: 0x87A5,
}
"""Vision block, word 8, for each decision.

Any two differ in at least eight bits, so no single stuck or flipped bit turns one into another.
"""

_ACTIONS: Final = {code: action for action, code in DECISION_CODES.items()}


def complement(word: int) -> int:
    """Every bit of a 16-bit word inverted."""
    return ~word & 0xFFFF


def action_of(*, decision: int, decision_complement: int) -> Action | None:
    """The action that the two decision words carry; None where they contradict or name none."""
    return _ACTIONS.get(decision) if decision == complement(decision_complement) else None


OUTCOME_CODES: Final[dict[Outcome, int]] = {
    Outcome.RELEASED: 1,
    Outcome.DIVERTED: 2,
    Outcome.STOPPED: 3,
    Outcome.HELD: 4,
    Outcome.DEFAULT_REJECTED: 5,
}
"""Line block, word 8. ``unconfirmed`` has no code: no PLC reports it."""

_OUTCOMES: Final = {code: outcome for outcome, code in OUTCOME_CODES.items()}


def outcome_of(code: int) -> Outcome:
    """The outcome of a register code. A code that the map lacks is ``unconfirmed``: a person must look."""
    return _OUTCOMES.get(code, Outcome.UNCONFIRMED)


class ErrorCode(NamedTuple):
    """A fault as one word: severity·4096 + component·256 + code."""

    severity: int
    """1 warning, 2 error, 3 critical; up to 15."""
    component: int
    """1 PLC, 2 camera, 3 model, 4 store, 5 station; up to 15."""
    code: int
    """0 to 255, within the component."""

    @property
    def word(self) -> int:
        """The register value. Raises ValueError where a part is out of range."""
        if not (0 <= self.severity <= 15 and 0 <= self.component <= 15 and 0 <= self.code <= 255):
            raise ValueError(f"{self} does not fit into one word")
        return self.severity << 12 | self.component << 8 | self.code

    @classmethod
    def of(cls, word: int) -> Self:
        """Take a register value apart."""
        return cls(severity=word >> 12 & 0xF, component=word >> 8 & 0xF, code=word & 0xFF)


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of a block's table: a field of the image and where it lies."""

    field: str
    """Name of the field in ``LineBlock`` or ``VisionBlock``."""
    offset: int
    """Words from the block's base address."""
    meaning: str
    unit: str = ""
    size: int = 1
    """Words; two carry the high word first."""


LINE_WORDS: Final = (
    Word("map_version", 0, "version of this map"),
    Word("heartbeat", 1, "counts up each scan of the PLC"),
    Word("bits", 2, "bit 0 Enable, 1 Auto, 2 Running, 3 FaultReset, 4 Bypass (key), 5 FollowMotion"),
    Word("trigger_seq", 3, "number of the latest trigger: 1 to 65535, then 1; 0 none yet; written last"),
    Word("part_id", 4, "the part of trigger_seq", size=2),
    Word("recipe_request", 6, "recipe for this part; 0 keeps the active one"),
    Word("result_ack_seq", 7, "number of the last result that was accepted"),
    Word("outcome", 8, "1 released, 2 diverted, 3 stopped, 4 held, 5 default-rejected"),
    Word("outcome_seq", 9, "whose outcome that is; written last, shown until outcome_ack_seq equals it"),
    Word("error_ack", 10, "the error code that the PLC has taken note of: copy error_code in each scan"),
    Word("deadline_ms", 11, "from photo-eye to result; 0 for 500", unit="ms"),
    Word("boot_id", 12, "drawn anew at each start of the PLC's program"),
    Word("belt_speed_mm_s", 13, "actual belt speed", unit="mm/s"),
    Word("diverter_angle_ddeg", 14, "actual diverter angle", unit="0.1°"),
    Word(
        "refused_boot_id",
        15,
        "written by Passgate, and only by an engine that refuses to work because another one is at work "
        "here: its boot id, for the other one to read; else 0. The PLC leaves it alone and never looks at "
        "it; a program that writes 0 there runs all the same",
    ),
)
"""The line block: the PLC writes it, but for its last word; Passgate reads it."""

VISION_WORDS: Final = (
    Word("map_version", 0, "version of this map"),
    Word("heartbeat", 1, "counts up each cycle of the link"),
    Word(
        "bits",
        2,
        "bit 0 Online, 1 TriggerReady, 2 Busy, 3 ExposureComplete, 4 ResultValid, 5 Overrun, 6 Fault, "
        "7 Simulated, 8 StoreDegraded, 9 ChallengeDue",
    ),
    Word("state", 3, "0 preoperational, 1 halted, 2 error, 3 initialized, 4 ready, 5 executing"),
    Word("trigger_ack_seq", 4, "number of the last trigger that was seen"),
    Word("result_seq", 5, "whose result this is (head); 0 for none"),
    Word("part_id", 6, "the part of result_seq", size=2),
    Word("decision", 8, "pass 0x1E5A, rework 0x2D69, stop 0x4B96, manual_review 0x87A5; all else invalid"),
    Word("decision_complement", 9, "decision with every bit inverted"),
    Word("defect_code", 10, "worst defect; 0 none, 255 any that has no code"),
    Word("confidence", 11, "0 to 10000", unit="0.01 %"),
    Word("latency_ms", 12, "from the trigger as Passgate saw it to this result", unit="ms"),
    Word("active_recipe", 13, "0 for none"),
    Word(
        "error_code",
        14,
        "severity·4096 + component·256 + code; 0 for none; shown until it is gone and error_ack became it",
    ),
    Word("boot_id", 15, "drawn anew at each start of Passgate"),
    Word("belt_speed_set_mm_s", 16, "belt speed set point", unit="mm/s"),
    Word("diverter_set_ddeg", 17, "diverter set point", unit="0.1°"),
    Word(
        "motion_seq",
        18,
        "counts up with each new pair of set points: 1 to 65535, then 1; 0 no stream; if it stands, brake",
    ),
    Word("result_seq_tail", 19, "equals result_seq where the result was read whole"),
    Word("outcome_ack_seq", 20, "the last outcome that is safely on record: the PLC may show the next"),
)
"""The vision block: Passgate writes it, the PLC reads it."""

LINE_SIZE: Final = LINE_WORDS[-1].offset + LINE_WORDS[-1].size
VISION_SIZE: Final = VISION_WORDS[-1].offset + VISION_WORDS[-1].size

PLC_WORDS: Final = LINE_WORDS[-1].offset
"""So many words of the line block the PLC writes: all but the last, which it leaves alone."""


_NO_LINE_BITS: Final = LineBits(0)
_NO_VISION_BITS: Final = VisionBits(0)


class _Block:
    """Packing and unpacking by a word table, shared by the two images."""

    __slots__ = ()

    @classmethod
    def _table(cls) -> tuple[Word, ...]:
        raise NotImplementedError

    def _check(self) -> None:
        for word in self._table():
            value = getattr(self, word.field)
            if not 0 <= value < 1 << 16 * word.size:
                raise ValueError(f"{word.field}={value} does not fit into {16 * word.size} bits")

    def pack(self) -> list[int]:
        """The block as 16-bit words, ready to be written from its base address on."""
        words: list[int] = []
        for word in self._table():
            value = int(getattr(self, word.field))
            words.extend(value >> 16 * shift & 0xFFFF for shift in reversed(range(word.size)))
        return words

    @classmethod
    def _values(cls, words: list[int]) -> dict[str, int]:
        size = cls._table()[-1].offset + cls._table()[-1].size
        if len(words) != size:
            raise ValueError(f"{cls.__name__} has {size} words, not {len(words)}")
        values: dict[str, int] = {}
        for word in cls._table():
            value = 0
            for part in words[word.offset : word.offset + word.size]:
                value = value << 16 | part
            values[word.field] = value
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock(_Block):
    """The line block as read at one moment; fields as in ``LINE_WORDS``. Raises ValueError out of range."""

    map_version: int = MAP_VERSION
    heartbeat: int = 0
    bits: LineBits = _NO_LINE_BITS
    trigger_seq: int = 0
    part_id: int = 0
    recipe_request: int = 0
    result_ack_seq: int = 0
    outcome: int = 0
    outcome_seq: int = 0
    error_ack: int = 0
    deadline_ms: int = 0
    boot_id: int = 0
    belt_speed_mm_s: int = 0
    diverter_angle_ddeg: int = 0
    refused_boot_id: int = 0

    def __post_init__(self) -> None:
        self._check()

    @classmethod
    def _table(cls) -> tuple[Word, ...]:
        return LINE_WORDS

    @classmethod
    def unpack(cls, words: list[int]) -> Self:
        """The image of ``LINE_SIZE`` words. Raises ValueError for another number of words."""
        values = cls._values(words)
        return cls(bits=LineBits(values.pop("bits")), **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionBlock(_Block):
    """The vision block at one moment; fields as in ``VISION_WORDS``. Raises ValueError out of range."""

    map_version: int = MAP_VERSION
    heartbeat: int = 0
    bits: VisionBits = _NO_VISION_BITS
    state: int = VisionState.PREOPERATIONAL
    trigger_ack_seq: int = 0
    result_seq: int = 0
    part_id: int = 0
    decision: int = 0
    decision_complement: int = 0
    defect_code: int = 0
    confidence: int = 0
    latency_ms: int = 0
    active_recipe: int = 0
    error_code: int = 0
    boot_id: int = 0
    belt_speed_set_mm_s: int = 0
    diverter_set_ddeg: int = 0
    motion_seq: int = 0
    result_seq_tail: int = 0
    outcome_ack_seq: int = 0

    def __post_init__(self) -> None:
        self._check()

    @classmethod
    def _table(cls) -> tuple[Word, ...]:
        return VISION_WORDS

    @classmethod
    def unpack(cls, words: list[int]) -> Self:
        """The image of ``VISION_SIZE`` words. Raises ValueError for another number of words."""
        values = cls._values(words)
        return cls(bits=VisionBits(values.pop("bits")), **values)


for _block, _words in ((LineBlock, LINE_WORDS), (VisionBlock, VISION_WORDS)):
    # The table and the image are two views of one map; a difference must not survive the import.
    if [f.name for f in fields(_block)] != [word.field for word in _words]:
        raise TypeError(f"{_block.__name__} and its word table differ")
