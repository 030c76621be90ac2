"""The library of taught recipes: one folder a recipe, one file a version, none ever overwritten."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from inspection.errors import RecipeError
from inspection.recipe import Recipe
from models.memory import NormalityMemory

_FILE = re.compile(r"v(\d{4,})\.safetensors")
_RECIPE_KEY = "recipe"
"""Where the recipe's JSON lies in the file's metadata, beside the memory's own."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A recipe and what was taught for it."""

    recipe: Recipe
    memory: NormalityMemory


class RecipeLibrary:
    """Taught recipes in one folder, by name and version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of all recipes, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(p.name for p in self._folder.iterdir() if p.is_dir() and self._versions(p.name))

    def load(self, name: str, version: int | None = None) -> Taught:
        """Read a recipe, the newest version unless one is named.

        Raises:
            RecipeError: Unknown, or its file is not what it should be.
        """
        versions = self._versions(name)
        wanted = version if version is not None else max(versions, default=None)
        if wanted is None or wanted not in versions:
            known = ", ".join(self.names()) or "none"
            raise RecipeError(
                f"recipe {name!r}{'' if version is None else f' version {version}'} is unknown in {self._folder}",
                part="nothing is inspected",
                todo=f"known recipes: {known}; teach one with: passgate recipe teach {name} --good FOLDER",
            )
        return read(versions[wanted])

    def next_identity(self, name: str) -> tuple[int, int]:
        """Id and version for what is taught next as ``name``: the recipe's own id, or the first free one."""
        versions = self._versions(name)
        if versions:
            newest = max(versions)
            return read(versions[newest]).recipe.id, newest + 1
        used = {self.load(other).recipe.id for other in self.names()}
        return next(i for i in range(1, 0x10000) if i not in used), 1

    def save(self, taught: Taught) -> Path:
        """Keep a new version; returns its file. Raises RecipeError where that version exists."""
        path = self._folder / taught.recipe.name / f"v{taught.recipe.version:04}.safetensors"
        if path.exists():
            raise RecipeError(f"{path} exists already", todo="teach again: the next version is taken")
        write(path, taught)
        return path

    def _versions(self, name: str) -> dict[int, Path]:
        folder = self._folder / name
        if not name or Path(name).name != name or not folder.is_dir():
            return {}
        matches = ((_FILE.fullmatch(path.name), path) for path in folder.iterdir())
        return {int(match[1]): path for match, path in matches if match}


def write(path: Path, taught: Taught) -> None:
    """Write one recipe with its memory to one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        taught.memory.save(unfinished, extra={_RECIPE_KEY: taught.recipe.model_dump_json()})
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise RecipeError(
            f"cannot write {path}: {error.strerror}",
            part="the recipe as it was stays in use",
            todo="check the disk and the folder's rights",
        ) from error


def read(path: Path) -> Taught:
    """Read one recipe with its memory. Raises RecipeError or WeightsError."""
    memory, extra = NormalityMemory.load(path)
    try:
        recipe = Recipe.model_validate_json(extra[_RECIPE_KEY])
    except (KeyError, ValueError) as error:
        raise RecipeError(
            f"{path} holds no valid recipe", part="nothing is inspected", todo="teach the recipe again"
        ) from error
    return Taught(recipe, memory)
