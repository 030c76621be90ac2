"""What is signed of a report: its JSON, however it is written, without the signatures; and nothing else."""

import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.errors import StoreError
from reports.record.signatures.table import beginning, sha256_of
from reports.shift.document.content import content
from reports.shift.document.kinds import Language
from reports.shift.document.words.words import Words
from reports.shift.signing.signed_report import DETACHED, read_back, text_in

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
reports = st.dictionaries(st.text(), values, max_size=5)


@settings(max_examples=30)
@given(reports, values)
def test_neither_the_signatures_nor_how_it_is_written_change_what_is_signed(
    said: dict[str, object], signing: object
) -> None:
    try:
        text = text_in(said)
        text.encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair: no report has it
    backwards = dict(reversed(said.items()))
    written = json.dumps({**backwards, DETACHED: signing}, indent=2, ensure_ascii=True)
    assert text_in(json.loads(written)) == text_in({k: v for k, v in said.items() if k != DETACHED})


@settings(max_examples=30)
@given(reports, st.text(), leaves, leaves)
def test_whatever_else_is_changed_changes_what_is_signed(
    said: dict[str, object], key: str, one: object, other: object
) -> None:
    texts = [text_in({**said, key: value}) for value in (one, other)]
    assert (texts[0] == texts[1]) == (key == DETACHED or json.dumps(one) == json.dumps(other))


def test_a_figure_that_json_has_not_is_refused() -> None:
    with pytest.raises(StoreError, match="cannot be kept as JSON"):
        text_in({"share": float("nan")})


def test_a_report_of_another_passgate_is_told() -> None:
    with pytest.raises(StoreError, match="of a Passgate that this one cannot read"):
        read_back('{"schema_version":2}', None)


@pytest.mark.parametrize("names", [("Early", "2026-03-02"), ('"', "早班"), ("a,b", "]")])
def test_an_event_is_found_by_its_first_subjects_whatever_stands_in_them(names: tuple[str, str]) -> None:
    stored = json.dumps((*names, "more"), separators=(",", ":"))
    assert stored.startswith(beginning(*names))
    assert not json.dumps((names[0], names[1] + "x"), separators=(",", ":")).startswith(beginning(*names))


def test_a_report_that_was_signed_long_ago_is_read_and_told_still() -> None:
    """That of the made-up shift, by Passgate at 76d1636. Where this fails, a field lacks its default."""
    text = (Path(__file__).parent / "data" / "signed_0006.json").read_text(encoding="utf-8")
    assert sha256_of(text) == "a7f42d2341e3c7c8eadf126dc3d74a4544565b638e66726eca78327760d49bed"
    assert text_in(json.loads(text)) == text
    report = read_back(text, None)
    for language in Language:
        told = content(report, Words(language), zone=UTC)
        assert told.facts[0].cell.value == report.summary.parts
        assert all(table.rows or table.empty for table in told.tables)
