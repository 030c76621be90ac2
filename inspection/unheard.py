"""What of a recipe does not come into force, since it speaks of types that nobody can name.

``models.inspectors.unheard`` finds it out; the guard, the alarms and the model's tile know of it.
"""

from pydantic import Field

from inspection.decision import Action, Frozen
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence
from inspection.messages.telling import say


class Unheard(Frozen):
    """What of a recipe does not come into force with one language model."""

    types: tuple[str, ...] = ()
    """Those that it names and the model cannot; empty: all is heard."""
    by_reflex: bool = False
    """Whether no language model was to judge anyhow."""
    lost: dict[str, Action] = Field(default_factory=dict)
    """What rules or words ask for a type (``*``: for all others), where the reflex's rules ask for less."""

    @property
    def in_words(self) -> Sentence:
        """What would not be done, for people; empty where all is heard."""
        return self._said(Code.ASKED_NOT_DONE)

    def on_the_line(self, *, accepted: bool) -> Sentence:
        """What is done about it on the line, for people; empty where all is heard.

        Args:
            accepted: A person accepted that it is not done; otherwise the guard takes what may be of such a
                type for one.
        """
        return self.in_words if accepted else self._said(Code.FOUND_TAKEN_FOR_SUCH)

    def _said(self, therefore: Code) -> Sentence:
        if not self.types:
            return NOTHING
        names = ", ".join(self.types)
        said = say(Code.NO_MODEL_TO_NAME if self.by_reflex else Code.MODEL_CANNOT_NAME, types=names)
        if not self.lost:
            return said
        asked = ", ".join(
            f"{'others' if kind == '*' else kind}: {action}" for kind, action in self.lost.items()
        )
        return say(therefore, cause=said, asked=asked)


ALL_HEARD = Unheard()
"""Whoever judges can name all that the recipe speaks of."""
