"""From what parts are drawn as training goes on: first what anybody sees, at last what is easily missed.

Curriculum learning: Bengio et al., Curriculum Learning, ICML 2009. Every range moves in one direction only,
so what is drawn never gets easier.
"""

from typing import Final

from inspection.simulation.spec import MIN_CONTRAST, Variation

FULL_AT: Final = 0.8
"""Progress at which the hardest stage is reached: the last fifth is spent on it."""

_EASY: Final = Variation(contrast=(0.5, 0.9), size=(0.6, 1.0), motion_blur_px=(0.0, 0.0), light=0.25)
_HARD: Final = Variation(contrast=(MIN_CONTRAST, 0.5), size=(0.0, 0.8), motion_blur_px=(0.0, 5.0), light=2.0)


def variation_at(progress: float, *, defect_rate: float = 0.5) -> Variation:
    """From what parts are drawn at ``progress``.

    Large, high-contrast defects on still parts under steady light become small, faint ones with motion blur
    (up to 5 pixels, 1 mm of belt) and light that changes from part to part.

    Args:
        progress: Of the training, 0 to 1.
        defect_rate: Share of parts with defects, at any progress.

    Raises:
        ValueError: ``progress`` or ``defect_rate`` is not within 0 to 1.
    """
    if not 0.0 <= progress <= 1.0:
        raise ValueError(f"progress {progress} is not within 0 to 1")
    share = min(progress / FULL_AT, 1.0)

    def between(easy: float, hard: float) -> float:
        # In this form both ends are met exactly, so MIN_CONTRAST is not undercut by rounding.
        return easy * (1.0 - share) + hard * share

    def both(easy: tuple[float, float], hard: tuple[float, float]) -> tuple[float, float]:
        return between(easy[0], hard[0]), between(easy[1], hard[1])

    return Variation(
        defect_rate=defect_rate,
        contrast=both(_EASY.contrast, _HARD.contrast),
        size=both(_EASY.size, _HARD.size),
        motion_blur_px=both(_EASY.motion_blur_px, _HARD.motion_blur_px),
        light=between(_EASY.light, _HARD.light),
    )
