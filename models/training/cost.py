"""What a training step costs by each method, measured in a process of its own.

``python -m models.training.cost '{"method": "qlora", …}'`` prints one JSON object. A process each, because a
peak of memory is the process's: a second method would start from the first one's.

Methods: *full* trains every weight of the language model, held in float32 (mixed precision); *lora* freezes
it in bfloat16 and trains adapters (Hu et al. 2022, arXiv:2106.09685); *qlora* freezes it in NF4 with double
quantization, computing in bfloat16, with a paged optimizer on CUDA (Dettmers et al. 2023, arXiv:2305.14314).
Projectors and heads are trained in all three. No activations are recomputed.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median
from typing import Any, Final, Literal

import psutil
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.language.base import LanguageBase, LanguageSettings, load_base, loading, require_device
from models.training.optimizer import adamw
from models.vla.perception import GEOMETRY, WHOLE, Place, Seen
from models.vla.vla import InspectionVLA, LoraSettings, VlaSettings
from models.weights.base_weights import quiet_transformers

Method = Literal["full", "lora", "qlora"]
METHODS: Final[tuple[Method, ...]] = ("full", "lora", "qlora")
SHAPES: Final[dict[str, dict[str, int]]] = {
    "llama-tiny": {
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 1000,
    },
    "llama-3b": {  # as Llama 3.2 3B
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 28,
        "num_attention_heads": 24,
        "num_key_value_heads": 8,
        "vocab_size": 128_256,
        "tie_word_embeddings": True,
    },
    "llama-7b": {  # as Llama 2 7B
        "hidden_size": 4096,
        "intermediate_size": 11_008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 32_000,
    },
}
"""Shapes of language models; their weights are random, built on the device."""
_DECIDED: Final = 32
"""Tokens of a row that are learned from: about as many as a lesson has."""
_PLACES: Final = 2
_POLL_S: Final = 0.005


class Task(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method
    base: str
    """A name in ``SHAPES`` or ``base_weights.LANGUAGE_MODELS``, or a folder."""
    layers: int | None = Field(default=None, ge=1)
    batch: int = Field(default=4, ge=1)
    length: int = Field(default=128, ge=64)
    """Tokens of a row."""
    steps: int = Field(default=5, ge=1)
    """Measured, after one that is not."""
    rank: int = Field(default=16, ge=1)
    device: str = "cpu"
    threads: int = Field(default=2, ge=1)
    """On the CPU."""


class Cost(BaseModel):
    """What was measured. MB are 10⁶ bytes, above what the process held before the model was loaded."""

    model_config = ConfigDict(frozen=True)

    method: Method
    parameters: int
    """Of the language model, as it is used."""
    trained: int
    loaded_mb: float
    """With the model in memory."""
    peak_mb: float
    """At most during the steps: the process's own resident memory, or what torch has allocated on the GPU."""
    step_s: float
    """The middling step."""
    step_cpu_s: float
    """CPU time of the middling step, all threads: what other programs on the machine do not change."""
    first_loss: float
    last_loss: float


def measure(task: Task) -> Cost:
    """Train a few steps and say what they took.

    Raises:
        SettingsError: The device is absent.
        WeightsError: No such base.
    """
    require_device(task.device)
    torch.set_num_threads(task.threads)
    torch.manual_seed(0)
    on_cuda = task.device.startswith("cuda")
    with quiet_transformers():
        import bitsandbytes  # noqa: F401 (what the libraries take themselves is not the method's)
        import peft  # noqa: F401
    before = _held(on_cuda)
    vla = _built(task)
    both = (*vla.parameters(), *vla.base.model.parameters())  # the vocabulary's head is the base's alone
    chosen = list({id(parameter): parameter for parameter in both if parameter.requires_grad}.values())
    _settle()
    loaded = _held(on_cuda) - before
    optimizer = adamw(chosen, paged=on_cuda and task.method == "qlora", lr=1e-4)
    ids, seen, learned = _rows(task, vla)
    times, cpu_times, losses = [], [], []
    with _peak(on_cuda) as peak:
        for _ in range(1 + task.steps):
            started, cpu_started = time.perf_counter(), time.process_time()
            with torch.autocast(task.device.partition(":")[0], torch.bfloat16):
                loss = _loss(vla, ids, seen, learned)
            torch.autograd.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(float(loss.detach()))  # waits for the GPU
            times.append(time.perf_counter() - started)
            cpu_times.append(time.process_time() - cpu_started)
    return Cost(
        method=task.method,
        parameters=sum(_count(parameter) for parameter in vla.base.model.parameters() if parameter.ndim)
        - sum(p.numel() for name, p in vla.named_parameters() if "lora_" in name),
        trained=sum(parameter.numel() for parameter in chosen),
        loaded_mb=round(loaded / 1e6, 1),
        peak_mb=round((peak[0] - before) / 1e6, 1),
        step_s=round(median(times[1:]), 4),
        step_cpu_s=round(median(cpu_times[1:]), 4),
        first_loss=round(losses[0], 3),
        last_loss=round(losses[-1], 3),
    )


def _count(parameter: Any) -> int:
    """Weights in a parameter; two of them lie in a byte of NF4."""
    packed = getattr(parameter, "quant_state", None)
    return int(packed.shape.numel()) if packed is not None else int(parameter.numel())


def _built(task: Task) -> InspectionVLA:
    full = task.method == "full"
    language = LanguageSettings(
        base=task.base,
        layers=task.layers,
        quantization="nf4" if task.method == "qlora" else "none",
        dtype="float32" if full else "bfloat16",
        device=task.device,
    )
    base = _random_base(task, language) if task.base in SHAPES else load_base(language)
    lora = None if full else LoraSettings(rank=task.rank, alpha=2 * task.rank)
    vla = InspectionVLA(VlaSettings(language=language, lora=lora), base)
    for parameter in base.model.parameters():  # out of the mapped file: there its memory could not be told
        parameter.data = parameter.data.clone()
    if full:
        base.model.requires_grad_(True)
    return vla.train()


def _random_base(task: Task, language: LanguageSettings) -> LanguageBase:
    """A Llama of a shape, its random weights made where they will be used."""
    import transformers

    auto: Any = transformers
    config = auto.LlamaConfig(**SHAPES[task.base], bos_token_id=None, eos_token_id=0)
    config.num_hidden_layers = min(task.layers or config.num_hidden_layers, config.num_hidden_layers)
    before = torch.get_default_dtype()
    torch.set_default_dtype(language.torch_dtype)
    try:
        with torch.device(task.device):
            model = auto.LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    if language.quantization == "nf4":
        state = model.state_dict()
        del model
        with quiet_transformers():
            model = auto.LlamaForCausalLM.from_pretrained(
                None, config=config, state_dict=state, **loading(language)
            )
    return LanguageBase(model=model, tokenizer=None, hidden_size=config.hidden_size, sha256="", end_id=0)


def _rows(task: Task, vla: InspectionVLA) -> tuple[Tensor, list[Seen], Tensor]:
    """Random words, random pictures, and the places that are learned from."""
    vocabulary = vla.base.model.get_input_embeddings().weight.shape[0]
    ids = torch.randint(0, vocabulary, (task.batch, task.length)).to(task.device)
    channels = vla.settings.channels
    seen = [
        Seen(
            context=torch.randn(vla.settings.grid.cells, channels),
            whole=torch.randn(2 * channels + WHOLE),
            difference=torch.randn(_PLACES, channels + GEOMETRY),
            zoom=torch.randn(_PLACES, 2 * channels),
            places=(Place(box=(0, 0, 9, 9), peak=1.0),) * _PLACES,
        )
        for _ in range(task.batch)
    ]
    learned = torch.arange(task.length - 1 - _DECIDED, task.length - 1, device=task.device)
    return ids, seen, learned


def _loss(vla: InspectionVLA, ids: Tensor, seen: list[Seen], learned: Tensor) -> Tensor:
    shown = []
    for one in seen:
        whole, places = vla.visual_tokens(one)
        shown.append(torch.cat([whole, *places]))
    tokens, words = torch.stack(shown), vla.words(ids)
    rows = torch.cat([tokens.to(words.dtype), words[:, tokens.shape[1] :]], dim=1)
    states = vla.states(vla.run(inputs_embeds=rows, use_cache=False).last_hidden_state[:, learned])
    return F.cross_entropy(vla.logits(states).flatten(0, 1), ids[:, learned + 1].flatten())


def _settle() -> None:
    """Let go of what loading has left behind, where the C library can be asked to (glibc)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _held(on_cuda: bool) -> int:
    """Bytes in use: on the CPU resident ones, without pages of files, which the system may drop."""
    if on_cuda:
        return int(torch.cuda.memory_allocated())
    info: Any = psutil.Process().memory_info()
    return int(info.rss - getattr(info, "shared", 0))


@contextmanager
def _peak(on_cuda: bool) -> Iterator[list[int]]:
    """The most bytes in use within the block; known at its end."""
    highest = [_held(on_cuda)]
    if on_cuda:
        torch.cuda.reset_peak_memory_stats()
        yield highest
        highest[0] = int(torch.cuda.max_memory_allocated())
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_S):
            highest[0] = max(highest[0], _held(on_cuda))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield highest
    finally:
        done.set()
        watcher.join()
        highest[0] = max(highest[0], _held(on_cuda))


if __name__ == "__main__":
    sys.stdout.write(measure(Task.model_validate_json(sys.argv[1])).model_dump_json() + "\n")
