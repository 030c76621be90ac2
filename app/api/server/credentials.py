"""What a client proves itself by: ``Authorization: Bearer``, with a session's token or a program's key."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

LONGEST: Final = 256


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The SHA-256 of the token or key that came with a request; empty where none came, or more than one.

    It is known by this from here on: nothing of ours keeps or logs the token itself.
    """
    found = [value for name, value in headers if name.lower() == b"authorization"]
    if len(found) != 1 or len(found[0]) > LONGEST:
        return ""
    scheme, _, secret = found[0].partition(b" ")
    secret = secret.strip()
    return sha256(secret).hexdigest() if scheme.lower() == b"bearer" and secret else ""
