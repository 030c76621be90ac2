"""The compiler behind the Structured Text's tests: it does what the standard says, or refuses."""

from typing import Any

import pytest

from tests.plc.structured_text.compiler import Clock, StructuredTextError, compile_text, instance

BLOCK = """
FUNCTION_BLOCK TRIAL
VAR_INPUT
    One : UINT;
    Other : UINT;
    Yes : BOOL;
END_VAR
VAR_OUTPUT
    Result : UINT;
    Truth : BOOL;
END_VAR
VAR
    Table : ARRAY [0..3] OF UINT;
    Index : INT;
    Timer : TON;
END_VAR
VAR CONSTANT
    LIMIT : UINT := 16#FFFF;
END_VAR
    BODY
END_FUNCTION_BLOCK
"""


def run(body: str, **inputs: object) -> Any:
    trial = instance(compile_text(BLOCK.replace("BODY", body)), "TRIAL", Clock())
    trial(**inputs)
    return trial


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("One + Other MOD 4", 15),
        ("(One + Other) MOD 4", 3),
        ("One MOD LIMIT + 1", 13),
        ("LIMIT - One / 5", 65533),
        ("16#1E5A", 7770),
    ],
)
def test_arithmetic_binds_as_in_the_standard(expression: str, value: int) -> None:
    assert run(f"Result := {expression};", One=12, Other=7).Result == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("One = 1 OR One = 2 AND Yes", True),
        ("(One = 1 OR One = 2) AND Yes", False),
        ("NOT Yes AND One = 1", True),
        ("One <> Other", True),
    ],
)
def test_logic_binds_as_in_the_standard(expression: str, value: bool) -> None:
    assert run(f"Truth := {expression};", One=1, Other=3).Truth is value


def test_branches_loops_and_arrays() -> None:
    trial = run(
        "FOR Index := 0 TO 3 DO Table[Index] := One; END_FOR;"
        "IF Yes THEN Result := 1; ELSIF Table[3] = 7 THEN Result := 2; ELSE Result := 3; END_IF;",
        One=7,
    )
    assert trial.Result == 2


def test_a_timer_is_due_after_its_time_and_starts_anew_when_it_was_off() -> None:
    clock = Clock()
    block = BLOCK.replace("BODY", "Timer(IN := Yes, PT := T#300ms); Truth := Timer.Q;")
    trial = instance(compile_text(block), "TRIAL", clock)
    due = []
    for ms, on in ((0, True), (299, True), (300, True), (301, False), (302, True), (601, True), (602, True)):
        clock.now_ns = ms * 1_000_000
        trial(Yes=on)
        due.append(trial.Truth)
    assert due == [False, False, True, False, False, False, True]


@pytest.mark.parametrize(
    "body",
    [
        "Result := One + 1;",  # 65536
        "Result := Other - 1;",  # -1
        "Result := One / Other;",
        "Table[4] := 1;",
        "Truth := Yes AND Table[4] = 1;",  # both sides are evaluated, here as on some PLCs
    ],
)
def test_what_dialects_do_differently_is_an_error(body: str) -> None:
    with pytest.raises(StructuredTextError):
        run(body.replace("[4]", "[Index]").replace("Index]", "Index + 4]"), One=65535, Other=0, Yes=False)


@pytest.mark.parametrize(
    "body",
    [
        "result := 1;",  # not as declared
        "One := 1;",  # an input
        "LIMIT := 1;",
        "Result := Index;",  # INT is not UINT
        "Result := Yes;",
        "Truth := 1;",
        "Truth := One;",
        "Result := Table;",
        "Timer(IN := Yes);",
        "Truth := Timer.X;",
        "Result := ABS(One);",
        "WHILE Yes DO Result := 1; END_WHILE;",
        "Result := 1",
        "Result := 70000000000 * 2;",
    ],
)
def test_what_it_does_not_know_it_refuses(body: str) -> None:
    with pytest.raises(StructuredTextError):
        compile_text(BLOCK.replace("BODY", body))
