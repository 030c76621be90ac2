"""What a language model must beat at naming: logistic regression on the very features that it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.language.decoding import NONE
from models.vla.perception import Seen

_ROUNDS: Final = 60
_DECAY: Final = 1e-2


class TypeRegression:
    """Multinomial logistic regression, with weight decay, on the whole picture and its foremost place."""

    def __init__(self, kinds: Sequence[str], tensors: Mapping[str, Tensor]) -> None:
        """Take what ``packed`` gave, and the ``kinds`` in the order in which they were fitted."""
        self.kinds = tuple(kinds)
        self._tensors = dict(tensors)

    @classmethod
    def fit(cls, seen: Sequence[Seen], kinds: Sequence[str | None], *, seed: int = 0) -> TypeRegression:
        """Fit on training pictures.

        Args:
            seen: The pictures.
            kinds: The type of each; None for a good part.
            seed: Draws the order of the batches.
        """
        names = tuple(sorted({kind or NONE for kind in kinds}))
        features = torch.stack([features_of(one) for one in seen])
        mean, deviation = features.mean(0), features.std(0).clamp_min(1e-3)
        standard = ((features - mean) / deviation).clamp(-6.0, 6.0)
        wanted = torch.tensor([names.index(kind or NONE) for kind in kinds])
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            linear = nn.Linear(features.shape[1], len(names))
            optimizer = torch.optim.AdamW(linear.parameters(), lr=1e-3, weight_decay=_DECAY)
            for _ in range(_ROUNDS):
                for batch in torch.split(torch.randperm(len(wanted)), 64):
                    loss = F.cross_entropy(linear(standard[batch]), wanted[batch])
                    optimizer.zero_grad()
                    torch.autograd.backward(loss)
                    optimizer.step()
        tensors = {
            "mean": mean,
            "deviation": deviation,
            "weight": linear.weight.detach(),
            "bias": linear.bias.detach(),
        }
        return cls(names, tensors)

    def probabilities(self, seen: Seen) -> dict[str, float]:
        """Give the probability of each type that it knows; ``none`` stands for a good part."""
        tensors = self._tensors
        standard = ((features_of(seen) - tensors["mean"]) / tensors["deviation"]).clamp(-6.0, 6.0)
        scores = tensors["weight"].float() @ standard + tensors["bias"]
        return dict(zip(self.kinds, scores.softmax(0).tolist(), strict=True))

    def packed(self) -> dict[str, Tensor]:
        """Give its tensors, to be kept beside an adapter."""
        return dict(self._tensors)


def features_of(seen: Seen) -> Tensor:
    """Give what it reads: the whole picture's statistics, and the foremost place's evidence."""
    return seen.evidence[0]
