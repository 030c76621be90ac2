"""Alarm codes: severity·4096 + component·256 + code, as the register map carries them."""

from enum import IntEnum

from inspection.decision import Decision

_WARNING, _ERROR, _CRITICAL = 1 << 12, 2 << 12, 3 << 12
_PLC, _CAMERA, _MODEL, _STORE, _STATION = 1 << 8, 2 << 8, 3 << 8, 4 << 8, 5 << 8


class AlarmCode(IntEnum):
    """Everything that asks for a person."""

    LINE_HALTED = _ERROR | _PLC | 1
    PARTS_MISSED = _WARNING | _PLC | 2
    PLC_RESTARTED = _WARNING | _PLC | 3
    SECOND_ENGINE = _WARNING | _PLC | 4
    """It refused itself: this one goes on."""
    NO_PICTURE = _ERROR | _CAMERA | 1
    BAD_PICTURE = _WARNING | _CAMERA | 2
    PICTURES_DRIFT = _WARNING | _CAMERA | 3
    """Parts pass, but their pictures no longer look as taught."""
    INSPECTION_FAILED = _ERROR | _MODEL | 1
    INSPECTION_LATE = _WARNING | _MODEL | 2
    TYPES_UNHEARD = _WARNING | _MODEL | 3
    GAUGES_LATE = _WARNING | _MODEL | 4
    NOT_RECORDED = _CRITICAL | _STORE | 1
    PICTURE_NOT_KEPT = _WARNING | _STORE | 2
    """A part's picture is not in the archive: it goes to a person; so does every part until one is kept."""
    STORE_DEGRADED = _WARNING | _STORE | 3
    RECORD_LATE = _WARNING | _STORE | 4
    RECORD_BEGAN = _WARNING | _STORE | 5
    PICTURES_NOT_RETIRED = _WARNING | _STORE | 6
    PICTURES_SILENT = _WARNING | _STORE | 7
    """The disk of the pictures does not answer."""
    RECORD_NOT_KEPT_UP = _WARNING | _STORE | 8
    """The record's own housekeeping fails."""
    REPORT_NOT_WRITTEN = _WARNING | _STORE | 10
    """A shift is over, and its report is not written."""
    PLANT_REFUSES = _WARNING | _STORE | 12
    """The plant database does not take a row of the record, nor what lies behind it."""
    RELEASED_WITHOUT_PASS = _CRITICAL | _STATION | 1
    OUTCOME_UNKNOWN = _WARNING | _STATION | 2
    INTERNAL = _CRITICAL | _STATION | 3
    CHALLENGE_DUE = _WARNING | _STATION | 4
    """No part passes until a challenge has."""
    CHALLENGE_OVERDUE = _ERROR | _STATION | 5
    CHALLENGE_FAILED = _CRITICAL | _STATION | 6
    """A known part did not get what it must: the station does not see what it should."""


MOMENTARY = frozenset(
    {
        AlarmCode.PARTS_MISSED,
        AlarmCode.PLC_RESTARTED,
        AlarmCode.RECORD_LATE,
        AlarmCode.RECORD_BEGAN,
        AlarmCode.OUTCOME_UNKNOWN,
        AlarmCode.INTERNAL,
    }
)
"""Over as soon as they have happened; of all others somebody says when their cause is gone."""


STOPS_LINE = frozenset(
    {
        AlarmCode.LINE_HALTED,
        AlarmCode.NOT_RECORDED,
        AlarmCode.RELEASED_WITHOUT_PASS,
        AlarmCode.CHALLENGE_OVERDUE,
        AlarmCode.CHALLENGE_FAILED,
    }
)
"""As long as the cause of one of these is there, the line takes no part, or none passes."""


DEFECT_CODES = {"anomaly": 1, "scratch": 2, "dent": 3, "stain": 4, "crack": 5}
"""Codes of defect types in the vision block; 0 is none, 255 any other type."""


def defect_code(decision: Decision) -> int:
    """The register value for the worst defect: highest severity, then highest score."""
    if not decision.defects:
        return 0
    worst = max(decision.defects, key=lambda defect: (defect.severity.rank, defect.score))
    return DEFECT_CODES.get(worst.type, 255)
