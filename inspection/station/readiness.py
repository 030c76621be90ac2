"""Whether the station takes parts, whether they can pass, and why not: one answer for the PLC and for people.

What the PLC is offered (TriggerReady) and what console and MES are told come from the same ``Standing``, so
they cannot say different things. Pure.
"""

from dataclasses import dataclass

from inspection.line_events import LineState
from inspection.ports import StoreHealth
from inspection.status import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What bears on it, at one moment. Empty words: that is not so."""

    stopping: bool
    fault: str
    """The station's own, latched."""
    halted: str
    """The line's latched halt."""
    held: str
    """By whom, since when."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the station stands."""

    mode: Mode
    reason: str
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
            reason=withheld or _fails_all(now),
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
        return "the engine is being stopped"
    if now.fault:
        return now.fault
    if now.held:
        return now.halted or f"held {now.held}"
    if now.store.full:
        return f"takes no part: the record is full: {now.store.detail}"
    if now.store.silent_s:
        return f"takes no part: the record has not answered for {now.store.silent_s:.0f} s"
    if now.behind:
        waits = "takes no part until what happened is on record"
        return f"{waits}: {now.store.detail}" if now.store.detail else waits
    if now.crowded:
        return f"takes no part: {now.crowded}"
    if now.model_absent:
        return now.model_absent
    if now.late_work:
        return "takes no part until a camera or the model has finished late work"
    return ""


def _kept_by_line(now: Circumstances) -> str:
    """Why the line takes no part, the weightiest first."""
    line = now.line
    if now.halted:
        return now.halted
    if not now.linked:
        waits = f"waits for the PLC: {line.down_reason}" if line.down_reason else "waits for the PLC"
        return f"{waits}; its bypass key was turned when it was read last" if now.bypass_known else waits
    if line.bypassed:
        return "the PLC's bypass key is turned: no part is inspected"
    if not line.enabled:
        return "the PLC has not enabled the station"
    if line.counting_missed:
        return "takes no part until the missed ones are on record"
    return ""


def _fails_all(now: Circumstances) -> str:
    """Why parts that are taken go to a person, as far as the last one shows."""
    if now.camera_fault:
        return f"no camera, every part goes to manual review: {now.camera_fault}"
    if now.store.pictures_silent_s:
        silent = f"the disk of the pictures has not answered for {now.store.pictures_silent_s:.0f} s"
        return f"{silent}, every part goes to manual review"
    if now.picture_fault:
        return f"the last picture could not be kept: {now.picture_fault}"  # the next may: it is tried
    if now.model_fault:
        return f"the model fails, parts go to manual review: {now.model_fault}"
    return ""
