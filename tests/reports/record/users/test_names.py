"""Names: what is one, what can be none, and that no two look alike but for the script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.record.users.names import LONGEST, key_of, written

LETTERS = st.text(st.characters(categories=("L", "M", "Nd")), min_size=1, max_size=12)


@given(LETTERS)
def test_a_name_is_one_however_its_letters_are_encoded_and_written(name: str) -> None:
    key = key_of(name)
    assert key_of(key) == key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert key_of(unicodedata.normalize(form, name)) == key
    assert key_of(f"  {name} ") == key


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("ＡＮＮＡ", "anna"), ("Müller", "MU\u0308LLER"), ("Li  Ming", "li ming")],
)
def test_two_ways_to_write_a_name_are_one_name(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@given(st.text(max_size=20))
def test_what_is_kept_is_seen_composed_and_the_same_when_kept_again(name: str) -> None:
    try:
        kept = written(name)
    except ValueError:
        return
    assert written(kept) == kept
    assert kept.isprintable()
    assert unicodedata.is_normalized("NFC", kept)
    assert key_of(kept) == key_of(name)


@pytest.mark.parametrize("name", ["李明", "Zoë O'Neil", "Jean-Luc", "张·伟", "op_3", "Anna 2", "अनिल"])
def test_names_of_many_scripts_can_be_taken(name: str) -> None:
    assert written(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "-", "' '", "a" * (LONGEST + 1), "a\0b", "a\u200bb", "a\u202eb", "a\ufe0fb", "\u3164"),
        *("anna (10.0.0.1:80)", "=1+1", "a,b", "a\ud800", "Engine", "PLC", "unknown", "ＳＴＯＲＥ"),
    ],
)
def test_what_is_unseen_too_long_or_the_station_s_own_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|stands in the record"):
        written(name)
