"""Which lessons come next: examples of all products, mixed by weight, the plain ones first."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.training.data.policies import DEFECT_NAMES
from models.training.material import Material
from models.training.settings import StageSettings, TrainingSettings
from models.training.steps.features import Example
from models.training.steps.lesson import Lesson, draw_lesson


class Lessons:
    """Draws batches of lessons; the same settings, material and ``state`` draw the same ones."""

    def __init__(self, settings: TrainingSettings, material: Sequence[Material]) -> None:
        """Draw from ``material``, as ``settings`` say."""
        self._settings = settings
        self._material = material
        self._rng = np.random.default_rng(settings.seed)
        self._names = tuple(sorted({kind for one in material for kind in one.kinds} | set(DEFECT_NAMES)))
        self._pool = [(one, example) for one in material for example in one.examples]
        weights = np.array([one.settings.weight for one, _ in self._pool])
        self._odds: NDArray[np.float64] = weights / weights.sum()

    @property
    def examples(self) -> list[Example]:
        """Every example of all material."""
        return [example for _, example in self._pool]

    @property
    def state(self) -> str:
        """Where the random numbers are, as JSON; set it to go on from there."""
        return json.dumps(self._rng.bit_generator.state)

    @state.setter
    def state(self, state: str) -> None:
        self._rng.bit_generator.state = json.loads(state)

    def draw(self, stage: StageSettings, step: int, *, process: int = 0) -> list[Lesson]:
        """Draw the next batch.

        Args:
            stage: The stage that runs.
            step: How many of its steps are done.
            process: The number of this process among those that train together; each draws its own.
        """
        rng = np.random.default_rng([int(self._rng.integers(2**63)), process])
        chosen = rng.choice(len(self._pool), self._settings.batch, p=self._reachable(stage, step))
        if stage.reads_words(step):
            # no picture, so no product: any names will do, and the more the better
            plain = _plain(stage, step)
            return [
                draw_lesson(self._pool[index][1], self._some_names(rng), rng, plain=plain, drills=3)
                for index in chosen
            ]
        pairs = [self._pool[index] for index in chosen]
        return [draw_lesson(example, one.kinds, rng) for one, example in pairs]

    def _some_names(self, rng: np.random.Generator) -> list[str]:
        count = int(rng.integers(2, 7))
        return list(rng.choice(self._names, min(count, len(self._names)), replace=False))

    def _reachable(self, stage: StageSettings, step: int) -> NDArray[np.float64]:
        """While projectors align, the easy beginning of each file comes first; later everything."""
        if not self._settings.curriculum or stage.name != "align":
            return self._odds
        share = min(1.0, 0.3 + step / stage.steps)
        places = np.concatenate([np.linspace(0.0, 1.0, len(one.examples)) for one in self._material])
        reached = np.where(places <= share, self._odds, 0.0)
        odds: NDArray[np.float64] = reached / reached.sum()
        return odds


def _plain(stage: StageSettings, step: int) -> float:
    """Of the policies read in words, the share in which severity does not matter: most at first."""
    done = step / (stage.words_first * stage.steps)
    return 0.9 - 0.5 * min(1.0, 2.0 * done)
