"""One way from picture to tokens: its steps are saved with the model, and the shipped one sees as ever."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from inspection.decision import Action
from inspection.motion.chunk import NOMINAL_LINE
from inspection.motion.planner import plan
from inspection.part import Picture
from models.backbone.features import VisionTower
from models.language.base import load_base
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.training.data.samples import LabelledDecision, Samples, TrainingSample, VisualInput
from models.training.steps.features import prepare
from models.vla.checkpoint import SHIPPED, AdapterHeader, load, read_header, save
from models.vla.perception import Foremost, Grid, Perception, Unaided, Zoom
from models.vla.vla import InspectionVLA, VlaSettings
from tests.models import bases
from tests.models.conftest import part, scratched
from tests.models.vla.test_checkpoint import Tower

REFERENCE = Path(__file__).with_name("perception.npz")
"""Every seventh number that models/looking.py of 0bbacc8, before there were steps, made of this picture."""
TENSORS = ("context", "whole", "difference", "zoom")


@pytest.fixture(scope="module")
def memory(tower: VisionTower) -> NormalityMemory:
    return NormalityMemory.teach(
        [part(seed) for seed in range(8)], tower=tower, settings=MemorySettings(patches=200)
    )


@pytest.mark.parametrize("known", [True, False], ids=["a taught product", "an unknown one"])
def test_the_default_way_gives_the_numbers_that_it_gave_before_it_had_steps(
    tower: VisionTower, memory: NormalityMemory, known: bool
) -> None:
    seen = VlaSettings().perception.see(
        scratched(part(9)), tower=tower, memory=memory if known else None, mm_per_pixel=0.1
    )
    name = "known" if known else "unknown"
    with np.load(REFERENCE) as reference:
        for what in TENSORS:
            found = getattr(seen, what).reshape(-1)[::7].numpy()
            np.testing.assert_allclose(found, reference[f"{name}_{what}"], rtol=2e-3, atol=2e-3)
    assert [place.box for place in seen.places] == [(20, 20, 27, 13) if known else (0, 0, 160, 120)]


def test_adapters_from_before_read_as_the_default_way_and_are_written_as_before() -> None:
    header = read_header(SHIPPED)
    assert header.settings.perception == Perception() == VlaSettings().perception
    assert set(VlaSettings().model_dump()) == {"language", "lora", "channels", "most_regions"}
    few = VlaSettings.model_validate_json('{"channels": 8, "most_regions": 1}')
    assert few.perception == Perception(foremost=Foremost(most=1))


OTHER_EYES = VlaSettings(
    lora=None, channels=8, most_regions=2, grid=Grid(side=2), zoom=Zoom(side_px=64, least_px=32)
)


def test_other_steps_are_saved_with_the_model_and_come_back(tmp_path: Path) -> None:
    base = bases.llama(tmp_path / "base")
    settings = OTHER_EYES.model_copy(
        update={"language": OTHER_EYES.language.model_copy(update={"base": str(base), "dtype": "float32"})}
    )
    vla = InspectionVLA(settings, load_base(settings.language))
    header = AdapterHeader(
        version="1", settings=settings, base_sha256=vla.base.sha256, tower="noise", tower_sha256="0" * 64
    )
    save(tmp_path / "adapter.safetensors", vla, header)
    loaded = load(tmp_path / "adapter.safetensors", tower=Tower())
    assert loaded.header.settings.perception == settings.perception
    assert loaded.vla.cells.shape == (4, vla.base.hidden_size)


def test_whoever_trains_sees_with_the_eyes_of_the_model_that_learns(
    tower: VisionTower, memory: NormalityMemory, tmp_path: Path
) -> None:
    """It once looked at three places at most, whatever the settings of the adapter said."""
    picture = scratched(part(9))
    cv2.imwrite(str(tmp_path / "a.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    sample = TrainingSample(
        instruction="any defect: stop.",
        visual_input=VisualInput(pictures=("a.png",), group="a"),
        physics_context=NOMINAL_LINE,
        reasoning="because",
        decision=LabelledDecision(action=Action.STOP, defects=()),
        action_sequence=plan(Action.STOP, NOMINAL_LINE),
        source="test",
        split="train",
    )
    samples = Samples(folder=tmp_path, samples=(sample,))
    learned = {}
    for settings in (VlaSettings(), OTHER_EYES):
        perception = settings.perception
        (example,) = prepare(
            samples, [sample], tower=tower, memory=memory, perception=perception, cache=tmp_path / "cache"
        )
        judged = perception.see(picture, tower=tower, memory=memory)
        assert len(example.seen.places) == len(judged.places) <= settings.most_regions
        assert torch.equal(example.seen.context, judged.context)
        learned[settings.most_regions] = example.seen
    assert len(list((tmp_path / "cache").iterdir())) == 2, "one way's features are not read for another's"
    assert [len(seen.context) for seen in learned.values()] == [16, 4]


def test_the_most_anomalous_places_are_shown_at_least_one(
    tower: VisionTower, memory: NormalityMemory
) -> None:
    found = memory.assess(scratched(part(9)))
    many = replace(found, regions=tuple(replace(found.foremost, score=score) for score in (3.0, 2.0, 1.5)))
    assert [region.score for region in Foremost(most=2)(many)] == [3.0, 2.0]
    assert Foremost()(replace(found, regions=())) == (found.foremost,)


def test_each_step_is_frozen_and_does_what_its_numbers_say(tower: VisionTower) -> None:
    picture: Picture = part(3)
    maps = Unaided(area_px=40_000)(picture, tower=tower)
    assert Grid(side=3)(maps).shape == (9, 344)
    square = tower.features([picture[:96, :96].copy()])
    assert square.maps[32].shape == (1, 192, 3, 3)
    torch.testing.assert_close(Grid(side=3)(square)[5, -192:], square.maps[32][0, :, 1, 2])
    fewer = Unaided(area_px=10_000)(picture, tower=tower)
    assert fewer.maps[32].shape[-2:] < maps.maps[32].shape[-2:]
    for step in (Grid(), Foremost(), Zoom(), Unaided(), Perception()):
        with pytest.raises(ValueError, match="frozen"):
            setattr(step, next(iter(type(step).model_fields)), 5)
