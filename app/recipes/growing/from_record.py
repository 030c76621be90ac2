"""Pictures of parts on a station's record: what a person said of them, and what nobody has looked at yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.recipes.growing.joining import STAYS, NewPicture
from app.recipes.growing.suggesting import Unlabelled
from inspection.decision import Action, DecidedBy
from inspection.errors import RecipeError
from inspection.part import Inspection
from inspection.recipe import Recipe
from reports.pictures.archive import PictureArchive
from reports.settings import StoreSettings
from reports.shift.query import EVER, all_inspections


def reviewed(parts: Sequence[int], *, recipe: Recipe, settings: StoreSettings) -> list[NewPicture]:
    """The pictures of parts whose truth a person told, or is known; of a part id that came again the newest.

    What a person passed is good, and what a person sent to rework or stopped is defective.

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
    archive = PictureArchive(settings.pictures)
    found = []
    for part in dict.fromkeys(parts):
        one = newest.get(part)
        if one is None:
            raise RecipeError(f"part {part} is not on the record in {settings.folder}", part=STAYS)
        defective = _verdict(one)
        problem = (
            f"was judged by recipe {one.decision.recipe.id}, not by {recipe.name!r} ({recipe.id})"
            if one.decision.recipe.id != recipe.id
            else "was decided by no person, and its truth is not known"
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
    """The pictures of parts that a recipe judged and no person decided on, the newest first.

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
    parts = all_inspections(settings, start=now - since, end=now + timedelta(days=1))
    found = [
        Unlabelled(archive.path(one.pictures[0]), f"part {one.trigger.part_id}")
        for one in reversed(parts)
        if one.decision.recipe.id == recipe.id
        and _verdict(one) is None
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


def _verdict(one: Inspection) -> bool | None:
    """Whether a part is defective, by its known truth or a person's word; None where neither tells."""
    if one.truth is not None:
        return one.truth.defective
    if one.decision.decided_by is not DecidedBy.OPERATOR or one.decision.action is Action.MANUAL_REVIEW:
        return None
    return one.decision.action is not Action.PASS
