"""What an alarm means and what to do about it, for whoever stands before it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.responses_chinese import CHINESE_RESPONSES
from inspection.alarms.responses_english import ENGLISH_RESPONSES


class Response(NamedTuple):
    """In one language; both empty for a code of another version of Passgate."""

    means: str
    """What has happened, and what becomes of parts."""
    todo: str
    """What to do, in order."""


RESPONSES: Final[Mapping[str, Mapping[AlarmCode, tuple[str, str]]]] = MappingProxyType(
    {"en": ENGLISH_RESPONSES, "zh": CHINESE_RESPONSES}
)
"""By language (ISO 639-1)."""


def response_to(code: int, language: str) -> Response:
    """What to do about an alarm of this code, in a language (ISO 639-1)."""
    try:
        return Response(*RESPONSES[language][AlarmCode(code)])
    except ValueError:
        return Response("", "")
