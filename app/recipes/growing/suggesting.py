"""Which pictures to label next: those near a recipe's threshold, unlike each other, that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.progress import progress
from app.recipes.adapting import one_view_recipe
from app.recipes.file_frames import FileFrames
from app.recipes.library import RecipeLibrary, Taught
from inspection.errors import PositionError, RecipeError
from inspection.part import Frame, Picture
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.sight.sight import PLAIN
from models.backbone.transformers_tower import build_tower
from models.memory.embedding import moments
from models.training.adapting.choosing import Pick, doubt_of, most_telling

MOST: Final = 5_000
"""Pictures that are looked at: what is kept of each takes 6 kB, and looking 50 ms."""
_KNOWN: Final = "known to the recipe"
_AGAIN: Final = "the same again"
_SMALL: Final = "too small to show anything"
_ASTRAY: Final = "the part does not lie as it was taught"
_BEYOND: Final = f"beyond the first {MOST:,}"


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A picture that nobody has labelled."""

    path: Path
    said: str
    """What it is, for people."""


@dataclass(frozen=True, slots=True)
class _Looked:
    picture: Unlabelled
    score: float
    confidence: float


def suggest(
    name: str,
    pictures: Sequence[Unlabelled],
    *,
    library: RecipeLibrary,
    count: int = 20,
    tower: str | None = None,
) -> dict[str, Any]:
    """Name the pictures whose labels would teach a recipe most; nothing is changed.

    Args:
        name: Of the recipe; its newest version judges.
        pictures: To choose from; of very many the first.
        library: Has the recipe.
        count: How many at most.
        tower: The vision tower that it was taught on and that judges, as ``build_tower`` takes it.

    Returns:
        For JSON: name, version, looked_at, left_out by reason, threshold, and ``suggested``, the most telling
        first, each with what it is, its file, score, whether it would be rejected, doubt, how far it is from
        those before, and why in words.

    Raises:
        CameraError: A picture cannot be read.
        RecipeError: The recipe is unknown or has several views, or it knows all of the pictures.
    """
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    taught = one_view_recipe(name, library=library, eyes=build_tower(tower))
    levels, memory = taught.recipe.levels, taught.memories[taught.recipe.views[0].name]
    looked: list[_Looked] = []
    features: list[np.ndarray[Any, np.dtype[np.float32]]] = []
    seen: set[str] = set()
    left_out = dict.fromkeys((_KNOWN, _AGAIN, _SMALL, _ASTRAY), 0)
    with progress("looking", min(len(pictures), MOST)) as bar:
        frames = FileFrames([one.path for one in pictures[:MOST]], bar.show, bit_depth=levels.bit_depth)
        for picture, frame in zip(pictures, frames, strict=False):
            shown, reason = _new(frame, taught=taught, seen=seen)
            if shown is None:
                left_out[reason] += 1
                continue
            assessment = memory.assess(shown)
            looked.append(_Looked(picture, assessment.score, assessment.confidence))
            features.append(moments(assessment.features).numpy())
    if not looked:
        raise RecipeError(
            f"of {len(pictures)} pictures none is new to recipe {name!r} and large enough",
            part="nothing was changed",
            todo="name other pictures",
        )
    left_out[_BEYOND] = max(0, len(pictures) - MOST)
    doubt = doubt_of(np.array([one.confidence for one in looked]))
    picks = most_telling(doubt, np.stack(features), count=count)
    return {
        "name": name,
        "version": taught.recipe.version,
        "looked_at": len(looked),
        "left_out": {why: number for why, number in left_out.items() if number},
        "threshold": memory.threshold,
        "suggested": [_told(pick, looked[pick.index], memory.threshold) for pick in picks],
    }


def _new(frame: Frame, *, taught: Taught, seen: set[str]) -> tuple[Picture | None, str]:
    """What is judged of a picture that is none of those ``seen``; else None, and why."""
    view = taught.recipe.views[0]
    sha256 = pixels_sha256(frame.picture)
    if taught.learned_from.knows(sha256):
        return None, _KNOWN
    if sha256 in seen:
        return None, _AGAIN
    seen.add(sha256)
    try:
        sight = taught.sights.get(view.name, PLAIN)
        shown = sight.of(taught.recipe.levels.of(frame), view).picture
    except PositionError:
        return None, _ASTRAY
    return (None, _SMALL) if taught.memories[view.name].too_small(shown.shape) else (shown, "")


def _told(pick: Pick, one: _Looked, threshold: float) -> dict[str, Any]:
    rejected = one.score >= threshold
    sure = "hardly" if pick.doubt > 0.75 else "not very" if pick.doubt > 0.25 else "rather"
    why = f"{'rejected' if rejected else 'passed'}, and {sure} sure of it"
    if pick.apart is not None:
        far, somewhat = pick.apart > 1.0, pick.apart > 0.5
        like = "unlike all" if far else "different from all" if somewhat else "not far from one"
        why += f"; {like} named before"
    return {
        "picture": one.picture.said,
        "file": str(one.picture.path),
        "score": one.score,
        "rejected": rejected,
        "doubt": pick.doubt,
        "apart": pick.apart,
        "why": why,
    }
