"""Who asks the station for something, and what he may: a person who signed in, or a program with a key."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from inspection.access.rights import Proof, Right, Role

LONGEST_CLIENT: Final = 88
"""Letters of a client's own name and address, at most."""
BETWEEN: Final = ", "
"""Stands between who it was and from which client; in no user's or client's name."""


class CallerKind(StrEnum):
    """What somebody who asks is."""

    PERSON = "person"
    """Has signed in."""
    KEY = "key"
    """A program, such as a MES, with a key that an administrator gave."""
    PANEL = "panel"
    """The console on the station's machine, where nobody has signed in."""


class Caller(BaseModel):
    """Somebody who is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CallerKind
    name: str = Field(max_length=64)
    """A person's or key's, as printed."""
    role: Role | None = None
    """None for the panel."""
    proof: Proof | None = None
    """None for a key."""
    rights: frozenset[str] = frozenset()
    """What he may, by the rights' words (``Right.word``)."""

    def may(self, right: Right) -> bool:
        """Whether he has the right."""
        return right.word in self.rights

    def by(self, client: str) -> str:
        """Who it was and from which client, for the record, such as ``Ben, console on line3 (127.0.0.1:5)``.

        Args:
            client: As it names itself, with its address.
        """
        if self.kind is CallerKind.PANEL:
            return client
        return f"{self.name}{BETWEEN}{client}"[:128] if client else self.name
