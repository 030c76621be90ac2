"""The vision block as Passgate writes it: what is to be shown, as register words. No I/O."""

from plc.handshake.result import OpenPart
from plc.register_map.motion_words import MotionWords
from plc.register_map.registers import VisionBits, VisionBlock, VisionState, complement


class VisionImage:
    """Makes the images of the vision block, one a cycle of the link, each with the next heartbeat.

    Args:
        boot_id: Number of this run of the program: 1 to 65535.
    """

    def __init__(self, *, boot_id: int) -> None:
        self._boot_id = boot_id
        self._beat = 0
        self._offered = (False, False)
        """TriggerReady in the last two images, the older one first."""
        self.recipe_id = 0
        """The active recipe; 0 for none."""
        self.store_degraded = False
        """Records go to the spool instead of the database."""
        self.challenge_due = False
        """No part passes because of a challenge."""
        self.overrun = False
        """A trigger came while a part was open, and nobody has reset since."""
        self.outcome_ack_seq = 0
        """Number of the last outcome that is on record: the PLC may show the next one."""

    @property
    def offered(self) -> bool:
        """One of the last two images offered to take a trigger: the PLC may have taken that offer."""
        return any(self._offered)

    def next(
        self,
        *,
        live: bool,
        halted: bool,
        fault: bool,
        offers: bool,
        error_code: int,
        trigger_ack_seq: int,
        part: OpenPart,
        motion: MotionWords,
    ) -> VisionBlock:
        """The image to be written now; each call is one beat of Passgate's heart.

        Args:
            live: The PLC lives.
            halted: The line is halted.
            fault: The station has a fault.
            offers: A trigger can be taken: TriggerReady.
            error_code: What is wrong, as ``ErrorCode.word``; 0 for nothing.
            trigger_ack_seq: Number of the last trigger that was seen.
            part: The open part and its result.
            motion: Set points of belt and diverter.
        """
        self._beat = self._beat + 1 & 0xFFFF
        self._offered = (self._offered[1], offers)
        result = part.words
        bits = VisionBits.ONLINE
        for bit, shown in (
            (VisionBits.TRIGGER_READY, offers),
            (VisionBits.BUSY, part.busy),
            (VisionBits.EXPOSURE_COMPLETE, part.exposed),
            (VisionBits.RESULT_VALID, part.valid),
            (VisionBits.OVERRUN, self.overrun),
            (VisionBits.FAULT, halted or fault),
            (VisionBits.SIMULATED, result.simulated),
            (VisionBits.STORE_DEGRADED, self.store_degraded),
            (VisionBits.CHALLENGE_DUE, self.challenge_due),
        ):
            if shown:
                bits |= bit
        return VisionBlock(
            heartbeat=self._beat,
            bits=bits,
            state=_state(live=live, halted=halted, fault=fault, busy=part.busy, offers=offers),
            trigger_ack_seq=trigger_ack_seq,
            result_seq=result.seq,
            part_id=result.part_id,
            decision=result.decision,
            decision_complement=complement(result.decision),
            defect_code=result.defect_code,
            confidence=result.confidence,
            latency_ms=result.latency_ms,
            active_recipe=self.recipe_id,
            error_code=error_code,
            boot_id=self._boot_id,
            belt_speed_set_mm_s=motion.belt_speed_mm_s,
            diverter_set_ddeg=motion.diverter_ddeg,
            motion_seq=motion.motion_seq,
            result_seq_tail=result.seq,
            outcome_ack_seq=self.outcome_ack_seq,
        )

    def farewell(self, *, trigger_ack_seq: int) -> VisionBlock:
        """The last image of an orderly end: not online, not ready, no result."""
        return VisionBlock(
            heartbeat=self._beat,
            trigger_ack_seq=trigger_ack_seq,
            boot_id=self._boot_id,
            outcome_ack_seq=self.outcome_ack_seq,
        )


def _state(*, live: bool, halted: bool, fault: bool, busy: bool, offers: bool) -> VisionState:
    if halted:
        return VisionState.HALTED
    if fault:
        return VisionState.ERROR
    if busy:
        return VisionState.EXECUTING
    if offers:
        return VisionState.READY
    return VisionState.INITIALIZED if live else VisionState.PREOPERATIONAL
