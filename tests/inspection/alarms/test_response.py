"""Whoever stands before an alarm is told what it means and what to do, in his language."""

import re

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.response import RESPONSES, response_to


@pytest.mark.parametrize("language", RESPONSES)
def test_every_alarm_says_what_it_means_and_what_to_do(language: str) -> None:
    for code in AlarmCode:
        means, todo = response_to(code, language)
        assert means, code
        assert todo, code
        assert bool(re.search("[一-鿿]", means + todo)) is (language == "zh")
    said = [response_to(code, language) for code in AlarmCode]
    assert len(set(said)) == len(said), "each alarm has its own"


def test_of_a_code_of_another_version_nothing_is_made_up() -> None:
    assert response_to(0x1FFF, "en") == ("", "")
