"""The data format: what is written is read again, and a broken line is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action, Severity
from inspection.errors import DatasetError
from inspection.motion.chunk import MotionChunk
from inspection.motion.planner import plan
from models.training.data.samples import (
    LabelledDecision,
    LabelledDefect,
    TrainingSample,
    VisualInput,
    read_samples,
    relative_to_file,
    split_groups,
    split_of,
    write_samples,
)
from tests.models.training.steps.physics import drawn


def sample(number: int = 1) -> TrainingSample:
    context = drawn(number)
    return TrainingSample(
        instruction="划痕 scratch: 返工",
        visual_input=VisualInput(pictures=(f"pictures/{number}.png",), group=str(number)),
        physics_context=context,
        reasoning="scratch 14.2 mm, major: rework.",
        decision=LabelledDecision(
            action=Action.REWORK,
            defects=(LabelledDefect(type="scratch", severity=Severity.MAJOR, box=(1, 2, 3, 4)),),
        ),
        action_sequence=plan(Action.REWORK, context),
        source="test",
        split="train",
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "samples.jsonl"
    samples = tuple(sample(number) for number in range(5))
    assert write_samples(file, samples) == 5
    read = read_samples(file)
    assert read.samples == samples
    assert read.broken == ()
    assert read.pictures(samples[3]) == (tmp_path / "new" / "pictures" / "3.png",)
    assert "划痕" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "JSON"),
        (b'{"instruction": "x"}', "visual_input"),
        (b"\xff\xfe", "JSON"),
        (sample().model_dump_json().replace('"rework"', '"burn"').encode(), "action"),
        (sample().model_dump_json().replace('"split"', '"spilt"').encode(), "spilt|split"),
        (
            sample()
            .model_copy(
                update={
                    "action_sequence": MotionChunk(
                        belt_speed_mm_s=(0.0, 800.0) * 5, diverter_angle_deg=(0.0,) * 10
                    )
                }
            )
            .model_dump_json()
            .encode(),
            "breaks a limit",
        ),
    ],
)
def test_a_broken_line_is_named_or_skipped_and_counted(tmp_path: Path, line: bytes, why: str) -> None:
    file = tmp_path / "samples.jsonl"
    good = sample().model_dump_json().encode()
    file.write_bytes(good + b"\n\n" + line + b"\n" + good)
    with pytest.raises(DatasetError, match=rf"samples\.jsonl, line 3 .*({why})"):
        read_samples(file)
    read = read_samples(file, skip_broken=True)
    assert len(read.samples) == 2
    assert [broken.number for broken in read.broken] == [3]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_samples(tmp_path / "none.jsonl", skip_broken=True)


def test_writing_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    write_samples(file, [sample()])
    before = file.read_bytes()

    def failing() -> Iterator[TrainingSample]:
        yield sample()
        raise RuntimeError("the camera fell down")

    with pytest.raises(RuntimeError):
        write_samples(file, failing())
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_paths_lead_from_the_file_to_the_picture(tmp_path: Path) -> None:
    assert relative_to_file(tmp_path / "data/a b/1.png", tmp_path / "out/x.jsonl") == "../data/a b/1.png"


@given(st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=200), st.integers(0, 9))
def test_no_group_is_parted(groups: list[str], seed: int) -> None:
    splits = split_groups(groups, seed=seed)
    assert set(splits) == set(groups)
    assert splits == split_groups(list(reversed(groups)), seed=seed)
    assert "train" in splits.values()
    if len(splits) > 2:
        assert set(splits.values()) == {"train", "val", "test"} or max(map(groups.count, splits)) > 1


def test_splits_have_their_shares() -> None:
    splits = list(split_groups([str(n) for n in range(1000)]).values())
    assert (splits.count("train"), splits.count("val"), splits.count("test")) == (700, 150, 150)


def test_a_group_by_itself_has_its_split() -> None:
    splits = [split_of(str(n)) for n in range(2000)]
    assert abs(splits.count("train") - 1400) < 80
    assert abs(splits.count("val") - 300) < 60
