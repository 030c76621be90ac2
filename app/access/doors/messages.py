"""What the engine and the process that looks people up say to each other: JSON, a line each."""

from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from inspection.access.rights import Proof, Role
from inspection.messages.message import Coded, Sentence


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignIn(_Message):
    """Who somebody says that he is; the API takes it as it stands here."""

    user: str = Field(min_length=1, max_length=256)
    secret: str = Field(min_length=1, max_length=256, repr=False)
    """His password or PIN."""
    proof: Proof


class Looked(_Message):
    """What the process is asked: whether it is he, or, without that, only who there is."""

    sign_in: SignIn | None = None
    client: str = ""
    """From where somebody signs in."""


class Person(_Message):
    """A user as far as the engine needs him."""

    name: str
    role: Role
    revision: int
    usable: bool
    """Active, with a password of his own."""


class Key(_Message):
    """A program's key."""

    name: str
    role: Role
    sha256: str


class People(_Message):
    """All who may be let in, as the record has them."""

    persons: tuple[Person, ...] = ()
    keys: tuple[Key, ...] = ()
    any_user: bool = True
    """Whether a user was ever added."""

    def revision_of(self, name: str) -> int | None:
        """How a user stands on record; None where he may nothing."""
        return next((one.revision for one in self.persons if one.name == name and one.usable), None)


class Proven(_Message):
    """Somebody is who he says."""

    name: str
    role: Role
    proof: Proof
    revision: int


class Told(_Message):
    """What the process answers."""

    people: People | None = None
    """None where it cannot be read."""
    proven: Proven | None = None
    refused: str = ""
    """Why somebody is not let in, or the record not read, in English."""
    coded: Coded = ()

    @classmethod
    def refusing(cls, said: Sentence, people: People | None = None) -> Self:
        """Why not."""
        return cls(people=people, refused=said, coded=said.coded)

    @property
    def why_not(self) -> Sentence:
        """Why not, for any language."""
        return Sentence(self.refused, self.coded)


class Admitted(NamedTuple):
    """Somebody who has signed in."""

    token: str
    """To be told once, to nobody else."""
    proven: Proven
