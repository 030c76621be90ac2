"""Who asks, as far as it can be known without a sign-in: the name that a client gives itself, its address."""

import re
from typing import Final
from urllib.parse import quote, unquote

CLIENT_HEADER: Final = "X-Passgate-Client"
"""What a client calls itself, percent-encoded UTF-8, such as ``console of anna on line3``."""
MAX_NAME: Final = 64
MAX_WHO: Final = 128
"""Letters of what ``named`` returns, at most."""
_NAME: Final = re.compile(r"[\w.@+:/()' -]+")
_UNKNOWN: Final = "an unnamed client"


def declared(name: str) -> str:
    """``name`` as the header's value, cut to what is accepted."""
    kept = "".join(letter if _NAME.fullmatch(letter) else "_" for letter in name)
    return quote(kept[:MAX_NAME], safe=" @+:/()'")


def named(header: str | None, address: tuple[str, int] | None) -> str:
    """Who it is in words, at most 128 characters, such as ``console of anna on line3 (127.0.0.1:51514)``.

    Args:
        header: The value of ``CLIENT_HEADER``; None or empty where it gave none.
        address: Its address and port.

    Raises:
        ValueError: The name is too long, or has letters that no name has.
    """
    name = unquote(header or "", errors="strict").strip()
    if name and (len(name) > MAX_NAME or not _NAME.fullmatch(name)):
        raise ValueError(
            f"{CLIENT_HEADER} is a name of at most {MAX_NAME} letters, digits and . @ + - : / ( ) ', "
            "percent-encoded UTF-8"
        )
    where = f" ({address[0]}:{address[1]})" if address else ""
    return (name or _UNKNOWN) + where
