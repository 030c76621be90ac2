"""The language model below the VLA: the shipped small one, or any transformers model in a local folder.

Nothing is fetched here. The shipped base comes from the cache of ``base_weights``; a larger one is a folder
that transformers wrote: a causal language model (Llama, Qwen, …) or a vision-language model, whose language
half is used and whose own eyes are left closed, since the tower's features come in as embeddings.

NF4: Dettmers et al., "QLoRA: Efficient Finetuning of Quantized LLMs", NeurIPS 2023 (arXiv:2305.14314).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from inspection.errors import SettingsError, WeightsError
from models.weights.base_weights import LANGUAGE_MODELS, SMOLLM2_135M, quiet_transformers, verify
from models.weights.local_folder import UNLOADABLE, folder_sha256, not_loadable, whole

SHIPPED_BASE: Final = SMOLLM2_135M.name
_LAYER = "model.layers."
_MAY_PACK: Final = "support_avx512bf16_for_cpu"
"""Of bitsandbytes' ``Linear4bit``: whether it may be packed at its first look."""
_PART: Final = "the model cannot start, so no part is released on its word"


class LanguageSettings(BaseModel):
    """Which base, and how it is held in memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = SHIPPED_BASE
    """A name in ``base_weights.LANGUAGE_MODELS``, or a folder that transformers can load."""
    layers: Annotated[int, Field(ge=1)] | tuple[Annotated[int, Field(ge=0)], ...] | None = None
    """Which of its layers are used: so many from the first, or those of the given numbers (0 is the first);
    None for all. Only for a causal language model.

    What a layer does is not spread evenly: of SmolLM2-135M's attention heads those that look up what was said
    of a word before (Olsson et al. 2022, arXiv:2209.11895, "induction heads") all sit in layers 17 to 24, so
    its first layers alone can read no policy."""
    quantization: Literal["none", "nf4"] = "none"
    """nf4: 4-bit NormalFloat with double quantization, computing in ``dtype`` (QLoRA).

    In bfloat16 on a CPU with AVX512-BF16 bitsandbytes rounds the weights' scales at the first look, see
    ``hold_weights``."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    device: str = "cpu"
    """As torch names it: cpu, cuda, cuda:1."""

    @property
    def torch_dtype(self) -> torch.dtype:
        """The type that it computes in."""
        return torch.bfloat16 if self.dtype == "bfloat16" else torch.float32

    def chosen(self, there: int) -> tuple[int, ...]:
        """Numbers of the layers that are used, where the base has ``there`` of them."""
        if isinstance(self.layers, tuple):
            return self.layers
        return tuple(range(min(self.layers or there, there)))

    @model_validator(mode="after")
    def _layers_ascend(self) -> Self:
        if isinstance(self.layers, tuple) and (
            not self.layers or list(self.layers) != sorted(set(self.layers))
        ):
            raise ValueError("layers are named in ascending order, each once")
        return self


@dataclass(frozen=True, kw_only=True)
class LanguageBase:
    """A loaded base."""

    model: Any
    """The transformers model; called with ``inputs_embeds`` it gives hidden states (see ``decoder_of``)."""
    tokenizer: Any
    """The tokenizers.Tokenizer."""
    hidden_size: int
    sha256: str
    """Of the weights: what an adapter was trained on, it fits no other."""
    end_id: int
    """The end-of-text token; also pads."""

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``, no specials added."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text that ``ids`` stand for."""
        text: str = self.tokenizer.decode(ids)
        return text


def load_base(settings: LanguageSettings) -> LanguageBase:
    """Load the base.

    Raises:
        SettingsError: The device is absent, or the options do not go with this base.
        WeightsError: No such base, or a damaged one.
    """
    require_device(settings.device)
    base = _load_shipped(settings) if settings.base in LANGUAGE_MODELS else _load_folder(settings)
    if settings.dtype == "float32":
        hold_weights(base.model)
    return base


def hold_weights(model: nn.Module) -> None:
    """Let the 4-bit weights of a model stay what they are, and compute in the type that was asked for.

    At its first look without gradients on a CPU with AVX512-BF16, bitsandbytes 0.50.2 packs a layer for a
    fast kernel: the scales of its weights are rounded to bfloat16 (by up to 0.4 %), it computes in bfloat16
    whatever ``dtype`` says, no gradient flows through it any more, and ``state_dict`` changes the weights
    once more (findings/bitsandbytes_packs_at_first_look.sh). Fast, and good enough for judging in bfloat16;
    not for float32, and not for what is still trained.
    """
    for module in model.modules():
        if hasattr(module, _MAY_PACK):
            setattr(module, _MAY_PACK, False)


def held_unlike(made: LanguageSettings, held: LanguageSettings) -> tuple[str, ...]:
    """How a base is held where that is not how it was made: bits, number type, kind of device.

    Each of them gives other scores from the same weights, so each belongs to what a model is called.

    >>> held_unlike(LanguageSettings(), LanguageSettings(quantization="nf4", device="cuda:1"))
    ('nf4', 'cuda')
    """
    pairs = (
        (held.quantization, made.quantization),
        (held.dtype, made.dtype),
        (held.device.partition(":")[0], made.device.partition(":")[0]),
    )
    return tuple(now for now, then in pairs if now != then)


def decoder_of(model: Any) -> nn.Module:
    """The stack of layers below the vocabulary head: embeddings in, last hidden states out."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    decoder: nn.Module = inner.get_decoder() if hasattr(inner, "get_decoder") else inner.model
    return decoder


def head_of(model: Any) -> nn.Module:
    """The vocabulary head: hidden states in, logits out."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    head: nn.Module = inner.get_output_embeddings()
    return head


def require_device(device: str) -> None:
    """Raises SettingsError where torch cannot use ``device``."""
    kind = device.partition(":")[0]
    if kind == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            f"device {device!r} was asked for, but this machine has no CUDA device that torch can use",
            part=_PART,
            todo='set device = "cpu", or install a CUDA build of torch and the driver',
        )
    try:
        torch.device(device)
    except RuntimeError as error:
        raise SettingsError(f"{device!r} is no device", todo="use cpu, cuda or cuda:N") from error


def loading(settings: LanguageSettings) -> dict[str, Any]:
    """Arguments for ``from_pretrained`` that the settings stand for."""
    arguments: dict[str, Any] = {"dtype": settings.torch_dtype}
    if settings.quantization == "nf4":
        import transformers

        untyped: Any = transformers
        arguments["quantization_config"] = untyped.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=settings.torch_dtype,
        )
        arguments["device_map"] = {"": settings.device}
    return arguments


def _load_shipped(settings: LanguageSettings) -> LanguageBase:
    import transformers
    from tokenizers import Tokenizer

    entry = LANGUAGE_MODELS[settings.base]
    path = verify(entry)
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})["model"])
            config: Any = transformers.LlamaConfig(**described["config"])
            chosen = _chosen(settings, config)
            config.num_hidden_layers = len(chosen)
            named = {_renamed(name, chosen): name for name in file.keys()}  # noqa: SIM118
            state = {new: file.get_tensor(old) for new, old in named.items() if new is not None}
    except (KeyError, ValueError, SafetensorError) as error:
        raise WeightsError(f"{path} is no language model: {error}", todo="passgate weights pull") from error
    tokenizer = Tokenizer.from_str(json.dumps(described["tokenizer"]))
    with quiet_transformers():
        model: Any = transformers.LlamaForCausalLM.from_pretrained(
            None, config=config, state_dict=state, **loading(settings)
        )
    if settings.quantization == "none":
        model = model.to(settings.device)
    return LanguageBase(
        model=model.eval(),
        tokenizer=tokenizer,
        hidden_size=config.hidden_size,
        sha256=entry.file_sha256,
        end_id=config.eos_token_id,
    )


def _chosen(settings: LanguageSettings, config: Any) -> tuple[int, ...]:
    there = int(config.num_hidden_layers)
    chosen = settings.chosen(there)
    if chosen[-1] >= there:
        raise SettingsError(
            f"layer {chosen[-1]} was asked for, but {settings.base} has {there}",
            part=_PART,
            todo="name layers from 0 on",
        )
    return chosen


def _renamed(name: str, chosen: tuple[int, ...]) -> str | None:
    """What a weight is called where only the chosen layers are there; None where it is left out."""
    if not name.startswith(_LAYER):
        return name
    number, _, rest = name.removeprefix(_LAYER).partition(".")
    return f"{_LAYER}{chosen.index(int(number))}.{rest}" if int(number) in chosen else None


def _load_folder(settings: LanguageSettings) -> LanguageBase:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer

    folder = Path(settings.base)
    if not (folder / "config.json").is_file():
        known = ", ".join(sorted(LANGUAGE_MODELS))
        raise WeightsError(
            f"{settings.base!r} is neither a base that Passgate knows ({known}) nor a folder with a model",
            part=_PART,
            todo="give the folder that holds config.json, tokenizer.json and the safetensors files",
        )
    try:
        with quiet_transformers():
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            text = config.get_text_config()
            sees = text is not config
            kind = AutoModelForImageTextToText if sees else AutoModelForCausalLM
            if settings.layers is not None and sees:
                raise SettingsError(
                    "layers can be left out of a causal language model only", todo="leave layers unset"
                )
            model = whole(kind, folder, config=config, **loading(settings))
            if settings.layers is not None:
                _keep_layers(model, _chosen(settings, config))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            backend = tokenizer.backend_tokenizer
    except UNLOADABLE as error:
        raise not_loadable(folder, error) from error
    if settings.quantization == "none":
        model = model.to(settings.device)
    end = tokenizer.eos_token_id
    return LanguageBase(
        model=model.eval(),
        tokenizer=backend,
        hidden_size=text.hidden_size,
        sha256=folder_sha256(folder),
        end_id=0 if end is None else int(end),
    )


def _keep_layers(model: Any, chosen: tuple[int, ...]) -> None:
    """Leave out all other layers. A cache asks each layer for its number, so they are counted anew."""
    decoder: Any = decoder_of(model)
    decoder.layers = nn.ModuleList([decoder.layers[number] for number in chosen])
    for number, layer in enumerate(decoder.layers):
        for module in layer.modules():
            if hasattr(module, "layer_idx"):
                module.layer_idx = number
    model.config.num_hidden_layers = len(chosen)


def embed(model: Any, ids: Tensor) -> Tensor:
    """Embeddings of token ids: (…,) to (…, hidden)."""
    table: nn.Module = model.get_input_embeddings()
    result: Tensor = table(ids)
    return result
