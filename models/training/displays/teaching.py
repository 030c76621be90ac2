"""Teaches the net; what is done is kept every so often, so that the same command goes on where it stopped."""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from inspection.errors import WeightsError
from inspection.gauges.display.opinion.net import CLASSES
from inspection.gauges.display.opinion.view import channels
from models.training.displays.lessons import lesson
from models.training.displays.net import PlaceNet
from models.training.displays.rendered import Rendered, loaded, render

DISPLAYS: Final = 4500
STEPS: Final = 5000
BATCH: Final = 64
_RATE: Final = 2e-3
_LEAST_RATE: Final = 1e-5
_WARM: Final = 50
KEPT_EVERY: Final = 250
_SEED: Final = 4

Told = Callable[[str, int, int], None]
"""What is being done, how far, of how many."""


def teach(work: Path, *, displays: int = DISPLAYS, steps: int = STEPS, told: Told) -> PlaceNet:
    """The net, taught on ``displays`` rendered displays.

    ``work``: a folder for what an interrupted run goes on from.

    Raises:
        WeightsError: What is in the folder cannot be gone on from.
    """
    pictures = work / "rendered"
    pictures.mkdir(parents=True, exist_ok=True)
    for seed in range(displays):
        render(seed, pictures)
        told("rendering", seed + 1, displays)
    material = [one for one in (loaded(seed, pictures) for seed in range(displays)) if one.signs]
    torch.manual_seed(_SEED)
    net = PlaceNet().train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=1e-3)
    done = _resumed(work / "net.pt", net, optimizer)
    for step in range(done, steps):
        for group in optimizer.param_groups:
            fall = 0.5 + 0.5 * np.cos(np.pi * step / steps)
            group["lr"] = _RATE * min(1.0, (step + 1) / _WARM) * float(fall) + _LEAST_RATE
        torch.manual_seed(_SEED + step)
        optimizer.zero_grad()
        _loss(net, *_batch(material, step)).backward()  # type: ignore[no-untyped-call]  # torch declares it so
        optimizer.step()
        if (step + 1) % KEPT_EVERY == 0 or step + 1 == steps:
            state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "done": step + 1}
            torch.save(state, work / "net.part")
            (work / "net.part").replace(work / "net.pt")
        told("teaching", step + 1, steps)
    return net.eval()


def _resumed(file: Path, net: PlaceNet, optimizer: torch.optim.Optimizer) -> int:
    """How many steps are done."""
    if not file.exists():
        return 0
    try:
        state = torch.load(file, weights_only=True)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["done"])
    except (OSError, RuntimeError, KeyError, UnpicklingError) as error:
        raise WeightsError(
            f"{file} is not what this work had got to: {error}",
            part="nothing was taught",
            todo="remove that file, or name another folder",
        ) from error


def _batch(material: list[Rendered], step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng([_SEED, step])
    lessons = [lesson(material[int(rng.integers(len(material)))], rng) for _ in range(BATCH)]
    seen = torch.from_numpy(np.stack([channels(picture) for picture, _, _ in lessons]))
    signs = torch.tensor([sign for _, sign, _ in lessons])
    return seen, signs, torch.tensor([point for _, _, point in lessons])


def _loss(net: PlaceNet, seen: torch.Tensor, signs: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    said = net(seen)
    asked = points >= 0
    of_points = functional.binary_cross_entropy_with_logits(said[asked, CLASSES], points[asked])
    return functional.cross_entropy(said[:, :CLASSES], signs) + 0.5 * of_points
