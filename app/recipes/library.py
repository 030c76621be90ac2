"""The library of taught recipes: one folder a recipe, one file a version, none ever overwritten.

What the folder and the file are called is what the recipe in it must say. A damaged file is in nobody's way
but its own recipe's, and there nothing stands in for it: an older version would judge by something else than
was asked for.

A version may have a certificate beside it (``v0001.certificate.json``), which names the file's SHA-256. A
newer certificate replaces the older; what held when a part was judged stays in the part's record. Beside it
lies, sealed, which pictures it was issued on, and their scores (``v0001.certified-from.safetensors``).

Pictures that joined the recipe one by one lie in its folder ``pictures``, by their SHA-256.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from app.command_line.writable import refuse_unwritable
from app.recipes.learned_from import CertifiedFrom, LearnedFrom
from app.recipes.recipe_file import Taught as Taught
from app.recipes.recipe_file import (
    describe,
    read,
    read_adapted,
    read_eyes,
    read_labelled,
    read_learned_from,
    read_looks,
    read_promised,
    read_recipe,
    read_sights,
    write,
)
from inspection.certification.certificate import Certificate
from inspection.certification.probability import LabelledScores
from inspection.drift.usual import UsualLooks
from inspection.errors import CertificateError, RecipeError
from inspection.files.atomic import atomic_write
from inspection.pictures.sight.sight import Sight
from inspection.recipe import Recipe
from models.backbone.features import VisionTower
from models.eye.eye import Described
from models.memory.memory import Promised
from models.weights import sealed

_CERTIFIED_FROM: Final = "certified_from"
_LABELLED: Final = "labelled_scores"
_PICTURES: Final = "pictures"
_NOT_KEPT: Final = "nothing of this was kept"
_TAKE_NEXT: Final = "do the same again: the next free one is taken"
_FILE: Final = re.compile(r"v([0-9]{4,9})\.safetensors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One recipe of the library, as a list shows it."""

    name: str
    version: int | None
    """The newest; None where the folder cannot be read."""
    recipe: Recipe | None
    """None where its file is damaged."""
    sealed: bool
    """Whether a digest proves that the file is as it was taught."""
    fault: str = ""
    """What is wrong with the newest version, and what to do; empty for nothing."""

    @property
    def in_words(self) -> str:
        """The state of its file, for people."""
        if self.fault:
            return f"damaged: {self.fault}"
        if self.sealed:
            return "sealed"
        return f"no digest, written by an older Passgate: passgate recipe seal {self.name}"


class RecipeLibrary:
    """Taught recipes in one folder, by name and version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of all recipes, sorted."""
        return sorted(path.name for path in _entries(self._folder) if self._is_recipe(path.name))

    def shelf(self) -> list[Shelved]:
        """The newest version of each recipe, by name; what is damaged says so, and keeps nobody else away."""
        return [self._shelved(name) for name in self.names()]

    def recipe(self, name: str, version: int | None = None) -> Recipe:
        """The recipe alone, the newest version unless one is named.

        Raises:
            RecipeError: Unknown, its file is damaged, or holds another recipe.
        """
        path = self._file(name, version)
        return self._belonging(read_recipe(path), path)

    def load(self, name: str, version: int | None = None, *, tower: VisionTower) -> Taught:
        """A recipe with its memories, the newest version unless one is named.

        Raises:
            RecipeError: Unknown, its file is damaged, or holds another recipe.
            WeightsError: Taught on another tower, or what was taught is damaged.
        """
        path = self._file(name, version)
        taught = read(path, tower=tower)
        self._belonging(taught.recipe, path)
        return taught

    def learned_from(self, name: str, version: int | None = None) -> LearnedFrom:
        """Which pictures a version learned from, the newest if none is named. Raises RecipeError."""
        return read_learned_from(self._file(name, version))

    def taught_scores(self, name: str, version: int | None = None) -> LabelledScores | None:
        """The scores of the labelled parts that a recipe was adapted on; None where it was on none.

        Raises:
            RecipeError: Unknown, or its file is damaged.
        """
        return read_labelled(self._file(name, version))

    def looks(self, name: str, version: int | None = None) -> dict[str, UsualLooks]:
        """How the pictures looked that a version was taught on, by view, if known. Raises RecipeError."""
        return read_looks(self._file(name, version))

    def sights(self, name: str, version: int | None = None) -> Mapping[str, Sight]:
        """How a recipe's views are seen, those that are only cut out left out; the newest version's.

        Raises:
            RecipeError: Unknown, or its file is damaged.
        """
        return read_sights(self._file(name, version))

    def promised(self, name: str, version: int | None = None) -> dict[str, Promised]:
        """What is known of the threshold of each view, and what raises it. Raises RecipeError."""
        return read_promised(self._file(name, version))

    def eyes(self, name: str, version: int | None = None) -> dict[str, Described]:
        """What was chosen for each view of a version that has a trained eye. Raises RecipeError."""
        return read_eyes(self._file(name, version))

    def adapted(self, name: str, version: int | None = None) -> frozenset[str]:
        """The views of a version for which labels were learned from. Raises RecipeError."""
        return read_adapted(self._file(name, version))

    def next_identity(self, name: str) -> tuple[int, int]:
        """Id and version for what is taught next as ``name``: its own id, or the first free one.

        Raises:
            RecipeError: None of its files can be read, so its id is unknown.
        """
        versions = self._versions(name)
        if not versions:
            used = {identity for other in self.names() if (identity := self._id(other)) is not None}
            return next(i for i in range(1, 0x10000) if i not in used), 1
        identity = self._id(name)
        if identity is None:
            raise RecipeError(
                f"no version of recipe {name!r} in {self._folder / name} can be read, so its id is unknown",
                part="nothing was changed",
                todo="restore a file of it, or move the folder away to begin anew",
            )
        return identity, max(versions) + 1

    def pictures(self, name: str) -> Path:
        """The folder for copies of the pictures that join a recipe; it need not be there yet."""
        return self._folder / name / _PICTURES

    def refuse_unwritable(self, name: str) -> None:
        """Raise PassgateError where nothing could be kept for recipe ``name``: asked before teaching it."""
        refuse_unwritable(self._folder / name / _file_name(1))

    def as_next(self, taught: Taught) -> Taught:
        """The same as the next version of its recipe, not yet kept; raises as ``next_identity`` does."""
        _, version = self.next_identity(taught.recipe.name)
        return replace(taught, recipe=taught.recipe.model_copy(update={"version": version, "sha256": ""}))

    def save(self, taught: Taught) -> Path:
        """Keep a new version; returns its file. Raises RecipeError where somebody took version or id."""
        recipe = taught.recipe
        path = self._folder / recipe.name / _file_name(recipe.version)
        first = not self._versions(recipe.name)
        if first:
            self._refuse_taken_id(recipe)
        try:
            write(path, taught, over=False)
        except FileExistsError as error:
            raise RecipeError(f"{path} exists already", part=_NOT_KEPT, todo=_TAKE_NEXT) from error
        if first:
            try:  # again: of two that were written in one instant each sees the other now
                self._refuse_taken_id(recipe)
            except RecipeError:
                path.unlink()
                raise
        return path

    def _refuse_taken_id(self, recipe: Recipe) -> None:
        """Raise RecipeError where a recipe of another name has its id."""
        for other in self.names():
            if other != recipe.name and self._id(other) == recipe.id:
                raise RecipeError(
                    f"recipe {other!r} got the id {recipe.id} meanwhile", part=_NOT_KEPT, todo=_TAKE_NEXT
                )

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
        with _or_an_older_one_stays(path), atomic_write(path) as unfinished:
            unfinished.write_text(certificate.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path

    def keep_certified_from(
        self, certificate: Certificate, pictures: CertifiedFrom, scores: LabelledScores | None = None
    ) -> None:
        """Keep beside a certificate which pictures it was issued on, and their scores; before itself.

        Raises:
            RecipeError: The recipe is unknown.
            CertificateError: It cannot be written.
        """
        path = _pictures_file(self._file(certificate.recipe_name, certificate.recipe.version))
        words = {_CERTIFIED_FROM: pictures.model_dump_json()}
        if scores is not None:
            words[_LABELLED] = scores.model_dump_json()
        with _or_an_older_one_stays(path):
            sealed.write(path, {}, words)

    def certified_from(self, name: str) -> Mapping[int, CertifiedFrom | None]:
        """The pictures that certificates were issued on, for each certified version of a recipe.

        None where that is not known: an older Passgate issued it, or what it kept is damaged.
        """
        found: dict[int, CertifiedFrom | None] = {}
        for version, path in sorted(self._versions(name).items()):
            with suppress(CertificateError, RecipeError):
                certificate = self.certificate(name, version)
                if certificate is not None:
                    beside = _issued_on(_pictures_file(path), certificate.id)
                    found[version] = None if beside is None else beside[0]
        return found

    def certified_scores(self, certificate: Certificate) -> LabelledScores | None:
        """The scores of the parts that a certificate was issued on.

        None where they are not known: an older Passgate issued it, or what it kept is damaged.

        Raises:
            RecipeError: The recipe is unknown.
        """
        path = _pictures_file(self._file(certificate.recipe_name, certificate.recipe.version))
        beside = _issued_on(path, certificate.id)
        return None if beside is None else beside[1]

    def _file(self, name: str, version: int | None) -> Path:
        versions = self._versions(name)
        if not versions:
            known = ", ".join(self.names()) or "none"
            raise RecipeError(
                f"recipe {name!r} is unknown in {self._folder}",
                part="nothing is inspected",
                todo=f"known are: {known}; teach one with: passgate recipe teach NAME --good FOLDER",
            )
        wanted = max(versions) if version is None else version
        if wanted not in versions:
            raise RecipeError(
                f"recipe {name!r} in {self._folder} has no version {wanted}",
                part="nothing is inspected",
                todo=f"its versions are: {', '.join(map(str, sorted(versions)))}",
            )
        return versions[wanted]

    def _versions(self, name: str) -> dict[int, Path]:
        folder = self._folder / name
        if not name or Path(name).name != name:
            return {}
        matches = ((_FILE.fullmatch(path.name), path) for path in _entries(folder))
        found = {int(match[1]): path for match, path in matches if match}
        return {version: path for version, path in found.items() if path.name == _file_name(version)}

    def _is_recipe(self, name: str) -> bool:
        """Whether a folder holds versions; one that cannot be read is taken for a recipe that is damaged."""
        try:
            return bool(self._versions(name))
        except RecipeError:
            return True

    def _belonging(self, recipe: Recipe, path: Path) -> Recipe:
        """``recipe``, read from ``path``. Raises RecipeError where folder and file are another's."""
        name, first = path.parent.name, self._id(path.parent.name)
        said = (recipe.name, _file_name(recipe.version), recipe.id)
        if said == (name, path.name, first):
            return recipe
        raise RecipeError(
            f"{path} holds {recipe.name!r} version {recipe.version} with id {recipe.id}, "
            f"where a version of {name!r} with id {first} must lie, in a file that is named after it",
            part="nothing is inspected",
            todo="put the file back where it came from, and restore the one that belongs there",
        )

    def _id(self, name: str) -> int | None:
        """The id of a recipe, which all its versions share: the oldest that can be read has it."""
        with suppress(RecipeError):
            for version, path in sorted(self._versions(name).items()):
                with suppress(RecipeError):
                    recipe = read_recipe(path)
                    if (recipe.name, recipe.version) == (name, version):
                        return recipe.id
        return None

    def _shelved(self, name: str) -> Shelved:
        version = None
        try:
            version = max(self._versions(name))
            path = self._file(name, version)
            recipe, sealed = describe(path)
            self._belonging(recipe, path)
        except RecipeError as error:
            return Shelved(name=name, version=version, recipe=None, sealed=False, fault=str(error))
        return Shelved(name=name, version=version, recipe=recipe, sealed=sealed)


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where it is none. Raises RecipeError where it cannot be read."""
    try:
        return list(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise RecipeError(
            f"cannot read {folder}: {error}",
            part="nothing is inspected",
            todo="check the folder's rights, and the disk",
        ) from error


@contextmanager
def _or_an_older_one_stays(path: Path) -> Iterator[None]:
    """Raise CertificateError where what belongs to a certificate cannot be written to ``path``."""
    try:
        yield
    except OSError as error:
        raise CertificateError(
            f"cannot write {path}: {error}",
            part="no certificate was issued; an older one stays",
            todo="check the disk and the folder's rights",
        ) from error


def _file_name(version: int) -> str:
    return f"v{version:04}.safetensors"


def _pictures_file(recipe_file: Path) -> Path:
    return recipe_file.with_suffix(".certified-from.safetensors")


def _issued_on(path: Path, certificate: str) -> tuple[CertifiedFrom, LabelledScores | None] | None:
    """What lies beside the certificate with that id; None where it is not that one's, or damaged."""
    try:
        content = sealed.read(path)
        pictures = CertifiedFrom.model_validate_json(content.words[_CERTIFIED_FROM])
        said = content.words.get(_LABELLED)
        scores = None if said is None else LabelledScores.model_validate_json(said)
    except (OSError, ValueError, KeyError):
        return None
    return (pictures, scores) if content.sealed and pictures.certificate == certificate else None


def _certificate_file(recipe_file: Path) -> Path:
    return recipe_file.with_suffix(".certificate.json")
