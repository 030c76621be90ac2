"""Adapting a recipe: from labelled pictures to a new version that knows the product's defects."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

from app.progress import progress
from app.recipes.inspectors import reflex_on
from app.recipes.learned_from import Joined, remembered
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.seeing import pace_of
from app.settings.station import ModelTable
from inspection.certification.probability import LabelledScores, Origin, one_of_each
from inspection.decision import ModelRef, Severity
from inspection.errors import DatasetError, PositionError, RecipeError
from inspection.files.one_by_one import OneByOne
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.folder_names import telling_folders
from inspection.pictures.sight.sight import PLAIN, Sight
from inspection.recipe import GreyLevels, View
from models.backbone.features import AdaptableTower, VisionTower
from models.backbone.transformers_tower import build_tower
from models.evaluation.metrics import Evaluation
from models.inspectors.reflex import unclamped
from models.memory.adaptation import AdaptedMemory, adaptable, without_labels
from models.memory.memory import NormalityMemory
from models.training.adapting.adaptation import Adapted, adapt, refuse_too_few
from models.training.adapting.labelled import AdaptationSettings, Example, read_example
from models.training.adapting.threshold import Threshold
from models.training.data.photographs import Photograph, good_photographs, read_photographs
from models.training.data.samples import LabelledDefect

_STAYS: Final = "the recipe as it was stays in use"
_THREADS: Final = ModelTable().threads

log = structlog.get_logger(__name__)

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class AdaptedRecipe:
    """What adapting a recipe has led to."""

    taught: Taught | None
    """The next version, not yet kept; None where the labels did not help."""
    report: dict[str, Any]
    """For JSON: name, version (of ``taught``, else None), kept, the numbers of labels, for the memory alone
    and with labels AUROC, overkill at 1 % escapes and escapes at the asked overkill by group-split
    cross-validation, and what is to be expected at the threshold."""


def adapt_recipe(
    name: str,
    labels: Path,
    *,
    library: RecipeLibrary,
    good: Path | None = None,
    seed: int = 0,
    settings: AdaptationSettings | None = None,
    tower: str | None = None,
    threads: int = _THREADS,
) -> AdaptedRecipe:
    """Learn from labelled pictures for the newest version of ``name``; the result is not yet kept.

    What earlier labels taught is not carried over: give all labels again. Pictures that joined the recipe by
    themselves are taken with them.

    Args:
        name: Of the recipe.
        labels: Folder in one of the layouts of :mod:`models.training.data.photographs`; pictures in a
            subfolder of a class folder are near-copies of each other.
        library: Has the recipe.
        good: Folder of more good pictures, as those that were taught; a subfolder is a group.
        seed: The same pictures and seed give the same recipe on one machine.
        settings: None takes the defaults.
        tower: The vision tower that it was taught on and that judges, as ``build_tower`` takes it.
        threads: That the station looks with.

    Raises:
        CameraError: A folder is missing or empty, or a picture cannot be read.
        DatasetError: The labels cannot be understood.
        RecipeError: The recipe is unknown or has several views, the tower cannot learn from labels, there are
            too few of them, or with what they taught every part would be late.
        WeightsError: No vision tower there, or another than the recipe was taught on.
    """
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    eyes = adaptable(build_tower(tower))
    taught = one_view_recipe(name, library=library, eyes=eyes)
    library.refuse_unwritable(name)
    learned_from = taught.learned_from
    photographs = labelled_in(labels, good=good)
    photographs += [joined_photograph(one, library.pictures(name)) for one in learned_from.joined]
    refuse_too_few([(bool(one.defects), one.group) for one in photographs])
    settings = settings or AdaptationSettings()
    asked = {
        "labels": str(labels.resolve()),
        "more_good": "" if good is None else str(good.resolve()),
        "escapes": settings.escapes,
        "overkill": settings.overkill,
    }
    folders = learned_from.folders.model_copy(update=asked)
    return adapt_taught(
        replace(taught, learned_from=learned_from.model_copy(update={"folders": folders})),
        photographs,
        version=library.next_identity(name)[1],
        eyes=eyes,
        seed=seed,
        settings=settings,
        threads=threads,
    )


def one_view_recipe(name: str, *, library: RecipeLibrary, eyes: VisionTower) -> Taught:
    """The newest version of a recipe that a folder of pictures can speak of.

    Raises:
        RecipeError: It is unknown, damaged or has several views.
        WeightsError: It was taught on another tower.
    """
    taught = library.load(name, tower=eyes)
    if len(taught.recipe.views) != 1:
        raise RecipeError(
            f"recipe {name!r} has {len(taught.recipe.views)} views; only one can be adapted from a folder",
            part=_STAYS,
        )
    if several := taught.recipe.views[0].appearances:
        raise RecipeError(
            f"recipe {name!r} knows several appearances ({', '.join(several)}), and no labels on top of them",
            part=_STAYS,
            todo="teach a recipe for each appearance, or one for all without --appearances",
        )
    return taught


def labelled_in(labels: Path, *, good: Path | None = None) -> list[Photograph]:
    """The photographs in a folder of labels, and those in one of more good ones.

    Raises:
        CameraError: A folder is missing or empty.
        DatasetError: The labels cannot be understood.
    """
    photographs = [_grouped(one, labels) for one in read_photographs(labels, without_good=good is not None)]
    return photographs + ([] if good is None else list(good_photographs(good)))


def joined_photograph(one: Joined, folder: Path) -> Photograph:
    """A picture that joined a recipe by itself, of which a copy lies in ``folder``; it is its own group."""
    return Photograph(
        path=folder / one.file,
        group=f"joined {one.sha256}",
        defects=(LabelledDefect(type="defect", severity=Severity.MAJOR),) if one.defective else (),
        mask=folder / one.mask if one.mask else None,
    )


def adapt_taught(
    taught: Taught,
    photographs: Sequence[Photograph],
    *,
    version: int,
    eyes: AdaptableTower,
    seed: int = 0,
    settings: AdaptationSettings | None = None,
    among: Collection[str] = (),
    threads: int = _THREADS,
) -> AdaptedRecipe:
    """Learn from labelled photographs for what was taught, of one view; the result is not yet kept.

    Args:
        taught: What was taught; labels that it learned from before are not carried over.
        photographs: Good and defective ones; of one that is there twice the first is taken.
        version: What becomes of it.
        eyes: The tower that it was taught on.
        seed: The same photographs and seed give the same.
        settings: None takes the defaults.
        among: What is remembered of pictures that must be among them.
        threads: That the station looks with.

    Raises:
        CameraError: A picture cannot be read.
        DatasetError: The labels cannot be understood, or call one picture good and defective.
        RecipeError: Too few labels, a picture that is too small, one lacks that must be there, or with what
            the labels taught every part would be late.
    """
    view, levels = taught.recipe.views[0], taught.recipe.levels
    memory, sight = without_labels(taught.memories[view.name]), taught.sights.get(view.name, PLAIN)
    photographs = _aligned(photographs, sight, view, levels)
    with progress("reading", len(photographs)) as bar:
        examples = OneByOne(photographs, lambda one: _shown(read_example(one, levels), sight, view))
        pictures = _sha256(photographs, memory, examples, bar.show)
    if lacking := set(among).difference(map(remembered, pictures)):
        raise RecipeError(
            f"{len(lacking)} of {len(among)} pictures whose labels it learned from are not there any more",
            part=_STAYS,
            todo="name the folder where they lie now: --labels FOLDER; or adapt anew: passgate recipe adapt",
        )
    photographs, pictures = _once_each(photographs, pictures)
    refuse_too_few([(bool(one.defects), one.group) for one in photographs])
    examples = OneByOne(photographs, lambda one: _shown(read_example(one, levels), sight, view))
    started = time.monotonic()
    with progress("learning from labels", None) as bar:
        result = adapt(
            examples,
            memory=memory,
            tower=eyes,
            settings=settings,
            seed=seed,
            detail_px=view.detail_px,
            on_progress=bar.show,
        )
    report = {
        "name": taught.recipe.name,
        "version": version if result.better else None,
        "kept": result.better,
        "good": result.alone.good,
        "defective": result.alone.defective,
        "with_mask": result.marked,
        "groups": len({one.group for one in photographs}),
        "memory_alone": _numbers(result.alone, result.escapes_alone),
        "adapted": _numbers(result.together, result.escapes_together),
        "threshold": _expectation(result.threshold),
        "took_s": round(time.monotonic() - started, 1),
    }
    if not result.better:
        return AdaptedRecipe(None, report)
    adapted = replace(
        taught,
        recipe=taught.recipe.model_copy(update={"version": version, "sha256": "", "shown_types": ()}),
        memories={view.name: AdaptedMemory(memory, result.adaptation)},
        learned_from=taught.learned_from.and_labels(pictures),
        labelled=_cross_fitted(result, photographs, pictures, judged_by=reflex_on(eyes)),
        sealed=True,
        # what examples look like was told by the memory alone
        names={},
    )
    _refuse_late(adapted, threads=threads)
    return AdaptedRecipe(adapted, report)


def _refuse_late(adapted: Taught, *, threads: int) -> None:
    """Raise RecipeError where the second look and the nets make every part late."""
    try:
        pace_of(adapted, threads=threads)
    except RecipeError as error:
        raise RecipeError(
            f"with what the labels taught, {error.what}",
            part=_STAYS,
            todo="teach it with a smaller --region or a longer --deadline-ms, which the PLC has to wait, "
            "or take more threads or a faster machine; then adapt it",
        ) from error


def _once_each(
    photographs: Sequence[Photograph], pictures: Sequence[str]
) -> tuple[list[Photograph], list[str]]:
    """The photographs and their SHA-256, without those that come again.

    Raises:
        DatasetError: One comes again with the other label.
    """
    first: dict[str, Photograph] = {}
    for one, sha256 in zip(photographs, pictures, strict=True):
        other = first.setdefault(sha256, one)
        if bool(other.defects) is not bool(one.defects):
            raise DatasetError(
                f"{other.path} and {one.path} are the same picture, and one of them is called good",
                part=_STAYS,
                todo="take out the one with the wrong label",
            )
    return list(first.values()), list(first)


def _cross_fitted(
    result: Adapted, photographs: Sequence[Photograph], sha256: Sequence[str], *, judged_by: ModelRef
) -> LabelledScores | None:
    """How the labelled parts scored, one picture of each, by models that had not learned from them."""
    scores: dict[bool, list[float]] = {}
    for kind in (False, True):
        of_kind = [place for place, one in enumerate(photographs) if bool(one.defects) is kind]
        scores[kind] = one_of_each(
            [unclamped(float(result.above_threshold[place])) for place in of_kind],
            parts=[photographs[place].group for place in of_kind],
            names=[sha256[place] for place in of_kind],
        )
    return LabelledScores.of(
        good=scores[False], defective=scores[True], origin=Origin.CROSS_FITTED, judged_by=judged_by
    )


def _grouped(photograph: Photograph, root: Path) -> Photograph:
    """A picture in a subfolder of its class's folder belongs to it, where no index says otherwise.

    Folders of one name below several classes show the same part, before and after.
    """
    inside = photograph.path.relative_to(root)
    _, *below = telling_folders(inside) or ("",)
    if not below or photograph.group != inside.with_suffix("").as_posix():
        return photograph
    return replace(photograph, group="/".join(below))


def _sha256(
    photographs: Sequence[Photograph],
    memory: NormalityMemory,
    examples: Sequence[Example],
    show: Callable[[int], None],
) -> list[str]:
    """Of each whole picture.

    Raises:
        CameraError, DatasetError: A picture or its mask cannot be read.
        RecipeError: A picture is too small to show anything.
    """
    found = []
    for number, (photograph, one) in enumerate(zip(photographs, examples, strict=True), 1):
        if reason := memory.too_small(one.picture.shape[:2]):
            raise RecipeError(
                f"{photograph.path} has {reason}",
                part=_STAYS,
                todo="take it out, or take it anew as the station would",
            )
        found.append(one.sha256)
        show(number)
    return found


def _aligned(
    photographs: Sequence[Photograph], sight: Sight, view: View, levels: GreyLevels
) -> list[Photograph]:
    """Those that can be aligned, where parts are: the station judges no others."""
    if sight.registration is None:
        return list(photographs)
    kept, refused = [], []
    with progress("aligning", len(photographs)) as bar:
        for number, one in enumerate(photographs, 1):
            try:
                sight.of(levels.shown(read_picture(one.path, bit_depth=levels.bit_depth)), view)
                kept.append(one)
            except PositionError as error:
                refused.append((one.path, error.what))
            bar.show(number)
    for path, why in refused[:_MOST_NAMED]:
        log.warning("a labelled picture cannot be aligned and is left out", picture=str(path), why=why)
    if len(refused) > _MOST_NAMED:
        log.warning("more labelled pictures cannot be aligned", left_out=len(refused) - _MOST_NAMED)
    return kept


def _shown(one: Example, sight: Sight, view: View) -> Example:
    """What is judged of a labelled picture. Raises RecipeError where it is too small for the view."""
    seen = sight.of(one.picture, view)
    mask = None if one.mask is None else seen.mask_as_seen(one.mask)
    return replace(one, picture=seen.picture, mask=mask)


def _numbers(found: Evaluation, escapes: float) -> dict[str, float]:
    return {
        "auroc": found.auroc,
        "overkill_at_one_percent_escape": found.at_one_percent.overkill_rate,
        "escapes_at_asked_overkill": escapes,
    }


def _expectation(threshold: Threshold) -> dict[str, Any]:
    """Where the threshold lies and what is to be expected there: the shares, and all in words."""
    return {
        "value": threshold.value,
        **{
            kind: {**asdict(share), "expected": share.expected, "kept": share.kept}
            for kind, share in (("escapes", threshold.escapes), ("overkill", threshold.overkill))
        },
        "asked_escapes_cost_overkill": threshold.asked_escapes_cost,
        "in_words": threshold.in_words,
    }
