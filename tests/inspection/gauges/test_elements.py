"""One element out of what a code holds: the right one, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.gauges.elements import Field, element
from inspection.instruments.code import CodeData

GTIN = b"0109501101530003"
FIELDS: tuple[Field, ...] = ("serial", "lot")
WRITTEN: tuple[CodeData, ...] = ("gs1", "iso15434")


def message(*elements: str) -> bytes:
    return ("[)>\x1e06\x1d" + "\x1d".join(elements) + "\x1e\x04").encode()


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ("gs1", GTIN + b"10AB-123\x1d2112345"),
        ("iso15434", message("P4711", "K", "S12345", "1TAB-123", "10D2651")),
    ],
)
def test_elements_may_have_any_length_and_order(data: CodeData, content: bytes) -> None:
    assert element(content, data, "serial") == "12345"
    assert element(content, data, "lot") == "AB-123"


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ("gs1", b"0109501101530004" + b"2112345"),  # a wrong check digit
        ("gs1", GTIN + b"21A\x1d21B"),  # two serials
        ("gs1", GTIN + b"21"),  # an empty one
        ("gs1", b"\xff2112345"),
        ("gs1", b""),
        ("iso15434", message("SA", "SB")),
        ("iso15434", message("S")),
        ("iso15434", message("11S12345")),  # another identifier that ends in S
        ("iso15434", message("S12345", "")),
        ("iso15434", message("S12345")[:-1]),  # cut short
        ("iso15434", message("S12345").replace(b"06", b"05")),  # GS1 identifiers in an envelope
        ("iso15434", message("S1") + message("S2")),
    ],
)
def test_what_is_wrong_or_ambiguous_tells_nothing(data: CodeData, content: bytes) -> None:
    assert element(content, data, "serial") is None


@given(st.binary(max_size=80), st.sampled_from(WRITTEN), st.sampled_from(FIELDS))
def test_whatever_a_code_holds_is_an_answer(content: bytes, data: CodeData, field: Field) -> None:
    told = element(content, data, field)
    assert told is None or told.encode() in content
