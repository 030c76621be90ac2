"""Which pictures a recipe learned from, and which ones its certificate was issued on.

Measured on what it learned from it looks better than it is; measured on what its certificate was issued on it
says nothing new; and what it learned from can certify it no more.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Self

from pydantic import Field

from inspection.decision import Frozen

MOST: Final = 20_000
"""Pictures of a kind that are remembered, in 16 bytes of JSON each."""
_DIGITS: Final = 16
"""Of a picture's SHA-256 that are kept: two of a million pictures agree in them with odds of 1 to 10⁷."""

_Remembered = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{_DIGITS}}}$")]


class Joined(Frozen):
    """A picture that joined a recipe by itself; a copy of it lies in the recipe's own folder."""

    file: str = Field(pattern=rf"^[0-9a-f]{{{_DIGITS}}}\.[a-z0-9]{{1,5}}$")
    """Its name there: what is remembered of its pixels' SHA-256."""
    mask: str = Field(default="", pattern=rf"^([0-9a-f]{{{_DIGITS}}}_mask\.png)?$")
    """Name of the mask beside it; empty where nobody has marked the defect."""
    defective: bool
    version: int = Field(ge=1)
    """The first version that has it."""
    said: str = Field(max_length=300)
    """Where it came from, for people."""

    @property
    def sha256(self) -> str:
        """What is remembered of its pixels' SHA-256."""
        return self.file.partition(".")[0]


class Folders(Frozen):
    """Where the pictures lay that a recipe learned from, and how they were asked to teach it."""

    good: str = Field(default="", max_length=4096)
    """Those it was taught from; empty where they lay in no folder, or it is not known."""
    keep_outliers: bool = False
    labels: str = Field(default="", max_length=4096)
    """Those it was adapted on; empty where it was on none."""
    more_good: str = Field(default="", max_length=4096)
    """More good ones that it was adapted on."""
    escapes: float | None = None
    overkill: float | None = None
    """What was asked of the adapted threshold."""


class LearnedFrom(Frozen):
    """The pictures that a recipe was taught from and adapted on, by what begins their pixels' SHA-256."""

    taught: tuple[_Remembered, ...] = Field(max_length=MOST)
    """Sorted."""
    labelled: tuple[_Remembered, ...] = Field(default=(), max_length=MOST)
    """Sorted; those of the labels that the recipe was adapted on."""
    complete: bool = True
    """False where there were more than are remembered, or where an older Passgate taught."""
    folders: Folders = Folders()
    joined: tuple[Joined, ...] = Field(default=(), max_length=MOST)
    """The pictures that joined one by one, oldest first. A good one is among ``taught``, and a defective one
    among ``labelled`` where it was learned from: until there are enough of them it waits."""

    @classmethod
    def good(cls, sha256: Iterable[str]) -> Self:
        """What is taught from good pictures, by their pixels' SHA-256 in hex."""
        taught, all_of_them = _bounded(sha256)
        return cls(taught=taught, complete=all_of_them)

    def and_labels(self, sha256: Iterable[str]) -> Self:
        """The same adapted on labelled pictures; what earlier labels taught is forgotten, and so are they."""
        labelled, all_of_them = _bounded(sha256)
        return self.model_copy(update={"labelled": labelled, "complete": self.complete and all_of_them})

    def in_brief(self) -> dict[str, Any]:
        """For JSON: how many pictures, the folders they lay in, and those that joined one by one."""
        return {
            "taught": len(self.taught),
            "labelled": len(self.labelled),
            "complete": self.complete,
            "folders": self.folders.model_dump(),
            "joined": [one.model_dump() for one in self.joined],
        }

    @property
    def in_words(self) -> str:
        """The same for people."""
        least = "" if self.complete else "at least "
        lines = [
            f"Learned from {least}{len(self.taught)} good pictures and {len(self.labelled)} labelled ones"
        ]
        lines += [
            f"Version {one.version} learned of a {'defective' if one.defective else 'good'} part: {one.said}"
            for one in self.joined
        ]
        return "\n".join(lines)

    def knows(self, sha256: str) -> str:
        """What a picture is to it already, in a word or two; empty where it is new."""
        one = remembered(sha256)
        labels = {joined.sha256 for joined in self.joined if joined.defective}.union(self.labelled)
        return "taught" if one in self.taught else "labelled" if one in labels else ""

    def and_examples(self, sha256: Iterable[str]) -> Self:
        """The same with examples of its types shown as well, beside the labels that it was adapted on."""
        labelled, all_of_them = _bounded([*self.labelled, *sha256])
        return self.model_copy(update={"labelled": labelled, "complete": self.complete and all_of_them})

    def among(self, sha256: Iterable[str]) -> int:
        """How many of some pictures it learned from; at least so many where it is not complete."""
        known = {*self.taught, *self.labelled}
        return sum(remembered(one) in known for one in sha256)


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
        return sum(remembered(one) in known for one in sha256)


NOT_REMEMBERED: Final = LearnedFrom(taught=(), complete=False)
"""Of a recipe that an older Passgate taught."""


def remembered(sha256: str) -> str:
    """What is remembered of a picture's SHA-256 in hex."""
    return sha256[:_DIGITS]


def _bounded(sha256: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Those that are remembered, and whether they are all: of too many the smallest, a sample by chance."""
    found = sorted({remembered(one) for one in sha256})
    return tuple(found[:MOST]), len(found) <= MOST
