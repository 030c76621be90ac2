"""What is said about who is let in: between clients and API, and between the API process and the engine."""

from pydantic import BaseModel, ConfigDict, Field

from inspection.access.callers import Caller, CallerKind
from inspection.access.rights import Proof, Role


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Whoami(_Message):
    """GET /api/session: whose token or key was sent."""

    user: str
    """As printed; of a program the name of its key."""
    kind: CallerKind
    role: Role | None = None
    """None for the console on the station's machine, while nobody has signed in."""
    proof: Proof | None = None
    """None where it is a key."""
    rights: tuple[str, ...]
    """What he may."""
    idle_s: float
    """A session that is not used for so long ends."""


class SessionTold(Whoami):
    """The answer to a sign-in."""

    token: str = Field(repr=False)
    """To be sent as ``Authorization: Bearer``; it is told this once."""


class CallersTold(_Message):
    """Engine → API process: all who are let in."""

    callers: dict[str, Caller] = Field(default_factory=dict)
    """By the SHA-256 of their token or key."""
    idle_s: float = 0.0
    names: tuple[str, ...] = ()
    """Of all who may sign in."""
    known: bool = False
    """The record was read since the engine's start: whoever is not among them is let in by nothing."""

    def whoami(self, known: str) -> Whoami | None:
        """Who sent a token or key, by its SHA-256; None where nobody has it."""
        caller = self.callers.get(known)
        if caller is None:
            return None
        return Whoami(
            user=caller.name,
            kind=caller.kind,
            role=caller.role,
            proof=caller.proof,
            rights=tuple(sorted(caller.rights)),
            idle_s=self.idle_s,
        )
