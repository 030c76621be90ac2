"""Bases by configuration: real transformers classes, tiny and random, from a folder on disk."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from inspection.decision import Action
from inspection.errors import SettingsError, WeightsError
from inspection.motion.chunk import NOMINAL_LINE
from models.language.base import LanguageSettings, held_unlike, load_base
from models.language.decoding import DecisionGrammar
from models.vla.checkpoint import AdapterHeader, load, save
from models.vla.perception import GEOMETRY, WHOLE, Grid, Place, Seen
from models.vla.vla import InspectionVLA, LoraSettings, Reason, Verdict, VlaSettings
from tests.models import bases
from tests.models.vla.test_checkpoint import Tower

CHANNELS = 24
KINDS = ("scratch", "dent")
KIND_OF_BASE: dict[str, Callable[[Path], Path]] = {
    "llama": bases.llama,
    "mistral": bases.mistral,
    "qwen2.5-vl": bases.qwen_vl,
    "qwen3-vl": bases.qwen3_vl,
}


@pytest.fixture(scope="module", params=KIND_OF_BASE)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return KIND_OF_BASE[request.param](tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bases.llama(tmp_path_factory.mktemp("llama"))


def seen(seed: int = 0) -> Seen:
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    return Seen(
        context=noise(Grid().cells, CHANNELS),
        whole=noise(2 * CHANNELS + WHOLE),
        difference=noise(2, CHANNELS + GEOMETRY),
        zoom=noise(2, 2 * CHANNELS),
        places=(Place(box=(0, 0, 10, 10), peak=1.0),) * 2,
    )


def settings(folder: Path, **language: object) -> VlaSettings:
    values = {"base": str(folder), "dtype": "float32"} | language
    return VlaSettings(
        language=LanguageSettings.model_validate(values), lora=LoraSettings(rank=4), channels=CHANNELS
    )


def built(folder: Path, **language: object) -> InspectionVLA:
    """A model whose LoRA does something."""
    torch.manual_seed(0)
    chosen = settings(folder, **language)
    vla = InspectionVLA(chosen, load_base(chosen.language))
    with torch.no_grad():
        for name, parameter in vla.named_parameters():
            if "lora_" in name:
                parameter.normal_(0.0, 0.05)
    return vla.eval()


def decide(vla: InspectionVLA) -> tuple[Verdict, Reason]:
    grammar = DecisionGrammar.of_words(KINDS, tuple(Action), vla.base.encode)
    prompt = vla.prompt("Rework scratches. Stop on dents; all else passes." * 3)
    prompt.decide(seen(1), grammar, physics=NOMINAL_LINE)[1].write(most_tokens=3)
    return prompt.decide(seen(), grammar, physics=NOMINAL_LINE)


def header(vla: InspectionVLA) -> AdapterHeader:
    return AdapterHeader(
        version="1",
        settings=vla.settings,
        base_sha256=vla.base.sha256,
        tower=Tower.name,
        tower_sha256=Tower.sha256,
        kinds=KINDS,
    )


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_every_base_writes_a_valid_decision(folder: Path, quantization: str) -> None:
    verdict, reason = decide(built(folder, quantization=quantization))
    assert {one.type.word for one in verdict.named} <= {*KINDS, "other", "none"}
    assert Action(json.loads(verdict.raw)["action"]) == verdict.action.word
    assert sum(verdict.action.probabilities.values()) == pytest.approx(1.0, abs=1e-3)
    assert isinstance(reason.write(most_tokens=5), str)


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_an_adapter_comes_back_the_same_on_every_base(
    folder: Path, tmp_path: Path, quantization: str
) -> None:
    vla = built(folder, quantization=quantization)
    before = decide(vla)[0]
    path = tmp_path / "adapter.safetensors"
    save(path, vla, header(vla))
    for trainable in (False, True):
        after = decide(load(path, tower=Tower(), trainable=trainable).vla)[0]
        assert after.raw == before.raw
        assert after.action.probability == pytest.approx(before.action.probability, abs=2e-3)


def test_of_a_base_any_layers_can_be_used(tmp_path: Path) -> None:
    folder = bases.llama(tmp_path)
    whole = load_base(LanguageSettings(base=str(folder), dtype="float32")).model.model.layers
    last = load_base(LanguageSettings(base=str(folder), dtype="float32", layers=(1,)))
    assert torch.equal(last.model.model.layers[0].mlp.up_proj.weight, whole[1].mlp.up_proj.weight)
    cached = last.model(torch.tensor([[1, 2, 3]]), use_cache=True)
    assert cached.past_key_values.get_seq_length() == 3
    with pytest.raises(SettingsError, match="layer 7 was asked for"):
        load_base(LanguageSettings(base=str(folder), layers=(0, 7)))
    with pytest.raises(ValueError, match="ascending"):
        LanguageSettings(base=str(folder), layers=(1, 0))


def test_lora_sits_in_the_language_half_alone(folder: Path) -> None:
    names = [name for name in built(folder).adapter_parameters() if "lora_" in name]
    assert len(names) == 2 * 7 * 2  # both matrices, seven layers of a block, two blocks
    assert not any("visual" in name for name in names)


def test_deciding_twice_gives_the_same(folder: Path) -> None:
    """What was read for one picture is forgotten before the next, sliding windows or not."""
    vla = built(folder)
    grammar = DecisionGrammar.of_words(KINDS, tuple(Action), vla.base.encode)
    prompt = vla.prompt("Rework scratches, stop on dents. " * 3)
    first, *rest = [prompt.decide(seen(), grammar, physics=NOMINAL_LINE)[0] for _ in range(3)]
    for verdict in rest:
        assert verdict.action.probabilities == pytest.approx(first.action.probabilities, abs=1e-4)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_qlora_step_lowers_the_loss_and_changes_the_adapter_alone(llama: Path, dtype: str) -> None:
    from models.training.steps.batch import losses
    from tests.models.vla.test_vla import lesson

    torch.manual_seed(0)
    chosen = settings(llama, quantization="nf4", dtype=dtype)
    vla = InspectionVLA(chosen, load_base(chosen.language))
    lessons = [lesson(seen=seen(seed)) for seed in range(3)]
    trained = [parameter for parameter in vla.parameters() if parameter.requires_grad]
    frozen = {name: p.detach().clone() for name, p in vla.named_parameters() if not p.requires_grad}
    head = vla.base.model.get_output_embeddings().weight.detach().clone()
    optimizer = torch.optim.AdamW(trained, lr=1e-3)

    def loss() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            return losses(vla, lessons, with_action_head=True).total

    before = loss()
    torch.autograd.backward(before)
    gradients = {name: p.grad for name, p in vla.named_parameters() if p.grad is not None}
    assert any("lora_B" in name and g.abs().max() > 0 for name, g in gradients.items())
    assert all(name.startswith(("decoder.",)) == ("lora_" in name) for name in gradients)
    optimizer.step()
    assert float(loss().detach()) < float(before.detach())
    for name, parameter in vla.named_parameters():
        if name in frozen:
            assert torch.equal(parameter, frozen[name]), name
    assert torch.equal(vla.base.model.get_output_embeddings().weight, head)
    assert any(parameter.dtype == torch.uint8 for parameter in vla.decoder.parameters())


def layers_of(vla: InspectionVLA) -> dict[str, Any]:
    """The base's 4-bit layers."""
    from bitsandbytes.nn.modules import Linear4bit

    return {name: one for name, one in vla.decoder.named_modules() if isinstance(one, Linear4bit)}


def unpacked(layer: Any) -> Tensor:
    from bitsandbytes.functional import dequantize_4bit

    return dequantize_4bit(layer.weight.data, layer.weight.quant_state).clone()


def test_4_bit_weights_in_float32_stay_what_they_are_and_compute_in_float32(llama: Path) -> None:
    """At their first look bitsandbytes changed 19 of 20 weights and went over to bfloat16, on some CPUs."""
    vla = built(llama, quantization="nf4")
    before = {name: unpacked(layer) for name, layer in layers_of(vla).items()}
    assert before
    decide(vla)
    vla.adapter_parameters()
    for name, layer in layers_of(vla).items():
        assert torch.equal(unpacked(layer), before[name]), name
        shown = torch.randn(3, layer.in_features, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            seen_by = layer(shown)
        torch.testing.assert_close(seen_by, shown @ before[name].T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_what_an_adapter_holds_is_asked_for_without_asking_the_base(
    llama: Path, monkeypatch: pytest.MonkeyPatch, quantization: str
) -> None:
    """bitsandbytes changes weights that have looked when their state is asked for."""
    vla = built(llama, quantization=quantization, dtype="bfloat16")
    decide(vla)
    wanted = {
        name: one
        for name, one in vla.state_dict().items()
        if not name.startswith("decoder.") or "lora_" in name
    }
    monkeypatch.setattr(vla.decoder, "_save_to_state_dict", None)
    held = vla.adapter_parameters()
    assert held.keys() == wanted.keys()
    assert all(torch.equal(held[name], one) for name, one in wanted.items())
    assert not any(one.requires_grad for one in held.values())


def test_a_model_that_is_trained_learns_the_same_after_a_look(llama: Path, tmp_path: Path) -> None:
    """Gradients ended at a layer that had looked, without a word."""
    from models.training.steps.batch import losses
    from tests.models.vla.test_vla import lesson

    path = tmp_path / "adapter.safetensors"
    whole = built(llama, quantization="nf4", dtype="bfloat16")
    save(path, whole, header(whole))

    def gradients(*, look: bool) -> dict[str, Tensor]:
        vla = load(path, tower=Tower(), trainable=True).vla
        if look:
            with torch.no_grad():
                decide(vla.eval())
        vla.train()
        with torch.autocast("cpu", torch.bfloat16):
            torch.autograd.backward(losses(vla, [lesson(seen=seen())], with_action_head=True).total)
        return {name: p.grad for name, p in vla.named_parameters() if p.grad is not None}

    fresh, after = gradients(look=False), gradients(look=True)
    assert fresh.keys() == after.keys()
    assert all(torch.equal(fresh[name], after[name]) for name in fresh)


def test_nothing_is_said_on_the_terminal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    built(folder, quantization="nf4")
    assert capfd.readouterr() == ("", "")


def test_cuda_asked_for_and_absent(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SettingsError, match="no CUDA device"):
        load_base(LanguageSettings(base=str(llama), device="cuda"))
    with pytest.raises(SettingsError, match="no device"):
        load_base(LanguageSettings(base=str(llama), device="abacus"))


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="neither a base"):
        load_base(LanguageSettings(base=str(tmp_path)))
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_base(LanguageSettings(base=str(tmp_path)))


def test_eyes_are_no_language_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_base(LanguageSettings(base=str(bases.clip(tmp_path))))


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def half_a_file(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def one_weight_less(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, path, metadata={"format": "pt"})


def another_shape(folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"hidden_size": 64', '"hidden_size": 32'), encoding="utf-8")


def without_tokenizer(folder: Path) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()


@pytest.mark.parametrize(
    "damage", [without_weights, half_a_file, one_weight_less, another_shape, without_tokenizer]
)
def test_a_damaged_folder_is_refused(llama: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = tmp_path / "base"
    shutil.copytree(llama, folder)
    damage(folder)
    with pytest.raises(WeightsError, match=r"cannot be loaded|not whole"):
        load_base(LanguageSettings(base=str(folder)))


def test_layers_cannot_be_left_out_of_a_model_with_eyes(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="causal language model"):
        load_base(LanguageSettings(base=str(bases.qwen_vl(tmp_path)), layers=1))


def test_how_a_base_is_held_is_told_where_it_is_not_as_it_was_made() -> None:
    made = LanguageSettings(device="cuda")
    assert held_unlike(made, made.model_copy(update={"device": "cuda:1", "base": "elsewhere"})) == ()
    held = made.model_copy(update={"device": "cpu", "quantization": "nf4", "dtype": "float32"})
    assert held_unlike(made, held) == ("nf4", "float32", "cpu")
