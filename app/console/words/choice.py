"""Which language the console speaks, and what the engine says in it."""

from collections.abc import Mapping
from typing import Final

from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import Words

LANGUAGES: Final[Mapping[str, Words]] = {words.code: words for words in (EN, ZH)}


def words_for(code: str) -> Words:
    """The language with this ISO 639-1 code, whatever its region ("zh_CN"); English where we lack it."""
    return LANGUAGES.get(code.lower()[:2], EN)


def other(words: Words) -> Words:
    """The language that the switch leads to."""
    return ZH if words is EN else EN
