"""What each role may do, and by what it must have proven who it is: the one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from reports.record.users.roles import Proof, Role


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
        Right.SIGN: Permitted(frozenset({Role.QUALITY}), Proof.PASSWORD),
        Right.SETTINGS: Permitted(frozenset({Role.MAINTENANCE}), Proof.PASSWORD),
        Right.USERS: Permitted(frozenset({Role.ADMINISTRATOR}), Proof.PASSWORD),
    }
)


def may(role: Role, right: Right, proof: Proof) -> bool:
    """Whether somebody of this role, who has proven himself by ``proof``, has the right."""
    permitted = RIGHTS[right]
    enough = permitted.proof in (None, Proof.PIN, proof)
    return role in permitted.roles and enough
