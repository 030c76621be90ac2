"""Watches the scores of one view's passed parts: says when they have risen, why, and when they are back.

Two sums look at the same scores. One compares them with those of the taught parts, for as long as the recipe
is in use; it is as fine as so few parts allow, and taught scores, each from a memory that lacked its part,
lie somewhat high. The other compares them with those of the first ``LEARNED`` parts that passed here, which
are many and scored by the very memory that judges; so it finds a slow rise long before the first one can.

Both begin anew with the program: a rise above the taught parts that lasts is found again in some tens of
parts. Whoever has seen an alarm accepts what there is: the second sum learns its parts anew, the first does
not.
"""

from collections.abc import Callable
from typing import Final

from inspection.drift.causes import causes
from inspection.drift.cusum import RUN_LENGTH, Chart
from inspection.drift.usual import Look, UsualScores, UsualView
from inspection.messages.message import Sentence

LEARNED: Final = 500
"""Passed parts: then their number leaves open less than the smallest rise that is to be found."""
MOST_LOOKS: Final = 200
"""How many looks are remembered, the newest."""
_SUSPICION: Final = 0.5
"""Share of the limit from which pictures are looked at for what has moved: hardly one as taught ever is."""


class ViewWatch:
    """The sums of one view.

    Args:
        usual: What was usual for the view when it was taught.
        scores: Those of ``usual``, which are known.
    """

    def __init__(self, usual: UsualView, scores: UsualScores) -> None:
        self.view = usual.view
        self._usual = usual
        self._taught = _Sum(scores)
        self._here: _Sum | None = None
        self._learning: list[float] = []
        self._looks: list[Look] = []

    @property
    def drifted(self) -> bool:
        """The scores have risen, and are not back yet."""
        return any(one.risen for one in self._sums)

    def passed(self, score: float, look: Callable[[], Look]) -> None:
        """Take the score of a part that passed.

        Args:
            score: The view's, 0 to 1.
            look: Looks at its picture; asked only where the scores are suspicious.
        """
        known = self.drifted
        for one in self._sums:
            one.take(score)
        if not any(one.suspicious for one in self._sums):
            self._looks.clear()
        elif not known:
            self._looks = [*self._looks, look()][-MOST_LOOKS:]
        if self._here is None:
            self._learn(score)

    def accept(self) -> None:
        """Somebody has seen that the scores have risen here: from now on that is usual here."""
        self._here = None
        self._learning.clear()

    def causes(self, *, size: tuple[int, int]) -> Sentence:
        """What of light, focus and position has moved since the scores became suspicious.

        Args:
            size: Width and height of the view's pictures, in pixels.
        """
        return causes(self._looks, self._usual.looks, size=size)

    @property
    def _sums(self) -> list["_Sum"]:
        return [self._taught] if self._here is None else [self._taught, self._here]

    def _learn(self, score: float) -> None:
        if self._taught.suspicious:  # what is no longer as taught is not to become usual unseen
            self._learning.clear()
            return
        self._learning.append(score)
        if len(self._learning) < LEARNED:
            return
        # all of them passed: no limit cuts them once more
        scores = UsualScores.of(self._learning, witnesses=LEARNED, limit=1.0)
        assert scores is not None
        self._here = _Sum(scores)
        self._learning.clear()


class _Sum:
    """One sum, and whether it has reached its limit and is not back at 0 yet."""

    def __init__(self, scores: UsualScores) -> None:
        self.risen = False
        self._scores = scores
        self._chart = Chart.for_witnesses(scores.witnesses, run_length=2.0 * RUN_LENGTH)
        self._total = 0.0

    @property
    def suspicious(self) -> bool:
        return self._total >= _SUSPICION * self._chart.limit

    def take(self, score: float) -> None:
        self._total = self._chart.after(self._total, self._scores.normal_score(score))
        self.risen = self._total > 0.0 if self.risen else self._total >= self._chart.limit
