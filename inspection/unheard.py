"""What of a recipe does not come into force, since it speaks of types that nobody can name.

``models.inspectors.unheard`` finds it out; the guard, the alarms and the model's tile know of it.
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
        """What would not be done, for people; empty where all is heard."""
        return self._said("what the recipe asks is not done")

    def on_the_line(self, *, accepted: bool) -> str:
        """What is done about it on the line, for people; empty where all is heard.

        Args:
            accepted: A person accepted that it is not done; otherwise the guard takes what may be of such a
                type for one.
        """
        return self.in_words if accepted else self._said("what is found gets what such a type would get")

    def _said(self, therefore: str) -> str:
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
        return f"{said}, and {therefore} ({asked})"


ALL_HEARD = Unheard()
"""Whoever judges can name all that the recipe speaks of."""
