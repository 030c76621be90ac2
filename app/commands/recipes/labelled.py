"""What labelled parts say of a recipe's scores, as the recipe commands show it."""

from typing import Any, Final

from inspection.certification.probability import LabelledScores, Origin

NOTHING_LABELLED: Final = "No labelled parts say how many with which score are defective"
_ORIGINS: Final = {
    Origin.HELD_OUT: "held out, judged when the recipe was certified",
    Origin.CROSS_FITTED: "those it was adapted on, each judged by what was learned from others",
}


def in_json(labelled: LabelledScores) -> dict[str, Any]:
    """Where the labels come from, how many there are, and what they say at tenths of the scale."""
    return {
        "origin": labelled.origin.value,
        "good": labelled.good,
        "defective": labelled.defective,
        "at": [
            {"defect_score": score, **({} if said is None else said.model_dump(mode="json"))}
            for score, said in labelled.table()
        ],
    }


def in_words(labelled: LabelledScores) -> str:
    """The same for people, and what it is not."""
    known = [f"{score:.1f}: {said.percent} %" for score, said in labelled.table() if said is not None]
    return (
        f"{labelled.defective} defective and {labelled.good} good labelled parts "
        f"({_ORIGINS[labelled.origin]}). Of those with such a score so many were defective: "
        f"{', '.join(known)}. On a line with a smaller share of defective parts fewer are"
    )
