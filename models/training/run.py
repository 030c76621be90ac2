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

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from models.backbone.features import VisionTower
from models.language.base import hold_weights, load_base
from models.training.curves import draw_losses
from models.training.lessons import Lessons
from models.training.loss_log import LossLog
from models.training.material import Material, Progress
from models.training.optimizer import adamw, open_for, rate_at
from models.training.saved import SavedRun
from models.training.settings import StageName, StageSettings, TrainingSettings
from models.training.steps.alignment import align_with_words
from models.training.steps.batch import losses
from models.training.steps.head import fit_head
from models.training.steps.lesson import Lesson
from models.training.steps.losses import ChunkWeights
from models.vla import checkpoint
from models.vla.checkpoint import AdapterHeader
from models.vla.vla import InspectionVLA

_STATE: Final = "state.pt"
ADAPTER: Final = "adapter.safetensors"
_LOG: Final = "losses.jsonl"
_KEPT_LESSONS: Final = 800
"""The lessons whose states the action head learns from alone."""


def build(settings: TrainingSettings, material: Sequence[Material]) -> InspectionVLA:
    """Build an untrained model whose projectors know how the training features lie."""
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
        settings: The run's settings; it does not go on from a checkpoint of others.
        tower: The vision tower; it does not learn, and the adapter remembers its name and hash.
        material: What to learn from; :func:`models.training.material.gather` gives it.
        resume: Whether to go on from the newest checkpoint in ``settings.out``.
        progress: Is told after each step.
        stop: Is asked after each step; where it says yes, a checkpoint is saved and the run ends.

    Returns:
        The adapter's file.

    Raises:
        WeightsError: A checkpoint cannot be written (the last good one stays) or read.
        SettingsError: The machine does not have the device that the settings name.
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
        groups = open_for(vla, stage)
        # anew for each stage: several processes agree at this point on what has gradients
        model = accelerator.prepare_model(_Lossy(vla, settings.chunk_weights))
        optimizer = accelerator.prepare_optimizer(adamw(groups, paged=on_cuda, weight_decay=0.01))
        run.start(optimizer)
        while run.step < stage.steps:
            parts = _step(accelerator, model, optimizer, run, stage, settings.accumulate)
            run.step += 1
            stopping = stop()
            if accelerator.is_main_process:
                run.log.add(parts, stage=stage.name, step=run.step)
                progress(f"stage {stage.name}", run.step, stage.steps, run.log.note())
                if run.step % settings.save_every == 0 or run.step == stage.steps or stopping:
                    run.save(optimizer)
            if stopping:
                return run.adapter
        if stage.head_steps:
            run.fit_head(stage, progress)
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
        group["lr"] = group["peak"] * rate_at(run.step, stage)
    model.train()
    parts = []
    for _ in range(accumulate):
        with accelerator.accumulate(model):
            with accelerator.autocast():
                lessons = run.lessons.draw(stage, run.step, process=accelerator.process_index)
                total, of_batch = model(lessons, stage.name, with_picture=not stage.reads_words(run.step))
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
        self.log = LossLog(settings.out / _LOG)
        self.lessons = Lessons(settings, material)
        self._state = settings.out / _STATE
        self._settings = settings
        self._vla = vla
        self._tower = tower
        self._material = material
        self._stage = 0
        self._optimizer_state: dict[str, Any] | None = None
        settings.out.mkdir(parents=True, exist_ok=True)

    @property
    def stage(self) -> StageSettings | None:
        """The stage that runs; None when all are done."""
        stages = self._settings.stages
        return stages[self._stage] if self._stage < len(stages) else None

    def next_stage(self) -> None:
        """Go on to the stage after this one."""
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
            self.lessons.examples,
            rounds=rounds,
            seed=self._settings.seed,
            progress=lambda done: progress("pointing at words", done, rounds, ""),
        )
        self.log.recent |= {f"points_{name}": share for name, share in right.items()}

    def fit_head(self, stage: StageSettings, progress: Progress) -> None:
        """Let the action head learn alone. The same in every process, as ``align``."""
        steps = stage.head_steps
        batches = -(-min(_KEPT_LESSONS, steps) // self._settings.batch)
        self.log.recent["chunk_action"] = fit_head(
            self._vla.eval(),
            [self.lessons.draw(stage, self.step) for _ in range(batches)],
            steps=steps,
            seed=self._settings.seed,
            weights=self._settings.chunk_weights,
            progress=lambda done: progress("the action head alone", done, steps, ""),
        )

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
                "losses": {name: round(value, 4) for name, value in self.log.recent.items()},
            },
        )

    def save(self, optimizer: Any) -> None:
        """Write adapter and state; each replaces the last one only when it is whole."""
        checkpoint.save(self.adapter, self._vla, self.header())
        SavedRun(
            settings=self._settings.model_dump_json(),
            stage=self._stage,
            step=self.step,
            rng=self.lessons.state,
            torch_rng=torch.get_rng_state(),
            recent=self.log.recent,
            weights={name: value.detach().cpu() for name, value in self._vla.adapter_parameters().items()},
            optimizer=None if optimizer is None else optimizer.state_dict(),
        ).write(self._state)

    def forget(self) -> None:
        """Begin anew: what an earlier run left is not gone on with, and its losses are not mixed in."""
        self._state.unlink(missing_ok=True)
        self.log.forget()

    def restore(self) -> None:
        """Go on from the newest checkpoint, where there is one of the same settings."""
        if not self._state.is_file():
            self.forget()
            return
        saved = SavedRun.read(self._state, settings=self._settings)
        self._stage, self.step = saved.stage, saved.step
        self.lessons.state = saved.rng
        torch.set_rng_state(saved.torch_rng)
        self.log.recent = dict(saved.recent)
        self._optimizer_state = saved.optimizer
        own: dict[str, Tensor] = self._vla.adapter_parameters()
        with torch.no_grad():
            for name, value in saved.weights.items():
                own[name].copy_(value)
        names: list[str] = [stage.name for stage in self._settings.stages]
        here = (self._stage, self.step)
        self.log.keep(lambda stage, step: (names.index(stage), step) <= here)
