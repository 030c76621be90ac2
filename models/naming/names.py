"""Names by examples: what a place is called, how sure that is, and *unknown* where it is not sure enough.

A name is given where it is likelier than all other types together, the place is as much like its type as
examples are that were held out, and the type's name came true among them about as often as it said. All else
is unknown, and a person looks at it. How sure a name is, is said only where the examples leave little of that
open; few examples tell what a defect is called sooner than how often that is true.
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
from models.naming.belief import SHARPNESSES, Belief, HeldOut, hold_out, keeps_its_word
from models.naming.directions import EXTENTS, Directions
from models.naming.ridges import WAYS, Ridges
from models.weights.soundness import Expected, fault, format_of, in_one_line

FORMAT: Final = 3
UNKNOWN: Final = "unknown"
"""What a defect is called that is like none of the types that were shown, or like several of them."""
_TAKEN: Final = frozenset({UNKNOWN, "anomaly", "none", "other"})
"""Names that say that there is no name."""
FEWEST_EXAMPLES: Final = 3
"""Of a type; two are too few to hold one out and still have a mean."""
MOST_EXAMPLES: Final = 600
"""Of all types together: less than two megabytes of a recipe's file."""
MOST_TYPES: Final = 32
"""As many as a recipe may name."""
_SURE_FROM: Final = 0.5
_LATE: Final = 0.1
"""Share of the held-out examples that lie farther from their own type than what is still named."""
_MOST_DOUBT: Final = 0.05
"""The calibration error that is to be expected of a probability that is shown."""
_ROUNDED: Final = 1e-3
_ONE: Final = 1.0 + _ROUNDED
"""No component of a mean of unit vectors is larger, but for rounding."""


@dataclass(frozen=True, kw_only=True)
class ShownExample:
    """A place that shows a type of defect."""

    kind: str
    direction: NDArray[np.float32]
    """(extents, channels), from ``Directions``."""
    group: str
    """Examples of one group are near-copies of each other, and are held out together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a place is called."""

    kind: str
    """A type that was shown, or ``UNKNOWN``."""
    probability: float
    """How sure the likeliest type is, 0 to 1, also where it is not sure enough to be named."""
    vouched: bool
    """Whether the examples tell that probability so well that people may be shown it."""


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    types: tuple[ShownType, ...] = Field(min_length=1, max_length=MOST_TYPES)
    kinds: tuple[Annotated[int, Field(ge=0, lt=MOST_TYPES)], ...] = Field(max_length=MOST_EXAMPLES)
    """Of each example the place of its type among ``types``."""
    groups: tuple[Annotated[int, Field(ge=0, lt=MOST_EXAMPLES)], ...] = Field(max_length=MOST_EXAMPLES)
    """Of each example the number of its group."""
    belief: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...]
    """How far each way of telling types apart is believed with each sharpness, way by way; none for a single
    type."""
    least: float = Field(ge=-_ONE, le=_ONE)
    """The mean cosine to the likeliest type's examples below which a place is like none of them."""
    doubt: float = Field(ge=0.0, le=1.0)
    """The calibration error that is to be expected of the probabilities; 1 where there are none."""
    withheld: tuple[Annotated[int, Field(ge=0, lt=MOST_TYPES)], ...] = Field(max_length=MOST_TYPES)
    """The places of types whose names came true too seldom among the held-out examples to be given."""

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

    @model_validator(mode="after")
    def _belief_is_of_all_ways(self) -> Self:
        if len(self.types) > 1 and len(self.belief) != len(WAYS) * len(SHARPNESSES):
            raise ValueError("it believes in other ways of telling types apart than there are")
        if len(self.types) > 1 and abs(sum(self.belief) - 1.0) > _ROUNDED:
            raise ValueError("what it believes is not one in all")
        return self


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What examples that were held out tell of the types."""

    belief: Belief
    least: float
    doubt: float
    withheld: frozenset[int]
    """Types whose names came true too seldom to be given."""
    called: NDArray[np.intp]
    """(examples,): the type that each was called, -1 where it was unknown."""
    kinds: NDArray[np.intp]

    @classmethod
    def of(cls, held_out: HeldOut, kinds: NDArray[np.intp], groups: Sequence[int]) -> Self:
        belief = Belief.of(held_out.scores, kinds, groups)
        places = np.arange(len(kinds))
        own = np.sort(held_out.cosines[places, kinds])
        # the split-conformal rank, as for the memory's threshold
        least = float(own[max(int(_LATE * (len(own) + 1)) - 1, 0)])
        shares = belief.probabilities(held_out.scores)
        best = shares.argmax(1)
        said = shares[places, best]
        sure = np.array(
            [_sure(*one, least) for one in zip(said, held_out.cosines[places, best], strict=True)]
        )
        of_type = {one: sure & (best == one) for one in np.unique(best).tolist()}
        withheld = frozenset(
            one for one, its in of_type.items() if not keeps_its_word(said[its], kinds[its] == one)
        )
        sure &= ~np.isin(best, list(withheld))
        return cls(
            belief=belief,
            least=least,
            doubt=min(belief.doubt(held_out.scores), 1.0),
            withheld=withheld,
            called=np.where(sure, best, -1),
            kinds=kinds,
        )

    def right(self, place: int) -> float:
        """The share of a type's examples that was called so."""
        return float((self.called == place)[self.kinds == place].mean())


class Names:
    """Names the defects of one view. It is immutable."""

    def __init__(self, examples: NDArray[np.float32], *, header: _Header, directions: Directions) -> None:
        self._examples = examples
        self._header = header
        self._directions = directions
        self._ridges = Ridges.of(examples, np.array(header.kinds, np.intp))
        told = len(header.types) > 1
        self._belief = (
            Belief(shares=np.reshape(header.belief, (len(WAYS), len(SHARPNESSES)))) if told else None
        )

    @property
    def types(self) -> tuple[ShownType, ...]:
        """The types that were shown, by name."""
        return self._header.types

    @property
    def vouched(self) -> bool:
        """Whether the examples tell so well how sure names are that people may be shown it."""
        return self._header.doubt <= _MOST_DOUBT

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
    def teach(cls, examples: Sequence[ShownExample], *, memory: NormalityMemory) -> Self:
        """Learn types from examples, in seconds; the same examples give the same.

        Args:
            examples: Of one view; three of each type at least, in two groups.
            memory: The view's: the examples' directions were told by it.

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
        of_groups = groups.tolist()
        told = _Told.of(hold_out(seen, kinds, of_groups), kinds, of_groups) if len(names) > 1 else None
        header = _Header(
            format=FORMAT,
            types=tuple(
                ShownType(
                    name=name,
                    examples=int((kinds == place).sum()),
                    groups=len(set(groups[kinds == place].tolist())),
                    right=None if told is None else told.right(place),
                )
                for place, name in enumerate(names)
            ),
            kinds=tuple(kinds.tolist()),
            groups=tuple(groups.tolist()),
            belief=() if told is None else tuple(told.belief.shares.ravel().tolist()),
            least=1.0 if told is None else told.least,
            doubt=1.0 if told is None else told.doubt,
            withheld=() if told is None else tuple(sorted(told.withheld)),
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
        """Name places by their directions, (places, extents, channels)."""
        header = self._header
        if self._belief is None:  # a single type is told from nothing, so nothing is called by it
            return tuple(Name(kind=UNKNOWN, probability=0.0, vouched=False) for _ in places)
        cosines = self._ridges.cosines(places)
        found = []
        for row, shares in zip(cosines, self._belief.probabilities(self._ridges.scores(places)), strict=True):
            best = int(shares.argmax())
            sure = _sure(float(shares[best]), float(row[best]), header.least) and best not in header.withheld
            kind = header.types[best].name if sure else UNKNOWN
            found.append(Name(kind=kind, probability=float(shares[best]), vouched=self.vouched))
        return tuple(found)

    def likeliest(self, places: NDArray[np.float32]) -> NDArray[np.intp]:
        """The places, among ``types``, of the likeliest ones, however sure: (places,)."""
        if self._belief is None:
            return np.zeros(len(places), np.intp)
        likeliest: NDArray[np.intp] = self._belief.probabilities(self._ridges.scores(places)).argmax(1)
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
        part, again = "nothing is inspected", "Teach the recipe again, and show the examples again"
        todo = f"{again} (passgate recipe teach; then passgate recipe types), or restore the file"
        try:
            if (said := format_of(header)) != FORMAT:
                raise WeightsError(
                    f"The names have format {said}, not {FORMAT}: another version of Passgate learned them",
                    part=part,
                    todo=f"{again} (passgate recipe teach; then passgate recipe types)",
                )
            known = _Header.model_validate_json(header)
        except ValidationError as error:
            raise WeightsError(
                f"The names are damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        directions = Directions(memory)
        shape = (len(known.kinds), len(EXTENTS), directions.channels)
        expected = {"examples": Expected(shape=shape, dtype=torch.float16, least=-_ONE, most=_ONE)}
        if reason := fault(tensors, expected):
            raise WeightsError(f"The names are damaged: {reason}", part=part, todo=todo)
        return cls(tensors["examples"].float().numpy(), header=known, directions=directions)


def _sure(probability: float, cosine: float, least: float) -> bool:
    """Whether a name is likelier than all others together, and the place is like its type."""
    return probability > _SURE_FROM and cosine >= least


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
