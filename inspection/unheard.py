"""What of a recipe does not come into force, since it speaks of types that nobody can name.

``models.unheard`` finds it out; the guard, the alarms and the model's tile know of it.
"""

from pydantic import Field

from inspection.decision import Action, Frozen


class Unheard(Frozen):
    """What of a recipe does not come into force with one language model."""

    types: tuple[str, ...] = ()
    """Those that it names and the model cannot; empty: all is heard."""
    by_reflex: bool = False
    """Whether no language model was to judge anyhow."""
    lost: dict[str, Action] = Field(default_factory=dict)
    """What rules or words ask for a type (``*``: for all others), where the reflex's rules ask for less."""

    @property
    def in_words(self) -> str:
        """For people; empty where all is heard."""
        if not self.types:
            return ""
        names = ", ".join(self.types)
        said = f"the language model cannot name {names}, so the reflex judges alone"
        if self.by_reflex:
            said = f"no language model judges, so nobody can name {names}"
        if not self.lost:
            return said
        asked = ", ".join(
            f"{'others' if kind == '*' else kind}: {action}" for kind, action in self.lost.items()
        )
        return f"{said}, and what the recipe asks is not done ({asked})"


ALL_HEARD = Unheard()
"""Whoever judges can name all that the recipe speaks of."""
