"""The bench of vision towers: each tower and size has its figures, and its cost is counted right."""

from pathlib import Path

import cv2
import pytest

from models.backbone.features import EfficientNetLite0
from models.benchmarks.splits import Sample
from models.benchmarks.towers import gflop, tower_benchmark
from tests.models.conftest import part, scratched


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Four groups of three good parts and a scratched one."""
    made = []
    for number in range(16):
        path, defective = tmp_path / f"{number}.png", number % 4 == 3
        cv2.imwrite(str(path), scratched(part(number)) if defective else part(number))
        made.append(Sample(path=path, group=f"group {number // 4}", defective=defective))
    return made


def test_each_tower_has_its_figures_at_each_size(tower: EfficientNetLite0, samples: list[Sample]) -> None:
    found = tower_benchmark(samples, towers=[tower], areas_px=[12_288, 20_480], seeds=[0], teach_on=6)
    assert set(found) == {"efficientnet-lite0 at 96x128", "efficientnet-lite0 at 128x160"}
    small, large = (found[f"efficientnet-lite0 at {size}"] for size in ("96x128", "128x160"))
    for one in (small, large):
        assert set(one["mean"]) == {"pooled Mahalanobis", "PatchCore"}
        assert all(auroc > 0.9 for auroc in one["mean"].values())
        assert one["ms"] > 0
    assert large["gflop"] == pytest.approx(small["gflop"] * 20_480 / 12_288, rel=0.01)


def test_the_cost_is_that_of_its_convolutions(tower: EfficientNetLite0) -> None:
    """Counted by hand for 448x448: 1.338 G multiplications, and as many additions."""
    assert gflop(tower, (448, 448)) == pytest.approx(2 * 1.338, rel=0.01)
