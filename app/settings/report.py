"""``[report]``: the shift reports that a station writes by itself."""

from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reports.shift.document.kinds import Kind, Language
from reports.statistics.rule_sets import MOST_IN_SUBGROUP, RuleSet

T = TypeVar("T")


def _each_once(values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


EachOnce = Annotated[tuple[T, ...], AfterValidator(_each_once)]


class ReportTable(BaseModel):
    """``[report]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = None
    """Where the report of each shift is written when it is over; none is, where no folder is named."""
    formats: EachOnce[Kind] = Field(tuple(Kind), min_length=1)
    """Which files."""
    languages: EachOnce[Language] = Field((Language.EN,), min_length=1)
    """Of those that have one (PDF and XLSX)."""
    grace_min: float = Field(default=15.0, ge=0.0, le=240.0)
    """Minutes after a shift's end in which outcomes still come; then its report is written."""
    rules: RuleSet = RuleSet.NELSON_1984
    """Which points of a control chart are called signals."""
    subgroup: int = Field(default=1, ge=1, le=MOST_IN_SUBGROUP)
    """So many parts in a row are a subgroup of a gauge's chart; with 1 each is a point."""
    keep_free_bytes: int = Field(default=500_000_000, ge=0)
    """What reports leave free on the folder's disk, in bytes."""

    def beside(self, folder: Path) -> Self:
        """With a relative folder counted from ``folder``."""
        return self.model_copy(update={"folder": self.folder and folder / self.folder})
