"""An instrument taught by a picture: described, tried on that very picture, and made part of a recipe."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.recipes.gauges.wordings import dial_of
from app.recipes.library import RecipeLibrary
from inspection.errors import RecipeError
from inspection.frozen import Box
from inspection.gauges.dial.proposals.proposing import propose, valued
from inspection.gauges.dial.teaching import taught as with_reference
from inspection.gauges.reading_all import read
from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description, description_of, in_short
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.reading import Reading
from inspection.levels import Picture
from inspection.recipe import GaugeSpec, Recipe, View
from inspection.station.gauging.cutting import Cut
from models.backbone.transformers_tower import build_tower

_NOT_CHANGED = "the recipe stays as it was"


def description_in(path: Path) -> Description:
    """The description in a file: of any instrument, or a dial as a label of ``gauge evaluate`` has it.

    Raises:
        RecipeError: It holds neither.
        OSError: It cannot be read.
    """
    written = path.read_bytes()
    try:
        held = json.loads(written)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict) or "kind" in held or "marks" not in held:
        return description_of(written, source=str(path))
    try:
        return dial_of(held).dial
    except ValueError as error:
        raise RecipeError(
            f"{path} describes no instrument: {error}",
            part="nothing was read",
            todo="mend the file; docs/gauges.md has the format",
        ) from error


def proposed(picture: Picture, low: float, high: float, unit: str) -> DialDescription:
    """The likeliest dial in a picture, its scale from ``low`` to ``high``: for a person to confirm.

    Raises:
        RecipeError: None is seen, or the values fit none.
    """
    found = propose(picture)
    if not found:
        raise RecipeError(
            "no dial is seen in the picture", part="nothing was taught", todo="click it: --click"
        )
    try:
        return valued(found[0], low, high, unit)
    except ValueError as error:
        said = in_short(error) if isinstance(error, ValidationError) else str(error)
        raise RecipeError(
            f"the dial that is seen has no scale from {low:g} to {high:g}: {said}",
            part="nothing was taught",
            todo="give --min and --max as they stand on it, or click it: --click",
        ) from error


def taught(picture: Picture, what: Description, *, unit: str | None = None) -> Description:
    """A description as it is kept: in ``unit`` if one is given, and a dial with what it looks like.

    Args:
        picture: Of the instrument.
        what: With its places in the picture's pixels.
        unit: None: as ``what`` has it.

    Raises:
        RecipeError: The dial would not be found again, ``what`` has no unit, or lies outside the picture.
    """
    if unit is not None:
        if not hasattr(what, "unit"):
            raise RecipeError(f"a {what.kind} has no unit", part="nothing was taught", todo="leave it out")
        what = what.model_copy(update={"unit": unit})
    _refuse_outside(what, width=picture.shape[1], height=picture.shape[0])
    if isinstance(what, DialDescription) and not what.relative:
        return with_reference(picture, what)
    return what


def _refuse_outside(what: Description, *, width: int, height: int) -> None:
    """Raise RecipeError where an instrument lies beyond the picture that teaches it; not of dials."""
    match what:
        case DisplayDescription(corners=corners) if corners is not None:
            places = list(corners)
        case LevelDescription():
            places = [what.bottom.point, what.top.point]
        case LampDescription() | CodeDescription() if what.region is not None:
            left, top, across, down = what.region
            places = [(left, top), (left + across - 1, top + down - 1)]
        case _:
            return
    beyond = [(x, y) for x, y in places if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5)]
    if beyond:
        x, y = beyond[0]
        raise RecipeError(
            f"({x:g}, {y:g}) lies outside the picture, which has {width} x {height} pixels",
            part="nothing was taught",
            todo="give places in pixels of this very picture",
        )


def region_of(what: Description, *, width: int, height: int) -> Box:
    """Where an instrument is looked for, if nobody says it: about its places, in a picture of this size."""
    match what:
        case DialDescription(reference=reference) if reference is not None:
            return reference.box
        case DisplayDescription(corners=corners) if corners is not None:
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            top, bottom = min(y for _, y in corners), max(y for _, y in corners)
            room = (bottom - top) / 2.0
            return _within((left - room, top - room, right + room, bottom + room), width, height)
        case LampDescription():
            return what.region
        case CodeDescription(region=region) if region is not None:
            return region
    return 0, 0, width, height


def _within(sides: tuple[float, float, float, float], width: int, height: int) -> Box:
    left, top = max(int(sides[0]), 0), max(int(sides[1]), 0)
    return left, top, min(int(sides[2]) + 1, width) - left, min(int(sides[3]) + 1, height) - top


def read_as_on_a_line(picture: Picture, what: Description, region: Box) -> Reading:
    """What a station reads that looks in ``region``, which a display or lamp of several frames keeps showing.

    Raises:
        RecipeError: ``region`` lies beyond the picture.
    """
    height, width = picture.shape[:2]
    cut = Cut.of(region, size=(width, height), what=what)
    if cut is None:
        raise RecipeError(
            f"region {region} lies beyond the picture, which has {width} x {height} pixels",
            part=_NOT_CHANGED,
            todo="give left, top, width and height in pixels of this very picture",
        )
    return cut.reading(read([cut.picture(picture)] * getattr(what, "frames", 1), cut.description(what)))


def with_gauge(recipe: Recipe, spec: dict[str, Any], *, camera: str | None = None) -> Recipe:
    """The recipe with one more gauge, or with another in the place of the one of that name.

    Args:
        recipe: Not changed.
        spec: The fields of a ``GaugeSpec``.
        camera: Takes the pictures of the gauge's view, where that is one of its own; None: a view there is.

    Raises:
        RecipeError: The gauge contradicts itself or the recipe, or its limits lie beyond its scale.
    """
    name, view = spec["name"], spec["view"]
    others = tuple(gauge for gauge in recipe.gauges if gauge.name != name)
    views = recipe.gauge_views
    if camera is not None:
        views = (*(one for one in views if one.name != view), View(name=view, camera=camera))
    looked_at = {view, *(one.view for one in others)}
    views = tuple(one for one in views if one.name in looked_at)
    _refuse_limits_beyond_the_scale(spec, recipe)
    try:
        gauges = (*others, GaugeSpec.model_validate(spec))
        return Recipe.model_validate(
            {**recipe.model_dump(), "gauges": gauges, "gauge_views": views, "sha256": ""}
        )
    except ValidationError as error:
        raise RecipeError(
            f"gauge {name!r} does not fit recipe {recipe.name!r}: {in_short(error)}",
            part=_NOT_CHANGED,
            todo="see passgate gauge teach --help",
        ) from error


def _refuse_limits_beyond_the_scale(spec: Mapping[str, Any], recipe: Recipe) -> None:
    """Raise RecipeError where no value that an instrument can show is within its limits."""
    match spec["reads"]:
        case DialDescription(wraps_at=None, marks=marks):
            ends = marks[0].value, marks[-1].value
        case DialDescription(wraps_at=float(end)):
            ends = 0.0, end
        case LevelDescription(bottom=bottom, top=top):
            ends = bottom.value, top.value
        case _:
            return
    low, high = spec.get("low"), spec.get("high")
    if (low is None or low <= max(ends)) and (high is None or high >= min(ends)):
        return
    raise RecipeError(
        f"gauge {spec['name']!r} of recipe {recipe.name!r} would never be within its limits: its scale goes "
        f"from {min(ends):g} to {max(ends):g}",
        part=_NOT_CHANGED,
        todo="give limits in the scale's own unit",
    )


def refuse_other_size(recipe: Recipe, picture: Picture, *, view: str) -> None:
    """Raise RecipeError where a picture is of another size than the recipe's view: places would be wrong."""
    height, width = picture.shape[:2]
    size = recipe.quality.size
    if view in (one.name for one in recipe.views) and size is not None and size != (width, height):
        raise RecipeError(
            f"the picture has {width} x {height} pixels, recipe {recipe.name!r} needs {size[0]} x {size[1]}",
            part=_NOT_CHANGED,
            todo="teach the gauge by a picture of the station's own camera",
        )


def keep(library: RecipeLibrary, recipe: Recipe, *, tower: str | None) -> Path:
    """Keep ``recipe`` with all that its newest version was taught, as the next version; returns its file.

    Raises:
        RecipeError: Unknown, damaged, or somebody took the version.
        WeightsError: Taught on another tower, or what was taught is damaged.
    """
    before = library.load(recipe.name, tower=build_tower(tower))
    return library.save(library.as_next(replace(before, recipe=recipe)))
