"""Names of users: how they are written, and which two are one.

Two names are one where they look alike but for capitals and the way their letters are encoded: the same
after NFKC and case folding (Unicode 3.13, D145 to D147). A name holds letters with their marks, decimal
digits, and ``- . ' ’ · _`` and blanks between them: nothing that is not seen, and nothing that a client's
name has about it (brackets, a colon). Letters of two scripts that look alike stay two names.
"""

import unicodedata
from typing import Final

LONGEST: Final = 64
UNKNOWN: Final = "unknown"
"""By whom a sign-in failed whose name no user has."""
_NOBODY: Final = frozenset({"engine", "plc", "retention", "store", "sync", UNKNOWN})
"""Who else stands in the events."""
_BETWEEN: Final = frozenset("-.'’·_ ")
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks that show nothing, beside the variation selectors (Default_Ignorable_Code_Point)."""


def written(name: str) -> str:
    """A name as it is kept and printed: composed (NFC), with single blanks.

    Raises:
        ValueError: It can be no name; the text says why.

    >>> written("  Ada   Lovelace ")
    'Ada Lovelace'
    """
    kept = unicodedata.normalize("NFC", " ".join(name.split()))
    if not kept or len(kept) > LONGEST:
        raise ValueError(f"a name has 1 to {LONGEST} letters")
    if not all(map(_may_stand, kept)) or not kept[0].isalnum():
        raise ValueError(
            "a name begins with a letter or digit, and holds beside them only blanks and - . ' · _"
        )
    if key_of(kept) in _NOBODY:
        raise ValueError(f"{kept!r} stands in the record for a part of the station")
    return kept


def key_of(name: str) -> str:
    """What two names have in common that are one.

    >>> key_of("MÜLLER") == key_of("mu\\u0308ller")
    True
    """
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())


def _may_stand(letter: str) -> bool:
    if letter in _BETWEEN:
        return True
    if letter in _UNSEEN or "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef":
        return False
    category = unicodedata.category(letter)
    return category[0] in "LM" or category == "Nd"
