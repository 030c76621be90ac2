"""Single pictures join a recipe: a good part that was rejected, a defect that escaped. In one step.

**It is taught again, from the pictures.** The good ones are read where they lay when it was taught, known by
their pixels, with those that have joined since. To add a picture to what was learned would be quicker, and
wrong: scale and threshold rest on how each good picture lies when it is held out in turn, and whatever else
is learned of good parts would need a way of its own to be added to. Where a picture is gone, that is said and
nothing changes.

**What joins is copied** into the recipe's own folder, since a picture from a review or a person's desk does
not stay where it is. Folders of good pictures and of labels stay where they are, the only copy of what is in
them.

**A defect waits** until there are enough to learn from. Then all labels are learned from anew; where that is
no better than the memory alone, a recipe without labels does without, and one with labels stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.progress import progress
from app.recipes.adapting import (
    AdaptedRecipe,
    adapt_taught,
    joined_photograph,
    labelled_in,
    one_view_recipe,
)
from app.recipes.file_frames import FileFrames, read_through
from app.recipes.growing.eyes import Sharpened, sharpen
from app.recipes.growing.joining import STAYS, Joining, NewPicture, copied, judged, look_at, refuse_lost
from app.recipes.learned_from import LearnedFrom, remembered
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.seeing import as_so_far
from app.recipes.teaching import good_files, teach
from app.settings.station import ModelTable
from inspection.errors import RecipeError
from inspection.levels import BitDepth
from inspection.pictures.copies import pixels_sha256
from models.backbone.features import VisionTower
from models.backbone.transformers_tower import build_tower
from models.eye.seeing import SeeingMemory
from models.memory.adaptation import AdaptedMemory, adaptable, without_labels
from models.training.adapting.adaptation import FEWEST_DEFECTIVE, refuse_too_few
from models.training.adapting.labelled import AdaptationSettings
from models.training.data.photographs import Photograph


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a recipe is to learn more."""

    taught_from: Path | None = None
    """Where the good pictures lie now that it was taught from; None: where they lay."""
    labels: Path | None = None
    """Where the labels lie now that it was adapted on, or other ones; None: where they lay."""
    keep_outliers: bool = False
    """Teach a good picture also where it lies far outside the others."""
    seed: int = 0
    """The same pictures and seed give the same recipe on one machine."""
    threads: int = ModelTable().threads
    """That the station looks with: an eye or labels with which every part would be late are not kept."""


@dataclass(frozen=True, slots=True)
class LearnedMore:
    """What has become of a recipe that pictures joined."""

    taught: Taught | None
    """The next version, which is kept; None where the recipe stays as it was."""
    file: Path | None
    report: dict[str, Any]
    """For JSON: name, version (of ``taught``, else None), kept, taught_on, what became of the labels in
    words, what training an eye anew led to (None where there was none), what adapting led to, and of each
    picture what was said of it before and is now."""


def learn(
    name: str,
    pictures: Sequence[NewPicture],
    *,
    library: RecipeLibrary,
    asked: Asked | None = None,
    tower: str | None = None,
) -> LearnedMore:
    """Let labelled pictures join the newest version of a recipe, and keep the next one.

    Seconds for good pictures, minutes where labels are learned from.

    Args:
        name: Of the recipe.
        pictures: What joins it.
        library: Has the recipe.
        asked: How; None takes the defaults.
        tower: The vision tower that it was taught on and that judges, as ``build_tower`` takes it.

    Raises:
        CameraError: A picture cannot be read.
        DatasetError: A picture is known already, or comes twice; labels cannot be understood.
        RecipeError: The recipe is unknown or has several views, its pictures are gone or nobody knows where
            they lie, a new one lies far outside them, or with what labels taught every part would be late.
        WeightsError: No vision tower there, or another than the recipe was taught on.
    """
    asked = asked or Asked()
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    eyes = build_tower(tower)
    before = one_view_recipe(name, library=library, eyes=eyes)
    library.refuse_unwritable(name)
    folder = library.pictures(name)
    refuse_lost(before.learned_from, folder)
    version = library.next_identity(name)[1]
    joining = look_at(pictures, taught=before, version=version)
    with copied(joining, folder) as keep_copies:
        growing = _Growing(before, joining, folder=folder, asked=asked, eyes=eyes, version=version)
        taught, report = growing.grown()
        file = None if taught is None else library.save(taught)
        if file is not None:
            keep_copies()
        return LearnedMore(taught, file, report)


class _Growing:
    """One recipe, and what joins it."""

    def __init__(
        self,
        before: Taught,
        joining: Joining,
        *,
        folder: Path,
        asked: Asked,
        eyes: VisionTower,
        version: int,
    ) -> None:
        self._before, self._joining, self._folder, self._asked = before, joining, folder, asked
        self._eyes, self._version = eyes, version
        known = before.learned_from
        moved = {"good": asked.taught_from, "labels": asked.labels}
        folders = {name: str(path.resolve()) for name, path in moved.items() if path is not None}
        self._learned_from = known.model_copy(
            update={
                "joined": (*known.joined, *joining.joined),
                "folders": known.folders.model_copy(update=folders),
            }
        )
        self._good: tuple[list[Path], list[str]] | None = None
        self._eye: Sharpened | None = None

    def grown(self) -> tuple[Taught | None, dict[str, Any]]:
        """The next version, None where the recipe stays, and the report."""
        was_adapted = any(isinstance(one, AdaptedMemory) for one in self._before.memories.values())
        recipe = self._before.recipe.model_copy(update={"version": self._version, "sha256": ""})
        taught = replace(self._before, recipe=recipe, learned_from=self._learned_from, sealed=True)
        if not all(one.defective for one in self._joining.joined):
            taught = self._taught_again(taught)
        photographs, labels = self._labelled(was_adapted=was_adapted)
        adapted: AdaptedRecipe | None = None
        if photographs:
            adapted = adapt_taught(
                taught,
                photographs,
                version=self._version,
                eyes=adaptable(self._eyes),
                seed=self._asked.seed,
                settings=self._settings(),
                among=self._before.learned_from.labelled,
                threads=self._asked.threads,
            )
            labels = "they are learned from" if adapted.taught else "they do not help yet, and wait"
        if adapted is not None and adapted.taught is not None:
            taught = adapted.taught
        elif was_adapted:
            labels = "with the new pictures they are no better than the memory alone"
            return None, self._report(None, labels, adapted)
        return taught, self._report(taught, labels, adapted)

    def _taught_again(self, taught: Taught) -> Taught:
        files, groups = self._known_good()
        keep_outliers = self._learned_from.folders.keep_outliers or self._asked.keep_outliers
        memory = next(iter(self._before.memories.values()))
        depth = taught.recipe.levels.bit_depth
        with progress("teaching", 2 * len(files)) as bar:
            again = teach(
                taught.recipe,
                FileFrames(files, bar.show, bit_depth=depth),
                tower=self._eyes,
                groups=groups,
                overkill=memory.settings.overkill,
                names=None if keep_outliers else [self._named(path) for path in files],
                asked=as_so_far(self._before),
            )
        if isinstance(without_labels(memory), SeeingMemory):
            with progress("training the eye", None) as bar:
                frames = FileFrames(files, lambda _: None, bit_depth=depth)
                eye = sharpen(again, frames, tower=self._eyes, groups=groups, on_progress=bar.show)
            self._eye = eye.in_time(threads=self._asked.threads)
            again = self._eye.taught or again
        learned_from = self._learned_from.model_copy(
            update={
                "taught": again.learned_from.taught,
                "complete": self._learned_from.complete and again.learned_from.complete,
            }
        )
        self._learned_from = learned_from
        return replace(
            taught,
            recipe=again.recipe,
            memories=again.memories,
            sights=again.sights,
            learned_from=learned_from,
            labelled=None,
            names={},
        )

    def _named(self, path: Path) -> str:
        """A good picture for people: one that joined by where it came from."""
        said = {self._folder / one.file: one.said for one in self._learned_from.joined}
        return said.get(path, str(path))

    def _known_good(self) -> tuple[list[Path], list[str]]:
        """The good pictures that it was taught from and those that joined, with their groups."""
        if self._good is None:
            files, groups = known_good(
                self._before.learned_from,
                Path(self._learned_from.folders.good),
                bit_depth=self._before.recipe.levels.bit_depth,
            )
            for one in self._learned_from.joined:
                if not one.defective:
                    files.append(self._folder / one.file)
                    groups.append(f"joined {one.sha256}")
            self._good = files, groups
        return self._good

    def _labelled(self, *, was_adapted: bool) -> tuple[list[Photograph], str]:
        """The photographs to learn labels from; none where they are too few, and then why."""
        known = self._learned_from.folders
        joined = [joined_photograph(one, self._folder) for one in self._learned_from.joined]
        if known.labels:
            more = Path(known.more_good) if known.more_good else None
            photographs = labelled_in(Path(known.labels), good=more)
        elif was_adapted:
            raise RecipeError(
                "nobody knows where the pictures lie whose labels it learned from",
                part=STAYS,
                todo="name their folder: --labels FOLDER",
            )
        else:
            joined = [one for one in joined if one.defects]
            if len(joined) < FEWEST_DEFECTIVE:  # the good ones need not be read for that
                waiting = f"{len(joined)} of the {FEWEST_DEFECTIVE} that are needed at least: they wait"
                return [], waiting if joined else ""
            files, groups = self._known_good()
            photographs = [Photograph(path=p, group=g) for p, g in zip(files, groups, strict=True)]
        photographs += joined
        try:
            refuse_too_few([(bool(one.defects), one.group) for one in photographs])
        except RecipeError as few:
            if was_adapted:
                raise
            return [], f"{few.what}: they wait"
        return photographs, ""

    def _settings(self) -> AdaptationSettings:
        known = self._learned_from.folders
        said = {"escapes": known.escapes, "overkill": known.overkill}
        return AdaptationSettings(**{name: share for name, share in said.items() if share is not None})

    def _report(self, taught: Taught | None, labels: str, adapted: AdaptedRecipe | None) -> dict[str, Any]:
        """What becomes of it. All that ever joined is judged: one more may undo another."""
        ever = self._learned_from.joined
        before = judged(ever, self._folder, taught=self._before)
        after = before if taught is None else judged(ever, self._folder, taught=taught)
        return {
            "name": self._before.recipe.name,
            "version": None if taught is None else self._version,
            "kept": taught is not None,
            "taught_on": next(iter((taught or self._before).memories.values())).taught_on,
            "labels": labels,
            "eye": None if self._eye is None else self._eye.in_json(),
            "adapted": None if adapted is None else adapted.report,
            "joined": [
                {**one.model_dump(), "before": earlier, "after": later}
                for one, earlier, later in zip(ever, before, after, strict=True)
            ],
        }


def known_good(
    learned_from: LearnedFrom, folder: Path, *, bit_depth: BitDepth
) -> tuple[list[Path], list[str]]:
    """The pictures in ``folder`` that a recipe was taught from, but for those that joined it; their groups.

    Others that lie there now were not taught, and are not taken.

    Raises:
        CameraError, DatasetError: The folder's pictures or labels cannot be read.
        RecipeError: The folder, or one of the pictures, is gone.
    """
    todo = "name the folder where they lie now: --taught-from FOLDER; or teach the recipe anew"
    if not folder.name or not folder.is_dir():
        where = f"lay in {folder}, which is gone" if folder.name else "lie nobody knows where"
        raise RecipeError(
            f"the good pictures that it was taught from {where}, and it can be taught only from them",
            part=STAYS,
            todo=todo,
        )
    files, groups = good_files(folder)
    found: list[str] = []
    read_through(
        files, lambda _, frame: found.append(remembered(pixels_sha256(frame.picture))), bit_depth=bit_depth
    )
    wanted = set(learned_from.taught) - {one.sha256 for one in learned_from.joined}
    if lacking := wanted.difference(found):
        raise RecipeError(
            f"{len(lacking)} of the {len(wanted)} good pictures that it was taught from are not in {folder}",
            part=STAYS,
            todo=todo,
        )
    taken = [place for place, one in enumerate(found) if one in wanted or not learned_from.complete]
    keys = groups or [str(path) for path in files]
    return [files[place] for place in taken], [keys[place] for place in taken]
