"""What a challenge is: its pieces, what each must get, when it is due, and what opens the station again."""

import hashlib
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from inspection.decision import Action
from inspection.frozen import Frozen, Printable

MOST_LOOKS: Final = 500
"""Looks of one challenge: pieces times repeats."""

PieceName = Annotated[Printable, Field(min_length=1, max_length=64)]


class Piece(Frozen):
    """One known part."""

    name: PieceName
    expects: tuple[Action, ...] = Field(min_length=1)
    """What it must get: one of these."""
    defect: str = Field(default="", max_length=64)
    """A type of defect that must be named besides; empty for any."""
    gauges: dict[str, tuple[FiniteFloat, FiniteFloat]] = Field(default_factory=dict)
    """What gauges must read besides, by their names: least and most."""
    part_ids: tuple[Annotated[int, Field(ge=1, le=0xFFFFFFFF)], ...] = ()
    """Part ids by which the PLC says that it is this piece."""
    serial: Printable = Field(default="", max_length=256)
    """What a code on it holds, or the PLC calls it; empty where nothing names it."""

    @field_validator("expects", mode="before")
    @classmethod
    def _one_alone(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _proves_something(self) -> Self:
        if self.good and len(self.expects) > 1:
            raise ValueError(
                f"piece {self.name!r} may both pass and not: whatever the station does, it proves nothing"
            )
        if self.good and self.defect:
            raise ValueError(f"piece {self.name!r} is to pass, and {self.defect!r} to be found in it")
        for gauge, (low, high) in self.gauges.items():
            if low > high:
                raise ValueError(f"piece {self.name!r}: gauge {gauge!r} cannot read {low:g} to {high:g}")
        return self

    @property
    def good(self) -> bool:
        """It must pass: a golden part."""
        return Action.PASS in self.expects

    @property
    def named(self) -> bool:
        """A part id or serial tells that it is this piece; else only its place in the order does."""
        return bool(self.part_ids or self.serial)


class Reopen(StrEnum):
    """What opens a station that a challenge has closed."""

    QUALITY = "quality"
    """Somebody of quality, by his password, with a reason."""
    CHALLENGE = "challenge"
    """A challenge that passes, too."""


class ChallengePlan(Frozen):
    """The challenge of one station."""

    pieces: tuple[Piece, ...] = Field(min_length=1, max_length=100)
    repeats: int = Field(default=1, ge=1, le=50)
    """How often each piece is looked at in one challenge."""
    shift_start: bool = True
    """Due when a shift begins."""
    recipe_change: bool = True
    """Due when another recipe, version or file of it is in use than when the last one passed."""
    model_change: bool = True
    engine_start: bool = False
    every_hours: float | None = Field(default=None, gt=0.0, le=8760.0)
    after_parts: int | None = Field(default=None, ge=1)
    grace_min: float | None = Field(default=60.0, ge=0.0)
    """Due for longer than so many minutes, it is overdue; None: never."""
    after_failure: Reopen = Reopen.QUALITY
    after_overdue: Reopen = Reopen.QUALITY

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_twice("name", [piece.name for piece in self.pieces])
        _refuse_twice("serial", [piece.serial for piece in self.pieces if piece.serial])
        _refuse_twice("part id", [str(one) for piece in self.pieces for one in piece.part_ids])
        if all(piece.good for piece in self.pieces):
            raise ValueError(
                "every piece is to pass: at least one must be defective, or a blind station would pass too"
            )
        if len(self.pieces) * self.repeats > MOST_LOOKS:
            raise ValueError(f"{len(self.pieces)} pieces, {self.repeats} times each, are over {MOST_LOOKS}")
        return self

    @property
    def digest(self) -> str:
        """Names what is asked of which pieces: another set was not passed by passing this one."""
        asked = self.model_dump_json(include={"pieces", "repeats"})
        return hashlib.sha256(asked.encode()).hexdigest()[:16]

    def misfit(self, gauges: Collection[str]) -> str:
        """Why it cannot be passed by a recipe with these gauges, in words; empty where it can."""
        for piece in self.pieces:
            if unknown := sorted(piece.gauges.keys() - set(gauges)):
                return f"challenge piece {piece.name!r} asks for gauge {unknown[0]!r}, which the recipe lacks"
        return ""

    def piece_of(self, *, part_id: int | None = None, serial: str = "") -> Piece | None:
        """The piece that a part id or a serial names; None where they name none."""
        for piece in self.pieces:
            if part_id in piece.part_ids or (serial and serial == piece.serial):
                return piece
        return None


def _refuse_twice(what: str, values: list[str]) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"the {what} {twice[0]!r} stands for two pieces")
