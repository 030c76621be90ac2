"""Which passwords and PINs can be taken, and how they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.passwords import LONGEST_PASSWORD, Hashing, require_usable
from inspection.access.rights import Proof
from inspection.errors import AccessError


@pytest.mark.parametrize(
    "secret",
    [
        *("", "short", "fourteen chars", "x" * (LONGEST_PASSWORD + 1), "a" * 20, "abababababababab"),
        *(
            "Ada LovelaceAda Lovelace",
            "with a\0 nul character",
            "with half a pair \ud800",
            "tab\tin the midst",
        ),
    ],
)
def test_a_password_that_is_short_unprintable_or_the_name_is_refused_and_not_said(secret: str) -> None:
    with pytest.raises(AccessError, match="a password") as refused:
        require_usable(secret, Proof.PASSWORD, name="Ada Lovelace")
    assert not secret or secret not in str(refused.value)


@pytest.mark.parametrize(
    "secret", ["three quiet words", "静かな三つの言葉をここに書くことにする", "p@ss" * 5]
)
def test_a_password_of_any_letters_can_be_taken(secret: str) -> None:
    require_usable(secret, Proof.PASSWORD, name="Ada")


@pytest.mark.parametrize(
    "secret", ["12345", "1234567890123", "111111", "123456", "987654", "2468024", "27182a"]
)
def test_a_pin_that_is_short_or_the_first_guess_is_refused(secret: str) -> None:
    with pytest.raises(AccessError, match="a PIN"):
        require_usable(secret, Proof.PIN, name="Ada")


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_of_a_million_pins_all_but_a_hundred_can_be_taken(pin: str) -> None:
    steps = {(int(pin[at + 1]) - int(pin[at])) % 10 for at in range(5)}
    try:
        require_usable(pin, Proof.PIN, name="Ada")
    except AccessError:
        assert len(steps) == 1
    else:
        assert len(steps) > 1


def test_kept_as_argon2id_with_a_salt_and_found_however_it_was_typed(hashing: Hashing) -> None:
    kept = hashing.hashed("Pa\u0308ssword of three")
    assert kept.startswith("$argon2id$v=19$")
    assert kept != hashing.hashed("Pa\u0308ssword of three")
    assert hashing.fits("P\u00e4ssword of three", kept)
    assert not hashing.fits("P\u00e4ssword of threE", kept)


@pytest.mark.parametrize("phc", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
def test_nothing_fits_where_there_is_no_hash(hashing: Hashing, phc: str | None) -> None:
    assert not hashing.fits("", phc)
    assert not hashing.fits("\ud800", phc)


def test_by_default_hashes_cost_what_rfc_9106_asks_for() -> None:
    assert "$m=65536,t=3,p=4$" in Hashing().hashed("three quiet words")
