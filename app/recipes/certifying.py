"""Certifying a recipe: from labelled pictures to a certificate, and to what their scores say."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.progress import progress
from app.recipes.file_frames import FileFrames, read_through
from app.recipes.in_force import certification, labelled_scores
from app.recipes.inspecting import inspect_one, refuse_too_small
from app.recipes.inspectors import REFLEX_NAME, build_inspector
from app.recipes.learned_from import CertifiedFrom
from app.recipes.library import RecipeLibrary, Taught
from app.settings.station import AS_SHIPPED, InspectorKind, ModelTable
from inspection.certification.binomial import parts_needed, upper_bound
from inspection.certification.certificate import UNCERTIFIED, Certificate, Certification, Draw
from inspection.certification.probability import LabelledScores, Origin, one_of_each
from inspection.certification.threshold import NEVER_PASSES, by_group, walk
from inspection.decision import Action, Decision, RecipeRef
from inspection.errors import CertificateError, PassgateError
from inspection.motion.chunk import PhysicsContext
from inspection.part import Frame
from inspection.pictures.copies import SeenPictures, original_name, pixels_sha256
from inspection.pictures.quality import wrong_size
from inspection.pictures.sides import good_and_defective


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate, not yet kept, and what it was issued on."""

    certificate: Certificate
    pictures: CertifiedFrom
    scores: LabelledScores | None
    """Of the parts; None where all of one kind were refused by the quality check or a rule."""
    mind: str
    """What weakens the proof, in words; empty for nothing that is known."""

    def keep(self, library: RecipeLibrary) -> Path:
        """Keep all; returns the certificate's file. Raises RecipeError or CertificateError."""
        library.keep_certified_from(self.certificate, self.pictures, self.scores)
        return library.keep_certificate(self.certificate)


_NOTHING_ISSUED = "no certificate was issued: the station stays uncertified, unless an older one holds"


def certify(
    name: str,
    *,
    good: Path,
    bad: Path,
    alpha: float,
    delta: float,
    draw: Draw,
    library: RecipeLibrary,
    model: ModelTable = AS_SHIPPED,
    line: PhysicsContext | None = None,
) -> Certified:
    """Certify the newest version of a recipe on labelled pictures; the result is not yet kept.

    Every picture is judged as the line would, by the inspector that the line uses. A defective part escapes
    where the inspector passes it and its defect score keeps the threshold.

    Args:
        name: Of the recipe.
        good: Folder of good pictures that were not taught.
        bad: Folder of defective pictures that nothing was chosen on.
        alpha: The bound on the escape rate, above 0 and below 1.
        delta: How often such a procedure may be wrong, above 0 and below 1.
        draw: What counts as one part; ``FOLDER`` counts a picture outside any subfolder for itself.
        library: Has the recipe.
        model: Who judges: ``[model]`` of a station; one that lets another judge refuses the certificate.
        line: Belt, diverter and part of that station, where the recipe describes none.

    Raises:
        CameraError: A folder is missing or empty, or a picture cannot be read.
        DatasetError: A picture is there twice, and would count as two parts, or labels cannot be used.
        CertificateError: These pictures prove nothing: too few (says how many defective parts are needed), or
            ones that the recipe learned from.
        RecipeError: The recipe is unknown or damaged.
    """
    library.recipe(name)
    good_files, bad_files = good_and_defective(good, bad)
    bad_groups, good_groups = _groups(bad_files, bad, draw), _groups(good_files, good, draw)
    _refuse_too_few(len(set(bad_groups)), pictures=len(bad_files), alpha=alpha, delta=delta, draw=draw)

    library.refuse_unwritable(name)
    recipe, inspector = build_inspector(library, name, model=model, line=line)
    inspector.prepare(recipe)
    known, learned, sha256 = library.learned_from(name, recipe.version), list[Path](), list[str]()
    files = (*bad_files, *good_files)
    groups = [("bad", group) for group in bad_groups] + [("good", group) for group in good_groups]
    seen = SeenPictures(part=_NOTHING_ISSUED)

    def look(index: int, frame: Frame) -> None:
        refuse_too_small(frame, recipe=recipe, inspector=inspector, part=_NOTHING_ISSUED)
        if (wrong := wrong_size(frame.picture, recipe.quality)) is not None:
            raise CertificateError(
                f"{files[index]} proves nothing, since the station would hold it unseen: {wrong.reason}",
                part=_NOTHING_ISSUED,
            )
        seen.add(frame.picture, path=files[index], group=groups[index])
        sha256.append(pixels_sha256(frame.picture))
        if known.among(sha256[-1:]):
            learned.append(files[index])

    read_through(files, look, bit_depth=recipe.levels.bit_depth)
    _refuse_learned_from(learned, pictures=len(seen.sha256))
    decisions = []
    with progress("certifying", len(files)) as bar:
        for number, frame in enumerate(FileFrames(files, bit_depth=recipe.levels.bit_depth), 1):
            decisions.append(inspect_one(frame, recipe=recipe, inspector=inspector))
            bar.show(number)
    scores = [_passing_score(decision) for decision in decisions]
    defective = by_group(scores[: len(bad_files)], bad_groups, worst=min)
    fine = by_group(scores[len(bad_files) :], good_groups, worst=max)

    walked = walk(defective, alpha=alpha, delta=delta)
    overkilled = len(fine) if walked is None else sum(score > walked.threshold for score in fine)
    if walked is None or overkilled == len(fine):
        raise CertificateError(
            f"a threshold strict enough for at most {100 * alpha:.3g} % escapes passes none of the "
            f"{len(fine)} good parts",
            part=_NOTHING_ISSUED,
            todo="look at the defective pictures that score lowest, teach anew, or allow more escapes",
        )
    separate = len(defective) == len(bad_files) and len(fine) == len(good_files)
    certificate = Certificate.issue(
        alpha=alpha,
        delta=delta,
        n_defective=len(defective),
        misses=walked.misses,
        threshold=walked.threshold,
        draw=Draw.PICTURE if separate else draw,
        pictures_defective=len(bad_files),
        n_good=len(fine),
        overkilled=overkilled,
        overkill_bound=upper_bound(overkilled, len(fine), delta),
        pictures_good=len(good_files),
        recipe_name=recipe.name,
        recipe=RecipeRef(id=recipe.id, version=recipe.version),
        recipe_sha256=recipe.sha256,
        model=inspector.model,
        certified_at=datetime.now(UTC),
    )
    mind = _used_before(seen.sha256, library.certified_from(name))
    deviations = [decision.deviation for decision in decisions]
    drawn = [
        one_of_each(deviations[side], parts=groups[side], names=sha256[side])
        for side in (slice(len(bad_files)), slice(len(bad_files), None))
    ]
    labelled = LabelledScores.of(
        good=drawn[1], defective=drawn[0], origin=Origin.HELD_OUT, judged_by=inspector.model
    )
    return Certified(certificate, CertifiedFrom.of(certificate.id, seen.sha256), labelled, mind)


def stored_certification(
    name: str,
    version: int | None,
    *,
    library: RecipeLibrary,
    model: ModelTable = AS_SHIPPED,
    line: PhysicsContext | None = None,
    of_a_station: bool = False,
) -> tuple[Certification, LabelledScores | None]:
    """``certification`` and ``labelled_scores`` of a version by what would judge.

    The model is loaded only where there is something to compare it with.

    Args:
        name: Of the recipe.
        version: None for the newest.
        library: Has the recipe and its certificate.
        model: What would judge.
        line: Belt, diverter and part, where the recipe describes none.
        of_a_station: Whether ``model`` says which kind of inspector judges. Where no station is named, it is
            taken to be the kind that the certificate names.

    Raises:
        RecipeError: The recipe is unknown or damaged.
    """
    recipe = library.recipe(name, version)
    try:
        certificate = library.certificate(name, version)
        taught = library.taught_scores(name, version)
        judged_by = None if taught is None else taught.judged_by
        judged_by = judged_by if certificate is None else certificate.model
        if judged_by is None:
            return UNCERTIFIED, None
        if not of_a_station:
            kind = InspectorKind.REFLEX if judged_by.name == REFLEX_NAME else InspectorKind.VLA
            model = model.model_copy(update={"inspector": kind})
        in_use = build_inspector(library, name, version=version, model=model, line=line)[1].model
    except PassgateError as error:
        return Certification(reason=error.sentence, coded=error.sentence.coded), None
    held = certification(recipe, model=in_use, library=library)
    return held, labelled_scores(recipe, model=in_use, certification=held, library=library)


def spent(taught: Taught, *, library: RecipeLibrary) -> str:
    """What of the certificates' pictures ``taught`` learned from, in words; empty where nothing."""
    learned = {*taught.learned_from.taught, *taught.learned_from.labelled}
    said = _issued_on(
        learned, library.certified_from(taught.recipe.name), these="that this version learned from"
    )
    return said and f"{said}: they can certify nothing any more, so certify on pictures of other parts"


def _used_before(sha256: Collection[str], issued: Mapping[int, CertifiedFrom | None]) -> str:
    """In words, on how many of the pictures certificates were issued before; empty where none was."""
    said = _issued_on(sha256, issued, these=f"of these {len(sha256)}")
    return said and (
        f"{said}: a proof holds for the first try on them, so where anything was chosen since by what they "
        "showed, take others"
    )


def _issued_on(sha256: Collection[str], issued: Mapping[int, CertifiedFrom | None], *, these: str) -> str:
    counts = {version: known.among(sha256) for version, known in issued.items() if known is not None}
    return "; ".join(
        f"{count} pictures {these} are ones that the certificate of version {version} was issued on"
        for version, count in counts.items()
        if count
    )


def _passing_score(decision: Decision) -> float:
    """The defect score of a pass; a part that is not passed, or that no model scored, never passes."""
    if decision.action is not Action.PASS or decision.defect_score is None:
        return NEVER_PASSES
    return decision.defect_score


def _groups(files: Sequence[Path], folder: Path, draw: Draw) -> list[Path]:
    """What each picture is counted with: itself and the copies that were made of it, or its subfolder."""
    return [
        path.with_name(original_name(path)) if draw is Draw.PICTURE or path.parent == folder else path.parent
        for path in files
    ]


def _refuse_learned_from(learned: Sequence[Path], *, pictures: int) -> None:
    """Raise CertificateError where pictures are ones that the recipe was taught from or adapted on."""
    if learned:
        raise CertificateError(
            f"{len(learned)} of these {pictures} pictures are ones that the recipe learned from, "
            f"{learned[0]} for one: on them it is better than on the parts to come",
            part=_NOTHING_ISSUED,
            todo="certify on pictures of parts that were neither taught nor adapted on",
        )


def _refuse_too_few(parts: int, *, pictures: int, alpha: float, delta: float, draw: Draw) -> None:
    """Raise CertificateError before anything is judged where no result could prove ``alpha``."""
    needed = parts_needed(alpha, delta)
    if parts >= needed:
        return
    shown = f"{parts} defective parts" + (f" ({pictures} pictures)" if pictures != parts else "")
    hint = ""
    if pictures >= needed and draw is Draw.FOLDER:
        hint = "; where every picture shows another part, say so with --count picture"
    raise CertificateError(
        f"{shown} cannot prove at most {100 * alpha:.3g} % escapes, {100 * (1 - delta):.4g} % sure: "
        f"at least {needed} are needed, and more for each one missed",
        part=_NOTHING_ISSUED,
        todo=f"take pictures of {needed - parts} more defective parts, or ask for less{hint}",
    )
