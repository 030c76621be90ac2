"""A memory with a trained eye: the eye judges places, as the patches did, the memory the whole picture."""

from __future__ import annotations

from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.part import Picture
from models.eye.eye import TrainedEye
from models.eye.net import of_pictures
from models.memory.assessment import Assessment
from models.memory.calibration import Cut
from models.memory.memory import NormalityMemory


class SeeingMemory(NormalityMemory):
    """Stands wherever a memory stands. The memory's own pass and evidence stay what they were."""

    def __init__(self, memory: NormalityMemory, eye: TrainedEye) -> None:
        """Let ``eye`` look beside ``memory``."""
        super().__init__(tower=memory._tower, normal=memory._normal, header=memory._header)
        self.eye = eye

    @property
    def cut(self) -> Cut:
        """Where scores divide good pictures from others: the eye's."""
        return self.eye.rule

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture, RGB, uint8, (height, width, 3); raises as a memory does."""
        maps, seen = self.see(picture)
        logits = self.eye.logits(picture)
        rule = self.eye.rule
        score = rule.score(float(of_pictures(logits)[0]), self.whole_distance(seen))
        # regions are told on the memory's cells, since their evidence is a difference to its patches
        coarse = F.adaptive_max_pool2d(logits[None], (seen.rows, seen.columns))[0, 0].numpy()
        return self.assessed(score, rule.anomaly(coarse), maps, seen, picture.shape)
