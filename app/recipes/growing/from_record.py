"""Pictures of parts on a station's record: what a person said of them, and what nobody has looked at yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.recipes.growing.joining import STAYS, NewPicture
from app.recipes.growing.suggesting import Unlabelled
from inspection.decision import Action, DecidedBy
from inspection.errors import RecipeError
from inspection.part import Inspection
from inspection.recipe import Recipe
from inspection.reviews.review import Review, truth_in
from reports.pictures.archive import PictureArchive
from reports.settings import StoreSettings
from reports.shift.query import EVER, all_inspections, all_reviews


def reviewed(parts: Sequence[int], *, recipe: Recipe, settings: StoreSettings) -> list[NewPicture]:
    """The pictures of parts whose truth a person told, or is known; of a part id that came again the newest.

    What a person has reviewed is what his newest review says. Without one, what a person passed is good, and
    what a person sent to rework or stopped is defective.

    Args:
        parts: Part ids.
        recipe: It must have judged them.
        settings: Of the record.

    Raises:
        RecipeError: A part is not on record, was judged by another recipe, nobody decided on it, or its
            picture is gone.
        StoreError: The record cannot be read.
    """
    start, end = EVER
    newest = {
        one.trigger.part_id: one for one in all_inspections(settings, start=start, end=end, parts=parts)
    }
    reviews = all_reviews(settings, start=start, end=end)
    archive = PictureArchive(settings.pictures)
    found = []
    for part in dict.fromkeys(parts):
        one = newest.get(part)
        if one is None:
            raise RecipeError(f"part {part} is not on the record in {settings.folder}", part=STAYS)
        defective = _verdict(one, reviews)
        problem = (
            f"was judged by recipe {one.decision.recipe.id}, not by {recipe.name!r} ({recipe.id})"
            if one.decision.recipe.id != recipe.id
            else "was reviewed and decided by no person who knew, and its truth is not known"
            if defective is None
            else f"has {len(one.pictures)} pictures on record, not one of its view"
            if not _has_its_picture(one, recipe)
            else "has a picture that is not in the archive any more"
            if not archive.path(one.pictures[0]).is_file()
            else ""
        )
        if problem or defective is None:
            raise RecipeError(
                f"part {part} {problem}", part=STAYS, todo="name a picture of it: --good or --defective FILE"
            )
        said = f"part {part} of {one.trigger.seen_at:%Y-%m-%d %H:%M} UTC, {one.inspection_id}"
        found.append(NewPicture(path=archive.path(one.pictures[0]), defective=defective, said=said))
    return found


def unreviewed(
    *, recipe: Recipe, settings: StoreSettings, since: timedelta, now: datetime
) -> list[Unlabelled]:
    """The pictures of parts that a recipe judged and of which no person has said anything, the newest first.

    Args:
        recipe: It judged them.
        settings: Of the record.
        since: How long ago they were seen at most.
        now: The wall clock, with time zone.

    Raises:
        RecipeError: There is none.
        StoreError: The record cannot be read.
    """
    archive = PictureArchive(settings.pictures)
    start, end = now - since, now + timedelta(days=1)
    parts = all_inspections(settings, start=start, end=end)
    reviews = all_reviews(settings, start=start, end=end)
    found = [
        Unlabelled(archive.path(one.pictures[0]), f"part {one.trigger.part_id}")
        for one in reversed(parts)
        if one.decision.recipe.id == recipe.id
        and one.inspection_id not in reviews
        and _verdict(one, reviews) is None
        and _has_its_picture(one, recipe)
        and archive.path(one.pictures[0]).is_file()
    ]
    if not found:
        raise RecipeError(
            f"the record in {settings.folder} has no picture of the last {since.days} days that recipe "
            f"{recipe.name!r} judged and no person decided on",
            part="nothing was changed",
            todo="look further back: --days",
        )
    return found


def _has_its_picture(one: Inspection, recipe: Recipe) -> bool:
    """Whether the first picture is that of the recipe's one view; behind it are those for gauges alone."""
    return not one.unkept and len(one.pictures) in (1, 1 + len(recipe.gauge_views))


def _verdict(one: Inspection, reviews: Mapping[str, Review]) -> bool | None:
    """Whether a part is defective, by its known truth or a person's word; None where neither tells."""
    review = reviews.get(one.inspection_id)
    if truth := one.truth or truth_in(review):
        return truth.defective
    if review is not None or one.decision.decided_by is not DecidedBy.OPERATOR:
        return None
    return None if one.decision.action is Action.MANUAL_REVIEW else one.decision.action is not Action.PASS
