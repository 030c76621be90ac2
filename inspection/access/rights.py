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
    ACKNOWLEDGE = "acknowledge alarms"
    SHELVE = "shelve alarms"
    CHALLENGE = "run challenge parts"
    RELEASE = "open the station after a challenge that failed or is overdue"
    REVIEW = "decide on held parts"
    TEACH = "teach, certify and release recipes"
    SIGN = "sign shift reports"
    SETTINGS = "change the settings of PLC, cameras and model"
    USERS = "add, change and disable users"

    @property
    def word(self) -> str:
        """Names it to programs: ``choose_recipe``."""
        return self.name.lower()


BINDING: Final = frozenset(
    {
        Right.READ,
        Right.HOLD,
        Right.START,
        Right.CHALLENGE,
        Right.ACKNOWLEDGE,
        Right.SHELVE,
        Right.RELEASE,
        Right.REVIEW,
        Right.SIGN,
        Right.USERS,
    }
)
"""Rights that are asked for so far, by console and API and by commands; of the others none is."""


class Permitted(NamedTuple):
    """Who may, and by what proof."""

    roles: frozenset[Role]
    proof: Proof | None
    """The least that is asked for: a password does where a PIN does. None: no person needs to sign in."""


_EVERYBODY: Final = frozenset(Role)
_ON_THE_LINE: Final = frozenset({Role.OPERATOR, Role.QUALITY, Role.MAINTENANCE})

RIGHTS: Final[Mapping[Right, Permitted]] = MappingProxyType(
    {
        Right.READ: Permitted(_EVERYBODY, None),
        Right.HOLD: Permitted(_EVERYBODY, None),  # what makes the station stricter waits for no sign-in
        Right.START: Permitted(_ON_THE_LINE, Proof.PIN),
        Right.CHOOSE_RECIPE: Permitted(frozenset({Role.OPERATOR, Role.QUALITY}), Proof.PIN),
        Right.ACKNOWLEDGE: Permitted(_ON_THE_LINE, Proof.PIN),
        Right.SHELVE: Permitted(frozenset({Role.QUALITY, Role.MAINTENANCE}), Proof.PIN),
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


WITHOUT_SIGN_IN: Final = frozenset(right for right, permitted in RIGHTS.items() if permitted.proof is None)
"""What the console on the station's machine may while nobody has signed in."""

FIRST_DAY: Final = WITHOUT_SIGN_IN | {Right.START, Right.CHOOSE_RECIPE, Right.ACKNOWLEDGE, Right.CHALLENGE}
"""What it may as long as the record knows no user at all, so that a new station can be tried: what runs the
line. It ends with the first user, for good, since no user's name ever leaves the record."""

OF_KEYS: Final = FIRST_DAY - {Right.ACKNOWLEDGE}
"""What a program may at most, whatever its key's role has: never what a person must answer for."""


def rights_of(role: Role, proof: Proof) -> frozenset[Right]:
    """All that somebody of this role may, who has proven himself by ``proof``."""
    return frozenset(right for right in Right if may(role, right, proof))


def rights_of_key(role: Role) -> frozenset[Right]:
    """All that a program with a key of this role may."""
    return frozenset(right for right in OF_KEYS if role in RIGHTS[right].roles)
