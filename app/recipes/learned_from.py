"""Which pictures a recipe learned from, and which ones its certificate was issued on.

Measured on what it learned from it looks better than it is; measured on what its certificate was issued on it
says nothing new; and what it learned from can certify it no more.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Self

from pydantic import Field

from inspection.decision import Frozen

MOST: Final = 20_000
"""Pictures of a kind that are remembered, in 16 bytes of JSON each."""
_DIGITS: Final = 16
"""Of a picture's SHA-256 that are kept: two of a million pictures agree in them with odds of 1 to 10⁷."""

_Remembered = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{_DIGITS}}}$")]


class LearnedFrom(Frozen):
    """The pictures that a recipe was taught from and adapted on, by what begins their pixels' SHA-256."""

    taught: tuple[_Remembered, ...] = Field(max_length=MOST)
    """Sorted."""
    labelled: tuple[_Remembered, ...] = Field(default=(), max_length=MOST)
    """Sorted; those of the labels that the recipe was adapted on."""
    complete: bool = True
    """False where there were more than are remembered, or where an older Passgate taught."""

    @classmethod
    def good(cls, sha256: Iterable[str]) -> Self:
        """What is taught from good pictures, by their pixels' SHA-256 in hex."""
        taught, all_of_them = _bounded(sha256)
        return cls(taught=taught, complete=all_of_them)

    def and_labels(self, sha256: Iterable[str]) -> Self:
        """The same adapted on labelled pictures; what earlier labels taught is forgotten, and so are they."""
        labelled, all_of_them = _bounded(sha256)
        return self.model_copy(update={"labelled": labelled, "complete": self.complete and all_of_them})

    def among(self, sha256: Iterable[str]) -> int:
        """How many of some pictures it learned from; at least so many where it is not complete."""
        known = {*self.taught, *self.labelled}
        return sum(one[:_DIGITS] in known for one in sha256)


class CertifiedFrom(Frozen):
    """The pictures that a certificate was issued on, by what begins their pixels' SHA-256."""

    certificate: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Its id."""
    pictures: tuple[_Remembered, ...] = Field(max_length=MOST)
    """Sorted."""
    complete: bool = True
    """False where there were more than are remembered."""

    @classmethod
    def of(cls, certificate: str, sha256: Iterable[str]) -> Self:
        """Those of the certificate with that id, by their pixels' SHA-256 in hex."""
        pictures, all_of_them = _bounded(sha256)
        return cls(certificate=certificate, pictures=pictures, complete=all_of_them)

    def among(self, sha256: Iterable[str]) -> int:
        """How many of some pictures it was issued on; at least so many where it is not complete."""
        known = set(self.pictures)
        return sum(one[:_DIGITS] in known for one in sha256)


NOT_REMEMBERED: Final = LearnedFrom(taught=(), complete=False)
"""Of a recipe that an older Passgate taught."""


def _bounded(sha256: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Those that are remembered, and whether they are all: of too many the smallest, a sample by chance."""
    found = sorted({one[:_DIGITS] for one in sha256})
    return tuple(found[:MOST]), len(found) <= MOST
