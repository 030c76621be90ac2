"""What people are at a station, and by what they prove who they are."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is at the station. The names are on record: they are added to, never changed."""

    OPERATOR = "operator"
    """Runs the line at the console."""
    QUALITY = "quality"
    """Teaches recipes, reviews held parts, signs shift reports."""
    MAINTENANCE = "maintenance"
    """Wires PLC and cameras, and changes the station's settings."""
    ADMINISTRATOR = "administrator"
    """Says who is a user; has no right on the line or on the record by that."""


class Proof(StrEnum):
    """By what somebody proves who he is. The names are on record."""

    PIN = "PIN"
    """Digits, quick to type at the console."""
    PASSWORD = "password"  # noqa: S105
    """For signatures, and for what changes how the station judges."""
