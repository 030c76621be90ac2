"""Local times: which moment one means, also in the nights when clocks are set, and how one is shown. Pure."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


def zone_named(name: str | None) -> tzinfo | None:
    """The time zone of that IANA name; None, this machine's, where none is named, or none such known here.

    >>> zone_named("Australia/Lord_Howe")
    zoneinfo.ZoneInfo(key='Australia/Lord_Howe')
    """
    try:
        return None if name is None else ZoneInfo(name)
    except (ValueError, LookupError, OSError):  # told by an engine with a newer database
        return None


def moments(local: datetime, *, zone: tzinfo | None = None) -> tuple[datetime, ...]:
    """The moments, in UTC, at which clocks show ``local``: one as a rule.

    Two where clocks are set back over it, the earlier first; none where they are set forward over it.

    Args:
        local: Without time zone.
        zone: The plant's time zone; None for this machine's.

    >>> from zoneinfo import ZoneInfo
    >>> moments(datetime(2026, 3, 29, 2, 30), zone=ZoneInfo("Europe/Berlin"))
    ()
    """
    return tuple(one for one in _taken_for(local, zone) if one.astimezone(zone).replace(tzinfo=None) == local)


def moment(local: datetime, *, zone: tzinfo | None = None) -> datetime:
    """The one moment, in UTC, that ``local`` is taken for where nobody can be asked.

    Of a time that comes twice the first; one that is skipped counts as the moment to which clocks would have
    come without the change.

    Args:
        local: Without time zone.
        zone: The plant's time zone; None for this machine's.
    """
    meant = moments(local, zone=zone)
    return meant[0] if meant else _taken_for(local, zone)[-1]


def shown(at: datetime, *, zone: tzinfo | None = None, timespec: str = "seconds") -> str:
    """Local time with its offset, so that no two moments look alike.

    Args:
        at: With time zone.
        zone: The plant's time zone; None for this machine's.
        timespec: How exact, in the words of ``datetime.isoformat``.

    >>> shown(datetime(2026, 3, 2, 6, tzinfo=UTC), zone=UTC, timespec="minutes")
    '2026-03-02 06:00+00:00'
    """
    return at.astimezone(zone).isoformat(" ", timespec)


def _taken_for(local: datetime, zone: tzinfo | None) -> list[datetime]:
    """By the offsets before and after a change (PEP 495), the earlier first; one where nothing changes.

    Which fold is which of the two cannot be relied on in a skipped time: CPython 3.11 has them the other way
    round for this machine's zone than for a ``ZoneInfo``.
    """
    folds = (local.replace(fold=fold) for fold in (0, 1))
    return sorted({(one if zone is None else one.replace(tzinfo=zone)).astimezone(UTC) for one in folds})
