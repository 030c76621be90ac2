"""A memory with an eye stands wherever a memory stands, alone or as one of several appearances."""

import json

import numpy as np
import pytest

from inspection.errors import WeightsError
from models.appearances import several
from models.appearances.several import SeveralAppearances
from models.eye.eye import TrainedEye
from models.eye.rule import Opinions
from models.eye.seeing import SeeingMemory, eye_described_by, promised_by, unpacked
from models.memory.calibration import patch_score
from models.memory.memory import NormalityMemory
from tests.models.benchmarks.toys import BlockTower, plate
from tests.models.eye.untrained import CHOICE

SPOT = plate(3, defective=True)


@pytest.fixture(scope="module")
def seeing(plain: NormalityMemory, eye: TrainedEye) -> SeeingMemory:
    return SeeingMemory(plain, eye)


def test_threshold_promise_and_taught_scores_are_the_eyes_and_the_rest_is_the_memorys(
    seeing: SeeingMemory, plain: NormalityMemory, eye: TrainedEye
) -> None:
    assert (seeing.threshold, seeing.median) == (eye.rule.threshold, eye.rule.median)
    assert seeing.promised == (eye.rule.promised, None) != plain.promised
    assert seeing.taught_scores == eye.rule.quantiles != plain.taught_scores
    assert (seeing.groups, seeing.taught_on, seeing.settings) == (
        plain.groups,
        plain.taught_on,
        plain.settings,
    )


def test_eye_patches_and_both_wholes_make_the_score_on_the_memorys_own_maps(
    seeing: SeeingMemory, plain: NormalityMemory, eye: TrainedEye
) -> None:
    found, alone = seeing.assess(SPOT), plain.assess(SPOT)
    seen, glance = plain.see(SPOT)[1], eye.glance(eye.see(SPOT))
    assert found.score == eye.rule.score(
        Opinions(
            whole=plain.normal.whole_distance(seen),
            closer=glance.closer,
            patches=patch_score(plain.normal.ratios(seen), plain.settings),
            eye=glance.opinion,
        )
    )
    assert found.normal is (found.score < eye.rule.threshold)
    assert found.anomaly_map.shape == alone.anomaly_map.shape
    assert all(
        np.array_equal(found.features.maps[stride], alone.features.maps[stride])
        for stride in alone.features.maps
    )


def test_where_the_eye_sees_nothing_at_all_there_is_still_a_foremost_place(
    plain: NormalityMemory, blocks: BlockTower, eye: TrainedEye
) -> None:
    blind = TrainedEye(
        eye._nets,
        whole=eye._whole,
        tower=blocks,
        working=eye.working,
        taught_on=12,
        rule=eye.rule.model_copy(update={"cell_level": 1e6}),
        choice=CHOICE,
    )
    found = SeeingMemory(plain, blind).assess(SPOT)
    assert not found.anomaly_map.any()
    assert found.regions == ()
    assert found.foremost.area_px > 0.0


def test_with_and_without_an_eye_it_comes_back_as_it_was(
    seeing: SeeingMemory, plain: NormalityMemory, blocks: BlockTower
) -> None:
    for memory in (seeing, plain):
        again = unpacked(*memory.packed(), tower=blocks)
        assert type(again) is type(memory)
        assert again.assess(SPOT).score == memory.assess(SPOT).score
        assert again.promised == memory.promised


def test_one_of_several_appearances_may_have_an_eye(
    seeing: SeeingMemory, plain: NormalityMemory, blocks: BlockTower
) -> None:
    both = SeveralAppearances({"black": seeing, "white": plain})
    again = several.unpacked(*both.packed(), tower=blocks)
    assert isinstance(again, SeveralAppearances)
    assert [type(one) for one in again.members.values()] == [SeeingMemory, NormalityMemory]
    assert again.assess(SPOT).score == both.assess(SPOT).score
    header = both.packed()[1]
    assert several.promised_by(header) == (None, None)
    assert several.eye_described_by(header) is None


def test_the_header_alone_tells_the_eyes_promise_and_what_was_chosen(
    seeing: SeeingMemory, plain: NormalityMemory, eye: TrainedEye
) -> None:
    header = seeing.packed()[1]
    assert promised_by(header) == several.promised_by(header) == seeing.promised
    said = eye_described_by(header)
    assert said is not None
    assert (said.choice, said.rule, said.working) == (eye.choice, eye.rule, eye.working)
    assert several.eye_described_by(header) == said
    assert promised_by(plain.packed()[1]) == plain.promised
    assert eye_described_by(plain.packed()[1]) is None


def test_damage_of_either_half_is_refused(seeing: SeeingMemory, blocks: BlockTower) -> None:
    tensors, header = seeing.packed()
    said = json.loads(header)
    for wrong in (
        json.dumps({"eye": said["eye"]}),
        json.dumps(said | {"eye": None}),
        json.dumps(said | {"memory": {}}),
        said["memory"],  # as if there were no eye, with its tensors
        said["eye"],
        header[:-5],
        "5",
        '"eye"',
        "[]",
    ):
        with pytest.raises(WeightsError, match="damaged"):
            unpacked(tensors, wrong, tower=blocks)
    for name in ("eye.0.out.bias", "eye.whole.axes", "bank"):
        with pytest.raises(WeightsError, match="damaged"):
            unpacked({key: one for key, one in tensors.items() if key != name}, header, tower=blocks)
