"""Who may do what at a station: roles, proofs, and rights as the one table. Pure, for every process."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Role(StrEnum):
    """What somebody is at the station. The names are on record: they are added to, never changed."""

    OPERATOR = "operator"
    """Runs the line at the console."""
    QUALITY = "quality"
    """Teaches recipes, reviews held parts, signs shift reports."""
    MAINTENANCE = "maintenance"
    """Wires PLC and cameras, and changes the station's settings."""
    ADMINISTRATOR = "administrator"
    """Says who is a user, and may sign shift reports as a second person; judges no part."""


class Proof(StrEnum):
    """By what somebody proves who he is. The names are on record."""

    PIN = "PIN"
    """Digits, quick to type at the console."""
    PASSWORD = "password"  # noqa: S105
    """For signatures, and for what changes how the station judges."""


class Meaning(StrEnum):
    """What a signature says (21 CFR 11.50). The names are on record."""

    WRITTEN = "written"
    """I answer for this report."""
    REVIEWED = "reviewed"
    """I have looked through it."""
    APPROVED = "approved"
    """I agree with what it says of the shift."""


class Right(StrEnum):
    """What somebody may be permitted to do."""

    READ = "look at the line, the record and reports"
    HOLD = "order Hold"
    START = "order Start or Reset"
    CHOOSE_RECIPE = "choose the recipe"
    CHALLENGE = "run challenge parts"
    RELEASE = "open the station after a challenge that failed or is overdue"
    REVIEW = "decide on held parts"
    TEACH = "teach, certify and release recipes"
    SIGN = "sign shift reports"
    SETTINGS = "change the settings of PLC, cameras and model"
    USERS = "add, change and disable users"


BINDING: Final = frozenset({Right.RELEASE, Right.REVIEW, Right.SIGN, Right.USERS})
"""Rights that are asked for so far. Where another is needed, console and API still go by the name that a
client gives itself; commands on the station's machine by nothing."""


class Permitted(NamedTuple):
    """Who may, and by what proof."""

    roles: frozenset[Role]
    proof: Proof | None
    """The least that is asked for: a password does where a PIN does. None: nobody needs to sign in."""


_EVERYBODY: Final = frozenset(Role)
_ON_THE_LINE: Final = frozenset({Role.OPERATOR, Role.QUALITY, Role.MAINTENANCE})

RIGHTS: Final[Mapping[Right, Permitted]] = MappingProxyType(
    {
        Right.READ: Permitted(_EVERYBODY, None),
        Right.HOLD: Permitted(_EVERYBODY, None),  # what makes the station stricter waits for no sign-in
        Right.START: Permitted(_ON_THE_LINE, Proof.PIN),
        Right.CHOOSE_RECIPE: Permitted(frozenset({Role.OPERATOR, Role.QUALITY}), Proof.PIN),
        Right.CHALLENGE: Permitted(frozenset({Role.OPERATOR, Role.QUALITY}), Proof.PIN),
        Right.RELEASE: Permitted(frozenset({Role.QUALITY}), Proof.PASSWORD),
        Right.REVIEW: Permitted(frozenset({Role.QUALITY}), Proof.PIN),
        Right.TEACH: Permitted(frozenset({Role.QUALITY}), Proof.PASSWORD),
        Right.SIGN: Permitted(frozenset({Role.QUALITY, Role.ADMINISTRATOR}), Proof.PASSWORD),
        Right.SETTINGS: Permitted(frozenset({Role.MAINTENANCE}), Proof.PASSWORD),
        Right.USERS: Permitted(frozenset({Role.ADMINISTRATOR}), Proof.PASSWORD),
    }
)


def may(role: Role, right: Right, proof: Proof) -> bool:
    """Whether somebody of this role, who has proven himself by ``proof``, has the right."""
    permitted = RIGHTS[right]
    enough = permitted.proof in (None, Proof.PIN, proof)
    return role in permitted.roles and enough
