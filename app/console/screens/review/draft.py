"""What somebody is about to say of a part, and what the keys do to it. Pure."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from inspection.decision import Action
from inspection.reviews.review import Answer, Verdict, overrides

_VERDICTS = {
    **{"1": Verdict.GOOD, "2": Verdict.DEFECT, "3": Verdict.DONT_KNOW},
    **{"G": Verdict.GOOD, "D": Verdict.DEFECT, "U": Verdict.DONT_KNOW},
}


class Lacking(Enum):
    """What an answer needs before it can be put on record."""

    VERDICT = auto()
    TYPE = auto()
    REASON = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is typed of one part; kept until it is on record."""

    action: Action
    """What was decided on the part."""
    missed: bool = False
    verdict: Verdict | None = None
    type: str = ""
    reason: str = ""

    def say(self, verdict: Verdict) -> "Draft":
        """With this verdict; a type belongs to a defect alone."""
        return replace(self, verdict=verdict, type=self.type if verdict is Verdict.DEFECT else "")

    def named(self, kind: str) -> "Draft":
        """A defect of this type."""
        return replace(self, verdict=Verdict.DEFECT, type=" ".join(kind.split())[:64])

    def because(self, reason: str) -> "Draft":
        """With this reason."""
        return replace(self, reason=reason)

    def pressed(self, key: str, types: tuple[str, ...]) -> "Draft | None":
        """What a key makes of it; None where the key says nothing.

        A digit names a verdict, and once that is a defect, one of its types; a letter always a verdict.

        Args:
            key: A digit or a capital letter.
            types: Those that can be chosen, in their order.
        """
        if self.verdict is Verdict.DEFECT and key.isdecimal():
            number = int(key)
            return self.named(types[number - 1]) if 1 <= number <= len(types) else None
        verdict = _VERDICTS.get(key)
        return None if verdict is None else self.say(verdict)

    @property
    def lacking(self) -> Lacking | None:
        """What it needs still; None where it can be put on record."""
        if self.verdict is None:
            return Lacking.VERDICT
        if self.verdict is Verdict.DEFECT and not self.type:
            return Lacking.TYPE
        against = not self.missed and overrides(self.verdict, self.action)
        if (self.verdict is Verdict.DONT_KNOW or against) and not self.reason.strip():
            return Lacking.REASON
        return None

    def answer(self, *, revision: int, replaces: int) -> Answer:
        """As it is put on record. Only where nothing is lacking."""
        assert self.verdict is not None
        reason = "".join(letter for letter in self.reason if letter.isprintable()).strip()[:500]
        return Answer(
            verdict=self.verdict, type=self.type, reason=reason, revision=revision, replaces=replaces
        )
