"""What can be chosen when a normality memory is taught."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_AREA_PX: Final = 1 << 24
"""The largest area of a picture at working size, in pixels; a file that asks for more is damaged, or would
take all memory."""


class MemorySettings(BaseModel):
    """The choices of whoever teaches a memory. The defaults hold for every product measured so far."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    working_area_px: int = Field(default=81_920, ge=1, le=MOST_AREA_PX)
    """The area, in pixels, that all pictures are scaled to; their aspect ratio becomes the middling one of
    the taught pictures."""
    patches: int = Field(default=2_000, ge=1, le=1_000_000)
    """How many patches the memory keeps."""
    top_share: float = Field(default=0.03, gt=0.0, le=1.0)
    """The patches' score is the mean of this share of the cells, the highest, above the middling cell."""
    shrinkage: float = Field(default=0.5, gt=0.0, le=1.0)
    """The weight of the identity in the correlation of the pooled features."""
    overkill: float = Field(default=0.01, ge=0.0, le=1.0)
    """The share of good parts, one from each new group, that the threshold may reject, as far as so many
    taught pictures can tell (:mod:`models.memory.threshold`)."""
    most_regions: int = Field(default=8, ge=1, le=1_000)
    """How many regions an assessment names at most."""

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, said: Any) -> Any:
        """Read a file of when calibration was by folds, whose number was a setting."""
        return (
            {name: value for name, value in said.items() if name != "folds"}
            if isinstance(said, dict)
            else said
        )
