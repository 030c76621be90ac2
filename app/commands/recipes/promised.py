"""What is expected of a recipe's thresholds and what would better it, as the recipe commands show it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from models.good_parts.high_scores import HighScores
from models.memory.memory import Promised
from models.memory.threshold import Threshold

PARTS: Final = 100
"""Of so many good parts it is told how many will be rejected."""
_SURE: Final = 0.95


def in_json(promises: Mapping[str, Promised]) -> dict[str, Any]:
    """For each view all figures, and the sentences with their codes; null where nothing is promised."""
    return {
        view: None if promise is None else _figures(promise, why) for view, (promise, why) in promises.items()
    }


def in_words(promise: Threshold | None, why: HighScores | None) -> Iterator[Sentence]:
    """What of good parts like the taught ones is expected, why, and what would make it better."""
    if promise is None:
        return
    least, most = promise.rejected(PARTS, sure=_SURE)
    about = round(PARTS * promise.expected)
    yield say(Code.PROMISED_OVERKILL, parts=PARTS, about=about, least=least, most=most)
    if 1 < promise.groups < promise.pictures:
        told = {
            "groups": promise.groups,
            "pictures": promise.pictures,
            "between_percent": 100.0 * promise.alike,
            "independent": promise.independent,
        }
        yield say(Code.GROUPS_DIFFER if promise.alike > 0.0 else Code.GROUPS_ALIKE, told)
    if promise.beyond:
        yield say(Code.THRESHOLD_BEYOND, groups=promise.groups)
    if promise.groups_needed is not None and (promise.beyond or not promise.kept):
        by_picture = promise.groups == promise.pictures
        yield say(
            Code.MORE_PICTURES if by_picture else Code.MORE_GROUPS,
            asked_percent=100.0 * promise.asked,
            needed=promise.groups_needed,
            taught=promise.groups,
        )
        if not by_picture and promise.asked * (promise.pictures + 1) >= 1.0:
            yield say(Code.HELD_UNTIL_THEN, asked_percent=100.0 * promise.asked)
    if why is not None and why.blur > 0.0:
        yield say(Code.BLUR_RAISES_SCORES, rank=why.blur, groups=why.groups)
    if why is not None and why.place is not None:
        x, y = (100.0 * share for share in why.place)
        told = {"found": why.standing_out, "groups": why.groups}
        yield say(Code.PLACE_RAISES_SCORES, told, x_percent=x, y_percent=y)


def _figures(promise: Threshold, why: HighScores | None) -> dict[str, Any]:
    least, most = promise.rejected(PARTS, sure=_SURE)
    said = list(in_words(promise, why))
    return {
        "threshold": promise.score,
        "asked": promise.asked,
        "expected": promise.expected,
        f"of_{PARTS}": [least, most],
        "sure": _SURE,
        "pictures": promise.pictures,
        "groups": promise.groups,
        "independent": promise.independent,
        "alike": promise.alike,
        "between": promise.between,
        "within": promise.within,
        "beyond": promise.beyond,
        "groups_needed": promise.groups_needed,
        "blur": None if why is None else why.blur,
        "place": None if why is None else why.place,
        "text": said,
        "coded": [one.model_dump(mode="json") for sentence in said for one in sentence.coded],
    }
