"""The library of taught recipes: one folder a recipe, one file a version, none ever overwritten.

The file is safetensors: the taught memories' tensors as ``view/name``, what labels taught as
``view/adaptation.name``; in its metadata the recipe's JSON and, for each view, the headers of both. So a
recipe cannot be parted from what was taught for it, and reading one never runs a pickle.

A version may have a certificate beside it (``v0001.certificate.json``), which names the file's SHA-256. A
newer certificate replaces the older; what held when a part was judged stays in the part's record.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inspection.durable import whole
from inspection.errors import CertificateError, RecipeError
from inspection.recipe import Recipe
from inspection.risk import Certificate
from models.adaptation import Adaptation, AdaptedMemory
from models.memory import NormalityMemory
from models.vision import VisionTower

_FILE = re.compile(r"v(\d{4,})\.safetensors")
_RECIPE = "recipe"
_MEMORY = "memory/"
_ADAPTATION = "adaptation/"
"""Keys in the file's metadata; the view's name follows the second and the third."""
_ADAPTED = "adaptation."
"""What the names of an adaptation's tensors begin with."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A recipe and what was taught for it."""

    recipe: Recipe
    memories: Mapping[str, NormalityMemory]
    """One for each view, by its name; an ``AdaptedMemory`` where labels were learned from."""


class RecipeLibrary:
    """Taught recipes in one folder, by name and version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of all recipes, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if self._versions(path.name))

    def recipe(self, name: str, version: int | None = None) -> Recipe:
        """The recipe alone, the newest version unless one is named. Raises RecipeError."""
        return read_recipe(self._file(name, version))

    def load(self, name: str, version: int | None = None, *, tower: VisionTower) -> Taught:
        """A recipe with its memories, the newest version unless one is named.

        Raises:
            RecipeError: Unknown, or its file is damaged.
            WeightsError: Taught on another tower.
        """
        return read(self._file(name, version), tower=tower)

    def next_identity(self, name: str) -> tuple[int, int]:
        """Id and version for what is taught next as ``name``: its own id, or the first free one."""
        versions = self._versions(name)
        if versions:
            return self.recipe(name).id, max(versions) + 1
        used = {self.recipe(other).id for other in self.names()}
        return next(i for i in range(1, 0x10000) if i not in used), 1

    def save(self, taught: Taught) -> Path:
        """Keep a new version; returns its file. Raises RecipeError where that version exists."""
        path = self._folder / taught.recipe.name / f"v{taught.recipe.version:04}.safetensors"
        if path.exists():
            raise RecipeError(f"{path} exists already", todo="teach again: the next version is taken")
        write(path, taught)
        return path

    def sha256(self, name: str, version: int | None = None) -> str:
        """Of a version's file: all that was taught and all that the recipe says. Raises RecipeError."""
        path = self._file(name, version)
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise RecipeError(f"cannot read {path}: {error}", part="nothing is inspected") from error

    def certificate(self, name: str, version: int | None = None) -> Certificate | None:
        """The certificate beside a version; None where there is none. Whether it holds is not looked at.

        Raises:
            RecipeError: The recipe is unknown.
            CertificateError: It is damaged, or was changed since it was issued.
        """
        path = _certificate_file(self._file(name, version))
        try:
            return Certificate.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CertificateError(
                f"{path} is not a certificate as it was issued",
                part="the station is uncertified",
                todo=f"certify again: passgate recipe certify {name}",
            ) from error

    def keep_certificate(self, certificate: Certificate) -> Path:
        """Keep a certificate beside the version that it is about, whole or not at all; returns its file.

        Raises:
            RecipeError: The recipe is unknown.
            CertificateError: It cannot be written.
        """
        path = _certificate_file(self._file(certificate.recipe_name, certificate.recipe.version))
        try:
            with whole(path) as unfinished:
                unfinished.write_text(certificate.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise CertificateError(
                f"cannot write {path}: {error}",
                part="no certificate was issued; an older one stays",
                todo="check the disk and the folder's rights",
            ) from error
        return path

    def _file(self, name: str, version: int | None) -> Path:
        versions = self._versions(name)
        wanted = version if version is not None else max(versions, default=None)
        if wanted is None or wanted not in versions:
            known = ", ".join(self.names()) or "none"
            what = repr(name) if version is None else f"{name!r} version {version}"
            raise RecipeError(
                f"recipe {what} is unknown in {self._folder}",
                part="nothing is inspected",
                todo=f"known are: {known}; teach one with: passgate recipe teach NAME --good FOLDER",
            )
        return versions[wanted]

    def _versions(self, name: str) -> dict[int, Path]:
        folder = self._folder / name
        if not name or Path(name).name != name or not folder.is_dir():
            return {}
        matches = ((_FILE.fullmatch(path.name), path) for path in folder.iterdir())
        return {int(match[1]): path for match, path in matches if match}


def _certificate_file(recipe_file: Path) -> Path:
    return recipe_file.with_suffix(".certificate.json")


def write(path: Path, taught: Taught) -> None:
    """Write one recipe with its memories to one file, whole or not at all. Raises RecipeError."""
    tensors: dict[str, Tensor] = {}
    metadata = {_RECIPE: taught.recipe.model_dump_json()}
    for view, memory in taught.memories.items():
        of_view, metadata[_MEMORY + view] = memory.packed()
        if isinstance(memory, AdaptedMemory):
            learned, metadata[_ADAPTATION + view] = memory.adaptation.packed()
            of_view |= {_ADAPTED + name: tensor for name, tensor in learned.items()}
        tensors |= {f"{view}/{name}": tensor for name, tensor in of_view.items()}
    try:
        with whole(path) as unfinished:
            save_file(tensors, unfinished, metadata=metadata)
    except (OSError, SafetensorError) as error:
        raise RecipeError(
            f"cannot write {path}: {error}",
            part="the recipe as it was stays in use",
            todo="check the disk and the folder's rights",
        ) from error


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file, without its memories. Raises RecipeError."""
    return _read(path, tensors=False)[0]


def read(path: Path, *, tower: VisionTower) -> Taught:
    """A recipe with its memories from one file.

    Raises:
        RecipeError: No such file, or a damaged one.
        WeightsError: Taught on another tower.
    """
    recipe, metadata, tensors = _read(path, tensors=True)
    views = [key.removeprefix(_MEMORY) for key in metadata if key.startswith(_MEMORY)]
    return Taught(recipe, {view: _memory(view, metadata, tensors[view], tower) for view in views})


def _memory(
    view: str, metadata: Mapping[str, str], tensors: Mapping[str, Tensor], tower: VisionTower
) -> NormalityMemory:
    memory = NormalityMemory.unpack(tensors, metadata[_MEMORY + view], tower=tower)
    header = metadata.get(_ADAPTATION + view)
    if header is None:
        return memory
    learned = {name.removeprefix(_ADAPTED): t for name, t in tensors.items() if name.startswith(_ADAPTED)}
    return AdaptedMemory(memory, Adaptation.unpack(learned, header, tower=tower))


def _read(path: Path, *, tensors: bool) -> tuple[Recipe, dict[str, str], dict[str, dict[str, Tensor]]]:
    """The recipe, all metadata, and the tensors by view and name."""
    found: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            recipe = Recipe.model_validate_json(metadata[_RECIPE])
            for key in file.keys() if tensors else ():
                view, _, name = key.rpartition("/")
                found[view][name] = file.get_tensor(key)
    except FileNotFoundError as error:
        raise RecipeError(f"there is no recipe file {path}", part="nothing is inspected") from error
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RecipeError(
            f"{path} is not a recipe, or damaged",
            part="nothing is inspected",
            todo="restore the file, or teach the recipe again",
        ) from error
    return recipe, metadata, found
