"""Why a report is not signed: whatever stands against a signature, each in words for every language. Pure."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from inspection.access.rights import Meaning, Proof, Right, may
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.part import Outcome
from inspection.times.local_time import shown
from reports.record.signatures.table import Signature
from reports.record.users.names import key_of
from reports.record.users.on_record import User
from reports.shift.document.report import ShiftReport
from reports.shift.signing.state import Added

_MOST_NAMED: Final = 10
"""Parts that one sentence names."""


class Against(NamedTuple):
    """What stands against a signature."""

    bars: list[Sentence]
    """What no reason helps against."""
    doubts: list[Sentence]
    """What may be signed by whoever says why, which is on record with the signature."""


def against_shift(report: ShiftReport, *, now: datetime, zone: tzinfo | None) -> Against:
    """What stands against any signature below the report of a shift, as the record has it now.

    Args:
        report: Freshly made.
        now: The wall clock, with time zone.
        zone: The plant's time zone, for the times that are said; None for this machine's.
    """
    summary = report.summary
    bars, doubts = [], []
    if now < summary.end:
        bars.append(say(Code.SHIFT_RUNS, now=_time(now, zone), end=_time(summary.end, zone)))
    if not summary.intact:
        bars.append(say(Code.SHIFT_UNPROVEN))
    if summary.spooled or summary.spool_fault:
        bars.append(say(Code.SHIFT_WAITS))
    lost = [part for part in report.to_look_for if part.outcome is None]
    if lost:
        bars.append(say(Code.SHIFT_OPEN, n=len(lost), parts=_named(part.part_id for part in lost)))
    unconfirmed = [part.part_id for part in report.to_look_for if part.outcome is Outcome.UNCONFIRMED]
    if unconfirmed:
        doubts.append(say(Code.SHIFT_UNCONFIRMED, n=len(unconfirmed), parts=_named(unconfirmed)))
    if summary.left_out is not None:
        doubts.append(say(Code.SHIFT_LEFT_OUT, n=summary.left_out.parts))
    return Against(bars, doubts)


def against_person(
    user: User, others: Iterable[User], meaning: Meaning, signatures: Iterable[Signature]
) -> list[Sentence]:
    """What stands against a signature of this person: he has signed so, or it is his own work.

    Whoever has written a report neither reviews nor approves it, nor the other way round, while somebody else
    could: an active user who may sign and has chosen his password himself.

    Args:
        user: Who wants to sign.
        others: All users.
        meaning: As what.
        signatures: Those below the report.
    """
    mine = [one.meaning for one in signatures if key_of(one.name) == user.key]
    if meaning in mine:
        return [say(Code.SIGNED_ALREADY, user=user.name, meaning=meaning)]
    both_sides = [one for one in mine if Meaning.WRITTEN in (one, meaning)]
    second = any(_may_sign(other) for other in others if other.key != user.key)
    if both_sides and second:
        return [say(Code.SIGNS_OWN, user=user.name, before=both_sides[0])]
    return []


def doubts_since(
    signatures: Iterable[Signature], added: Iterable[Added], *, now: datetime, zone: tzinfo | None
) -> list[Sentence]:
    """What whoever signs behind others must know: what came since, and a clock that stands before theirs."""
    doubts = []
    if parts := [one.part_id for one in added]:
        doubts.append(say(Code.ADDED_SINCE, n=len(parts), parts=_named(dict.fromkeys(parts))))
    latest = max((one.at for one in signatures), default=now)
    if now < latest:
        doubts.append(say(Code.CLOCK_BEFORE, now=_time(now, zone), before=_time(latest, zone)))
    return doubts


def _may_sign(user: User) -> bool:
    return user.active and user.own_password and may(user.role, Right.SIGN, Proof.PASSWORD)


def _named(parts: Iterable[int]) -> str:
    names = [str(part) for part in parts]
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")


def _time(at: datetime, zone: tzinfo | None) -> str:
    return shown(at, zone=zone)
