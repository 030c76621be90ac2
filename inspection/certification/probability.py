"""What labelled parts say of a score: of those with such a defect score, how many were defective. Pure.

**The method** is Venn-Abers prediction (Vovk and Petej, "Venn-Abers Predictors", UAI 2014, arXiv:1211.0025;
in this inductive form Vovk, Petej and Fedorova, "Large-scale probabilistic predictors with and without
guarantees of validity", NIPS 2015, arXiv:1511.00213). The part that is judged joins the labelled ones, once
as a good part and once as a defective one, and each time isotonic regression finds the shares that rise with
the score and fit all of them best. That gives two shares, p0 and p1. If the part is like the labelled ones,
one of the two is perfectly calibrated, whatever the scores are and however few labels there are; which one,
the part's own truth decides. The figure between them is p1 / (1 - p0 + p1), which loses least to the better
of both by the logarithmic loss.

**Why this and no curve.** It has no shape to be wrong and no parameter to choose, it never falls as the score
rises, and it is honest where labels end: where all m labelled parts with such a score were defective it says
(m + 1) / (m + 2), Laplace's rule of succession, and so never 0 or 1. A logistic curve (Platt) would go on to
rise beyond the last label, on the strength of its shape alone.

**On how many labels it rests** the two shares say as well: among m labelled parts with such a score they
differ by 1 / (m + 1). Where labels of the two kinds leave a gap they are 0 and 1: no labelled part had such a
score, and nothing is said.

**What it is calibrated to** are the labelled parts, with their share of defective ones. A line has another,
mostly a far smaller one: of parts with such a score fewer are defective there. Who knows the line's share
multiplies the odds by (line's odds / labelled odds).

**What is counted.** Pictures of one part are near-copies, and the line shows a part once: so one picture of
each part is drawn (``one_of_each``).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from inspection.decision import Decision, DefectProbability, Frozen, ModelRef

LEVELS: Final = 1000
"""Steps of a defect score that are told apart, from 0 to 1: as many as people are shown."""

_Count = Annotated[int, Field(ge=0, le=1_000_000)]
_Level = tuple[Annotated[int, Field(ge=0, le=LEVELS)], _Count, _Count]


class Origin(StrEnum):
    """Where labelled scores come from."""

    HELD_OUT = "held_out"
    """From ``recipe certify``: the recipe itself judged parts that it had not learned from."""
    CROSS_FITTED = "cross_fitted"
    """From ``recipe adapt``: each part was judged by what was learned from the others."""


class LabelledScores(Frozen):
    """The defect scores of parts whose truth is known, none of which had taught what judged it."""

    schema_version: int = Field(default=1, alias="schema", ge=1, le=1)
    origin: Origin
    judged_by: ModelRef
    """What gave the scores; another model's lie on another scale."""
    levels: tuple[_Level, ...] = Field(min_length=1, max_length=LEVELS + 1)
    """(score in thousandths, good parts, defective parts), ascending."""

    @classmethod
    def of(
        cls, *, good: Iterable[float], defective: Iterable[float], origin: Origin, judged_by: ModelRef
    ) -> Self | None:
        """The scores, 0 to 1, one for each part; None where there are none of one of the two kinds."""
        fine, bad = Counter(map(_level, good)), Counter(map(_level, defective))
        if not fine or not bad:
            return None
        levels = tuple((level, fine[level], bad[level]) for level in sorted({*fine, *bad}))
        return cls(origin=origin, judged_by=judged_by, levels=levels)

    @property
    def good(self) -> int:
        """Labelled good parts."""
        return sum(good for _, good, _ in self.levels)

    @property
    def good_scores(self) -> list[float]:
        """The score of each labelled good part, 0 to 1, ascending, to a thousandth."""
        return [level / LEVELS for level, good, _ in self.levels for _ in range(good)]

    @property
    def defective(self) -> int:
        """Labelled defective parts."""
        return sum(defective for _, _, defective in self.levels)

    def probability(self, defect_score: float) -> DefectProbability | None:
        """What is said of a part with this score, 0 to 1; None where no labelled part had such a score."""
        least = _share_with(self.levels, _level(defect_score), defective=0)
        most = _share_with(self.levels, _level(defect_score), defective=1)
        alike = int(1 / (most - least)) - 1
        if alike < 1:
            return None
        return DefectProbability(
            among_labelled=float(most / (1 - least + most)),
            alike=alike,
            labelled_good=self.good,
            labelled_defective=self.defective,
        )

    def table(self) -> list[tuple[float, DefectProbability | None]]:
        """What is said at tenths of the scale, limit among them: for people who look at a recipe."""
        return [(step / 10, self.probability(step / 10)) for step in range(11)]

    def on(self, decision: Decision) -> Decision:
        """``decision`` with what the labels say of its score; as it is where it does not rest on that.

        Nothing else of it is touched.
        """
        if decision.deviation is None or decision.model != self.judged_by:
            return decision
        return decision.model_copy(update={"defect_probability": self.probability(decision.deviation)})

    @model_validator(mode="after")
    def _as_counted(self) -> Self:
        order = [level for level, _, _ in self.levels]
        if any(later <= earlier for earlier, later in pairwise(order)):
            raise ValueError("the scores are not in order")
        if not self.good or not self.defective:
            raise ValueError("there are no labelled parts of one of the two kinds")
        return self


def one_of_each(
    scores: Iterable[float | None], *, parts: Iterable[Hashable], names: Iterable[str]
) -> list[float]:
    """One score of each part, in the order in which the parts first come.

    Drawn by the least name, which says nothing of the score where names are digests: so each part stands
    there as the line would have seen it once, and the same pictures give the same draw.

    Args:
        scores: Of each picture; None for one that no model scored, which is not drawn.
        parts: Of each picture, what it shows.
        names: Of each picture, say its pixels' SHA-256.

    >>> one_of_each([0.7, 0.2, None, 0.9], parts=["a", "a", "b", "c"], names="yxzu")
    [0.2, 0.9]
    """
    drawn: dict[Hashable, tuple[str, float]] = {}
    for score, part, name in zip(scores, parts, names, strict=True):
        if score is not None:
            drawn[part] = min(drawn.get(part, (name, score)), (name, score))
    return [score for _, score in drawn.values()]


def _level(defect_score: float) -> int:
    return round(defect_score * LEVELS)


def _share_with(levels: Sequence[tuple[int, int, int]], at: int, *, defective: int) -> Fraction:
    """The isotonic share at level ``at`` with one more part there, good (0) or ``defective`` (1).

    Pool adjacent violators (Ayer and others, Annals of Mathematical Statistics 26, 1955), in whole numbers.
    """
    counted = {level: (good + bad, bad) for level, good, bad in levels}
    parts, bad = counted.get(at, (0, 0))
    counted[at] = (parts + 1, bad + defective)
    pools: list[tuple[int, int, int]] = []  # highest level, parts, defective parts among them
    for level in sorted(counted):
        parts, bad = counted[level]
        while pools and pools[-1][2] * parts >= bad * pools[-1][1]:
            _, more, more_bad = pools.pop()
            parts, bad = parts + more, bad + more_bad
        pools.append((level, parts, bad))
    return next(Fraction(bad, parts) for highest, parts, bad in pools if highest >= at)
