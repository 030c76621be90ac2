"""How many pictures of a view its gauges want: multiplexed displays and blinking lamps show in several."""

from inspection.instruments.description import Description
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription
from inspection.recipe import Recipe


def pictures_of(what: Description) -> int:
    """How many pictures an instrument is read off."""
    return what.frames if isinstance(what, DisplayDescription | LampDescription) else 1


def pictures_wanted(recipe: Recipe) -> dict[str, int]:
    """How many pictures of each view are wanted, by its name; views that want one are not named."""
    wanted: dict[str, int] = {}
    for spec in recipe.gauges:
        if spec.reads is not None and (pictures := pictures_of(spec.reads)) > 1:
            wanted[spec.view] = max(pictures, wanted.get(spec.view, 0))
    return wanted
