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
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from inspection.cameras.folder import read_picture
from inspection.errors import DatasetError, SettingsError, WeightsError
from models import checkpoint
from models.checkpoint import AdapterHeader
from models.evaluation import evaluate
from models.language import load_base
from models.memory import NormalityMemory
from models.reasoning import not_pass
from models.training.alignment import align_with_words
from models.training.batch import Lesson, draw_lesson, losses
from models.training.features import Example, prepare
from models.training.losses import ChunkWeights
from models.training.policies import DEFECT_NAMES
from models.training.samples import Samples, TrainingSample, read_samples
from models.type_baseline import TypeRegression
from models.vision import VisionTower
from models.vla import InspectionVLA, VlaSettings
from models.vla_evaluation import Shown, judge_all

StageName = Literal["align", "instruct", "act"]
_STATE: Final = "state.pt"
_ADAPTER: Final = "adapter.safetensors"
_LOG: Final = "losses.jsonl"
_RATES: Final = {"own": 0.3, "lora": 2.0, "readout": 0.1, "head": 10.0}
"""Shares of the learning rate. What projectors have learned by alignment is not to be lost; each weight of
the readout moves every logit, so it moves slowly; the action head begins when all others have learned."""
_TRUSTS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

Progress = Callable[[str, int, int, str], None]
"""Called as ``progress(what, done, total, note)``."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(_Settings):
    """One file of samples."""

    samples: Path
    teach: int = Field(default=0, ge=0)
    """Good training pictures that a memory is taught on; they are left out of the lessons. 0: no memory."""
    mm_per_pixel: float | None = Field(default=None, gt=0.0)
    weight: float = Field(default=1.0, gt=0.0)
    """How often its lessons are drawn, relative to their number."""


class StageSettings(_Settings):
    """One stage."""

    name: StageName
    steps: int = Field(ge=1)
    learning_rate: float = Field(gt=0.0)
    warmup: int = Field(default=20, ge=0)
    rounds: int = Field(default=0, ge=0)
    """Before its first step: how often projectors look at every example to learn to point at words."""
    words_first: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of its steps, at the beginning, in which policies are read and no picture is looked at."""


class TrainingSettings(_Settings):
    """What ``passgate model train --config`` reads."""

    out: Path
    """Folder for checkpoints, losses and the adapter."""
    data: tuple[DataSettings, ...] = Field(min_length=1)
    cache: Path | None = None
    """Folder for features; None: below ``out``."""
    version: str = "0"
    tower: Path | None = None
    """Folder of the vision tower; None: EfficientNet-Lite0."""
    vla: VlaSettings = VlaSettings()
    """Its channels are taken from the tower."""
    begin_with: Path | None = None
    """An adapter of the same settings to begin with; None begins anew."""
    fresh_head: bool = False
    """With ``begin_with``: the action head begins anew all the same."""
    stages: tuple[StageSettings, ...] = (
        StageSettings(name="align", steps=100, learning_rate=1e-3, rounds=60),
        StageSettings(name="instruct", steps=1000, learning_rate=5e-4, words_first=0.4),
        StageSettings(name="act", steps=300, learning_rate=2e-4),
    )
    batch: int = Field(default=8, ge=1)
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are summed before a step."""
    seed: int = 0
    save_every: int = Field(default=100, ge=1)
    curriculum: bool = True
    """Examples come in the order of their files at first (simulations go from plain to faint), then mixed."""
    weights: tuple[float, float, float] = (1.0, 0.1, 0.01)
    """Of the chunk's terms: action, physics, smoothness; 0 switches one off."""
    skip_broken: bool = False
    """Leave out lines that are no samples."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; None leaves them as they are."""

    @property
    def chunk_weights(self) -> ChunkWeights:
        """``weights``, by name."""
        action, physics, smoothness = self.weights
        return ChunkWeights(action=action, physics=physics, smoothness=smoothness)

    @model_validator(mode="after")
    def _stages_in_order(self) -> Self:
        names = [stage.name for stage in self.stages]
        order = ["align", "instruct", "act"]
        if not names or names != [name for name in order if name in names]:
            raise ValueError(f"stages come in the order {', '.join(order)}, each once at most")
        return self


def read_settings(path: Path) -> TrainingSettings:
    """Read a TOML file; relative paths in it start at its own folder.

    Raises:
        SettingsError: It cannot be read, or a key is unknown, missing or wrong.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = TrainingSettings.model_validate(raw)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}", todo="mend that key") from error
    here = path.resolve().parent

    def placed(given: Path) -> Path:
        return (here / given).resolve()

    return settings.model_copy(
        update={
            "out": placed(settings.out),
            "begin_with": None if settings.begin_with is None else placed(settings.begin_with),
            "cache": None if settings.cache is None else placed(settings.cache),
            "tower": None if settings.tower is None else placed(settings.tower),
            "data": tuple(
                data.model_copy(update={"samples": placed(data.samples)}) for data in settings.data
            ),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One file's examples."""

    settings: DataSettings
    samples: Samples
    memory: NormalityMemory | None
    kinds: tuple[str, ...]
    """Types that its product knows."""
    examples: tuple[Example, ...]
    """For training."""


def gather(
    settings: TrainingSettings, tower: VisionTower, *, progress: Progress = lambda *_: None
) -> list[Material]:
    """Read the samples, teach the memories, look at the training pictures.

    Raises:
        DatasetError: A file cannot be read, holds a broken line, or has no training samples.
        CameraError: A picture cannot be read.
        RecipeError: Too few good pictures to teach a memory.
    """
    gathered = []
    for data in settings.data:
        samples = read_samples(data.samples, skip_broken=settings.skip_broken)
        if samples.broken:
            progress(f"{data.samples.name}", 0, 1, f"{len(samples.broken)} broken lines skipped")
        training = samples.of("train")
        if not training:
            raise DatasetError(f"{data.samples} holds no samples of the split train")
        memory, taught = teach_memory(samples, training, data.teach, tower=tower, seed=settings.seed)
        lessons = [sample for sample in training if id(sample) not in taught]
        examples = prepare(
            samples,
            lessons,
            tower=tower,
            memory=memory,
            cache=settings.cache or settings.out / "features",
            mm_per_pixel=data.mm_per_pixel,
            progress=_counting(progress, f"looking at {data.samples.stem}", len(lessons)),
        )
        gathered.append(
            Material(
                settings=data,
                samples=samples,
                memory=memory,
                kinds=kinds_of(samples.samples),
                examples=tuple(example for example in examples if not example.missed),
            )
        )
    return gathered


def _counting(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    return lambda done: progress(what, done, total, "")


def kinds_of(samples: Sequence[TrainingSample]) -> tuple[str, ...]:
    """All types of defects that occur, sorted."""
    return tuple(sorted({defect.type for sample in samples for defect in sample.decision.defects}))


def calibrate(
    settings: TrainingSettings,
    *,
    tower: VisionTower,
    material: Sequence[Material],
    progress: Progress = lambda *_: None,
) -> Path:
    """Finish an adapter: how far to trust its doubt beside the memory's, and a baseline to compare with.

    ``trust`` is the one of a few that gives the best mean AUROC on validation pictures of the products that
    have a memory. The
    logistic regression that the model is compared with is fitted on the training features and kept beside it.

    Raises:
        WeightsError: The adapter cannot be read or written.
    """
    path = settings.out / _ADAPTER
    adapter = checkpoint.load(path, tower=tower)
    examples = [example for one in material for example in one.examples]
    regression = TypeRegression.fit(
        [example.seen for example in examples], [example.kind for example in examples], seed=settings.seed
    )
    scored: list[tuple[list[float], list[float], list[bool]]] = []
    for one in material:
        chosen = one.samples.of("val")
        if one.memory is None or len({bool(sample.decision.defects) for sample in chosen}) < 2:
            continue
        name = one.settings.samples.stem
        seen = prepare(
            one.samples,
            chosen,
            tower=tower,
            memory=one.memory,
            cache=settings.cache or settings.out / "features",
            mm_per_pixel=one.settings.mm_per_pixel,
            progress=_counting(progress, f"looking at {name}, validation", len(chosen)),
        )
        shown = [Shown(seen=each.seen, kind=each.kind) for each in seen]
        judged = judge_all(
            shown,
            adapter,
            kinds=one.kinds,
            progress=_counting(progress, f"validating on {name}", len(shown)),
        )
        scored.append(
            (
                [each.seen.above_threshold or 0.0 for each in shown],
                [each.defect_probability for each in judged],
                [each.kind is not None for each in shown],
            )
        )

    def quality(trust: float) -> float:
        pairs = (
            ([not_pass(above, doubt, trust=trust) for above, doubt in zip(a, d, strict=True)], truth)
            for a, d, truth in scored
        )
        return float(np.mean([evaluate(scores, truth).auroc for scores, truth in pairs]))

    trust = max(_TRUSTS, key=quality) if scored else 0.0
    header = adapter.header.model_copy(
        update={
            "trust": trust,
            "trained": {**adapter.header.trained, "baseline_kinds": list(regression.kinds)},
        }
    )
    checkpoint.rewrite(path, header, extra=regression.packed())
    return path


def teach_memory(
    samples: Samples, training: Sequence[TrainingSample], count: int, *, tower: VisionTower, seed: int
) -> tuple[NormalityMemory | None, set[int]]:
    """Teach a memory on good training samples drawn at random; also the ``id`` of each that was used."""
    if count == 0:
        return None, set()
    good = [sample for sample in training if not sample.decision.defects]
    order = np.random.default_rng(seed).permutation(len(good))[:count]
    chosen = [good[index] for index in sorted(order)]
    memory = NormalityMemory.teach(
        [read_picture(samples.pictures(sample)[0]) for sample in chosen],
        tower=tower,
        groups=[sample.visual_input.group for sample in chosen],
        seed=seed,
    )
    return memory, {id(sample) for sample in chosen}


def build(settings: TrainingSettings, material: Sequence[Material]) -> InspectionVLA:
    """An untrained model whose projectors know how the training features lie."""
    torch.manual_seed(settings.seed)
    base = load_base(settings.vla.language)
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
        run.next_stage()
    if accelerator.is_main_process:
        run.save(None)
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
        self.adapter = settings.out / _ADAPTER
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
        """In the first stage the easy beginning of each file comes first; later everything."""
        if not self._settings.curriculum or self._stage > 0 or self.stage is None:
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
        unfinished = path.with_suffix(".part")
        try:
            torch.save(state, unfinished)
            unfinished.replace(path)
        except (OSError, RuntimeError) as error:
            with suppress(OSError):
                unfinished.unlink()
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
        if self.stage is not None and self.step >= self.stage.steps:
            self.next_stage()

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


def read_losses(path: Path) -> Iterator[dict[str, Any]]:
    """The log, line by line."""
    with path.open(encoding="utf-8") as log:
        for line in log:
            yield json.loads(line)


def draw_losses(log: Path, picture: Path) -> None:
    """Draw the curves of a run into a PNG: one panel for words, one for the chunk."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    lines = list(read_losses(log))
    figure, (words, chunk) = pyplot.subplots(2, 1, figsize=(9, 7), sharex=True, layout="constrained")
    for panel, names in (
        (words, ("type", "severity", "action", "drill", "reason")),
        (chunk, ("chunk_action", "chunk_physics", "chunk_smoothness")),
    ):
        for name in names:
            points = [(at, line[name]) for at, line in enumerate(lines) if name in line]
            if points:
                steps, values = zip(*points, strict=True)
                panel.plot(steps, _smoothed(np.array(values)), label=name)
        panel.set_yscale("log")
        panel.set_ylabel("loss")
        panel.grid(alpha=0.3)
        if panel.lines:
            panel.legend()
    for at in (i for i in range(1, len(lines)) if lines[i]["stage"] != lines[i - 1]["stage"]):
        words.axvline(at, color="0.5", linestyle=":")
        chunk.axvline(at, color="0.5", linestyle=":")
    chunk.set_xlabel("step (dotted: the next stage)")
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the last 25 values, of fewer at the beginning: as long as ``values``."""
    total = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - 25, 0)
    smooth: NDArray[np.float64] = (total[ends] - total[starts]) / (ends - starts)
    return smooth
