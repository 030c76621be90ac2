"""How much an alarm asks for a person."""

from enum import StrEnum


class Priority(StrEnum):
    """How much an alarm asks for a person; the severity that its code begins with."""

    LOW = "low"
    """A warning."""
    MEDIUM = "medium"
    """An error."""
    HIGH = "high"
    """Critical: parts or their record are at stake."""

    @property
    def rank(self) -> int:
        """Higher is more urgent."""
        return list(Priority).index(self)


def priority_of(code: int) -> Priority:
    """The priority of an alarm's code, one of another version of Passgate too."""
    return list(Priority)[min(max((code >> 12) - 1, 0), 2)]
