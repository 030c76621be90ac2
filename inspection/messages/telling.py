"""Says messages in words: the one place where a code, its parameters and a language come together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

from inspection.messages.chinese import CHINESE_SENTENCES, CHINESE_TERMS
from inspection.messages.codes import Code
from inspection.messages.english import ENGLISH_SENTENCES, ENGLISH_TERMS
from inspection.messages.message import MOST_DETAIL, NONE, Coded, Message, Params, Sentence, coded

_WORD: Final = re.compile(r"[^ ,:]+")
_CONSOLE: Final = re.compile(r"console(?: of (?P<user>.+?))? on (?P<host>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How one language says messages."""

    code: str
    """ISO 639-1."""
    sentences: Mapping[str, str]
    """``{name}`` is a parameter, ``{name:term}`` one or several words of the trade, ``{name:who}`` somebody,
    ``{name:unit}`` a unit behind a number, ``{cause}`` the place of the causes where they do not stand at the
    end."""
    terms: Mapping[str, str]
    """Words of the trade by their English names; what is absent is a name and stays as it is."""
    because: str
    """Between a sentence and its cause."""
    beside: str
    """Between two sentences."""
    listed: str
    """Between two words of a list."""
    speaks_details: bool
    """Details are in this language, and say more than the code's own sentence."""

    def tell(self, said: Coded) -> str:
        """All messages, one behind the other; empty where there is none."""
        return self.beside.join(self.sentence(message) for message in said)

    def sentence(self, message: Message) -> str:
        """One message with its causes."""
        if message.detail and self.speaks_details:
            return message.detail
        form, cause = self.sentences[message.code], self.tell(message.causes)
        if "{cause}" in form:
            return _Filled(self).format(form, **message.params, cause=cause)
        said = _Filled(self).format(form, **message.params)
        return f"{said}{self.because}{cause}" if cause else said

    def term(self, words: str) -> str:
        """Words of the trade in a list, each with what belongs to it: ``major scratch, stain: stop``."""
        return self.listed.join(
            self.terms.get(item) or _WORD.sub(lambda word: self.terms.get(word[0], word[0]), item)
            for item in words.split(", ")
        ).replace(": ", self.because)

    def who(self, by: str) -> str:
        """Somebody who asked for something, as ``access.callers`` and ``app.api.clients`` name him."""
        name, between, client = by.partition(", ")
        if between and "console" in self.terms:
            return f"{name}，{self.who(client)}"
        console = _CONSOLE.fullmatch(by)
        if console is None or "console" not in self.terms:
            return self.terms.get(by, by)
        at = f"{self.terms['console']} {console['host']}"
        return f"{console['user']}（{at}）" if console["user"] else at


class _Filled(Formatter):
    """Puts parameters into a sentence of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "term":
                return self._language.term(str(value))
            case "who":
                return self._language.who(str(value))
            case "unit":
                return f" {value}" if value else ""
            case _ if isinstance(value, str):  # also where a number was asked for and is none
                return str(value)
            case _:
                return str(super().format_field(value, format_spec))


ENGLISH: Final = Language(
    code="en",
    sentences=ENGLISH_SENTENCES,
    terms=ENGLISH_TERMS,
    because=": ",
    beside="; ",
    listed=", ",
    speaks_details=True,
)
CHINESE: Final = Language(
    code="zh",
    sentences=CHINESE_SENTENCES,
    terms=CHINESE_TERMS,
    because="：",
    beside="；",
    listed="、",
    speaks_details=False,
)
LANGUAGES: Final[Mapping[str, Language]] = {language.code: language for language in (ENGLISH, CHINESE)}


def say(
    code: Code,
    known: Params = NONE,
    /,
    *,
    cause: str = "",
    **params: str | int | float,
) -> Sentence:
    """The sentence of a code, in English.

    Args:
        code: What is said.
        known: What stands in the braces, as far as several sentences have it from one place.
        cause: Why it is so: another sentence; empty where nothing is said of that.
        params: What stands in the braces.
    """
    said_with = {**known, **params}
    message = Message(code=code, params=said_with, causes=coded(cause))
    form = ENGLISH_SENTENCES[code]
    said = _Filled(ENGLISH).format(form, **said_with, cause=cause)
    if cause and "{cause}" not in form:
        said = f"{said}{ENGLISH.because}{cause}"
    return Sentence(said, (message,))


def said_as(text: str, code: Code, params: Params = NONE) -> Sentence:
    """English words that somebody else chose, with the code that says the same in short."""
    return Sentence(text, (Message(code=code, params=dict(params), detail=text[:MOST_DETAIL]),))


def tell(said: Coded, text: str, language: str) -> str:
    """What was said, in a language; in the English in which it came where it has no codes that can be told.

    Codes come from the record and from other processes too. Where one of them lacks what its sentence asks
    for today, or has it in another form, whoever shows it must not fail over it.

    Args:
        said: The codes beside the sentence.
        text: The sentence.
        language: ISO 639-1.
    """
    spoken = LANGUAGES[language]
    try:
        return spoken.tell(said) or text
    except (KeyError, ValueError):
        return text


def originals(said: Coded) -> tuple[str, ...]:
    """The words that messages have in English alone, outermost first."""
    found: list[str] = []
    for message in said:
        found += [message.detail] if message.detail else []
        found += originals(message.causes)
    return tuple(dict.fromkeys(found))
