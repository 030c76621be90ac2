"""Policies drawn at random: only a model whose policy changes from picture to picture learns to read it.

Under one fixed policy the type of a defect already tells the action, and the words would be ignored.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Final

import numpy as np

from inspection.decision import Action, Severity
from models.language.instructions import Asked, Policy

_CLAUSES: Final = 3
"""Different demands in one policy at most: real policies have few, and the prompt stays short."""

_MONOTONE: Final[tuple[Asked, ...]] = tuple(
    (minor, major, critical)
    for minor, major, critical in combinations_with_replacement(Action, len(Severity))
)
"""All demands that never get milder as the defect gets worse: 20."""


DEFECT_NAMES: Final = (
    "blister",
    "bubble",
    "burr",
    "chip",
    "cold-shut",
    "contamination",
    "corrosion",
    "dent",
    "discoloration",
    "dust",
    "fiber",
    "flash",
    "fold",
    "glue",
    "gouge",
    "grease",
    "groove",
    "hair",
    "hole",
    "inclusion",
    "label-skew",
    "lap",
    "leak",
    "misprint",
    "missing-screw",
    "notch",
    "open",
    "overfill",
    "peel",
    "porosity",
    "rust",
    "scale",
    "scorch",
    "scratch",
    "seam",
    "short",
    "sink-mark",
    "spot",
    "spur",
    "stain",
    "streak",
    "tear",
    "thread-damage",
    "underfill",
    "undercut",
    "void",
    "warp",
    "water-mark",
    "weld-spatter",
    "wrinkle",
)
"""What defects are called on many products. Policies are read in these words too, so that a name is looked up
and not known by heart."""

_PLAIN: Final[tuple[Asked, ...]] = tuple((action, action, action) for action in Action)


def draw_policy(rng: np.random.Generator, types: Sequence[str], *, plain: bool = False) -> Policy:
    """Draw a policy over ``types`` and a default for all others, never milder for a worse defect.

    A type that asks for what the default asks for is named or left to the default, as chance has it: both
    ways must be understood, and a recipe may name no type at all.

    Args:
        rng: The same state draws the same policy.
        types: Names as the recipe gives them.
        plain: Severity does not matter, and at least two demands differ: the easy beginning of a curriculum.
    """
    choice = _PLAIN if plain else _MONOTONE
    count = int(rng.integers(2 if plain else 1, _CLAUSES + 1))
    demands = [choice[i] for i in rng.choice(len(choice), count, replace=False)]
    *asked, others = (demands[i] for i in rng.integers(count, size=len(types) + 1))
    named = rng.random(len(types)) < 0.5
    return Policy(
        types={
            kind: demand
            for kind, demand, name in zip(types, asked, named, strict=True)
            if name or demand != others
        },
        others=others,
    )
