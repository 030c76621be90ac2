"""Which of light, focus and position has moved since the pictures were taught, in words."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from inspection.drift.usual import Figure, Look, UsualLooks
from inspection.messages.codes import Code
from inspection.messages.message import Sentence, joined
from inspection.messages.telling import say

_SURELY: Final = 3.0
"""Standard errors by which a figure must differ from the taught one."""
_SEEN: Final = 0.01
"""Of light and focus, and of the picture's sides: what nobody finds at the machine is not spoken of."""
_MOST_PERCENT: Final = 999.0
"""No larger change is told: the taught figure was next to nothing then, and the number says no more."""


def causes(looks: Sequence[Look], usual: UsualLooks | None, *, size: tuple[int, int]) -> Sentence:
    """What has moved, the most striking first; where nothing has, that.

    A figure has moved where its mean surely differs from that of the taught pictures, by what can be seen.

    Args:
        looks: Of pictures since the scores began to rise.
        usual: Of the taught pictures; None where that is not known.
        size: Width and height of the pictures, in pixels.
    """
    if usual is None or not looks:
        return say(Code.LOOKS_NOT_KNOWN)
    light = _Moved.of([look.light for look in looks], usual.light, usual.pictures)
    focus = _Moved.of([look.focus for look in looks], usual.focus, usual.pictures)
    x = _Moved.of([look.x for look in looks], usual.x, usual.pictures, scale=1.0)
    y = _Moved.of([look.y for look in looks], usual.y, usual.pictures, scale=1.0)
    found = [
        (light.strength, _lit(light.share)),
        (focus.strength, _focused(focus.share)),
        (max(x.strength, y.strength), _shifted(x.share * size[0], y.share * size[1])),
    ]
    moved = [said for strength, said in sorted(found, key=lambda one: -one[0]) if strength > 0.0]
    return joined(moved) or say(Code.LOOKS_AS_TAUGHT)


class _Moved:
    """How a figure has moved: strength in deviations, 0 where it has not surely; and share of its scale."""

    def __init__(self, strength: float, share: float) -> None:
        self.strength, self.share = strength, share

    @classmethod
    def of(
        cls, now: Sequence[float], taught: Figure, pictures: int, *, scale: float | None = None
    ) -> "_Moved":
        by = fmean(now) - taught.mean
        share = by / (scale or max(abs(taught.mean), 1e-6))
        strength = abs(by) / max(taught.deviation, 1e-9)
        surely = strength >= _SURELY * math.sqrt(1.0 / pictures + 1.0 / len(now))
        return cls(strength if surely and abs(share) >= _SEEN else 0.0, share)


def _lit(share: float) -> Sentence:
    return say(Code.LOOKS_DARKER if share < 0.0 else Code.LOOKS_BRIGHTER, percent=_percent(share))


def _focused(share: float) -> Sentence:
    return say(Code.LOOKS_BLURRED if share < 0.0 else Code.LOOKS_SHARPER, percent=_percent(share))


def _percent(share: float) -> float:
    return min(100.0 * abs(share), _MOST_PERCENT)


def _shifted(x_px: float, y_px: float) -> Sentence:
    return say(Code.LOOKS_MOVED, shift_px=math.hypot(x_px, y_px))
