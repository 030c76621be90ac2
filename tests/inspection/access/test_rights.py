"""The one table of rights: whole, and read one way."""

import re
from pathlib import Path

import pytest

from inspection.access import rights
from inspection.access.rights import RIGHTS, Proof, Right, Role, may


@pytest.mark.parametrize("right", Right)
def test_every_right_is_somebody_s(right: Right) -> None:
    assert RIGHTS[right].roles


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_password_does_where_a_pin_does(right: Right, role: Role) -> None:
    assert may(role, right, Proof.PASSWORD) == (role in RIGHTS[right].roles)
    if may(role, right, Proof.PIN):
        assert may(role, right, Proof.PASSWORD)


def test_only_stricter_whoever_stands_there_may_order_hold() -> None:
    assert RIGHTS[Right.HOLD].proof is None
    assert RIGHTS[Right.HOLD].roles == frozenset(Role)


def test_what_is_signed_or_changes_the_judgement_asks_for_the_password() -> None:
    for right in (Right.SIGN, Right.TEACH, Right.SETTINGS, Right.USERS):
        assert not any(may(role, right, Proof.PIN) for role in Role)


def test_who_adds_users_judges_no_part_but_signs_as_the_second_person() -> None:
    held = {right for right in Right if may(Role.ADMINISTRATOR, right, Proof.PASSWORD)}
    assert held == {Right.READ, Right.HOLD, Right.SIGN, Right.USERS}


def test_an_operator_signs_no_report() -> None:
    assert not may(Role.OPERATOR, Right.SIGN, Proof.PASSWORD)


def test_the_api_and_the_console_may_know_the_rights() -> None:
    """They import nothing of what judges or records, nor of what is outside the standard library."""
    source = Path(rights.__file__).read_text(encoding="utf-8")
    assert not re.search(r"^(from|import) (?!collections|enum|types|typing)", source, re.MULTILINE)
