"""No character vanishes on paper, and no word runs out of its cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.shift.document.printable import in_groups, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("crack 裂纹 Müller µm ±", "crack 裂纹 Müller µm ±"),
        ("Mu\u0308ller", "Müller"),
        ("a\U0001f600b", "a[U+1F600]b"),
        ("bell\x07", "bell[U+0007]"),
        ("one\ntwo\tthree", "one two three"),
        ("\u202egnp", "[U+202E]gnp"),
        ("=1 #x *b* $y$", "=1 #x *b* $y$"),
    ],
)
def test_a_character_is_shown_or_named(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=80))
def test_nothing_is_lost(text: str) -> None:
    assert text.strip() == "" or printable(text) != ""


def test_a_long_word_may_be_broken() -> None:
    assert max(map(len, printable("W" * 64).split("\u200b"))) <= 28
    assert printable("W" * 64).replace("\u200b", "") == "W" * 64
    assert printable("ordinary words of ordinary length") == "ordinary words of ordinary length"


def test_a_hash_is_broken_in_sixteens() -> None:
    assert in_groups("0123456789abcdef" * 2) == "0123456789abcdef\u200b0123456789abcdef"
