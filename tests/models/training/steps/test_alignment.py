"""Projectors learn to point at the language model's own words, and nothing else changes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inspection.decision import Severity
from models.language.base import load_base
from models.language.decoding import NONE
from models.training.steps.alignment import align_with_words
from models.training.steps.features import Example
from models.vla.vla import InspectionVLA
from tests.models.bases import llama
from tests.models.language.test_base import settings
from tests.models.training.test_run import sample
from tests.models.vla.test_vla import seen

KINDS = ("scratch", "dent")


@pytest.fixture
def vla(tmp_path: Path) -> InspectionVLA:
    torch.manual_seed(0)
    chosen = settings(llama(tmp_path))
    return InspectionVLA(chosen, load_base(chosen.language))


def examples(count: int) -> list[Example]:
    """Pictures whose second place is a defect that one number of its evidence tells the kind of."""
    made = []
    for number in range(count):
        kind = KINDS[number % 2]
        severity = Severity.MINOR if number % 4 < 2 else Severity.CRITICAL
        shown = seen(number)
        difference = shown.difference.clone()
        difference[0, :4] = 0.0
        difference[1, 0] = 4.0
        difference[1, 1] = 4.0 if kind == "scratch" else -4.0
        difference[1, 2] = 4.0 if severity is Severity.MINOR else -4.0
        shown = replace(shown, difference=difference)
        made.append(Example(sample=sample(), seen=shown, truth=(None, (kind, severity))))
    return made


def nearest(vla: InspectionVLA, embedding: torch.Tensor, words: tuple[str, ...]) -> str:
    table = torch.stack([vla.words(torch.tensor(vla.base.encode(word))).mean(0) for word in words])
    table = torch.nn.functional.normalize(table - table.mean(0), dim=1)
    return words[int((table @ embedding).argmax())]


def test_a_place_points_at_the_words_for_what_is_there(vla: InspectionVLA) -> None:
    frozen = {name: value.clone() for name, value in vla.base.model.state_dict().items()}
    right = align_with_words(vla, examples(120), rounds=12, seed=0)
    assert right["what"] > 0.9
    assert right["how_bad"] > 0.9
    unseen = examples(160)[120:]
    hits = 0
    with torch.no_grad():
        for one in unseen:
            evidence = one.seen.evidence
            for place, truth in enumerate(one.truth):
                said = nearest(vla, vla.what(evidence)[place], (*sorted(KINDS), NONE))
                hits += said == (NONE if truth is None else truth[0])
    assert hits / (2 * len(unseen)) > 0.8
    for name, value in vla.base.model.state_dict().items():
        assert torch.equal(value, frozen[name]), name


def test_the_same_seed_points_the_same_way(tmp_path: Path) -> None:
    chosen = settings(llama(tmp_path))
    weights = []
    for _ in range(2):
        torch.manual_seed(0)
        vla = InspectionVLA(chosen, load_base(chosen.language))
        align_with_words(vla, examples(20), rounds=2, seed=3)
        weights.append(vla.what.straight.weight.detach().clone())
    assert torch.equal(*weights)
