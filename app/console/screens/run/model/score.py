"""What is said of a part's score: how many labelled parts like it were defective, else its limit. Pure."""

from typing import Final

from app.console.widgets.phrases import NOTHING
from app.console.words.words import Words
from inspection.decision import SCORE_LIMIT, DefectProbability
from inspection.part import Inspection
from inspection.status import StationStatus

_MANY: Final = 500
"""Labelled parts of which the exact number matters no more, where there is little room."""


def fact(part: Inspection, status: StationStatus, words: Words) -> tuple[str, str]:
    """Caption and figure: a share of labelled parts, named so, or the score against its limit."""
    said = _of_labelled(part)
    if said is None:
        return words.deviation, _deviation(part, status)
    alike = str(said.alike) if said.alike < _MANY else f"{_MANY}+"  # a number cut short would be another
    return words.labelled, words.labelled_share.format(percent=said.percent, alike=alike)


def rows(part: Inspection, status: StationStatus, words: Words) -> tuple[tuple[str, str], ...]:
    """What ``fact`` has no room for: of which parts it is a share, and then the score too."""
    said = _of_labelled(part)
    if said is None:
        return ()
    told = words.labelled_told.format(
        percent=said.percent,
        alike=said.alike,
        defective=said.labelled_defective,
        good=said.labelled_good,
    )
    return ((words.labelled, told), (words.deviation, _deviation(part, status)))


def _of_labelled(part: Inspection) -> DefectProbability | None:
    """What labelled parts say, where the decision rests on the score that they say it of."""
    if part.missed is not None or part.decision.deviation is None:
        return None
    return part.decision.defect_probability


def _deviation(part: Inspection, status: StationStatus) -> str:
    """The model's score against the limit that it had to keep; no probability, and not shown as one."""
    score = part.decision.deviation
    if score is None or part.missed is not None:
        return NOTHING
    limit = _limit(part, status)
    return f"{score:.3f} / {NOTHING if limit is None else f'{limit:.3f}'}"


def _limit(part: Inspection, status: StationStatus) -> float | None:
    """The limit that the part was judged with; None where that is not known any more.

    A part's record names its certificate, which alone has the threshold: one that does not hold today is not
    at hand, and today's says nothing about a part that was judged before it.
    """
    if part.certificate is None:
        return SCORE_LIMIT
    certificate = status.certification.certificate
    if certificate is None or certificate.id != part.certificate.id:
        return None
    return min(SCORE_LIMIT, certificate.threshold)
