"""Every word of a report exists in both languages."""

import re
from enum import StrEnum
from string import Formatter

import pytest

from inspection.alarms.priority import Priority
from inspection.decision import Action, DecidedBy, Severity
from inspection.events import EventKind
from inspection.part import MissedCause, Outcome
from reports.shift.challenges import Ended
from reports.shift.document.kinds import Language
from reports.shift.document.words.chinese import CHINESE_WORDS
from reports.shift.document.words.english import ENGLISH_WORDS
from reports.shift.document.words.words import Words
from reports.shift.downtime.reasons import Reason
from reports.shift.examples.thumbnails import NoPicture


def parameters(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def test_no_word_is_missing_in_a_language() -> None:
    assert CHINESE_WORDS.keys() == ENGLISH_WORDS.keys()
    assert all(ENGLISH_WORDS.values())
    assert all(CHINESE_WORDS.values())


def test_a_chinese_sentence_asks_for_nothing_that_the_english_one_has_not() -> None:
    for key, words in CHINESE_WORDS.items():
        assert parameters(words) <= parameters(ENGLISH_WORDS[key]), key


def test_the_chinese_words_are_chinese() -> None:
    """But for what puts two names or numbers beside each other."""
    assert [key for key, words in CHINESE_WORDS.items() if not re.search(r"[一-鿿]", words)] == [
        "seen_by",
        "of",
        "part_at",
    ]


@pytest.mark.parametrize(
    "members",
    [Action, Outcome, MissedCause, DecidedBy, Severity, EventKind, NoPicture, Reason, Priority, Ended],
)
@pytest.mark.parametrize("language", Language)
def test_each_member_of_an_enumeration_has_a_word(members: type[StrEnum], language: Language) -> None:
    words = Words(language)
    assert len({words.of(member) for member in members}) == len(members)


def test_a_name_of_the_plant_s_own_stays_as_it_is() -> None:
    assert Words(Language.ZH).term("scratch") == "划痕"
    assert Words(Language.ZH).term("毛刺, =1") == "毛刺, =1"
