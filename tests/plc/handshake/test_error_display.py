"""Which error code is shown: none is lost, present ones come first, acknowledged ones do not come back."""

from hypothesis import given
from hypothesis import strategies as st

from plc.handshake.error_display import MAX_UNACKNOWLEDGED, ErrorDisplay

CODES = st.integers(0x1101, 0x1101 + 5)


def noted(display: ErrorDisplay, scans: int) -> list[int]:
    """What a PLC sees that copies ``error_code`` into ``error_ack`` in each scan."""
    seen = []
    for _ in range(scans):
        seen.append(display.show())
        display.take_acknowledgement(seen[-1])
    return seen


@given(st.lists(st.lists(CODES, max_size=3, unique=True), max_size=8))
def test_a_plc_that_copies_the_code_sees_every_fault(
    faults: list[list[int]],
) -> None:
    display = ErrorDisplay()
    display.take_acknowledgement(0)
    for present in faults:
        display.set_present(*present)
    present = faults[-1] if faults else []
    seen = noted(display, 20)
    assert seen[-1] == (present[0] if present else 0), "the worst of what is there"
    display.set_present()
    seen += noted(display, 20)
    assert set(seen) >= {code for codes in faults for code in codes}
    assert seen[-1] == 0


@given(st.lists(CODES, max_size=4, unique=True))
def test_a_present_fault_is_never_hidden_by_a_past_one(present: list[int]) -> None:
    display = ErrorDisplay()
    for past in (0x4401, 0x4402):
        display.set_present(past)
    display.set_present(*present)
    assert display.show() in (present or [0x4401])


def test_what_was_never_shown_cannot_be_acknowledged() -> None:
    display = ErrorDisplay()
    display.take_acknowledgement(0)
    display.set_present(0x1101)
    display.take_acknowledgement(0x1101)
    display.set_present()
    assert display.show() == 0x1101


def test_the_first_word_of_a_run_of_the_plc_is_no_acknowledgement() -> None:
    display = ErrorDisplay()
    display.take_acknowledgement(0)
    display.set_present(0x1101)
    display.show()
    display.set_present()
    display.forget_acknowledgement()
    display.take_acknowledgement(0x1101)
    assert display.show() == 0x1101


def test_what_nobody_acknowledges_stays_within_its_bound() -> None:
    display = ErrorDisplay()
    for code in range(1, 100):
        display.set_present(code)
    display.set_present()
    display.take_acknowledgement(0)
    assert [code for code in noted(display, 50) if code] == list(range(100 - MAX_UNACKNOWLEDGED, 100))
