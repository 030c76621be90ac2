"""Whether the station takes parts, whether they can pass, and why not: one answer for the PLC and for people.

What the PLC is offered (TriggerReady) and what console and MES are told come from the same ``Standing``, so
they cannot say different things. Pure.
"""

from dataclasses import dataclass

from inspection.line_events import LineState
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, joined
from inspection.messages.telling import say
from inspection.ports import StoreHealth
from inspection.status import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Everything that decides whether the station takes parts and whether they can pass, at one moment.

    A text says why or how something is so, and is empty where it is not. Each is best a ``Sentence``, which
    every language can tell.
    """

    stopping: bool
    fault: str
    """The station's own latched fault."""
    halted: str
    """The line's latched halt."""
    held: str
    """That it is held: by whom, since when."""
    linked: bool
    line: LineState
    bypass_known: bool
    """The PLC's bypass key was turned when it was last read, maybe by the run before."""
    judging: bool
    """A part is between its trigger and its decision."""
    store: StoreHealth
    behind: bool
    """Something that happened is not on record yet."""
    crowded: str
    """More parts are open than may be."""
    late_work: bool
    """A camera or the model is still at work on something that is late."""
    model_absent: str
    """The model is not there to be asked; it comes back by itself."""
    camera_fault: str
    model_fault: str
    picture_fault: str
    """The last part's pictures are not kept."""
    challenge: str = ""
    """A challenge is due, failed or under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the station is doing, whether it takes parts, and why no part can pass."""

    mode: Mode
    reason: Sentence
    """Why no part can pass now; empty where parts may pass."""
    ready: bool
    """The station would take a part, as far as it depends on the station: what the line is told."""
    takes_parts: bool
    """A part's trigger is taken now, or one is being judged."""

    @classmethod
    def of(cls, now: Circumstances) -> "Standing":
        """The standing under these circumstances."""
        kept = _kept_by_station(now)
        withheld = kept or _kept_by_line(now)
        return cls(
            mode=_mode(now),
            reason=joined((withheld or _fails_all(now),)),
            ready=not kept,
            takes_parts=not withheld or now.judging,
        )


def _mode(now: Circumstances) -> Mode:
    if now.stopping:
        return Mode.STOPPING
    if now.fault or now.halted:
        return Mode.ABORTED
    if now.held:
        return Mode.HELD
    if now.linked and now.line.bypassed:
        return Mode.SUSPENDED
    if now.judging:
        return Mode.EXECUTE
    return Mode.IDLE if now.linked else Mode.STARTING


def _kept_by_station(now: Circumstances) -> str:
    """Why the station offers to take no part, the weightiest first."""
    if now.stopping:
        return say(Code.ENGINE_STOPPING)
    if now.fault:
        return now.fault
    if now.held:
        return now.halted or now.held
    if now.store.full:
        return say(Code.RECORD_FULL, cause=now.store.detail)
    if now.store.silent_s:
        return say(Code.TAKES_NO_PART, cause=say(Code.RECORD_SILENT, silent_s=now.store.silent_s))
    if now.behind:
        return say(Code.RECORD_BEHIND, cause=now.store.detail)
    if now.crowded:
        return say(Code.TAKES_NO_PART, cause=now.crowded)
    if now.model_absent:
        return now.model_absent
    if now.late_work:
        return say(Code.LATE_WORK)
    return NOTHING


def _kept_by_line(now: Circumstances) -> str:
    """Why the line takes no part, the weightiest first."""
    line = now.line
    if now.halted:
        return now.halted
    if not now.linked:
        waits = say(Code.WAITS_FOR_PLC, cause=line.down_reason)
        return joined((waits, say(Code.BYPASS_WAS_TURNED))) if now.bypass_known else waits
    if line.bypassed:
        return say(Code.BYPASS_TURNED)
    if not line.enabled:
        return say(Code.NOT_ENABLED)
    if line.counting_missed:
        return say(Code.COUNTING_MISSED)
    return NOTHING


def _fails_all(now: Circumstances) -> str:
    """Why parts that are taken go to a person, as far as the last one shows."""
    if now.camera_fault:
        return say(Code.NO_CAMERA, cause=now.camera_fault)
    if now.store.pictures_silent_s:
        silent = say(Code.PICTURES_DISK_SILENT, silent_s=now.store.pictures_silent_s)
        return say(Code.EVERY_PART_TO_REVIEW, cause=silent)
    if now.picture_fault:
        return say(Code.LAST_PICTURE_NOT_KEPT, cause=now.picture_fault)  # the next may: it is tried
    if now.model_fault:
        return say(Code.MODEL_FAILS, cause=now.model_fault)
    return now.challenge
