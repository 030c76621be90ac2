"""Before the language model is asked, projectors learn to point at its words.

The embedding of a place is pulled towards the embeddings of the words for what is there and how bad it is,
and away from the other words': contrastive alignment (Radford et al. 2021, arXiv:2103.00020, "CLIP") with the
language model's own vocabulary for the text side. It needs no pass of the model, so it is done in a minute on
a CPU; afterwards naming is little more than reading off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.decision import Severity
from models.language.decoding import NONE
from models.training.steps.features import Example
from models.vla.vla import InspectionVLA, Projector

_BATCH: Final = 64
_RATE: Final = 1e-3
_DECAY: Final = 1e-2
_NOISE: Final = 0.1
_SHARPNESS: Final = 10.0
"""Where the scale of the cosines begins; it is learned along."""


def align_with_words(
    vla: InspectionVLA,
    examples: Sequence[Example],
    *,
    rounds: int,
    seed: int,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, float]:
    """Train the projectors of the whole picture and of places, in place.

    Args:
        vla: The model; nothing but these projectors is changed.
        examples: Training examples.
        rounds: How often each example is looked at.
        seed: Of order and noise.
        progress: Told how many rounds are done.

    Returns:
        The last round's share of right words: ``whole``, ``what``, ``how_bad``.
    """
    truths = [truth for example in examples for truth in example.truth]
    there = torch.tensor([truth is not None for truth in truths])
    kinds = sorted({truth[0] for truth in truths if truth is not None} | {NONE})
    severities = list(Severity)
    evidence = torch.cat([example.seen.evidence for example in examples])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        pointers = {
            "whole": _Pointer(
                vla.whole,
                _directions(vla, kinds),
                torch.stack([example.seen.whole for example in examples]),
                [kinds.index(example.kind or NONE) for example in examples],
            ),
            "what": _Pointer(
                vla.what,
                _directions(vla, kinds),
                evidence,
                [kinds.index(NONE if truth is None else truth[0]) for truth in truths],
            ),
            "how_bad": _Pointer(
                vla.how_bad,
                _directions(vla, [severity.value for severity in severities]),
                evidence[there],
                [severities.index(truth[1]) for truth in truths if truth is not None],
            ),
        }
        right = {}
        for done in range(rounds):
            for name, pointer in pointers.items():
                right[name] = pointer.round(1.0 - done / rounds)
            progress(done + 1)
    return right


class _Pointer:
    """One projector, its words, and its features and which word each should point at."""

    def __init__(
        self, projector: Projector, directions: Tensor, features: Tensor, wanted: Sequence[int]
    ) -> None:
        device = directions.device
        self._projector = projector
        self._directions = directions
        self._features = features.to(device)
        self._wanted = torch.tensor(wanted, device=device)
        self._scale = nn.Parameter(torch.tensor(_SHARPNESS, device=device))
        for parameter in projector.parameters():
            parameter.requires_grad_(True)
        self._optimizer = torch.optim.AdamW(
            [
                {"params": list(projector.parameters()), "weight_decay": _DECAY},
                {"params": [self._scale], "weight_decay": 0.0},
            ],
            lr=_RATE,
        )

    def round(self, rate: float) -> float:
        """Look at every example once, at this share of the learning rate; the share that pointed right."""
        for group in self._optimizer.param_groups:
            group["lr"] = _RATE * rate
        right = 0
        for batch in torch.split(torch.randperm(len(self._wanted)), _BATCH):
            features = self._features[batch]
            noisy = features * (1.0 + _NOISE * torch.randn_like(features))
            cosines = F.normalize(self._projector(noisy), dim=1) @ self._directions.T
            loss = F.cross_entropy(self._scale * cosines, self._wanted[batch])
            self._optimizer.zero_grad()
            torch.autograd.backward(loss)
            self._optimizer.step()
            right += int((cosines.argmax(1) == self._wanted[batch]).sum())
        return right / max(len(self._wanted), 1)


@torch.no_grad()
def _directions(vla: InspectionVLA, words: Sequence[str]) -> Tensor:
    """Where each word lies: (words, hidden), of length 1. What they all share tells nothing: left out."""
    device = vla.cells.device
    means = []
    for word in words:
        tokens = torch.tensor(vla.base.encode(word), device=device)
        means.append(vla.words(tokens).float().mean(0))
    table = torch.stack(means)
    return F.normalize(table - table.mean(0), dim=1)
