"""Training, from settings to an adapter: three stages over cached features, resumable at any step.

1. *align*: projectors learn to point at words, then with the readout to say what a place is; the language
   model is frozen.
2. *instruct*: LoRA (or QLoRA) joins; the policy changes with every lesson, so the words must be read.
3. *act*: action head and reason join, end to end, with the losses of physics and smoothness.

accelerate carries it: bfloat16 autocast, gradient accumulation, and more than one process under its launcher
or torchrun (``torchrun --nproc-per-node 2 -m app model train …``). Checkpoints hold everything that the next
step depends on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from inspection.errors import WeightsError
from inspection.files.atomic import atomic_write
from models.backbone.features import VisionTower
from models.language.base import hold_weights, load_base
from models.training.curves import draw_losses, read_losses
from models.training.data.policies import DEFECT_NAMES
from models.training.material import Material, Progress
from models.training.settings import StageName, StageSettings, TrainingSettings
from models.training.steps.alignment import align_with_words
from models.training.steps.batch import Lesson, draw_lesson, losses
from models.training.steps.head import fit_head
from models.training.steps.losses import ChunkWeights
from models.vla import checkpoint
from models.vla.checkpoint import AdapterHeader
from models.vla.vla import InspectionVLA

_STATE: Final = "state.pt"
ADAPTER: Final = "adapter.safetensors"
_LOG: Final = "losses.jsonl"
_KEPT_LESSONS: Final = 800
"""Whose states the action head learns from alone."""
_RATES: Final = {"own": 0.3, "lora": 2.0, "readout": 0.1, "head": 10.0}
"""Shares of the learning rate. What projectors have learned by alignment is not to be lost; each weight of
the readout moves every logit, so it moves slowly; the action head begins when all others have learned."""


def build(settings: TrainingSettings, material: Sequence[Material]) -> InspectionVLA:
    """An untrained model whose projectors know how the training features lie."""
    torch.manual_seed(settings.seed)
    base = load_base(settings.vla.language)
    hold_weights(base.model)
    examples = [example for one in material for example in one.examples]
    channels = examples[0].seen.context.shape[1]
    vla = InspectionVLA(settings.vla.model_copy(update={"channels": channels}), base)
    vla.context.fit(torch.cat([example.seen.context for example in examples]))
    vla.whole.fit(torch.stack([example.seen.whole for example in examples]))
    evidence = torch.cat([example.seen.evidence for example in examples])
    vla.what.fit(evidence)
    vla.how_bad.fit(evidence)
    return vla


def train(
    settings: TrainingSettings,
    *,
    tower: VisionTower,
    material: Sequence[Material],
    resume: bool = True,
    progress: Progress = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Train, or go on where an earlier run stopped, and write the adapter.

    Args:
        settings: Of this run; a checkpoint of other settings is not gone on with.
        tower: The vision tower.
        material: From ``gather``.
        resume: Go on from the newest checkpoint in ``settings.out``.
        progress: Told after each step.
        stop: Asked after each step; yes saves a checkpoint and returns.

    Returns:
        The adapter's file.

    Raises:
        WeightsError: A checkpoint cannot be written (the last good one stays) or read.
        SettingsError: The device is absent.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    logging.getLogger("accelerate").setLevel(logging.ERROR)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    on_cuda = settings.vla.language.device.startswith("cuda")
    accelerator = Accelerator(
        cpu=not on_cuda,
        mixed_precision="bf16" if settings.vla.language.dtype == "bfloat16" else "no",
        gradient_accumulation_steps=settings.accumulate,
        # while policies are read no picture is looked at, so the projectors have no part in the loss
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    vla = build(settings, material)
    if settings.begin_with is not None:
        checkpoint.fill(vla, settings.begin_with, but_the_head=settings.fresh_head)
    run = _Run(settings, vla, tower=tower, material=material)
    if resume:
        run.restore()
    else:
        run.forget()
    while run.stage is not None:
        stage = run.stage
        if stage.rounds and run.step == 0:
            run.align(stage.rounds, progress)
        groups = _open_for(vla, stage)
        # anew for each stage: several processes agree at this point on what has gradients
        model = accelerator.prepare_model(_Lossy(vla, settings.chunk_weights))
        optimizer = accelerator.prepare_optimizer(_optimizer(groups, on_cuda=on_cuda))
        run.start(optimizer)
        while run.step < stage.steps:
            parts = _step(accelerator, model, optimizer, run, stage, settings.accumulate)
            run.step += 1
            stopping = stop()
            if accelerator.is_main_process:
                run.log(parts)
                progress(f"stage {stage.name}", run.step, stage.steps, run.note())
                if run.step % settings.save_every == 0 or run.step == stage.steps or stopping:
                    run.save(optimizer)
            if stopping:
                return run.adapter
        if stage.head_steps:
            run.fit_head(stage.head_steps, progress)
        run.next_stage()
    if accelerator.is_main_process:
        run.save(None)
        if (settings.out / _LOG).is_file():  # a run of no steps has none
            draw_losses(settings.out / _LOG, settings.out / "losses.png")
    accelerator.end_training()
    return run.adapter


def _step(
    accelerator: Any, model: Any, optimizer: Any, run: _Run, stage: StageSettings, accumulate: int
) -> list[dict[str, float]]:
    """One step of the optimizer; the losses of each batch that it was made of."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * _schedule(run.step, stage)
    model.train()
    parts = []
    for _ in range(accumulate):
        with accelerator.accumulate(model):
            with accelerator.autocast():
                lessons = run.lessons(accelerator.process_index)
                total, of_batch = model(lessons, stage.name, with_picture=not run.reads_words)
            accelerator.backward(total)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            parts.append(of_batch)
    return parts


class _Lossy(torch.nn.Module):
    """The model as accelerate wants it: called with a batch, it gives the losses."""

    def __init__(self, vla: InspectionVLA, weights: ChunkWeights) -> None:
        super().__init__()
        self.vla = vla
        self.weights = weights

    def forward(
        self, lessons: Sequence[Lesson], stage: StageName, *, with_picture: bool
    ) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch, and its parts."""
        found = losses(
            self.vla,
            lessons,
            with_action_head=stage == "act",
            with_picture=with_picture,
            with_reason=stage == "act",
            with_drills=stage != "align",
            weights=self.weights,
        )
        return found.total, found.parts


class _Run:
    """Where a run is, and its files."""

    def __init__(
        self,
        settings: TrainingSettings,
        vla: InspectionVLA,
        *,
        tower: VisionTower,
        material: Sequence[Material],
    ) -> None:
        self.step = 0
        self.adapter = settings.out / ADAPTER
        self._settings = settings
        self._vla = vla
        self._tower = tower
        self._material = material
        self._stage = 0
        self._rng = np.random.default_rng(settings.seed)
        self._optimizer_state: Any = None
        self._recent: dict[str, float] = {}
        self._names = tuple(sorted({kind for one in material for kind in one.kinds} | set(DEFECT_NAMES)))
        self._pool = [(one, example) for one in material for example in one.examples]
        weights = np.array([one.settings.weight for one, _ in self._pool])
        self._odds = weights / weights.sum()
        settings.out.mkdir(parents=True, exist_ok=True)

    @property
    def stage(self) -> StageSettings | None:
        """The stage that runs; None when all are done."""
        stages = self._settings.stages
        return stages[self._stage] if self._stage < len(stages) else None

    def _some_names(self, rng: np.random.Generator) -> list[str]:
        count = int(rng.integers(2, 7))
        return list(rng.choice(self._names, min(count, len(self._names)), replace=False))

    @property
    def reads_words(self) -> bool:
        """Whether the stage is at its beginning, in which no picture is looked at."""
        return self.stage is not None and self.step < self.stage.words_first * self.stage.steps

    def _plain(self) -> float:
        """Of the policies read in words, the share in which severity does not matter: most at first."""
        assert self.stage is not None
        done = self.step / (self.stage.words_first * self.stage.steps)
        return 0.9 - 0.5 * min(1.0, 2.0 * done)

    def next_stage(self) -> None:
        """The one after it."""
        self._stage += 1
        self.step = 0
        self._optimizer_state = None

    def start(self, optimizer: Any) -> None:
        """Give a restored optimizer its state."""
        if self._optimizer_state is not None:
            optimizer.load_state_dict(self._optimizer_state)
            self._optimizer_state = None

    def align(self, rounds: int, progress: Progress) -> None:
        """Let the projectors learn to point at words. The same in every process: nothing has to be told."""
        right = align_with_words(
            self._vla,
            [example for _, example in self._pool],
            rounds=rounds,
            seed=self._settings.seed,
            progress=lambda done: progress("pointing at words", done, rounds, ""),
        )
        self._recent |= {f"points_{name}": share for name, share in right.items()}

    def fit_head(self, steps: int, progress: Progress) -> None:
        """Let the action head learn alone. The same in every process, as ``align``."""
        mean = fit_head(
            self._vla.eval(),
            [self.lessons(0) for _ in range(-(-min(_KEPT_LESSONS, steps) // self._settings.batch))],
            steps=steps,
            seed=self._settings.seed,
            weights=self._settings.chunk_weights,
            progress=lambda done: progress("the action head alone", done, steps, ""),
        )
        self._recent["chunk_action"] = mean

    def lessons(self, process: int) -> list[Lesson]:
        """The next batch; each process draws its own."""
        rng = np.random.default_rng([int(self._rng.integers(2**63)), process])
        chosen = rng.choice(len(self._pool), self._settings.batch, p=self._reachable())
        if self.reads_words:
            # no picture, so no product: any names will do, and the more the better
            return [
                draw_lesson(self._pool[index][1], self._some_names(rng), rng, plain=self._plain(), drills=3)
                for index in chosen
            ]
        pairs = [self._pool[index] for index in chosen]
        return [draw_lesson(example, one.kinds, rng) for one, example in pairs]

    def _reachable(self) -> Any:
        """While projectors align, the easy beginning of each file comes first; later everything."""
        if not self._settings.curriculum or self.stage is None or self.stage.name != "align":
            return self._odds
        share = min(1.0, 0.3 + self.step / self.stage.steps)
        places = np.concatenate([np.linspace(0.0, 1.0, len(one.examples)) for one in self._material])
        odds = np.where(places <= share, self._odds, 0.0)
        return odds / odds.sum()

    def log(self, parts: Sequence[dict[str, float]]) -> None:
        """Append the step's losses to the log."""
        names = {name for one in parts for name in one}
        mean = {name: float(np.mean([one[name] for one in parts if name in one])) for name in sorted(names)}
        for name, value in mean.items():
            self._recent[name] = 0.95 * self._recent.get(name, value) + 0.05 * value
        stage = self.stage
        line = {"stage": stage.name if stage else "", "step": self.step, **mean}
        with (self._settings.out / _LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def note(self) -> str:
        """The losses of late, in a few words."""
        shown = ("type", "severity", "asked", "action", "asked_drill", "drill", "chunk_action")
        return "  ".join(f"{name} {self._recent[name]:.3f}" for name in shown if name in self._recent)

    def header(self) -> AdapterHeader:
        """What the adapter says of itself."""
        return AdapterHeader(
            version=self._settings.version,
            settings=self._vla.settings,
            base_sha256=self._vla.base.sha256,
            tower=self._tower.name,
            tower_sha256=self._tower.sha256,
            kinds=tuple(sorted({kind for one in self._material for kind in one.kinds})),
            trained={
                "data": {
                    one.settings.samples.stem: {"lessons": len(one.examples), "taught": one.settings.teach}
                    for one in self._material
                },
                "stages": [stage.model_dump() for stage in self._settings.stages],
                "batch": self._settings.batch * self._settings.accumulate,
                "seed": self._settings.seed,
                "losses": {name: round(value, 4) for name, value in self._recent.items()},
            },
        )

    def save(self, optimizer: Any) -> None:
        """Write adapter and state; each replaces the last one only when it is whole."""
        checkpoint.save(self.adapter, self._vla, self.header())
        state = {
            "settings": self._settings.model_dump_json(),
            "stage": self._stage,
            "step": self.step,
            "rng": json.dumps(self._rng.bit_generator.state),
            "torch_rng": torch.get_rng_state(),
            "recent": self._recent,
            "weights": {name: value.detach().cpu() for name, value in self._vla.adapter_parameters().items()},
            "optimizer": None if optimizer is None else optimizer.state_dict(),
        }
        path = self._settings.out / _STATE
        try:
            with atomic_write(path) as unfinished:
                torch.save(state, unfinished)
        except (OSError, RuntimeError) as error:
            raise WeightsError(
                f"the checkpoint cannot be written to {path}: {error}",
                part="the last good one stays as it was",
                todo="make room on the disk, and start again: training goes on from there",
            ) from error

    def forget(self) -> None:
        """Begin anew: what an earlier run left is not gone on with, and its losses are not mixed in."""
        (self._settings.out / _STATE).unlink(missing_ok=True)
        (self._settings.out / _LOG).unlink(missing_ok=True)

    def restore(self) -> None:
        """Go on from the newest checkpoint, where there is one of the same settings."""
        path = self._settings.out / _STATE
        if not path.is_file():
            self.forget()
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            same = TrainingSettings.model_validate_json(state["settings"]) == self._settings
        except Exception as error:  # pickle fails in many ways on half a file
            raise WeightsError(
                f"{path} is no checkpoint, or a damaged one", todo="delete it, or train with --fresh"
            ) from error
        if not same:
            raise WeightsError(
                f"{path} is a checkpoint of a run with other settings",
                todo="name another folder as out, or train with --fresh",
            )
        self._stage, self.step = state["stage"], state["step"]
        self._rng.bit_generator.state = json.loads(state["rng"])
        torch.set_rng_state(state["torch_rng"])
        self._recent = dict(state["recent"])
        self._optimizer_state = state["optimizer"]
        own: dict[str, Tensor] = self._vla.adapter_parameters()
        with torch.no_grad():
            for name, value in state["weights"].items():
                own[name].copy_(value)
        self._cut_log()

    def _cut_log(self) -> None:
        """Drop from the log what came after the checkpoint: those steps are made again."""
        path = self._settings.out / _LOG
        if not path.is_file():
            return
        names = [stage.name for stage in self._settings.stages]
        here = (self._stage, self.step)
        kept = [line for line in read_losses(path) if (names.index(line["stage"]), line["step"]) <= here]
        path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")


def _open_for(vla: InspectionVLA, stage: StageSettings) -> list[dict[str, Any]]:
    """Ask for gradients of what the stage trains; the rest is frozen.

    Each part learns at its own share of the rate, see ``_RATES``.
    """
    opened: dict[str, list[torch.nn.Parameter]] = {kind: [] for kind in _RATES}
    for name, parameter in vla.named_parameters():
        if name.startswith("decoder."):
            wanted = "lora_" in name and stage.name != "align"
        else:
            wanted = stage.name == "act" or not name.startswith("action_head.")
        parameter.requires_grad_(wanted)
        if wanted:
            opened[_part_of(name)].append(parameter)
    return [
        {"params": opened[kind], "lr": rate, "peak": rate}
        for kind, share in _RATES.items()
        if opened[kind]
        for rate in [stage.learning_rate * share]
    ]


def _part_of(name: str) -> str:
    if "lora_" in name:
        return "lora"
    return {"readout": "readout", "action_head": "head"}.get(name.partition(".")[0], "own")


def _optimizer(groups: Sequence[dict[str, Any]], *, on_cuda: bool) -> Any:
    """AdamW; on CUDA bitsandbytes' paged one, whose state may leave the GPU when memory is short."""
    if on_cuda:
        import bitsandbytes.optim

        untyped: Any = bitsandbytes.optim
        return untyped.PagedAdamW(groups, weight_decay=0.01)
    return torch.optim.AdamW(groups, weight_decay=0.01)


def _schedule(step: int, stage: StageSettings) -> float:
    """Share of the learning rate: a warm-up, then half a cosine down to a twentieth."""
    if step < stage.warmup:
        return (step + 1) / stage.warmup
    done = (step - stage.warmup) / max(stage.steps - stage.warmup, 1)
    return float(0.05 + 0.95 * 0.5 * (1.0 + np.cos(np.pi * done)))
