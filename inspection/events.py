"""What people and the station did, apart from parts: one durable row each, in order, with who and when."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from inspection.decision import Frozen
from inspection.messages.message import Coded

SETTINGS: Final = "the settings"
"""Who holds a station that its settings start held: such a HOLD ends with the engine's run."""


class EventKind(StrEnum):
    """What happened. The names are on record: they are added to, never changed."""

    RECORD_BEGAN = "record_began"
    """The record has nothing before this: a new one, one whose events begin here because older versions kept
    none, or one that does not know the PLC's present run."""
    RECORD_RESTORED = "record_restored"
    """The record is that of a backup, whose moment and heads the detail names. What came after it was lost:
    positions of both chains come again behind this."""
    ENGINE_STARTED = "engine_started"
    ENGINE_STOPPED = "engine_stopped"
    """Stopped as asked; a start without one before it follows a crash or a loss of power."""
    HOLD = "hold"
    """Asked to take no further part. It holds until START, over restarts too."""
    ASKED = "asked"
    """Somebody asked for what makes the station milder; the detail says for what. It changes nothing: only
    the START or RESET behind it does, which is written when whoever asked was obeyed."""
    START = "start"
    RESET = "reset"
    REFUSED = "refused"
    """A command that was refused; the detail says which, and why."""
    BYPASS_BEGAN = "bypass_began"
    """The PLC's bypass key was turned: parts pass uninspected."""
    BYPASS_ENDED = "bypass_ended"
    HALTED = "halted"
    """The line halted and latched."""
    HALT_CLEARED = "halt_cleared"
    FAULT = "fault"
    """The station latched a fault of its own. It holds until RESET, over restarts too."""
    LINK_UP = "link_up"
    """The PLC's heartbeat beats."""
    LINK_LOST = "link_lost"
    """The PLC, which was connected, can no longer be read, or its heartbeat stands still."""
    ALARM_RAISED = "alarm_raised"
    """Of this and the next five ``subjects`` name the alarm (:mod:`inspection.alarms.on_record`)."""
    ALARM_CLEARED = "alarm_cleared"
    """Its cause is gone."""
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    """Somebody has seen it."""
    ALARM_DROPPED = "alarm_dropped"
    """The list of alarms was full: what becomes of this one's cause is not told any more."""
    ALARM_SHELVED = "alarm_shelved"
    """Somebody has put it aside, until when and why."""
    ALARM_UNSHELVED = "alarm_unshelved"
    """Somebody has taken it up again, or its time was over."""
    SECOND_ENGINE = "second_engine"
    """Another engine found this one at work at its PLC, and refused itself; nothing changed here."""
    PLANT_REFUSED = "plant_refused"
    """The plant database does not take a row of this record, nor what lies behind it; the detail says why."""
    CHALLENGE_DUE = "challenge_due"
    """No part passes until a challenge has. Of all of these ``subjects`` begin with how the station stands
    after it (:class:`inspection.challenge.standing.ChallengeState`), since when one is due, and which one."""
    CHALLENGE_OVERDUE = "challenge_overdue"
    CHALLENGE_BEGAN = "challenge_began"
    """The parts that come now are pieces, until it has passed, failed or was aborted."""
    CHALLENGE_PIECE = "challenge_piece"
    """What a piece got; then come its name, what it must get, what it got, whether it was right, its part."""
    CHALLENGE_PASSED = "challenge_passed"
    """Where that opens the station, recipe, model and set that it is passed for come behind."""
    CHALLENGE_FAILED = "challenge_failed"
    CHALLENGE_ABORTED = "challenge_aborted"
    CHALLENGE_RELEASED = "challenge_released"
    """Somebody of quality opens the station, by his password; then as CHALLENGE_PASSED. It opens when the
    engine has read it."""
    PICTURES_DRIFT = "pictures_drift"
    """The pictures of parts that pass no longer look as taught; the detail says what has moved."""
    PICTURES_EXPIRED = "pictures_expired"
    """Retention is about to delete the pictures named in ``subjects``; on record before they go."""
    RECORD_VERIFIED = "record_verified"
    """The station looked at its own record again and found it whole, up to the row whose position and hash
    are the ``subjects``. It comes with each so many rows, and stands in no report."""
    USER_ADDED = "user_added"
    """Of this and the next four ``subjects`` names the user and the digest of his new row
    (:mod:`reports.record.users`)."""
    USER_DISABLED = "user_disabled"
    ROLE_CHANGED = "role_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PIN_CHANGED = "pin_changed"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    """By a name that no user has: by ``unknown``; what was typed is not kept, since it may be a password."""
    USER_LOCKED = "user_locked"
    """The failure before it was one too many: sign-ins by this name are refused for a while."""
    SIGN_IN_REFUSED = "sign_in_refused"
    """Refused without a look at the password or PIN; on record once a lock."""
    SIGNED_OUT = "signed_out"
    """A session at console or API ended, by its user or by itself: the detail says why."""
    KEY_ADDED = "key_added"
    """A program was given a key to the API. ``subjects`` names it, its role, and the key's SHA-256."""
    KEY_REVOKED = "key_revoked"
    """The key that ``subjects`` names opens nothing any more."""
    SHIFT_CLOSED = "shift_closed"
    """The figures of a shift stand from now on, whatever comes later; ``subjects`` names shift, bounds, heads
    and the SHA-256 of its report (:mod:`reports.record.signatures`)."""
    REPORT_SIGNED = "report_signed"
    """A person signed the report of a shift; ``subjects`` names which, as what, and what was signed."""
    REVIEWED = "reviewed"
    """A person said of a part what it is; ``subjects`` names it (:mod:`inspection.reviews.on_record`). The
    decision stays as it was: who reads the record sees both."""


CHALLENGE_KINDS: Final = frozenset(kind for kind in EventKind if kind.value.startswith("challenge_"))
"""The newest event of any of these says how the station stands to its challenge."""


class Event(Frozen):
    """One thing that a person or the station did."""

    at: datetime
    """With time zone."""
    kind: EventKind
    by: str = Field(min_length=1, max_length=128)
    """Who did it, as far as that is known: a person, a client of the API, "engine", "plc", "retention"."""
    detail: str = Field(default="", max_length=2000)
    """What a person reading the record needs to know beside the kind, in English."""
    coded: Coded = Field(default=(), exclude_if=lambda coded: not coded)
    """What ``detail`` says, for any language; empty, and then not written, where it says what has no code."""
    subjects: tuple[str, ...] = Field(default=(), max_length=1000)
    """What it was done to; SHA-256 of pictures for PICTURES_EXPIRED."""
