"""A review as its event tells it: of which part, what was said, and which review it takes the place of."""

from datetime import UTC

from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import Sentence, joined
from inspection.messages.telling import say
from inspection.reviews.review import Answer, Review, Verdict


def subjects_of(inspection_id: str, part_id: int, answer: Answer) -> tuple[str, ...]:
    """What an event of a review names."""
    revision, replaces = str(answer.revision), str(answer.replaces)
    return (
        inspection_id,
        str(part_id),
        revision,
        answer.verdict.value,
        answer.type,
        answer.reason,
        replaces,
    )


def review_in(event: Event, position: int) -> Review | None:
    """The review that the event at ``position`` tells of; None where it tells of none.

    Raises:
        ValueError: It tells of one, but not as ``subjects_of`` would.
    """
    if event.kind is not EventKind.REVIEWED:
        return None
    inspection_id, part_id, revision, verdict, kind, reason, replaces = event.subjects
    return Review(
        position=position,
        at=event.at.astimezone(UTC),
        by=event.by,
        inspection_id=inspection_id,
        part_id=int(part_id),
        revision=int(revision),
        verdict=Verdict(verdict),
        type=kind,
        reason=reason,
        replaces=int(replaces),
    )


def in_words(part_id: int, answer: Answer, before: Review | None) -> Sentence:
    """What somebody has said of a part, for those who read the events."""
    if answer.verdict is Verdict.DEFECT:
        said = say(Code.REVIEWED_DEFECT, part=part_id, type=answer.type)
    else:
        said = say(Code.REVIEWED, part=part_id, verdict=answer.verdict)
    why = say(Code.REVIEW_REASON, reason=answer.reason) if answer.reason else ""
    instead = "" if before is None else say(Code.REVIEW_REPLACES, user=before.by, verdict=before.verdict)
    return joined((said, why, instead))
