"""Names by examples: what was shown is named, what was not is unknown, and a damaged file is refused."""

import json
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from models.backbone.features import EfficientNetLite0
from models.memory.assessment import Assessment
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.naming.directions import Directions
from models.naming.names import UNKNOWN, Names, ShownExample
from tests.models.conftest import part

SIZE = (120, 160)
SETTINGS = MemorySettings(patches=200, working_area_px=20_480)


@pytest.fixture(scope="module")
def memory(tower: EfficientNetLite0, parts: list[Picture]) -> NormalityMemory:
    return NormalityMemory.teach(parts[:20], tower=tower, settings=SETTINGS)


def marked(kind: str, number: int) -> Picture:
    """A good part with a blob, a scratch or a letter somewhere off its bore."""
    rng = np.random.default_rng(number)
    picture = part(500 + number)
    x, y = (20 if number % 2 else 120) + int(rng.integers(0, 15)), int(rng.integers(30, 90))
    match kind:
        case "blob":
            cv2.circle(picture, (x, y), 8, (30, 20, 20), -1)
        case "scratch":
            slope = int(rng.integers(-6, 6))
            cv2.line(picture, (x - 14, y - slope), (x + 14, y + slope), (250, 250, 250), 2)
        case _:
            cv2.putText(picture, "R", (x - 8, y + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 160, 40), 2)
    return picture


def example(memory: NormalityMemory, kind: str, number: int) -> ShownExample:
    assessment = memory.assess(marked(kind, number))
    direction = Directions(memory).of(assessment, shape=SIZE)[0]
    return ShownExample(kind=kind, direction=direction, group=f"{kind} {number}")


@pytest.fixture(scope="module")
def examples(memory: NormalityMemory) -> list[ShownExample]:
    return [example(memory, kind, number) for kind in ("blob", "scratch") for number in range(5)]


@pytest.fixture(scope="module")
def names(memory: NormalityMemory, examples: list[ShownExample]) -> Names:
    return Names.teach(examples, memory=memory)


def named(names: Names, memory: NormalityMemory, kind: str, number: int) -> str:
    return names.name(memory.assess(marked(kind, number)), shape=SIZE)[0].kind


def test_what_was_shown_five_times_is_named(names: Names, memory: NormalityMemory) -> None:
    for kind in ("blob", "scratch"):
        found = [named(names, memory, kind, number) for number in range(20, 26)]
        assert found.count(kind) >= 5, (kind, found)
    assert [(one.name, one.examples, one.groups) for one in names.types] == [
        ("blob", 5, 5),
        ("scratch", 5, 5),
    ]
    assert all(one.right is not None and one.right >= 0.6 for one in names.types)


def test_each_place_of_a_picture_has_a_name_of_its_own(names: Names, memory: NormalityMemory) -> None:
    picture = part(77)
    cv2.circle(picture, (25, 60), 8, (30, 20, 20), -1)
    cv2.line(picture, (115, 30), (145, 34), (250, 250, 250), 2)
    assessment = memory.assess(picture)
    places = {"blob": (15.0, 50.0, 20.0, 20.0), "scratch": (115.0, 28.0, 30.0, 8.0)}
    regions = tuple(replace(assessment.foremost, box=box) for box in places.values())
    found = names.name(replace(assessment, regions=regions), shape=SIZE)
    assert [one.kind for one in found] == list(places)


def test_what_is_like_none_of_the_types_is_unknown(names: Names, memory: NormalityMemory) -> None:
    """Held-out examples say how like its type a place must be; of two types one is always likelier."""
    opposite = -np.mean([one.direction for one in names.examples], axis=0, keepdims=True)
    middle = np.mean([one.direction for one in names.examples], axis=0, keepdims=True)
    assert names.called(opposite.astype(np.float32))[0].kind == UNKNOWN
    assert 0.0 <= names.called(middle.astype(np.float32))[0].probability <= 1.0


def test_a_type_whose_names_came_true_too_seldom_is_not_named(names: Names, memory: NormalityMemory) -> None:
    tensors, header = names.packed()
    assert not json.loads(header)["withheld"], "what is told apart keeps its word"
    held_back = Names.unpack(tensors, changed(header, withheld=[0]), memory=memory)
    places = np.stack([one.direction for one in names.examples])
    assert {one.kind for one in names.called(places)} == {"blob", "scratch"}
    assert {one.kind for one in held_back.called(places)} == {UNKNOWN, "scratch"}


def test_how_sure_a_name_is_is_shown_only_where_the_examples_leave_little_of_it_open(
    names: Names, memory: NormalityMemory
) -> None:
    tensors, header = names.packed()
    place = names.examples[0].direction[None]
    for doubt, vouched in ((0.05, True), (0.06, False)):
        told = Names.unpack(tensors, changed(header, doubt=doubt), memory=memory)
        assert told.called(place)[0].vouched is vouched
        assert told.called(place)[0].kind == names.called(place)[0].kind


def test_one_type_alone_names_nothing(memory: NormalityMemory, examples: list[ShownExample]) -> None:
    alone = Names.teach(examples[:5], memory=memory)
    assert alone.types[0].right is None
    assert named(alone, memory, "blob", 20) == UNKNOWN


def test_what_is_shown_beside_it_later_is_as_if_shown_at_once(
    names: Names, memory: NormalityMemory, examples: list[ShownExample]
) -> None:
    first = Names.teach(examples[:5], memory=memory)
    later = Names.teach([*first.examples, *examples[5:]], memory=memory)
    assert [one.name for one in later.types] == ["blob", "scratch"]
    place = examples[0].direction[None]
    assert later.called(place)[0].probability == pytest.approx(names.called(place)[0].probability, abs=1e-6)


@pytest.mark.parametrize(
    ("shown", "said"),
    [([], "no example"), ([("a", 0), ("a", 1)], "2 examples"), ([("a", 0)] * 3, "from 1 parts")],
)
def test_too_few_examples_are_refused(
    memory: NormalityMemory, examples: list[ShownExample], shown: list[tuple[str, int]], said: str
) -> None:
    few = [
        ShownExample(kind=kind, direction=examples[0].direction, group=str(group)) for kind, group in shown
    ]
    with pytest.raises(RecipeError, match=said):
        Names.teach(few, memory=memory)


def test_a_file_gives_the_same_names(names: Names, memory: NormalityMemory) -> None:
    tensors, header = names.packed()
    again = Names.unpack(tensors, header, memory=memory)
    assessment: Assessment = memory.assess(marked("blob", 21))
    assert again.name(assessment, shape=SIZE) == names.name(assessment, shape=SIZE)
    assert again.types == names.types


def changed(header: str, **values: Any) -> str:
    return json.dumps(json.loads(header) | values)


def test_a_damaged_file_is_refused(names: Names, memory: NormalityMemory) -> None:
    tensors, header = names.packed()
    said = json.loads(header)
    for damaged in (
        changed(header, belief=said["belief"][1:]),
        changed(header, belief=[2.0, *said["belief"][1:]]),
        changed(header, belief=[0.0] * len(said["belief"])),
        changed(header, withheld=[99]),
        changed(header, least=-3.0),
        changed(header, doubt=2.0),
        changed(header, format="2.5"),
        changed(header, kinds=[*said["kinds"][1:], 1]),
        changed(header, groups=said["groups"][1:]),
        changed(header, types=[*said["types"], said["types"][0]]),
        "no header",
    ):
        with pytest.raises(WeightsError):
            Names.unpack(tensors, damaged, memory=memory)
    for wrong in (
        {},
        {"examples": tensors["examples"].float()},
        {"examples": tensors["examples"][..., 1:]},
        {"examples": tensors["examples"][:, 0]},
        {"examples": tensors["examples"] * 90},
        {"examples": torch.full_like(tensors["examples"], torch.nan)},
        tensors | {"more": torch.zeros(1)},
    ):
        with pytest.raises(WeightsError):
            Names.unpack(wrong, header, memory=memory)


def test_names_that_an_older_passgate_learned_are_not_called_damaged(
    names: Names, memory: NormalityMemory
) -> None:
    """Format 1 had a sharpness, and one extent. The recipe cannot be read either, so it is taught first."""
    tensors, header = names.packed()
    said = json.loads(header) | {"format": 1, "sharpness": 9.0}
    of_then = {name: value for name, value in said.items() if name not in ("belief", "withheld")}
    with pytest.raises(WeightsError, match=r"format 1, not 3: another version .*Teach the recipe again, and"):
        Names.unpack({"examples": tensors["examples"][:, 1]}, json.dumps(of_then), memory=memory)
