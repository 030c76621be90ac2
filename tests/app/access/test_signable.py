"""Nobody signs what he has written as somebody else would have to, whoever came first."""

from datetime import UTC, datetime
from itertools import permutations, product

import pytest

from app.access.signable import against_person
from inspection.access.rights import Meaning, Role
from inspection.messages.codes import Code
from reports.record.signatures.table import Signature
from reports.record.users.on_record import User


def user(name: str, role: Role = Role.QUALITY, *, active: bool = True, own: bool = True) -> User:
    return User(name=name, role=role, active=active, password="-", own_password=own)


def signature(name: str, meaning: Meaning) -> Signature:
    return Signature(
        name=name,
        role=Role.QUALITY,
        meaning=meaning,
        at=datetime(2026, 3, 2, tzinfo=UTC),
        report_sha256="0" * 64,
        reason="",
        parts_position=0,
    )


@pytest.mark.parametrize("order", list(permutations(Meaning)), ids=str)
def test_with_a_second_person_author_and_judge_are_never_one(order: tuple[Meaning, ...]) -> None:
    people = [user("Ada"), user("Ben")]
    for signers in product(people, repeat=3):
        given: list[Signature] = []
        for one, meaning in zip(signers, order, strict=True):
            if not against_person(one, people, meaning, given):
                given.append(signature(one.name.upper(), meaning))
        for one in people:
            his = {each.meaning for each in given if each.name == one.name.upper()}
            assert Meaning.WRITTEN not in his or his == {Meaning.WRITTEN}


@pytest.mark.parametrize(
    "second",
    [
        user("Ben", Role.OPERATOR),
        user("Ben", Role.MAINTENANCE),
        user("Ben", active=False),
        user("Ben", own=False),
    ],
    ids=["operator", "maintenance", "disabled", "password given"],
)
def test_who_cannot_sign_is_no_second_person(second: User) -> None:
    ada = user("Ada")
    given = [signature("Ada", Meaning.WRITTEN)]
    assert against_person(ada, [ada, second], Meaning.APPROVED, given) == []
    (against,) = against_person(ada, [ada, user("Ben", Role.ADMINISTRATOR)], Meaning.APPROVED, given)
    assert against.coded[0].code is Code.SIGNS_OWN


def test_the_same_meaning_is_signed_once_by_each() -> None:
    ada, ben = people = [user("Ada"), user("Ben")]
    given = [signature("ADA", Meaning.REVIEWED)]
    (against,) = against_person(ada, people, Meaning.REVIEWED, given)
    assert against.coded[0].code is Code.SIGNED_ALREADY
    assert against_person(ben, people, Meaning.REVIEWED, given) == []
