"""Training samples from Passgate's own record: of parts whose truth is known, or a person told it.

What only the model said is never a label: a model that is taught its own answers only learns to be sure.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np

from app.recipes.library import RecipeLibrary
from inspection.decision import Action, DecidedBy, Decision, Defect, RecipeRef
from inspection.errors import RecipeError
from inspection.part import Inspection, Truth
from inspection.pictures.decoding.decoding import read_archived
from inspection.recipe import Recipe
from inspection.reviews.review import truth_in
from models.language.instructions import instruction_of
from models.training.data.compose import compose, decided
from models.training.data.photographs import severity_by_share
from models.training.data.samples import (
    LabelledDefect,
    TrainingSample,
    VisualInput,
    relative_to_file,
    split_of,
)
from reports.pictures.archive import PictureArchive
from reports.settings import StoreSettings
from reports.shift.query import EVER, all_inspections, all_reviews

SOURCE = "record"

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


class RecordedSamples:
    """Reads a record once, with what waits in its spool; then iterate for its samples.

    A part is used where its truth is known (simulation, replay, challenge), where a person has reviewed it as
    good or defective, or where an operator had the last word; of these the first counts. Of the same picture
    only the latest such part is used.

    From truth and review come the types. The box is taken from the inspection only where it can belong to
    nothing else: one type, and one region that was measured; severity follows by ``severity_by_share``. An
    operator's action stands under the recipe's policy in words, with the defects on record; an operator's
    pass of what the policy would not let pass says that there were none.

    Args:
        settings: Of the record.
        library: For the recipes that judged; a part whose recipe is gone is used only for its truth.
        jsonl: The file that the samples are for.
        period: Inclusive start and exclusive end, with time zones; None for all there is.
        seed: Draws policies and belts.

    Raises:
        StoreError: The record cannot be read, or not all of it.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        library: RecipeLibrary,
        jsonl: Path,
        period: tuple[datetime, datetime] | None = None,
        seed: int = 0,
    ) -> None:
        self.left_out: Counter[str] = Counter()
        """Parts that were not used, by the reason why; complete when the iteration is."""
        self._jsonl, self._seed = jsonl, seed
        self._archive = PictureArchive(settings.pictures)
        self._recipe_of = _finder(library)
        start, end = period or EVER
        self._reviews = all_reviews(settings, start=start, end=end)
        self._parts = self._usable(all_inspections(settings, start=start, end=end))
        # The record itself tells which types there are.
        truths = (self._truth(part) for part in self._parts.values())
        self._types = sorted({kind for truth in truths if truth is not None for kind in truth.types})

    def __len__(self) -> int:
        """At most so many samples."""
        return len(self._parts)

    def __iter__(self) -> Iterator[TrainingSample]:
        """Compose the samples, in the order of the parts. Raises CameraError for a damaged picture."""
        for number, (group, part) in enumerate(self._parts.items()):
            recipe = self._recipe_of(part.decision.recipe)
            views = None if recipe is None else len(recipe.views)  # behind them: pictures for gauges alone
            seen = VisualInput(
                pictures=tuple(
                    relative_to_file(self._archive.path(sha256), self._jsonl)
                    for sha256 in part.pictures[:views]
                ),
                region=None if recipe is None else recipe.views[0].region,
                group=group,
            )
            rng = np.random.default_rng([self._seed, number])
            if (truth := self._truth(part)) is not None:
                yield compose(
                    seen,
                    self._by_truth(part, truth),
                    types=self._types,
                    source=SOURCE,
                    split=split_of(group),
                    rng=rng,
                )
                continue
            assert recipe is not None, "parts without truth are used only with their recipe"
            instruction = instruction_of(recipe)
            yield decided(
                seen,
                _by_operator(part.decision, recipe),
                action=part.decision.action,
                instruction=instruction,
                language="zh" if _CHINESE.search(instruction) else "en",
                source=SOURCE,
                split=split_of(group),
                rng=rng,
            )

    def _usable(self, parts: list[Inspection]) -> Mapping[str, Inspection]:
        """Parts by their first picture, a later one of the same picture in place of an earlier."""
        usable: dict[str, Inspection] = {}
        for part in parts:
            problem = self._problem(part)
            if problem:
                self.left_out[problem] += 1
                continue
            if usable.pop(part.pictures[0], None) is not None:
                self.left_out["the same picture again"] += 1
            usable[part.pictures[0]] = part
        return usable

    def _problem(self, part: Inspection) -> str:
        """Why ``part`` teaches nothing; empty where it does."""
        truth, review = self._truth(part), self._reviews.get(part.inspection_id)
        if truth is None and review is not None:
            return "reviewed by a person who did not know"
        if truth is None and part.decision.decided_by is not DecidedBy.OPERATOR:
            return "no truth and no person's word"
        if not part.pictures or not all(self._archive.path(sha256).is_file() for sha256 in part.pictures):
            return "no picture any more"
        if part.unkept:
            return "not all of its pictures were kept"
        if truth is not None:
            return "defective, but by what is not known" if truth.defective > bool(truth.types) else ""
        if self._recipe_of(part.decision.recipe) is None:
            return "its recipe is gone"
        if part.decision.action is not Action.PASS and not part.decision.defects:
            return "rejected by a person, but for what is not known"
        return ""

    def _truth(self, part: Inspection) -> Truth | None:
        return part.truth or truth_in(self._reviews.get(part.inspection_id))

    def _by_truth(self, part: Inspection, truth: Truth) -> tuple[LabelledDefect, ...]:
        if not truth.defective:
            return ()
        measured: Defect | None = None
        if len(truth.types) == 1 and len(part.decision.defects) == 1:
            measured = part.decision.defects[0]
        height, width = read_archived(self._archive.path(part.pictures[0])).shape[:2]
        box = None if measured is None else measured.box
        return tuple(
            LabelledDefect(
                type=kind,
                severity=severity_by_share(box, width=width, height=height),
                box=box,
                length_mm=None if measured is None else measured.length_mm,
            )
            for kind in truth.types
        )


def _by_operator(decision: Decision, recipe: Recipe) -> tuple[LabelledDefect, ...]:
    asked = recipe.action_for(decision.defects)
    if decision.action is Action.PASS and asked is not Action.PASS:
        return ()
    return tuple(
        LabelledDefect(type=each.type, severity=each.severity, box=each.box, length_mm=each.length_mm)
        for each in decision.defects
    )


def _finder(library: RecipeLibrary) -> Callable[[RecipeRef], Recipe | None]:
    """Recipes by the reference that decisions carry; None where the library has it no more."""
    names = {library.recipe(name).id: name for name in library.names()}

    @cache
    def find(reference: RecipeRef) -> Recipe | None:
        try:
            return library.recipe(names[reference.id], reference.version)
        except (KeyError, RecipeError):
            return None

    return find
