"""Passwords and PINs: which can be taken, and how one is kept (argon2id) and compared."""

import secrets
import unicodedata
from functools import cached_property
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inspection.access.rights import Proof
from inspection.errors import AccessError
from reports.record.users.names import key_of

SHORTEST_PASSWORD: Final = 15
"""NIST SP 800-63B-4 (2025), 3.1.1.2, where a password is the only proof. Of what letters is free."""
LONGEST_PASSWORD: Final = 256
SHORTEST_PIN: Final = 6
LONGEST_PIN: Final = 12


class Hashing:
    """Turns passwords and PINs into argon2id hashes, and compares them.

    Args:
        hasher: By default that of RFC 9106's second choice: 64 MiB, three passes.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobodys(self) -> str:
        """A hash that nothing fits."""
        return self._hasher.hash(secrets.token_urlsafe())

    def hashed(self, secret: str) -> str:
        """As a PHC string."""
        return self._hasher.hash(_normal(secret))

    def fits(self, secret: str, phc: str | None) -> bool:
        """Whether ``secret`` is the one behind ``phc``; where there is none, False after the same time."""
        try:
            return self._hasher.verify(phc or self._nobodys, _normal(secret))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def require_usable(secret: str, proof: Proof, *, name: str) -> None:
    """Refuse a password or PIN that cannot be taken. What it is stands in no message.

    Args:
        secret: As it was typed.
        proof: What it is to be.
        name: Of the user.

    Raises:
        AccessError: It is too short or long, or the first that anybody would guess.
    """
    normal = _normal(secret)
    if proof is Proof.PIN:
        if not (normal.isascii() and normal.isdigit() and SHORTEST_PIN <= len(normal) <= LONGEST_PIN):
            raise _unusable("a PIN is", f"{SHORTEST_PIN} to {LONGEST_PIN} digits")
        if len({(int(b) - int(a)) % 10 for a, b in pairwise(normal)}) == 1:
            raise _unusable("a PIN is", "no row of digits in equal steps, such as 111111 or 123456")
        return
    if not normal.isprintable() or not SHORTEST_PASSWORD <= len(normal) <= LONGEST_PASSWORD:
        raise _unusable(
            "a password has",
            f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} letters, digits, signs or blanks: several words, say",
        )
    rest = key_of(normal).replace(key_of(name), "")
    if len(rest) < SHORTEST_PASSWORD / 2 or len(set(rest)) < 3:
        raise _unusable("a password is", "more than the user's name, or one or two letters over and over")


def _unusable(what: str, rule: str) -> AccessError:
    return AccessError(f"{what} {rule}", todo="choose another; nothing was changed")


def _normal(secret: str) -> str:
    """As it is typed on any keyboard (NIST SP 800-63B: NFKC before hashing)."""
    return unicodedata.normalize("NFKC", secret)
