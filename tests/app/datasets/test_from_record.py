"""Training on the record: only what is known or was decided by a person becomes a label."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.access.reviewing import answer_part
from app.datasets.from_record import RecordedSamples
from app.recipes.library import RecipeLibrary
from inspection.decision import Action, DecidedBy, RecipeRef, Severity
from inspection.errors import StoreError
from inspection.part import Inspection, Truth
from inspection.recipe import DefectRule, Recipe, View
from inspection.reviews.review import Answer, Verdict
from models.training.data.samples import TrainingSample, read_samples, write_samples
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME
from reports.store.store import SqlStore
from tests.reports.parts import frame, part


class OneRecipe(RecipeLibrary):
    """A library that holds the recipe which the parts name, untaught."""

    def names(self) -> list[str]:
        return ["bracket"]

    def recipe(self, name: str, version: int | None = None) -> Recipe:
        rules = (DefectRule(type="scratch", min_severity=Severity.MINOR, action=Action.REWORK),)
        return Recipe(
            id=3, version=version or 7, name=name, policy=rules, views=(View(region=(4, 4, 40, 40)),)
        )


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record")


@pytest.fixture
def store(settings: StoreSettings) -> Iterator[SqlStore]:
    store = SqlStore(settings)
    store.open()
    yield store
    store.close()


def keep(store: SqlStore, number: int, *, picture: int | None = None, **other: Any) -> Inspection:
    pictures = (store.archive_picture(frame(number if picture is None else picture)),)
    inspection = part(number, pictures=pictures, **other)
    store.append(inspection)
    return inspection


def recorded(settings: StoreSettings, tmp_path: Path) -> RecordedSamples:
    library = OneRecipe(tmp_path / "recipes")
    return RecordedSamples(settings, library=library, jsonl=tmp_path / "out" / "record.jsonl")


def by_group(samples: RecordedSamples) -> dict[str, TrainingSample]:
    return {sample.visual_input.group: sample for sample in samples}


def test_truth_is_taken_and_only_measured_boxes_that_must_be_its_own(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    good = keep(store, 1, action=Action.REWORK, truth=Truth(defective=False))
    one = keep(store, 2, action=Action.REWORK, truth=Truth(defective=True, types=("crack",)))
    two = keep(store, 3, action=Action.REWORK, truth=Truth(defective=True, types=("crack", "dent")))
    missed = keep(store, 4, truth=Truth(defective=True, types=("dent",)))
    samples = by_group(recorded(settings, tmp_path))
    assert samples[good.pictures[0]].decision.defects == ()
    assert samples[good.pictures[0]].decision.action is Action.PASS
    (crack,) = samples[one.pictures[0]].decision.defects
    assert (crack.type, crack.box, crack.length_mm) == ("crack", (1, 2, 30, 4), 14.2)
    assert crack.severity is Severity.CRITICAL  # 30 of 64 pixels
    assert [each.box for each in samples[two.pictures[0]].decision.defects] == [None, None]
    assert samples[missed.pictures[0]].decision.defects[0].severity is Severity.MAJOR
    assert samples[one.pictures[0]].visual_input.region == (4, 4, 40, 40)


def test_a_person_has_the_last_word_and_the_model_none(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    rejected = keep(store, 1, action=Action.STOP, decided_by=DecidedBy.OPERATOR)
    keep(store, 2, action=Action.REWORK)
    keep(store, 3)
    samples = recorded(settings, tmp_path)
    (sample,) = list(samples)
    assert sample.visual_input.group == rejected.pictures[0]
    assert sample.decision.action is Action.STOP
    assert sample.decision.defects[0].type == "scratch"
    assert sample.instruction.startswith('"scratch": rework')
    assert samples.left_out == {"no truth and no person's word": 2}


def test_a_review_is_the_label_before_the_decision_and_who_does_not_know_teaches_nothing(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    good = keep(store, 1, action=Action.MANUAL_REVIEW)
    dented = keep(store, 2, action=Action.MANUAL_REVIEW)
    unsure = keep(store, 3, action=Action.STOP, decided_by=DecidedBy.OPERATOR)
    known = keep(store, 4, truth=Truth(defective=True, types=("crack",)))
    for part_, answer in (
        (good, Answer(verdict=Verdict.GOOD)),
        (dented, Answer(verdict=Verdict.DEFECT, type="dent")),
        (unsure, Answer(verdict=Verdict.DONT_KNOW, reason="too dark")),
        (known, Answer(verdict=Verdict.GOOD)),
    ):
        answer_part(settings, part_.inspection_id, answer, by="Ben")
    found = recorded(settings, tmp_path)
    samples = by_group(found)
    assert samples.keys() == {one.pictures[0] for one in (good, dented, known)}
    assert samples[good.pictures[0]].decision.defects == ()
    (dent,) = samples[dented.pictures[0]].decision.defects
    assert (dent.type, dent.box) == ("dent", (1, 2, 30, 4))
    assert samples[known.pictures[0]].decision.defects[0].type == "crack", "what is known needs no review"
    assert found.left_out == {"reviewed by a person who did not know": 1}


def test_a_false_alarm_that_a_person_passed_has_no_defects(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    alarm = part(1, action=Action.REWORK, decided_by=DecidedBy.OPERATOR)
    passed = alarm.decision.model_copy(update={"action": Action.PASS})
    pictures = (store.archive_picture(frame(1)),)
    store.append(alarm.model_copy(update={"decision": passed, "pictures": pictures}))
    (sample,) = list(recorded(settings, tmp_path))
    assert (sample.decision.action, sample.decision.defects) == (Action.PASS, ())


def test_what_teaches_nothing_is_left_out_and_counted(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    known = Truth(defective=False)
    keep(store, 1, truth=Truth(defective=True))
    gone = keep(store, 2, truth=known)
    keep(store, 3, truth=known, picture=77)
    keep(store, 4, truth=known, picture=77)
    empty = part(5, action=Action.REWORK, decided_by=DecidedBy.OPERATOR)
    pictures = (store.archive_picture(frame(5)),)
    bare = empty.decision.model_copy(update={"defects": ()})
    store.append(empty.model_copy(update={"decision": bare, "pictures": pictures}))
    foreign = part(6, action=Action.STOP, decided_by=DecidedBy.OPERATOR)
    other = foreign.decision.model_copy(update={"recipe": RecipeRef(id=9, version=1)})
    pictures = (store.archive_picture(frame(6)),)
    store.append(foreign.model_copy(update={"decision": other, "pictures": pictures}))
    path = store.picture_path(gone.pictures[0])
    assert path is not None
    path.unlink()
    samples = recorded(settings, tmp_path)
    assert len(samples) == len(list(samples)) == 1
    assert samples.left_out == {
        "defective, but by what is not known": 1,
        "no picture any more": 1,
        "the same picture again": 1,
        "rejected by a person, but for what is not known": 1,
        "its recipe is gone": 1,
    }


def test_samples_of_the_record_are_written_and_find_their_pictures(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    for number in range(1, 6):
        keep(store, number, truth=Truth(defective=number % 2 == 0, types=("dent",) * (1 - number % 2)))
    file = tmp_path / "out" / "record.jsonl"
    assert write_samples(file, recorded(settings, tmp_path)) == 5
    read = read_samples(file)
    assert all(path.is_file() for sample in read.samples for path in read.pictures(sample))


def spooled(store: SqlStore, settings: StoreSettings, number: int) -> Inspection:
    """A good part that lies in the spool alone: another program held the database when it was recorded."""
    holder = sqlite3.connect(settings.folder / "inspections.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    kept = keep(store, number, truth=Truth(defective=False))
    holder.close()
    assert store.health().spooled == 1
    return kept


def test_a_part_that_waits_in_the_spool_teaches_as_well(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    stored = keep(store, 1, truth=Truth(defective=False))
    waiting = spooled(store, settings, 2)
    assert list(by_group(recorded(settings, tmp_path))) == [stored.pictures[0], waiting.pictures[0]]


def test_a_record_whose_spool_cannot_be_read_teaches_nothing_and_says_why(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    keep(store, 1, truth=Truth(defective=False))
    spooled(store, settings, 2)
    spool = settings.spool / FILE_NAME
    spool.write_bytes(spool.read_bytes().replace(b"1002", b"1003"))
    with pytest.raises(
        StoreError, match=r"[Nn]ot all parts of the record in .*record can be read: The last line"
    ):
        recorded(settings, tmp_path)
