"""Says what a report says, in one language."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from inspection.messages.message import Coded
from inspection.messages.telling import LANGUAGES, tell
from reports.shift.document.kinds import Language
from reports.shift.document.words.chinese import CHINESE_WORDS
from reports.shift.document.words.english import ENGLISH_WORDS
from reports.statistics.words import WORDS as STATISTICS

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.EN: ENGLISH_WORDS,
    Language.ZH: CHINESE_WORDS,
}
"""``{name}`` is a parameter; a language may leave one out that it has no words for."""


class Words:
    """A report's words in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._words = WORDS[language]

    def say(self, key: str, **params: object) -> str:
        """The words of a key."""
        return self._words[key].format(**params)

    def of(self, member: StrEnum) -> str:
        """The word for a member of an enumeration: an action, an outcome."""
        return self.say(f"{type(member).__name__}.{member.value}")

    def code(self, code: StrEnum | str) -> str:
        """What a code of the statistics says: a method, a rule, why something is refused."""
        return STATISTICS[self.language][code]

    def term(self, name: str) -> str:
        """A word of the trade, such as a defect's type; a name of the plant's own stays as it is."""
        return LANGUAGES[self.language].terms.get(name, name)

    def listed(self, names: Iterable[str]) -> str:
        """Several words of the trade."""
        return LANGUAGES[self.language].listed.join(map(self.term, names))

    def who(self, by: str) -> str:
        """Somebody who did something."""
        return LANGUAGES[self.language].who(by)

    def tell(self, coded: Coded, text: str) -> str:
        """What was said; in the English in which it came where it has no codes."""
        return tell(coded, text, self.language)
