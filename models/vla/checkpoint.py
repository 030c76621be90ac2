"""An adapter on disk: everything that was trained, in one safetensors file that names the base it fits.

A sealed file (``models.weights.sealed``), written beside its name and renamed when it is whole, so the last
good one stays where the disk is full. Reading it runs no code, and refuses what does not fit: another base,
another tower, another shape, and numbers that training cannot give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from inspection.errors import WeightsError
from models.backbone.features import VisionTower
from models.language.base import LanguageSettings, decoder_of, hold_weights, load_base
from models.vla.vla import InspectionVLA, VlaSettings
from models.weights import sealed
from models.weights.soundness import Expected, fault, in_one_line

FORMAT: Final = 1
CHECKPOINTS: Final = Path(__file__).parents[1] / "checkpoints"
"""The adapters that ship with Passgate."""
SHIPPED: Final = CHECKPOINTS / "passgate-vla.safetensors"
SHIPPED_SHA256: Final = "79557309fcc7e44564e68fa09e76d6634f3a6745db66b9b16ba26fef304da049"
"""Its file has no digest inside (it is from before), so what it must be is known here."""
_SHIPPED_VERSION: Final = ("passgate-vla", "2")
_WORDS: Final = "adapter"
_DEVIATION: Final = ".deviation"
"""What the names of tensors that features are divided by end with."""
_LEAST_DEVIATION: Final = 5e-4
"""Half of what ``Projector.fit`` takes for the least: half precision rounds."""
_FLOATS: Final = (torch.float16, torch.bfloat16, torch.float32)
_MOST: Final = 1e6
"""Half precision ends far below; a file in single precision may not go on for ever."""
_PART: Final = "the model cannot start, so no part is released on its word"
_EXTRA: Final = "extra."
_HEAD: Final = "action_head."
_LORA: Final = "decoder.base_model.model."
_LORA_A, _LORA_B = ".lora_A.default.weight", ".lora_B.default.weight"


class AdapterHeader(BaseModel):
    """What is known of an adapter."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int = FORMAT
    name: str = "passgate-vla"
    version: str
    settings: VlaSettings
    base_sha256: str
    tower: str
    tower_sha256: str
    kinds: tuple[str, ...] = ()
    """The types of defects that it was trained to name."""
    trust: float = Field(default=0.0, ge=0.0, le=100.0)
    """How much its own doubt counts beside the memory's: see ``models.inspectors.vla.not_pass``."""
    trained: dict[str, Any] = Field(default_factory=dict)
    """Data, seeds, steps and losses, for the model card."""

    def unknown(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Those of some types of defects that it was not trained to name."""
        return tuple(kind for kind in kinds if kind not in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A loaded model."""

    vla: InspectionVLA
    header: AdapterHeader
    sha256: str
    """Of the file; empty for a model that was never saved."""
    proven: bool = True
    """False for a file of before digests, but the one that ships: nothing proves that it is as trained."""


def save(
    path: Path, vla: InspectionVLA, header: AdapterHeader, *, extra: Mapping[str, Tensor] | None = None
) -> None:
    """Write an adapter, half precision.

    Args:
        path: The file; an older one of that name is replaced only by a whole one.
        vla: The model, not merged.
        header: Goes with it.
        extra: Tensors that travel along (baselines).

    Raises:
        WeightsError: The disk refuses; what was there before is still there.
    """
    tensors = {name: _half(tensor) for name, tensor in vla.adapter_parameters().items()}
    _write(
        path, tensors | {f"{_EXTRA}{name}": _half(tensor) for name, tensor in (extra or {}).items()}, header
    )


def rewrite(path: Path, header: AdapterHeader, *, extra: Mapping[str, Tensor]) -> None:
    """Give an adapter another header and other tensors that travel along. Raises WeightsError."""
    tensors = _opened(path)[1].tensors
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(_EXTRA)}
    _write(path, kept | {f"{_EXTRA}{name}": _half(tensor) for name, tensor in extra.items()}, header)


def _write(path: Path, tensors: Mapping[str, Tensor], header: AdapterHeader) -> None:
    try:
        sealed.write(path, tensors, {_WORDS: header.model_dump_json()})
    except OSError as error:
        raise WeightsError(
            f"the adapter cannot be written to {path}: {error}",
            part="the last good one stays as it was",
            todo="make room on the disk, or name another folder",
        ) from error


def read_header(path: Path) -> AdapterHeader:
    """What is known of an adapter. Raises WeightsError."""
    return _opened(path)[0]


def read_extra(path: Path) -> dict[str, Tensor]:
    """The tensors that travel along with an adapter. Raises WeightsError."""
    return {
        name.removeprefix(_EXTRA): tensor
        for name, tensor in _opened(path)[1].tensors.items()
        if name.startswith(_EXTRA)
    }


def load(
    path: Path,
    *,
    tower: VisionTower,
    trainable: bool = False,
    language: LanguageSettings | None = None,
    expect_sha256: str | None = None,
) -> Adapter:
    """Load an adapter on its base.

    Args:
        path: The file.
        tower: The vision tower of this station.
        trainable: Keep LoRA apart from the base, to train on. Otherwise it is added into the base where that
            is not quantized: faster, and peft need not be loaded.
        language: Where the base lies on this machine and how it is held; None for what the adapter says.
        expect_sha256: What the file must hash to.

    Raises:
        WeightsError: Absent, damaged, or made for another base or tower.
        SettingsError: The base's device is absent.
    """
    header, content = _opened(path)
    sha256, tensors = content.sha256, content.tensors
    if expect_sha256 is not None and sha256 != expect_sha256:
        raise WeightsError(
            f"{path} hashes to {sha256[:12]}…, not to {expect_sha256[:12]}…",
            part=_PART,
            todo="restore the file; it was changed since it was deployed",
        )
    if header.tower_sha256 != tower.sha256:
        raise WeightsError(
            f"{path} was trained on the tower {header.tower} ({header.tower_sha256[:12]}…), "
            f"not on {tower.name} ({tower.sha256[:12]}…)",
            part=_PART,
            todo="use that tower, or train an adapter for this one",
        )
    settings = (
        header.settings if language is None else header.settings.model_copy(update={"language": language})
    )
    base = load_base(settings.language)
    if trainable:
        hold_weights(base.model)
    if base.sha256 != header.base_sha256:
        raise WeightsError(
            f"{path} was trained on the base {header.base_sha256[:12]}…, "
            f"but {settings.language.base} is {base.sha256[:12]}…",
            part=_PART,
            todo="use that base, or train an adapter for this one",
        )
    merges = not trainable and settings.language.quantization == "none"
    if merges:
        _merge(base.model, tensors, settings, path)
        settings_built = settings.model_copy(update={"lora": None})
    else:
        settings_built = settings
    vla = InspectionVLA(settings_built, base)
    _fill(vla, tensors, path, lora=not merges)
    if not trainable:
        vla.requires_grad_(False).eval()
    proven = content.sealed or sha256 == SHIPPED_SHA256
    return Adapter(vla=vla, header=header, sha256=sha256, proven=proven)


def _merge(model: Any, tensors: Mapping[str, Tensor], settings: VlaSettings, path: Path) -> None:
    """Add LoRA's products into the base's weights: W + alpha/r · B·A."""
    if settings.lora is None:
        return
    weights = dict(decoder_of(model).named_parameters())
    scale = settings.lora.alpha / settings.lora.rank
    wanted = {
        name
        for name in weights
        if name.endswith(".weight") and name.removesuffix(".weight").split(".")[-1] in settings.lora.targets
    }
    lora = [name.removeprefix(_LORA) for name in tensors if name.startswith("decoder.")]
    given = {name.removesuffix(_LORA_A).removesuffix(_LORA_B) + ".weight" for name in lora}
    for name in sorted(wanted ^ given):
        raise _wrong_shape(path, name)
    for name in sorted(wanted):
        weight, module = weights[name], _LORA + name.removesuffix(".weight")
        down, up = tensors.get(module + _LORA_A), tensors.get(module + _LORA_B)
        if down is None or up is None or weight.shape != (up.shape[0], down.shape[1]):
            raise _wrong_shape(path, name)
        with torch.no_grad():
            product = up.to(weight.device).float() @ down.to(weight.device).float()
            weight.copy_(weight.float() + scale * product)


def fill(vla: InspectionVLA, path: Path, *, but_the_head: bool = False) -> None:
    """Give a trainable model the weights of an adapter of the same settings. Raises WeightsError."""
    tensors: Mapping[str, Tensor] = _opened(path)[1].tensors
    if but_the_head:
        own = vla.adapter_parameters()
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HEAD)}
        tensors = {**tensors, **{name: own[name] for name in own if name.startswith(_HEAD)}}
    _fill(vla, tensors, path, lora=True)


def _fill(vla: InspectionVLA, tensors: Mapping[str, Tensor], path: Path, *, lora: bool) -> None:
    wanted = vla.adapter_parameters()
    given = {
        name: tensor
        for name, tensor in tensors.items()
        if not name.startswith(_EXTRA) and (lora or not name.startswith("decoder."))
    }
    for name in sorted(wanted.keys() ^ given.keys()):
        raise _wrong_shape(path, name)
    with torch.no_grad():
        for name, tensor in given.items():
            if wanted[name].shape != tensor.shape:
                raise _wrong_shape(path, name)
            wanted[name].copy_(tensor)


def _opened(path: Path) -> tuple[AdapterHeader, sealed.Content]:
    """Header and content of an adapter, proven or at least possible. Raises WeightsError."""
    try:
        content = sealed.read(path)
        header = AdapterHeader.model_validate_json(content.words[_WORDS])
    except FileNotFoundError as error:
        raise _not_an_adapter(path, "no such file") from error
    except (OSError, KeyError, ValueError) as error:
        why = "it holds no adapter" if isinstance(error, KeyError) else in_one_line(error)
        raise _not_an_adapter(path, f"damaged, or no adapter: {why}") from error
    if header.format != FORMAT:
        raise WeightsError(
            f"{path} has format {header.format}, not {FORMAT}", part=_PART, todo="train it again"
        )
    claims = path == SHIPPED or (header.name, header.version) == _SHIPPED_VERSION
    if claims and not content.sealed and content.sha256 != SHIPPED_SHA256:
        raise _not_an_adapter(path, f"damaged: it hashes to {content.sha256[:12]}…, which is not what ships")
    if reason := fault(content.tensors, {name: _expected(name, t) for name, t in content.tensors.items()}):
        raise _not_an_adapter(path, f"damaged: {reason}")
    return header, content


def _expected(name: str, tensor: Tensor) -> Expected:
    """What a tensor must be like, but for its shape, which the model knows."""
    extra = name.startswith(_EXTRA)
    least = _LEAST_DEVIATION if name.endswith(_DEVIATION) and not extra else -_MOST
    dtype = tensor.dtype if tensor.dtype in _FLOATS or extra else torch.float16
    return Expected(dtype=dtype, least=least, most=_MOST)


def _half(tensor: Tensor) -> Tensor:
    plain = tensor.detach().cpu().contiguous()
    return plain.half() if plain.is_floating_point() else plain


def _not_an_adapter(path: Path, why: str) -> WeightsError:
    return WeightsError(f"{path}: {why}", part=_PART, todo="restore the file, or train it again")


def _wrong_shape(path: Path, name: str) -> WeightsError:
    return WeightsError(
        f"{path} does not fit its own settings: {name} is missing, unknown or of another shape",
        part=_PART,
        todo="restore the file, or train it again",
    )
