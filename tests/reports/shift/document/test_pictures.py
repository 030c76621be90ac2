"""The PDF with pictures of defects: small, without transparency, the same each time; or a word."""

import io
from pathlib import Path

import pypdf
import pytest

from inspection.decision import Action, Severity
from reports.database.connecting import open_reader
from reports.settings import StoreSettings
from reports.shift.document.as_pdf import to_pages, to_pdf
from reports.shift.document.report import ShiftReport, shift_report
from reports.shift.document.words.words import Words
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, frame, part
from tests.reports.shift.document.made_up import EN, ZH
from tests.reports.shift.examples.test_choosing import defect
from tests.reports.shift.the_shift import END

TYPES = ("scratch", "毛刺", "=dent", "crack")
SEVERITIES = (Severity.MAJOR, Severity.MINOR, Severity.CRITICAL, Severity.MINOR)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of four parts, each with a defect of its own type; the last one's picture was not archived."""
    settings = StoreSettings(folder=tmp_path_factory.mktemp("pictures") / "record")
    store = SqlStore(settings)
    store.open()
    store.prepare_pictures()
    for number, (name, severity) in enumerate(zip(TYPES, SEVERITIES, strict=True), start=1):
        pictures = (store.archive_picture(frame(number)),) if name != "crack" else ()
        one = part(number, action=Action.REWORK, pictures=pictures)
        found = {"defects": (defect(name, severity),)}
        one = one.model_copy(update={"decision": one.decision.model_copy(update=found)})
        store.append(one)
        store.append(closed(one))
    store.close()
    return settings.pictures


@pytest.fixture(scope="module")
def shown(archive: Path) -> ShiftReport:
    reader = open_reader(StoreSettings(folder=archive.parent).url)
    report = shift_report(reader, start=START, end=END)
    reader.dispose()
    return report


def read(pdf: bytes) -> tuple[str, int]:
    """Its text as one line, and how many pictures are in it."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    text = "".join(page.extract_text() for page in pages)
    return text.replace("\n", "").replace(" ", ""), sum(len(page.images) for page in pages)


def test_each_type_has_its_picture_or_a_word(shown: ShiftReport, archive: Path) -> None:
    pdf = to_pdf(shown, EN, archive=archive)
    text, pictures = read(pdf)
    assert pictures == 3
    assert EN.say("NoPicture.none").replace(" ", "") in text
    assert pdf == to_pdf(shown, EN, archive=archive)
    assert b"/SMask" not in pdf  # no transparency
    assert len(pdf) - len(to_pdf(shown, EN)) < 3 * 60_000


@pytest.mark.parametrize("words", [EN, ZH])
def test_where_retention_deleted_a_picture_a_word_stands_in_its_place(
    shown: ShiftReport, words: Words
) -> None:
    text, pictures = read(to_pdf(shown, words))
    assert pictures == 0
    assert text.count(words.say("NoPicture.gone").replace(" ", "")) == 3


def test_its_pages_are_pictures_for_screens(shown: ShiftReport, archive: Path) -> None:
    pages = to_pages(shown, ZH, archive=archive, dots_per_inch=36.0)
    assert len(pages) == len(pypdf.PdfReader(io.BytesIO(to_pdf(shown, ZH, archive=archive))).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)
