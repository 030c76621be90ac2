"""What fine-tuning costs: all weights, LoRA and QLoRA on one base, each in a fresh process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from app.progress import progress
from inspection.errors import PassgateError, SettingsError
from models.language.base import SHIPPED_BASE, require_device
from models.training.cost import METHODS, SHAPES, Cost, Task
from models.weights.base_weights import LANGUAGE_MODELS

_TIMEOUT_S = 3600.0


def bench_finetune(
    *, base: str | None, layers: int | None, batch: int, length: int, steps: int, device: str | None
) -> dict[str, Any]:
    """Measure a training step by each method.

    Args:
        base: See ``models.training.cost.Task``; None: SmolLM2 on a CPU, Llama's shapes of 3B and 7B on CUDA.
        layers: Use so many of its layers; None for all.
        batch: Rows a step.
        length: Tokens a row.
        steps: Measured steps, after one to warm up.
        device: None: cuda where torch can use it, else cpu.

    Returns:
        For each base each method's ``Cost``, and both numbers as shares of full fine-tuning's.

    Raises:
        SettingsError: The device is absent, there is no such base, or a method could not be measured (memory
            that does not suffice).
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    require_device(device)
    if base is not None:
        _require(base)
    bases = [base] if base else ["llama-3b", "llama-7b"] if device.startswith("cuda") else [SHIPPED_BASE]
    threads = os.cpu_count() or 1
    runs: dict[str, Any] = {}
    with progress("measuring", len(bases) * len(METHODS)) as bar:
        for name in bases:
            costs: dict[str, Cost] = {}
            for method in METHODS:
                task = Task(
                    method=method,
                    base=name,
                    layers=layers,
                    batch=batch,
                    length=length,
                    steps=steps,
                    device=device,
                    threads=threads,
                )
                costs[method] = _measured(task)
                bar.show(len(runs) * len(METHODS) + len(costs))
            full = costs["full"]
            runs[name] = {
                method: {
                    **cost.model_dump(exclude={"method"}),
                    "peak_of_full": round(cost.peak_mb / full.peak_mb, 3),
                    "step_of_full": round(cost.step_s / full.step_s, 3),
                    "step_cpu_of_full": round(cost.step_cpu_s / full.step_cpu_s, 3),
                }
                for method, cost in costs.items()
            }
    return {
        "device": device,
        "threads": threads,
        "layers": layers,
        "batch": batch,
        "length": length,
        "steps": steps,
        "runs": runs,
    }


def _require(base: str) -> None:
    """Said at once, not by a process that has loaded torch first."""
    if base not in SHAPES and base not in LANGUAGE_MODELS and not (Path(base) / "config.json").is_file():
        raise SettingsError(
            f"{base!r} is no base",
            todo=f"use one of {', '.join((*SHAPES, SHIPPED_BASE))}, or a folder that holds config.json",
        )


def _measured(task: Task) -> Cost:
    command = [sys.executable, "-m", "models.training.cost", task.model_dump_json()]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            command, capture_output=True, text=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _not_measured(task, f"not done within {_TIMEOUT_S:.0f} s") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise _not_measured(task, said[-1])
    return Cost.model_validate_json(done.stdout.strip().splitlines()[-1])


def _not_measured(task: Task, why: str) -> PassgateError:
    return SettingsError(
        f"{task.method} fine-tuning of {task.base} on {task.device} could not be measured: {why}",
        todo="use fewer --layers or a smaller --batch, or another --device",
    )
