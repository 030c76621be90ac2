"""What one inspection came to: the one value that an inspector gives for a part."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inspection.decision import Decision
from inspection.motion.chunk import ProposedMotion


class LaterWords(Protocol):
    """Says in words why a part was decided so, after the decision was published.

    It speaks of the part of its result and of no other. Where the model has turned to another part since, or
    the process that judged is gone, it may have nothing to say any more. It says it once.
    """

    def __call__(self, *, go_on: Callable[[], bool]) -> str:
        """The sentence, bounded in length; empty where nothing can be said any more.

        It blocks, and is called in the inference thread.

        Args:
            go_on: Asked between words; False ends the sentence there: another part has come.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionResult:
    """All that an inspector has to say of one part; nothing of it stays behind in the inspector."""

    decision: Decision
    motion: ProposedMotion | None = None
    """How belt and diverter should move for this part; None where the inspector has no word on it."""
    scores: tuple[float, ...] = ()
    """The defect score of each view as the taught memory alone sees it, whoever decides, in the order of the
    recipe's views and on the scale of ``Decision.defect_score``; none where the inspector has no memory."""
    words: LaterWords | None = None
    """Asks for the model's own sentence on this part; None where there is none to come."""
