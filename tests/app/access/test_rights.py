"""The one table of rights: whole, and read one way."""

import pytest

from app.access.rights import RIGHTS, Right, may
from reports.record.users.roles import Proof, Role


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


def test_who_adds_users_judges_no_part_and_signs_nothing() -> None:
    held = {right for right in Right if may(Role.ADMINISTRATOR, right, Proof.PASSWORD)}
    assert held == {Right.READ, Right.HOLD, Right.USERS}
