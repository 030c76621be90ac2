"""One recipe in one file: what it says and what was taught for it cannot be parted.

A sealed file (``models.weights.sealed``): the taught memories' tensors as ``view/name``, what labels taught
as ``view/adaptation.name``, how it is seen as ``view/sight.name``, examples of its types as
``view/names.name``; in its words the recipe's JSON, which
pictures it learned from and, for each view, the headers of them. Reading one never runs a pickle, and nothing
is judged by a file that is not as it was written, or that says what cannot have been taught.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from pydantic import ValidationError
from torch import Tensor

from app.recipes.learned_from import NOT_REMEMBERED, LearnedFrom
from inspection.certification.probability import LabelledScores
from inspection.drift.usual import UsualLooks
from inspection.errors import RecipeError
from inspection.pictures.sight.packing import packed, unpacked
from inspection.pictures.sight.sight import PLAIN, Sight
from inspection.recipe import Recipe
from models.appearances.several import appearances_of, eye_described_by, promised_by
from models.appearances.several import unpacked as unpacked_memory
from models.backbone.features import VisionTower
from models.eye import seeing
from models.eye.eye import Described
from models.memory.adaptation import Adaptation, AdaptedMemory
from models.memory.memory import NormalityMemory, Promised
from models.naming.names import Names
from models.weights import sealed
from models.weights.soundness import in_one_line

_RECIPE: Final = "recipe"
_LEARNED_FROM: Final = "learned_from"
_LABELLED: Final = "labelled_scores"
_LOOKS: Final = "looks/"
_MEMORY: Final = "memory/"
_ADAPTATION: Final = "adaptation/"
"""Keys of the file's words; the view's name follows those that end in a stroke."""
_ADAPTED: Final = "adaptation."
"""What the names of an adaptation's tensors begin with."""
_SIGHT: Final = "sight/"
_SEEN: Final = "sight."
"""The same of how a view is seen, where more is done than to cut it out."""
_NAMES: Final = "names/"
_NAMED: Final = "names."
"""The same of what examples show of a view's types of defects."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A recipe and what was taught for it."""

    recipe: Recipe
    memories: Mapping[str, NormalityMemory]
    """One for each view, by its name; an ``AdaptedMemory`` where labels were learned from."""
    sealed: bool = True
    """False where it was read from a file of before digests: nothing proves that it is as it was taught."""
    learned_from: LearnedFrom = NOT_REMEMBERED
    labelled: LabelledScores | None = None
    """How parts scored whose labels it was adapted on, each judged by what had not learned from it."""
    sights: Mapping[str, Sight] = field(default_factory=dict)
    """How views are seen, by name; those that are not there only have their region cut out."""
    looks: Mapping[str, UsualLooks] = field(default_factory=dict)
    """How the taught pictures of a view looked, by its name; absent where a file from before does not say."""
    names: Mapping[str, Names] = field(default_factory=dict)
    """What defects are called, by view, where examples showed their types (``Recipe.shown_types``)."""


def write(path: Path, taught: Taught, *, over: bool = True) -> None:
    """Write one recipe with its memories to one file, whole or not at all.

    Args:
        path: Of the file.
        taught: What it is to hold.
        over: Whether it may take another's place.

    Raises:
        FileExistsError: It may not, and another lies there.
        RecipeError: The disk refuses.
    """
    tensors: dict[str, Tensor] = {}
    words = {_RECIPE: taught.recipe.model_dump_json()}
    if taught.learned_from != NOT_REMEMBERED:
        words[_LEARNED_FROM] = taught.learned_from.model_dump_json()
    if taught.labelled is not None:
        words[_LABELLED] = taught.labelled.model_dump_json()
    words |= {_LOOKS + view: looks.model_dump_json() for view, looks in taught.looks.items()}
    for view, memory in taught.memories.items():
        of_view, words[_MEMORY + view] = memory.packed()
        if isinstance(memory, AdaptedMemory):
            learned, words[_ADAPTATION + view] = memory.adaptation.packed()
            of_view |= {_ADAPTED + name: tensor for name, tensor in learned.items()}
        if (sight := taught.sights.get(view, PLAIN)) is not PLAIN:
            arrays, words[_SIGHT + view] = packed(sight)
            of_view |= {_SEEN + name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        if names := taught.names.get(view):
            examples, words[_NAMES + view] = names.packed()
            of_view |= {_NAMED + name: tensor for name, tensor in examples.items()}
        tensors |= {f"{view}/{name}": tensor for name, tensor in of_view.items()}
    try:
        sealed.write(path, tensors, words, over=over)
    except OSError as error:
        if isinstance(error, FileExistsError) and not over:
            raise
        raise RecipeError(
            f"cannot write {path}: {error}",
            part="the recipe as it was stays in use",
            todo="check the disk and the folder's rights",
        ) from error


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file, without its memories. Raises RecipeError."""
    return describe(path)[0]


def describe(path: Path) -> tuple[Recipe, bool]:
    """The recipe in a file, and whether a digest proves that it is as it was taught. Raises RecipeError."""
    recipe, content = _opened(path)
    return recipe, content.sealed


def read_learned_from(path: Path) -> LearnedFrom:
    """Which pictures the recipe in a file learned from. Raises RecipeError."""
    return _learned_from(path, _opened(path)[1].words)


def read_labelled(path: Path) -> LabelledScores | None:
    """How the labelled parts scored that the recipe in a file was adapted on. Raises RecipeError."""
    return _labelled(path, _opened(path)[1].words)


def read_looks(path: Path) -> dict[str, UsualLooks]:
    """How the pictures looked that the recipe in a file was taught on, by view. Raises RecipeError."""
    return _looks(path, _opened(path)[1].words)


def read_sights(path: Path) -> Mapping[str, Sight]:
    """How views of the recipe in a file are seen, but for those only cut out. Raises RecipeError."""
    recipe, content = _opened(path)
    return _sights(path, recipe, content.words, _by_view(content.tensors))


def read_adapted(path: Path) -> frozenset[str]:
    """The views of the recipe in a file for which labels were learned from. Raises RecipeError."""
    recipe, content = _opened(path)
    return frozenset(view.name for view in recipe.views if _ADAPTATION + view.name in content.words)


def read_promised(path: Path) -> dict[str, Promised]:
    """What is known of each view's threshold, and what raises it. Raises RecipeError, WeightsError."""
    recipe, content = _opened(path)
    try:
        return {
            view.name: (None, None)
            if _ADAPTATION + view.name in content.words
            else promised_by(content.words[_MEMORY + view.name])
            for view in recipe.views
        }
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, "its memory's header cannot be read") from error


def read_eyes(path: Path) -> dict[str, Described]:
    """What was chosen for each view that has a trained eye. Raises RecipeError, WeightsError."""
    recipe, content = _opened(path)
    try:
        found = {view.name: eye_described_by(content.words[_MEMORY + view.name]) for view in recipe.views}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, "its memory's header cannot be read") from error
    return {view: eye for view, eye in found.items() if eye is not None}


def read(path: Path, *, tower: VisionTower) -> Taught:
    """A recipe with its memories from one file.

    Raises:
        RecipeError: No such file, or a damaged one.
        WeightsError: Taught on another tower, or what was taught is damaged.
    """
    recipe, content = _opened(path)
    tensors = _by_view(content.tensors)
    views = {view.name for view in recipe.views}
    of_views = {kind + view for kind in (_ADAPTATION, _SIGHT, _LOOKS, _NAMES) for view in views}
    headers = content.words.keys() - {_RECIPE, _LEARNED_FROM, _LABELLED, *of_views}
    if tensors.keys() != views or headers != set(map(_MEMORY.__add__, views)):
        raise _damaged(path, "the views that were taught are not those of the recipe")
    sights = _sights(path, recipe, content.words, tensors)
    examples = {view: _taken(tensors[view], _NAMED) for view in sorted(views)}
    memories = {view: _memory(view, content.words, tensors[view], tower) for view in sorted(views)}
    if any(view.appearances != appearances_of(memories[view.name]) for view in recipe.views):
        raise _damaged(path, "the appearances that were taught are not those of the recipe")
    names = {
        view: Names.unpack(examples[view], content.words[_NAMES + view], memory=memories[view])
        for view in sorted(views)
        if _NAMES + view in content.words
    }
    if {one for known in names.values() for one in known.types} != set(recipe.shown_types):
        raise _damaged(path, "the types that examples show are not those of the recipe")
    return Taught(
        recipe,
        memories,
        content.sealed,
        _learned_from(path, content.words),
        _labelled(path, content.words),
        sights,
        _looks(path, content.words),
        names,
    )


def _by_view(named: Mapping[str, Tensor]) -> defaultdict[str, dict[str, Tensor]]:
    tensors: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in named.items():
        view, _, name = key.rpartition("/")
        tensors[view][name] = tensor
    return tensors


def _taken(tensors: dict[str, Tensor], beginning: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, without that; they are taken out of ``tensors``."""
    names = [name for name in tensors if name.startswith(beginning)]
    return {name.removeprefix(beginning): tensors.pop(name) for name in names}


def _sights(
    path: Path, recipe: Recipe, words: Mapping[str, str], tensors: Mapping[str, dict[str, Tensor]]
) -> dict[str, Sight]:
    """How the views are seen; their tensors are taken out of ``tensors``."""
    sights = {}
    for view in recipe.views:
        of_view = tensors[view.name]
        names = [name for name in of_view if name.startswith(_SEEN)]
        arrays = {name.removeprefix(_SEEN): of_view.pop(name).numpy() for name in names}
        try:
            said = words.get(_SIGHT + view.name)
            sight = PLAIN if said is None and not arrays else unpacked(arrays, said or "")
        except ValueError as error:
            raise _damaged(path, in_one_line(error)) from error
        if not sight.fits(view):
            raise _damaged(path, f"how view {view.name!r} is seen is not what the recipe says")
        if sight is not PLAIN:
            sights[view.name] = sight
    return sights


def _learned_from(path: Path, words: Mapping[str, str]) -> LearnedFrom:
    said = words.get(_LEARNED_FROM)
    try:
        return NOT_REMEMBERED if said is None else LearnedFrom.model_validate_json(said)
    except ValidationError as error:
        raise _damaged(path, in_one_line(error)) from error


def _labelled(path: Path, words: Mapping[str, str]) -> LabelledScores | None:
    said = words.get(_LABELLED)
    try:
        return None if said is None else LabelledScores.model_validate_json(said)
    except ValidationError as error:
        raise _damaged(path, in_one_line(error)) from error


def _looks(path: Path, words: Mapping[str, str]) -> dict[str, UsualLooks]:
    said = {key.removeprefix(_LOOKS): value for key, value in words.items() if key.startswith(_LOOKS)}
    try:
        return {view: UsualLooks.model_validate_json(value) for view, value in said.items()}
    except ValidationError as error:
        raise _damaged(path, in_one_line(error)) from error


def _memory(
    view: str, words: Mapping[str, str], tensors: Mapping[str, Tensor], tower: VisionTower
) -> NormalityMemory:
    header = words.get(_ADAPTATION + view)
    learned = {name.removeprefix(_ADAPTED): t for name, t in tensors.items() if name.startswith(_ADAPTED)}
    if header is None:
        return unpacked_memory(tensors, words[_MEMORY + view], tower=tower)
    plain = {name: tensor for name, tensor in tensors.items() if not name.startswith(_ADAPTED)}
    memory = seeing.unpacked(plain, words[_MEMORY + view], tower=tower)
    return AdaptedMemory(memory, Adaptation.unpack(learned, header, tower=tower))


def _opened(path: Path) -> tuple[Recipe, sealed.Content]:
    """The recipe, which knows its file's SHA-256, and all that is in the file."""
    try:
        content = sealed.read(path)
        recipe = Recipe.model_validate_json(content.words[_RECIPE])
    except FileNotFoundError as error:
        raise RecipeError(f"there is no recipe file {path}", part="nothing is inspected") from error
    except KeyError as error:
        raise _damaged(path, "it holds no recipe") from error
    except ValidationError as error:
        raise _damaged(path, in_one_line(error)) from error
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    return recipe.model_copy(update={"sha256": content.sha256}), content


def _damaged(path: Path, why: str) -> RecipeError:
    return RecipeError(
        f"{path} is not a recipe, or damaged: {why}",
        part="nothing is inspected",
        todo="restore the file, or teach the recipe again",
    )
