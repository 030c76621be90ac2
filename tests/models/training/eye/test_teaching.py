"""From good pictures to an eye: whole groups are held out, and it is kept only where it is better."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from inspection.part import Picture
from models.eye.eye import Choice, TrainedEye
from models.eye.seeing import SeeingMemory
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.eye import teaching
from models.training.eye.teaching import seeing, train_eye
from tests.models.benchmarks.toys import BlockTower
from tests.models.training.eye.small import AREA_PX, SMALL, brushed

PARTS = 12


@pytest.fixture(scope="module")
def parts() -> list[Picture]:
    return [brushed(number) for number in range(PARTS)]


@pytest.fixture(scope="module")
def blocks() -> BlockTower:
    return BlockTower()


@pytest.fixture(scope="module")
def memory(parts: list[Picture], blocks: BlockTower) -> NormalityMemory:
    return NormalityMemory.teach(parts, tower=blocks, settings=MemorySettings(patches=40, overkill=0.1))


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(teaching, "AREA_PX", AREA_PX)
        yield


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def eye(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory, told: list[tuple[int, int]]
) -> TrainedEye:
    made = train_eye(
        parts,
        memory=memory,
        tower=blocks,
        groups=range(PARTS),
        effort=SMALL,
        on_progress=lambda done, of: told.append((done, of)),
    )
    assert made is not None
    return made


def test_an_eye_says_what_was_tried_and_by_what_it_is_judged(eye: TrainedEye) -> None:
    (tried,) = eye.choice.sizes  # these pictures have no detail for a larger one
    assert eye.working == (tried.height, tried.width) == (128, 128)
    assert 0.0 <= tried.told <= 1.0
    assert eye.choice.lessons <= SMALL.lessons + SMALL.good_lessons
    assert eye.rule.promised is not None
    assert eye.rule.promised.asked == 0.1, "the overkill that the recipe's memory was asked for"
    assert eye.rule.promised.groups == PARTS


@pytest.mark.usefixtures("eye")
def test_the_bar_counts_up_to_what_it_said_first(told: list[tuple[int, int]]) -> None:
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({of for _, of in told}) == 1
    assert told[-1][0] == told[-1][1]


def test_the_same_seed_gives_the_same_eye(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory, eye: TrainedEye
) -> None:
    again = train_eye(parts, memory=memory, tower=blocks, groups=range(PARTS), effort=SMALL)
    assert again is not None
    (tensors, header), (back, said) = eye.packed(), again.packed()
    assert said == header
    assert all(torch.equal(back[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize(
    "groups",
    [
        [*range(9)],  # without a fold they are too few for a memory
        [0] * 9 + [1] * 2 + [2],  # without the largest group, too few pictures
        [0] * 12,
    ],
)
def test_too_few_pictures_to_hold_some_out_train_no_eye(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory, groups: list[int]
) -> None:
    asked = blocks.asked
    made = train_eye(parts[: len(groups)], memory=memory, tower=blocks, groups=groups, effort=SMALL)
    assert made is None
    assert blocks.asked == asked, "and that is known before anything is looked at"


def test_where_a_fourth_fold_would_be_one_picture_there_are_fewer_folds(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory
) -> None:
    four = replace(SMALL, folds=4)
    groups = [0] * 5 + [1] * 5 + [2, 3]  # two large batches and two single parts
    made = train_eye(parts[:12], memory=memory, tower=blocks, groups=groups, effort=four)
    assert made is not None
    assert len(made._nets) == 3


def test_of_few_groups_as_boards_come_an_eye_is_trained_though_a_fold_is_one(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory
) -> None:
    made = train_eye(parts[:12], memory=memory, tower=blocks, groups=[0] * 6 + [1, 2, 3] * 2, effort=SMALL)
    assert made is not None


def test_where_nothing_that_is_drawn_shows_no_eye_is_trained(
    parts: list[Picture], blocks: BlockTower, memory: NormalityMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.eye.lessons.spoiled", lambda *_, **__: None)
    assert train_eye(parts, memory=memory, tower=blocks, groups=range(PARTS), effort=SMALL) is None


def test_a_larger_size_is_tried_where_the_pictures_have_the_detail(
    blocks: BlockTower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "LARGE_AREA_PX", 160 * 160)
    large = [brushed(number, side=192) for number in range(PARTS)]
    memory = NormalityMemory.teach(large, tower=blocks, settings=MemorySettings(patches=40))
    made = train_eye(large, memory=memory, tower=blocks, groups=range(PARTS), effort=SMALL)
    assert made is not None
    assert [(one.height, one.width) for one in made.choice.sizes] == [(128, 128), (160, 160)]
    assert made.working in {(128, 128), (160, 160)}


def test_an_eye_stands_beside_the_memory_only_where_it_is_better(
    memory: NormalityMemory, eye: TrainedEye, blocks: BlockTower
) -> None:
    def with_figures(**changed: float) -> TrainedEye:
        return TrainedEye(
            eye._nets,
            whole=eye._whole,
            tower=blocks,
            working=eye.working,
            taught_on=PARTS,
            rule=eye.rule,
            choice=Choice.model_validate(eye.choice.model_dump() | changed),
        )

    better = with_figures(auroc_memory=0.8, auroc_eye=0.9, error=0.05)
    kept = seeing(memory, better)
    assert isinstance(kept, SeeingMemory)
    assert math.isfinite(kept.assess(brushed(99)).score)
    assert seeing(memory, with_figures(auroc_memory=0.8, auroc_eye=0.84, error=0.05)) is memory
    assert seeing(memory, None) is memory
