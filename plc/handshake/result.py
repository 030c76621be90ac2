"""The part that Passgate is busy with, its result in the vision block, and the PLC's word that it took it.

From a trigger until its result was acknowledged, given up or withheld, that part is *open* and Passgate is
busy. No I/O.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from inspection.decision import Decision
from inspection.part import Trigger
from plc.register_map.registers import DECISION_CODES

ACK_GRACE_NS: Final = 100_000_000
"""How long after the PLC's deadline its acknowledgement is waited for, before the part is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWords:
    """The result words of the vision block; all zero for none."""

    seq: int = 0
    """Number of the trigger whose result this is."""
    part_id: int = 0
    decision: int = 0
    """One of ``DECISION_CODES``."""
    defect_code: int = 0
    confidence: int = 0
    """In hundredths of a percent: 0 to 10000."""
    latency_ms: int = 0
    """From the trigger, as Passgate saw it, to the result; at most 65535."""
    simulated: bool = False
    """The picture did not show the part on the belt."""


NO_RESULT: Final = ResultWords()


class Acknowledgement(Enum):
    """What the PLC says with the number of a result that it took."""

    NONE = auto()
    """Nothing new."""
    ACCEPTED = auto()
    """It took the result that it was given last."""
    NEVER_GIVEN = auto()
    """It took one for the open part, which it was never given: it decided by itself."""


@dataclass(slots=True)
class _Open:
    """The trigger that keeps us busy."""

    trigger: Trigger
    deadline_ns: int
    publishable: bool = True
    """False once the PLC cannot take a result any more: restarted, link lost, moved on."""
    published: bool = False
    sent: bool = False
    """The result has been in an image: from then on the PLC may acknowledge it."""
    exposed: bool = False


class OpenPart:
    """At most one open part, and the result words that the vision block shows."""

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._words = NO_RESULT
        self._valid = False
        self._unacknowledged = 0
        """Number of the last result that the PLC was given and has not acknowledged; 0 for none."""
        self._ack: int | None = None
        """``result_ack_seq`` as last read; None before the first read of one run of the PLC."""

    @property
    def seq(self) -> int:
        """Number of the open part's trigger; 0 where none is open."""
        return 0 if self._open is None else self._open.trigger.seq

    @property
    def part_id(self) -> int:
        """The open part; 0 where none is open."""
        return 0 if self._open is None else self._open.trigger.part_id

    @property
    def busy(self) -> bool:
        """A part is open: no other one can be taken."""
        return self._open is not None

    @property
    def exposed(self) -> bool:
        """The open part's picture is taken: the part may move."""
        return self._open is not None and self._open.exposed

    @property
    def words(self) -> ResultWords:
        """The result words as they are to be shown now."""
        return self._words

    @property
    def valid(self) -> bool:
        """They are a result that the PLC may take."""
        return self._valid

    def begin(self, trigger: Trigger, *, deadline_ns: int) -> None:
        """Open the part of ``trigger``, whose result the PLC takes until ``deadline_ns``."""
        self._open = _Open(trigger, deadline_ns)
        self._unacknowledged = 0

    def expose(self, trigger: Trigger) -> None:
        """The picture of ``trigger``'s part is taken; heeded where that part is open."""
        if self._open is not None and self._open.trigger == trigger:
            self._open.exposed = True

    def publish(
        self,
        trigger: Trigger,
        decision: Decision,
        *,
        defect_code: int,
        simulated: bool,
        heeded: bool,
        now_ns: int,
    ) -> bool:
        """Make the result words of ``decision``, where ``trigger``'s part is open and has no result yet.

        Args:
            trigger: Whose result it is.
            decision: The decision, about that part.
            defect_code: The worst defect's code; 0 for none.
            simulated: The picture did not show the part on the belt.
            heeded: The PLC lives and nothing is halted; where not, the part is open no longer.
            now_ns: The time; from the deadline on, the part is open no longer either.

        Returns:
            The words are in the next image.
        """
        part = self._open
        if part is None or part.published or part.trigger != trigger:
            return False
        if not part.publishable or not heeded or now_ns >= part.deadline_ns:
            self._open = None
            return False
        part.published = self._valid = True
        self._words = ResultWords(
            seq=trigger.seq,
            part_id=trigger.part_id,
            decision=DECISION_CODES[decision.action],
            defect_code=defect_code,
            confidence=round(decision.confidence * 10_000),
            latency_ms=min(max(now_ns - trigger.seen_ns, 0) // 1_000_000, 0xFFFF),
            simulated=simulated,
        )
        return True

    def abandon(self, trigger: Trigger) -> None:
        """Let go of ``trigger``'s part. A result that was in an image already is the PLC's to judge."""
        part = self._open
        if part is not None and not part.sent and part.trigger == trigger:
            self._open = None
            self._withdraw()

    def close(self) -> None:
        """The PLC can take no result any more. We stay busy until the station has let go of the part."""
        if self._open is not None:
            self._open.publishable = False
            if self._open.published:
                self._open = None
        self._withdraw()

    def expire(self, now_ns: int) -> None:
        """Give a published part up whose acknowledgement is overdue."""
        part = self._open
        if part is not None and part.published and now_ns >= part.deadline_ns + ACK_GRACE_NS:
            self._open = None
            self._withdraw()

    def shown(self) -> None:
        """An image with these words is on its way."""
        part = self._open
        if part is not None and part.published and not part.sent:
            part.sent = True
            self._unacknowledged = part.trigger.seq

    def take_acknowledgement(self, seq: int) -> Acknowledgement:
        """Take in ``result_ack_seq`` as just read.

        The PLC acknowledges by the word's *becoming* the result's number: one that merely stands there may be
        from 65,535 triggers ago.
        """
        came, self._ack = self._ack not in (None, seq), seq
        if not came or seq == 0:
            return Acknowledgement.NONE
        part = self._open
        if part is not None and not part.sent and seq == part.trigger.seq:
            return Acknowledgement.NEVER_GIVEN
        if seq != self._unacknowledged:
            return Acknowledgement.NONE
        self._unacknowledged = 0
        self._valid = False
        if part is not None and part.published:
            self._open = None
        return Acknowledgement.ACCEPTED

    def forget_plc(self) -> None:
        """Another run of the PLC's program: none of its numbers mean what they meant."""
        self.close()
        self._ack = None
        self._unacknowledged = 0

    def _withdraw(self) -> None:
        self._words = NO_RESULT
        self._valid = False
