"""What is told of a held part beside its picture, and what is marked in it. Pure."""

from datetime import datetime

from app.console.screens.run.model import gauges
from app.console.screens.run.model.shown import BoxView
from app.console.widgets.phrases import defect_label, said, term
from app.console.words.words import Words
from inspection.reviews.review import Review
from inspection.reviews.shown import PartInQueue, PartToReview


def facts(part: PartInQueue, whole: PartToReview | None, words: Words) -> str:
    """Which part it is, why it was held, what the model said, and what people said before; a line each.

    Args:
        part: As the list has it.
        whole: All that is known of it; None where that has not come.
        words: In which language.
    """
    why = "" if part.why is None else f" ({words.review.whys[part.why]})"
    lines = [
        f"{words.part} {part.part_id} · {words.review.seen} {at_the_panel(part.seen_at)}",
        f"{words.review.decision}: {words.actions[part.action]}{why}",
        said(part.reason, part.coded, words),
    ]
    if whole is not None:
        if model := whole.inspection.explanation:
            lines.append(f"{words.review.model_says}: {model}")
        lines += [words_of(one, words) for one in reversed(whole.reviews)]
    return "\n".join(lines)


def words_of(review: Review, words: Words) -> str:
    """Who said when what of a part."""
    return words.review.said_before.format(
        who=review.by, at=at_the_panel(review.at), said=said_in(review, words)
    )


def said_in(review: Review, words: Words) -> str:
    """What a review says: the type of the defect, or the verdict, and why."""
    what = term(review.type, words) if review.type else words.review.verdicts[review.verdict]
    return f"{what} · {review.reason}" if review.reason else what


def boxes_of(whole: PartToReview, words: Words) -> tuple[BoxView, ...]:
    """Instruments and defects, as they are marked in the first picture."""
    decision = whole.inspection.decision
    return (
        *gauges.boxes(decision.gauges, words),
        *(
            BoxView(box=defect.box, label=defect_label(defect, words), says=defect.severity)
            for defect in decision.defects
        ),
    )


def at_the_panel(moment: datetime) -> str:
    """A moment by this panel's clock."""
    return f"{moment.astimezone():%m-%d %H:%M:%S}"
