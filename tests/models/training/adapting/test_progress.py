"""Learning from labels moves its bar all the while, whatever it is made of."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from inspection.part import Picture
from models.backbone.features import EfficientNetLite0
from models.eye.eye import TrainedEye
from models.eye.seeing import SeeingMemory
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.adapting import adaptation
from models.training.adapting.labelled import Counter, Example, Label


def test_work_inside_moves_the_bar_by_its_share() -> None:
    heard: list[tuple[int, int]] = []
    counted = Counter(lambda done, total: heard.append((done, total)))
    counted.total = 100
    inside = counted.part(60)
    for done in (0, 10, 20, 20, 39, 40):
        inside(done, 40)
    assert heard[-1] == (60, 100)
    assert [done for done, _ in heard] == [15, 30, 58, 60]
    counted.part(40)(7, 7)
    assert heard[-1] == (100, 100)


def test_training_an_eye_for_a_fold_moves_the_bar_and_looks_as_closely_as_the_recipe(
    parts: list[Picture], tower: EfficientNetLite0, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes minutes, in which the bar once stood still; nor did it know how small a defect may be."""
    memory = NormalityMemory.teach(parts[:6], tower=tower, settings=MemorySettings(working_area_px=20_480))
    examples = [Example(picture=p, defective=False, group=n) for n, p in enumerate(parts[:6])]
    heard: list[int] = []
    closely: list[tuple[float | None, tuple[int, int] | None]] = []
    counted = Counter(lambda done, _: heard.append(done))
    counted.total = 10_000

    def train_eye(
        *_: object,
        on_progress: Callable[[int, int], None],
        detail_px: float | None = None,
        only: tuple[int, int] | None = None,
        **__: object,
    ) -> None:
        closely.append((detail_px, only))
        for done in range(11):
            on_progress(done, 10)

    monkeypatch.setattr(adaptation, "train_eye", train_eye)
    seeing = SeeingMemory.__new__(SeeingMemory)
    NormalityMemory.__init__(seeing, tower=tower, normal=memory.normal, header=memory._header)
    seeing.eye = cast(TrainedEye, SimpleNamespace(working=(416, 992)))
    adaptation._fold_memory(
        examples, [Label.of(one) for one in examples], range(6), tower, seeing, 0, 4.0, counted
    )
    assert closely == [(4.0, (416, 992))]
    assert len(heard) == 10
    assert heard[-1] == adaptation._EYE_WORK
