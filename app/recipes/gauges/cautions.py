"""What a person should know of an instrument that was taught, beside what it reads."""

from typing import Final

from inspection.gauges.reading_all import read
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.levels import Picture

NO_REFERENCE: Final = (
    "It has no reference, since its places are shares of the picture: that it is this dial, and where it "
    "lies, is taken as said on every part. One of 270 degrees that lies 1 % of its radius aside is read "
    "up to 0.2 % of its scale wrong, one that is turned by a degree 0.4 %. Where it may move, "
    "teach it in pixels"
)
NO_SCALE: Final = (
    "No scale is seen where its marks are said to be, or its needle turns elsewhere: is it this dial's "
    "picture? If so, click the pivot where the needle turns, and more marks where their lines meet the arc"
)


def cautions(picture: Picture, what: Description) -> list[str]:
    """What to look at, in words; nothing of most.

    Args:
        picture: That it was taught by.
        what: As it is kept.
    """
    if not isinstance(what, DialDescription):
        return []
    if what.reference is None:
        return [NO_REFERENCE]
    at_its_word = what.model_copy(update={"reference": None})
    seen = read([picture], what).readable and not read([picture], at_its_word).readable
    return [NO_SCALE] if seen else []
