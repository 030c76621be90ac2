"""Names by examples: what a place is called, how sure that is, and *unknown* where it is not sure enough.

A name is given where it is likelier than all other types together, and the place is as much like its type as
examples are that were held out. All else is unknown, and a person looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from inspection.errors import RecipeError, WeightsError
from inspection.recipe import ShownType
from models.memory.assessment import Assessment
from models.memory.memory import NormalityMemory
from models.naming.directions import Directions
from models.naming.prototypes import MOST_SHARPNESS, HeldOut, Prototypes, hold_out, probabilities
from models.weights.soundness import Expected, fault, in_one_line

FORMAT: Final = 1
UNKNOWN: Final = "unknown"
"""What a defect is called that is like none of the types that were shown, or like several of them."""
_TAKEN: Final = frozenset({UNKNOWN, "anomaly", "none", "other"})
"""Names that say that there is no name."""
FEWEST_EXAMPLES: Final = 3
"""Of a type; two are too few to hold one out and still have a mean."""
MOST_EXAMPLES: Final = 600
"""Of all types together: half a megabyte of a recipe's file."""
MOST_TYPES: Final = 32
"""As many as a recipe may name."""
_SURE_FROM: Final = 0.5
_ONE: Final = 1.0 + 1e-3
"""No component of a mean of unit vectors is larger, but for rounding."""


@dataclass(frozen=True, kw_only=True)
class ShownExample:
    """A place that shows a type of defect."""

    kind: str
    direction: NDArray[np.float32]
    """(channels,), from ``Directions``."""
    group: str
    """Examples of one group are near-copies of each other, and are held out together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a place is called."""

    kind: str
    """A type that was shown, or ``UNKNOWN``."""
    probability: float
    """How sure the likeliest type is, 0 to 1, also where it is not sure enough to be named."""


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    types: tuple[ShownType, ...] = Field(min_length=1, max_length=MOST_TYPES)
    kinds: tuple[Annotated[int, Field(ge=0, lt=MOST_TYPES)], ...] = Field(max_length=MOST_EXAMPLES)
    """Of each example the place of its type among ``types``."""
    groups: tuple[Annotated[int, Field(ge=0, lt=MOST_EXAMPLES)], ...] = Field(max_length=MOST_EXAMPLES)
    """Of each example the number of its group."""
    sharpness: float = Field(gt=0.0, le=MOST_SHARPNESS)
    least: float = Field(ge=-_ONE, le=_ONE)

    @model_validator(mode="after")
    def _types_are_those_of_the_examples(self) -> Self:
        names = [one.name for one in self.types]
        if len(set(names)) != len(names):
            raise ValueError("a type comes twice")
        if len(self.groups) != len(self.kinds):
            raise ValueError("not every example has a group")
        for place, one in enumerate(self.types):
            groups = {group for kind, group in zip(self.kinds, self.groups, strict=True) if kind == place}
            if (one.examples, one.groups) != (self.kinds.count(place), len(groups)):
                raise ValueError(f"{one.name} has other examples than it says")
            if one.examples < FEWEST_EXAMPLES or one.groups < 2:
                raise ValueError(f"{one.name} has too few examples")
        if max(self.kinds) >= len(self.types):
            raise ValueError("an example is of no type")
        return self


class Names:
    """Names the defects of one view. It is immutable."""

    def __init__(self, examples: NDArray[np.float32], *, header: _Header, directions: Directions) -> None:
        self._examples = examples
        self._header = header
        self._directions = directions
        self._prototypes = Prototypes.of(examples, np.array(header.kinds, np.intp))

    @property
    def types(self) -> tuple[ShownType, ...]:
        """The types that were shown, by name."""
        return self._header.types

    @property
    def examples(self) -> tuple[ShownExample, ...]:
        """What was shown, so that more can be shown beside it."""
        header = self._header
        rows = zip(self._examples, header.kinds, header.groups, strict=True)
        return tuple(
            ShownExample(kind=header.types[kind].name, direction=direction, group=str(group))
            for direction, kind, group in rows
        )

    @classmethod
    def teach(cls, examples: Sequence[ShownExample], *, memory: NormalityMemory, seed: int = 0) -> Self:
        """Learn types from examples: a second at most.

        Args:
            examples: Of one view; three of each type at least, in two groups.
            memory: The view's: the examples' directions were told by it.
            seed: The same examples and seed give the same.

        Raises:
            RecipeError: A type has too few examples or groups, a name cannot be one, or there are too many.
        """
        names = tuple(sorted({one.kind for one in examples}))
        _refuse(examples, names)
        numbers = {group: place for place, group in enumerate(dict.fromkeys(one.group for one in examples))}
        kinds = np.array([names.index(one.kind) for one in examples], np.intp)
        groups = np.array([numbers[one.group] for one in examples], np.intp)
        # as exact as they are kept: what is measured now is what is in force later
        seen = np.stack([one.direction for one in examples]).astype(np.float16).astype(np.float32)
        held_out = hold_out(seen, kinds, groups.tolist(), seed=seed) if len(names) > 1 else None
        header = _Header(
            format=FORMAT,
            types=tuple(
                ShownType(
                    name=name,
                    examples=int((kinds == place).sum()),
                    groups=len(set(groups[kinds == place].tolist())),
                    right=None if held_out is None else _right(held_out, kinds, place),
                )
                for place, name in enumerate(names)
            ),
            kinds=tuple(kinds.tolist()),
            groups=tuple(groups.tolist()),
            sharpness=1.0 if held_out is None else held_out.sharpness,
            least=1.0 if held_out is None else held_out.least,
        )
        return cls(seen, header=header, directions=Directions(memory))

    def name(self, assessment: Assessment, *, shape: Sequence[int]) -> tuple[Name, ...]:
        """Name each place that stands out, in about 10 ms.

        Args:
            assessment: What the memory says of a picture.
            shape: Height and width of that picture in pixels.

        Returns:
            One for each of ``assessment.regions``; where there are none, one for ``assessment.foremost``.
        """
        return self.called(np.stack(self._directions.of(assessment, shape=shape)))

    def called(self, places: NDArray[np.float32]) -> tuple[Name, ...]:
        """Name places by their directions, (places, channels)."""
        header = self._header
        cosines = self._prototypes.cosines(places)
        found = []
        for row, shares in zip(cosines, probabilities(cosines, header.sharpness), strict=True):
            best = int(shares.argmax())
            # a single type is told from nothing, so nothing is called by it
            sure = len(header.types) > 1 and _sure(float(shares[best]), float(row.max()), header.least)
            kind = header.types[best].name if sure else UNKNOWN
            found.append(Name(kind=kind, probability=float(shares[best]) if len(header.types) > 1 else 0.0))
        return tuple(found)

    def likeliest(self, places: NDArray[np.float32]) -> NDArray[np.intp]:
        """The places, among ``types``, of the likeliest ones, however sure: (places,)."""
        likeliest: NDArray[np.intp] = self._prototypes.cosines(places).argmax(1)
        return likeliest

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give tensors and a JSON header, for a safetensors file; ``unpack`` reads them."""
        examples = torch.from_numpy(self._examples).half().contiguous()
        return {"examples": examples}, self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, memory: NormalityMemory) -> Self:
        """Make the names that were packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or do not fit ``memory``.
        """
        part, todo = (
            "nothing is inspected",
            "Show the examples again (passgate recipe types), or restore the file",
        )
        try:
            known = _Header.model_validate_json(header)
        except ValidationError as error:
            raise WeightsError(
                f"The names are damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.format != FORMAT:
            raise WeightsError(f"The names have format {known.format}, not {FORMAT}", part=part, todo=todo)
        directions = Directions(memory)
        shape = (len(known.kinds), directions.channels)
        expected = {"examples": Expected(shape=shape, dtype=torch.float16, least=-_ONE, most=_ONE)}
        if reason := fault(tensors, expected):
            raise WeightsError(f"The names are damaged: {reason}", part=part, todo=todo)
        return cls(tensors["examples"].float().numpy(), header=known, directions=directions)


def _sure(probability: float, cosine: float, least: float) -> bool:
    """Whether a name is likelier than all others together, and the place is like its type."""
    return probability > _SURE_FROM and cosine >= least


def _right(held_out: HeldOut, kinds: NDArray[np.intp], place: int) -> float:
    """The share of a type's examples that is called so while held out."""
    cosines = held_out.cosines[kinds == place]
    shares = probabilities(cosines, held_out.sharpness)
    right = [
        int(row.argmax()) == place and _sure(float(row.max()), float(alike.max()), held_out.least)
        for row, alike in zip(shares, cosines, strict=True)
    ]
    return float(np.mean(right))


def _refuse(examples: Sequence[ShownExample], names: Sequence[str]) -> None:
    """Raise RecipeError where nothing can be learned from the examples."""
    part = "the recipe as it was stays in use"
    if not examples:
        raise RecipeError(
            "no example shows a defect", part=part, todo="name a folder of pictures with --examples"
        )
    if len(examples) > MOST_EXAMPLES or len(names) > MOST_TYPES:
        raise RecipeError(
            f"{len(examples)} examples of {len(names)} types are more than {MOST_EXAMPLES} of {MOST_TYPES}",
            part=part,
            todo="show fewer of each type: ten of ten parts tell nearly as much",
        )
    for name in names:
        if name.casefold() in _TAKEN:
            raise RecipeError(
                f"{name!r} is no name for a type: it says that a defect has none",
                part=part,
                todo="name the type, or leave its examples out",
            )
        groups = [one.group for one in examples if one.kind == name]
        try:
            ShownType(name=name, examples=len(groups), groups=len(set(groups)), right=None)
        except ValidationError as error:
            raise RecipeError(
                f"{name!r} cannot be the name of a defect: {in_one_line(error)}",
                part=part,
                todo="a name is 1 to 64 letters, digits, spaces, dots, hyphens, and begins with a letter",
            ) from error
        if len(groups) < FEWEST_EXAMPLES or len(set(groups)) < 2:
            raise RecipeError(
                f"{len(groups)} examples from {len(set(groups))} parts are too few to know {name!r} by",
                part=part,
                todo=f"show {FEWEST_EXAMPLES} at least, of different parts; ten are better",
            )
