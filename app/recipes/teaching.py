"""Teaching a recipe: from good pictures to a file in the library."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from app.progress import progress
from app.recipes.file_frames import FileFrames
from app.recipes.inspectors import unheard_by
from app.recipes.learned_from import Folders, LearnedFrom
from app.recipes.library import RecipeLibrary, Taught
from app.recipes.seeing import appearances_of, how_seen
from app.settings.station import ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.drift.usual import Look, UsualLooks
from inspection.errors import RecipeError
from inspection.files.one_by_one import OneByOne
from inspection.levels import BitDepth, Picture
from inspection.part import Frame
from inspection.pictures.copies import SeenPictures, original_name
from inspection.pictures.looks import look_of
from inspection.pictures.quality import teach_limits
from inspection.pictures.sides import good_pictures
from inspection.pictures.sight.learning import Asked, SightLearner
from inspection.pictures.sight.sight import cut_out
from inspection.recipe import GaugeSpec, GreyLevels, Recipe, Register, View
from inspection.simulation import Variation
from inspection.simulation.spec import MM_PER_PIXEL, DefectType
from inspection.unheard import Unheard
from inspection.wording.value import value_in_words
from models.appearances.several import SeveralAppearances
from models.backbone.features import EfficientNetLite0, VisionTower
from models.backbone.transformers_tower import build_tower
from models.good_parts.alike import AlikeInColourAndPlace
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings

log = structlog.get_logger(__name__)

DEFAULT_OVERKILL = MemorySettings().overkill
AS_THEY_LIE = Asked()
SIMULATED_PRODUCT = "cover"
SIMULATED_GOOD_PARTS = 60
SIMULATED_FROM = 1_000_000
"""Part ids for teaching the simulated product; the line's own ids start at 1 and do not come so far."""


_NAMES = "a name is 1 to 64 letters, digits, spaces, dots, hyphens, and begins with a letter or digit"


def _cannot_be(error: ValidationError) -> Iterator[str]:
    """What of a recipe cannot be as it was asked for, in words."""
    for detail in error.errors():
        match detail["loc"]:
            case ("name",):
                yield f"{detail['input']!r} cannot be a recipe's name"
            case ("defect_types", int()):
                yield f"{detail['input']!r} cannot be the name of a defect"
            case place:
                yield f"{'.'.join(map(str, place))}: {value_in_words(detail)}"


def plan(
    name: str,
    *,
    library: RecipeLibrary,
    mm_per_pixel: float | None = None,
    defect_types: Sequence[str] = (),
    instruction: str = "",
    bit_depth: BitDepth | None = None,
    view: Mapping[str, Any] | None = None,
    deadline_ms: int | None = None,
) -> Recipe:
    """What recipe ``name`` will say, before anything is taught for it.

    A recipe of that name that exists keeps its id, policy, limits and words; what is named here is new.

    Args:
        name: Of the recipe.
        library: Tells id and version.
        mm_per_pixel: Scale in the part's plane, where it is known; None keeps what the recipe says.
        defect_types: What the language model may call a defect; empty keeps what the recipe says.
        instruction: The policy in words; empty keeps what the recipe says.
        bit_depth: That of the pictures; None keeps what the recipe says, 8 where there is none.
        view: What is new of the recipe's one view, by the names of its fields.
        deadline_ms: Within which a part must be decided; None keeps what the recipe says.

    Raises:
        RecipeError: A name that cannot be one, or a recipe that a folder cannot teach.
    """
    identity, version = library.next_identity(name)
    said: dict[str, Any] = {"id": identity, "version": version}
    if defect_types:
        said["defect_types"] = tuple(defect_types)
    if instruction:
        said["instruction"] = instruction
    if bit_depth is not None:
        said["levels"] = GreyLevels(bit_depth=bit_depth)
    if deadline_ms is not None:
        said["deadline_ms"] = deadline_ms
    of_view = dict(view or {}) | ({} if mm_per_pixel is None else {"mm_per_pixel": mm_per_pixel})
    try:
        if version > 1:
            so_far = library.recipe(name)
            if of_view:
                said["views"] = [one.model_dump() | of_view for one in so_far.views]
            recipe = Recipe.model_validate(so_far.model_dump() | said)
        else:
            recipe = Recipe(name=name, views=(View(**of_view),), **said)
    except ValidationError as error:
        named = any(detail["loc"][:1] in (("name",), ("defect_types",)) for detail in error.errors())
        todo = _NAMES if named else ""
        raise RecipeError("; ".join(_cannot_be(error)), part="nothing was taught", todo=todo) from error
    if len(recipe.views) != 1:
        raise RecipeError(
            f"recipe {name!r} has {len(recipe.views)} views; only one can be taught from a folder",
            part="the recipe as it was stays in use",
        )
    return recipe


def hear(recipe: Recipe, *, model: ModelTable, accept: bool) -> tuple[Recipe, Unheard]:
    """``recipe``, and what of it does not come into force where such a model judges.

    Args:
        recipe: As it is planned.
        model: What will judge.
        accept: Whether that is accepted; the recipe then says so.

    Raises:
        RecipeError: More is asked than will be done, and nobody accepted it.
        WeightsError: The adapter is absent or damaged.
    """
    missed = unheard_by(model, recipe)
    if missed.lost and not accept:
        raise RecipeError(
            missed.in_words,
            part="nothing was taught",
            todo="use names that the model knows (passgate model list), name the --adapter that was trained "
            "on these, or accept it with --accept-unheard",
        )
    return recipe.model_copy(update={"unheard_accepted": bool(missed.lost)}), missed


def teach(
    recipe: Recipe,
    frames: Sequence[Frame],
    *,
    tower: VisionTower,
    groups: Sequence[str] | None = None,
    overkill: float = DEFAULT_OVERKILL,
    names: Sequence[str] | None = None,
    asked: Asked = AS_THEY_LIE,
    appearances: Sequence[str] = (),
) -> Taught:
    """Teach what was planned from good pictures of one view; the result is not yet kept.

    Each picture is read twice and held no longer than it is looked at, where ``frames`` reads it when asked;
    some a third time, where ``asked`` wants them aligned or masked.

    Args:
        recipe: From :func:`plan`.
        frames: Good pictures, at least five.
        tower: The vision tower that judges later.
        groups: One for each picture: pictures of one group are near-copies of each other.
        overkill: Share of good parts that the threshold may reject; more of it lets fewer defects through.
        names: Of the pictures: those that lie far outside the others are refused by them; None keeps them.
        asked: Whether parts are aligned, and what of the view is not judged.
        appearances: That of each picture, where there are several; each is taught by itself.

    Raises:
        DatasetError: A picture comes twice, in two groups.
        RecipeError: Too few pictures, too small ones, or one far outside the others; or they cannot be
            aligned, or the mask is not theirs.
    """
    view = recipe.views[0]
    sizes: list[tuple[int, int]] = []
    looks: list[Look] = []
    seen = SeenPictures(part="nothing was taught: copies would make a threshold that rejects everything else")
    learner = SightLearner(view, asked)
    alike = AlikeInColourAndPlace()
    limits = teach_limits(_once_each(frames, groups, sizes, looks, recipe, seen, learner, alike))
    if names is not None:
        alike.refuse_blank(names)
        alike.refuse_dead_channels(names)
        if asked.motion is None:
            alike.warn_of_turned(names)
    if limits.size is None and view.region is None:
        (height, width), most = Counter(sizes).most_common(1)[0]
        log.warning(
            "the pictures are of several sizes, so the station will take pictures of any size",
            sizes=len(set(sizes)),
            most=f"{most} of {len(sizes)} are {width} x {height}",
        )
    learned = learner.learn(OneByOne(frames, recipe.levels.of), groups=groups, names=names)
    if learned.in_words:
        log.info(learned.in_words)
    memory = _memory(
        OneByOne(frames, lambda frame: learned.sight.of(recipe.levels.of(frame), view).picture),
        appearances,
        tower=tower,
        groups=groups,
        settings=MemorySettings(overkill=overkill),
        sizes=sizes,
        names=names,
    )
    view = learned.seen_so(view).model_copy(update={"appearances": tuple(sorted(set(appearances)))})
    return Taught(
        # examples of types were told by the memory of before
        recipe.model_copy(update={"quality": limits, "views": (view,), "sha256": "", "shown_types": ()}),
        {view.name: memory},
        learned_from=LearnedFrom.good(seen.sha256),
        sights={} if learned.sight.plain else {view.name: learned.sight},
        looks={} if (usual := UsualLooks.of(looks)) is None else {view.name: usual},
    )


def _memory(
    pictures: Sequence[Picture],
    appearances: Sequence[str],
    *,
    tower: VisionTower,
    groups: Sequence[str] | None,
    settings: MemorySettings,
    sizes: Sequence[tuple[int, int]],
    names: Sequence[str] | None,
) -> NormalityMemory:
    """One memory of all, or one of each appearance; of those whose pictures are one group each is its own."""
    members = {}
    for appearance in sorted(set(appearances)) or [""]:
        some = [i for i in range(len(pictures)) if not appearances or appearances[i] == appearance]
        own = None if groups is None else [groups[i] for i in some]
        members[appearance] = NormalityMemory.teach(
            OneByOne(some, pictures.__getitem__) if appearances else pictures,
            tower=tower,
            groups=None if appearances and own is not None and len(set(own)) < 2 else own,
            settings=settings,
            sizes=[sizes[i] for i in some],
            names=None if names is None else [names[i] for i in some],
        )
    return SeveralAppearances(members) if appearances else members[""]


def _once_each(
    frames: Sequence[Frame],
    groups: Sequence[str] | None,
    sizes: list[tuple[int, int]],
    looks: list[Look],
    recipe: Recipe,
    seen: SeenPictures,
    learner: SightLearner,
    alike: AlikeInColourAndPlace,
) -> Iterator[Frame]:
    """The frames, while their sizes and looks are noted; raises DatasetError for one that comes twice."""
    for number, frame in enumerate(frames):
        group = number if groups is None else groups[number]
        seen.add(frame.picture, path=Path(frame.source), group=group)
        picture = recipe.levels.of(frame)
        learner.add(picture)
        judged = _judged(picture, recipe.views[0])
        alike.add(frame, judged)
        height, width = judged.shape[:2]
        sizes.append((height, width))
        looks.append(look_of(frame, recipe.views[0]))
        yield frame


def _judged(picture: Picture, view: View) -> Picture:
    """The view's region of a good picture. Raises RecipeError where it does not lie on it."""
    try:
        return cut_out(picture, view)
    except RecipeError as error:
        todo = "name a --region that lies on every picture (none: all of it), or take this picture out"
        raise RecipeError(error.what, part="nothing was taught", todo=todo) from error


def teach_folder(
    recipe: Recipe,
    good: Path,
    *,
    overkill: float = DEFAULT_OVERKILL,
    tower: str | None = None,
    keep_outliers: bool = False,
    library: RecipeLibrary | None = None,
    register: Register | None = None,
    mask: Path | None = None,
    several: bool = False,
) -> Taught:
    """Teach what was planned from the pictures below a folder of good ones; a subfolder is a group.

    Of a labelling tool's export those are taught that its labels call good. Copies of one picture that
    Roboflow made are a group.

    ``tower`` is the vision tower that judges later, as ``build_tower`` takes it. A picture that
    lies far outside the others is refused, and so is a set of near-copies, unless ``keep_outliers``. How
    parts are seen is as :func:`how_seen` says; as they lie, where no ``library`` is given. Where there are
    ``several`` appearances (as the recipe has them so far, or newly), each is a subfolder.

    Raises:
        CameraError: The folder is missing or empty, or a picture cannot be read or is of another depth.
        DatasetError: A picture is there twice, in two groups, or labels cannot be used.
        RecipeError: Too few pictures, too small ones, or one far outside the others.
        WeightsError: No vision tower there.
    """
    files, groups = good_files(good)
    if groups is None and (folder := files[0].parent) != good:
        log.warning(
            f"all pictures lie in one folder, {folder.relative_to(good)}: each is taken for another part",
            todo="where they are near-copies of one part, take other parts as well, each in its own folder",
        )
    asked = AS_THEY_LIE
    if library is not None:
        asked = how_seen(recipe, library=library, register=register, mask=mask, shown=files[0])
    with progress("teaching", 2 * len(files) + asked.looked_at_again(len(files))) as bar:
        taught = teach(
            recipe,
            FileFrames(files, bar.show, bit_depth=recipe.levels.bit_depth),
            tower=build_tower(tower),
            groups=groups,
            overkill=overkill,
            asked=asked,
            appearances=appearances_of(files, good, so_far=recipe.views[0].appearances, several=several),
            names=None if keep_outliers else [str(path.relative_to(good)) for path in files],
        )
    folders = Folders(good=str(good.resolve()), keep_outliers=keep_outliers)
    return replace(taught, learned_from=taught.learned_from.model_copy(update={"folders": folders}))


def good_files(good: Path) -> tuple[Sequence[Path], list[str] | None]:
    """The pictures below a folder of good ones, and the group of each; None where each is its own.

    Raises:
        CameraError: The folder is missing or empty.
        DatasetError: Labels cannot be used.
    """
    side = good_pictures(good)
    by_folder = not side.labelled and len({path.parent for path in side.pictures}) > 1
    keys = [str(path.parent) if by_folder else original_name(path) for path in side.pictures]
    return side.pictures, keys if by_folder or len(set(keys)) < len(keys) else None


def seal(name: str, *, library: RecipeLibrary, tower: str | None = None) -> Path:
    """Keep the newest version of a recipe from before digests as the next one; returns its file.

    ``tower`` is the vision tower that it was taught on, as ``build_tower`` takes it.

    Raises:
        RecipeError: Unknown, damaged, or sealed already.
        WeightsError: Taught on another tower, or what was taught is damaged.
    """
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    taught = library.load(name, tower=build_tower(tower))
    if taught.sealed:
        raise RecipeError(f"recipe {name!r} version {taught.recipe.version} is sealed already")
    _, version = library.next_identity(name)
    return library.save(
        replace(taught, recipe=taught.recipe.model_copy(update={"version": version, "sha256": ""}))
    )


def teach_simulated(
    library: RecipeLibrary,
    *,
    seed: int,
    good_parts: int = SIMULATED_GOOD_PARTS,
    gauges: tuple[GaugeSpec, ...] = (),
    gauge_views: tuple[View, ...] = (),
) -> Taught:
    """Teach the demo's product from good parts that the line will not show, and keep it, with ``gauges``."""
    types = tuple(DefectType)
    recipe = plan(SIMULATED_PRODUCT, library=library, mm_per_pixel=MM_PER_PIXEL, defect_types=types)
    recipe = recipe.model_copy(update={"gauges": gauges, "gauge_views": gauge_views})
    camera = SimulatedCamera("main", seed=seed, variation=Variation(defect_rate=0.0))
    camera.open()
    with progress("teaching from good parts", good_parts + 1) as bar:
        frames = []
        for number in range(good_parts):
            frames.append(camera.capture(SIMULATED_FROM + number))
            bar.show(number + 1)
        taught = teach(recipe, frames, tower=EfficientNetLite0())
        library.save(taught)
        bar.show(good_parts + 1)
    return taught
