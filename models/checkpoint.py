"""An adapter on disk: everything that was trained, in one safetensors file that names the base it fits.

A file is written beside its name and renamed when it is whole, so the last good one stays where the disk is
full. Reading it runs no code, and refuses what does not fit: another base, another tower, another shape.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inspection.durable import whole
from inspection.errors import WeightsError
from models.language import LanguageSettings, decoder_of, load_base
from models.vision import VisionTower
from models.vla import InspectionVLA, VlaSettings

FORMAT: Final = 1
CHECKPOINTS: Final = Path(__file__).parent / "checkpoints"
"""The adapters that ship with Passgate."""
SHIPPED: Final = CHECKPOINTS / "passgate-vla.safetensors"
_PART: Final = "the model cannot start, so no part is released on its word"
_EXTRA: Final = "extra."
_HEAD: Final = "action_head."
_LORA: Final = "decoder.base_model.model."
_LORA_A, _LORA_B = ".lora_A.default.weight", ".lora_B.default.weight"


class AdapterHeader(BaseModel):
    """What is known of an adapter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    name: str = "passgate-vla"
    version: str
    settings: VlaSettings
    base_sha256: str
    tower: str
    tower_sha256: str
    kinds: tuple[str, ...] = ()
    """The types of defects that it was trained to name."""
    trust: float = Field(default=0.0, ge=0.0)
    """How much its own doubt counts beside the memory's: see ``models.reasoning.not_pass``."""
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
    tensors = {name: tensor for name, tensor in _tensors(path).items() if not name.startswith(_EXTRA)}
    _write(path, tensors | {f"{_EXTRA}{name}": _half(tensor) for name, tensor in extra.items()}, header)


def _write(path: Path, tensors: Mapping[str, Tensor], header: AdapterHeader) -> None:
    try:
        with whole(path) as unfinished:
            save_file(dict(tensors), unfinished, metadata={"adapter": header.model_dump_json()})
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"the adapter cannot be written to {path}: {error}",
            part="the last good one stays as it was",
            todo="make room on the disk, or name another folder",
        ) from error


def read_header(path: Path) -> AdapterHeader:
    """What is known of an adapter, without its weights. Raises WeightsError."""
    try:
        with safe_open(path, framework="pt") as file:
            return AdapterHeader.model_validate_json((file.metadata() or {})["adapter"])
    except (OSError, SafetensorError, KeyError, ValidationError) as error:
        raise _not_an_adapter(path, error) from error


def read_extra(path: Path) -> dict[str, Tensor]:
    """The tensors that travel along with an adapter. Raises WeightsError."""
    return {
        name.removeprefix(_EXTRA): tensor
        for name, tensor in _tensors(path).items()
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
    header = read_header(path)
    if header.format != FORMAT:
        raise WeightsError(
            f"{path} has format {header.format}, not {FORMAT}", part=_PART, todo="train it again"
        )
    sha256 = _sha256(path)
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
    if base.sha256 != header.base_sha256:
        raise WeightsError(
            f"{path} was trained on the base {header.base_sha256[:12]}…, "
            f"but {settings.language.base} is {base.sha256[:12]}…",
            part=_PART,
            todo="use that base, or train an adapter for this one",
        )
    tensors = _tensors(path)
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
    return Adapter(vla=vla, header=header, sha256=sha256)


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
    tensors = _tensors(path)
    if but_the_head:
        own = vla.adapter_parameters()
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HEAD)}
        tensors |= {name: tensor for name, tensor in own.items() if name.startswith(_HEAD)}
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


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise _not_an_adapter(path, error) from error


def _half(tensor: Tensor) -> Tensor:
    plain = tensor.detach().cpu().contiguous()
    return plain.half() if plain.is_floating_point() else plain


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _not_an_adapter(path: Path, error: Exception) -> WeightsError:
    why = "no such file" if isinstance(error, FileNotFoundError) else "damaged, or no adapter"
    return WeightsError(f"{path}: {why}", part=_PART, todo="restore the file, or train it again")


def _wrong_shape(path: Path, name: str) -> WeightsError:
    return WeightsError(
        f"{path} does not fit its own settings: {name} is missing, unknown or of another shape",
        part=_PART,
        todo="restore the file, or train it again",
    )
