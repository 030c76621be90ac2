"""A training run: goes on where it stopped, keeps the last good checkpoint, says what is wrong."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from inspection.decision import Action, Severity
from inspection.errors import SettingsError, WeightsError
from inspection.motion.chunk import NOMINAL_LINE
from inspection.motion.planner import plan
from inspection.part import Picture
from models.backbone.features import FeatureMaps
from models.language.base import LanguageSettings
from models.training.data.samples import (
    LabelledDecision,
    LabelledDefect,
    Samples,
    TrainingSample,
    VisualInput,
)
from models.training.loss_log import read_losses
from models.training.material import Material
from models.training.run import train
from models.training.settings import DataSettings, StageSettings, TrainingSettings, read_settings
from models.training.steps.features import Example, truth_of
from models.vla import checkpoint
from models.vla.vla import VlaSettings
from models.weights import sealed
from tests.models.bases import llama
from tests.models.vla.test_vla import CHANNELS, seen


class Tower:
    """A name and a hash; the features are given."""

    name = "none"
    sha256 = "0" * 64
    strides = (8, 16, 32)

    def features(self, pictures: Sequence[Picture]) -> FeatureMaps:
        raise AssertionError("nothing is looked at")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama(tmp_path_factory.mktemp("llama"))


def sample(*defects: LabelledDefect) -> TrainingSample:
    return TrainingSample(
        instruction="any defect: stop.",
        visual_input=VisualInput(pictures=("a.png",), group="a"),
        physics_context=NOMINAL_LINE,
        reasoning="because",
        decision=LabelledDecision(action=Action.STOP, defects=defects),
        action_sequence=plan(Action.STOP, NOMINAL_LINE),
        source="test",
        split="train",
    )


def material() -> list[Material]:
    examples = []
    for number in range(6):
        defects = (LabelledDefect(type="scratch", severity=Severity.MAJOR),) if number % 2 else ()
        one, shown = sample(*defects), seen(number)
        examples.append(Example(sample=one, seen=shown, truth=truth_of(one, shown)))
    return [
        Material(
            settings=DataSettings(samples=Path("test.jsonl")),
            samples=Samples(folder=Path(), samples=tuple(example.sample for example in examples)),
            memory=None,
            kinds=("scratch",),
            examples=tuple(examples),
        )
    ]


def settings(out: Path, folder: Path, **changes: object) -> TrainingSettings:
    values: dict[str, object] = {
        "out": out,
        "data": (DataSettings(samples=Path("test.jsonl")),),
        "vla": VlaSettings(language=LanguageSettings(base=str(folder), dtype="float32"), channels=CHANNELS),
        "stages": (
            StageSettings(name="align", steps=2, learning_rate=1e-3, rounds=2),
            StageSettings(name="instruct", steps=4, learning_rate=1e-3, words_first=0.5),
            StageSettings(name="act", steps=2, learning_rate=1e-3, head_steps=2),
        ),
        "batch": 2,
        "accumulate": 2,
        "save_every": 1,
    }
    return TrainingSettings.model_validate(values | changes)


def tensors(path: Path) -> dict[str, torch.Tensor]:
    return dict(sealed.read(path).tensors)


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(tmp_path: Path, folder: Path) -> None:
    whole = train(settings(tmp_path / "whole", folder), tower=Tower(), material=material())
    told = 0

    def stop() -> bool:
        nonlocal told
        told += 1
        return told >= 4  # in the middle of the second stage

    cut = settings(tmp_path / "cut", folder)
    train(cut, tower=Tower(), material=material(), stop=stop)
    lines = [(line["stage"], line["step"]) for line in read_losses(tmp_path / "cut" / "losses.jsonl")]
    assert lines[-1][0] == "instruct"
    resumed = train(cut, tower=Tower(), material=material())
    one, other = tensors(whole), tensors(resumed)
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name
    lines = [(line["stage"], line["step"]) for line in read_losses(tmp_path / "cut" / "losses.jsonl")]
    assert lines == [
        *[("align", step) for step in (1, 2)],
        *[("instruct", step) for step in (1, 2, 3, 4)],
        *[("act", step) for step in (1, 2)],
    ]
    assert (tmp_path / "whole" / "losses.png").stat().st_size > 1000


def test_each_stage_trains_its_own_parts(tmp_path: Path, folder: Path) -> None:
    def trained(*stages: StageSettings) -> dict[str, torch.Tensor]:
        name = "-".join(stage.name for stage in stages)
        out = settings(tmp_path / name, folder, stages=stages)
        return tensors(train(out, tower=Tower(), material=material()))

    align = StageSettings(name="align", steps=1, learning_rate=1e-2, warmup=0)
    instruct = StageSettings(name="instruct", steps=1, learning_rate=1e-2, warmup=0)
    act = StageSettings(name="act", steps=1, learning_rate=1e-2, warmup=0)
    first, second, third = trained(align), trained(align, instruct), trained(align, instruct, act)

    def moved(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> set[str]:
        return {name.split(".")[0] for name in one if not torch.equal(one[name], other[name])}

    loras = [tensor for name, tensor in first.items() if "lora_B" in name]
    assert loras
    assert all(not tensor.any() for tensor in loras), "the language model is frozen at first"
    assert "decoder" in moved(first, second)
    assert "action_head" not in moved(first, second)
    assert "action_head" in moved(second, third)


def test_a_checkpoint_of_other_settings_is_not_gone_on_with(tmp_path: Path, folder: Path) -> None:
    train(settings(tmp_path, folder), tower=Tower(), material=material())
    with pytest.raises(WeightsError, match="other settings"):
        train(settings(tmp_path, folder, seed=1), tower=Tower(), material=material())
    train(settings(tmp_path, folder, seed=1), tower=Tower(), material=material(), resume=False)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, folder: Path) -> None:
    train(settings(tmp_path, folder), tower=Tower(), material=material())
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="damaged"):
        train(settings(tmp_path, folder), tower=Tower(), material=material())


def test_a_full_disk_leaves_the_last_good_checkpoint(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = settings(tmp_path, folder)
    train(one, tower=Tower(), material=material(), stop=lambda: True)
    state = (tmp_path / "state.pt").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(WeightsError, match="No space left"):
        train(one, tower=Tower(), material=material())
    monkeypatch.setattr("models.weights.sealed.write", full)
    with pytest.raises(WeightsError, match="No space left"):
        train(one, tower=Tower(), material=material())
    assert (tmp_path / "state.pt").read_bytes() == state
    checkpoint.read_header(tmp_path / "adapter.safetensors")
    assert not list(tmp_path.glob("*.part"))


def test_settings_name_the_key_that_is_wrong(tmp_path: Path) -> None:
    config = tmp_path / "training.toml"
    config.write_text('out = "out"\nbatchs = 3\n[[data]]\nsamples = "a.jsonl"\n')
    with pytest.raises(SettingsError, match="batchs"):
        read_settings(config)
    config.write_text('out = "out"\n[[data]]\nsamples = "a.jsonl"\n[[stages]]\nname = "act"\nsteps = 0\n')
    with pytest.raises(SettingsError, match=r"stages\.0"):
        read_settings(config)
    with pytest.raises(SettingsError, match="cannot read settings"):
        read_settings(tmp_path / "none.toml")


def test_paths_in_settings_start_at_their_file(tmp_path: Path) -> None:
    config = tmp_path / "training.toml"
    config.write_text('out = "out"\n[[data]]\nsamples = "a.jsonl"\n')
    found = read_settings(config)
    assert found.out == tmp_path / "out"
    assert found.data[0].samples == tmp_path / "a.jsonl"


def test_the_log_is_one_json_object_a_step(tmp_path: Path, folder: Path) -> None:
    train(settings(tmp_path, folder), tower=Tower(), material=material())
    lines = (tmp_path / "losses.jsonl").read_text().splitlines()
    assert len(lines) == 8
    assert {"stage", "step", "total", "type", "chunk_action", "chunk_physics"} <= json.loads(lines[-1]).keys()


def test_a_fresh_run_forgets_the_last_one(tmp_path: Path, folder: Path) -> None:
    one = settings(tmp_path, folder)
    train(one, tower=Tower(), material=material())
    train(one, tower=Tower(), material=material(), resume=False)
    assert len((tmp_path / "losses.jsonl").read_text().splitlines()) == 8, "its losses are not mixed in"


def test_steps_after_the_checkpoint_are_logged_once(tmp_path: Path, folder: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 3

    one = settings(tmp_path, folder)
    train(one, tower=Tower(), material=material(), stop=stop)
    log = tmp_path / "losses.jsonl"
    log.write_text(log.read_text() + json.dumps({"stage": "instruct", "step": 2, "total": 9.0}) + "\n")
    train(one, tower=Tower(), material=material())
    lines = [(line["stage"], line["step"]) for line in read_losses(log)]
    assert len(lines) == len(set(lines)) == 8


def test_a_run_may_fit_the_head_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    first = train(settings(tmp_path / "first", folder), tower=Tower(), material=material())
    only = StageSettings(name="act", steps=0, learning_rate=1e-3, head_steps=3)
    second = settings(tmp_path / "second", folder, begin_with=first, stages=(only,))
    before, after = tensors(first), tensors(train(second, tower=Tower(), material=material()))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("action_head.") for name in changed)
