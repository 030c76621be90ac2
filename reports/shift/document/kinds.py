"""In which files and languages there are reports."""

from enum import StrEnum


class Kind(StrEnum):
    """The files of a report. CSV has its parts, one a line; the others its figures."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"

    @property
    def has_language(self) -> bool:
        """Whether there is one of each language; the others are for machines."""
        return self in (Kind.PDF, Kind.XLSX)


class Language(StrEnum):
    """The languages of a report (ISO 639-1)."""

    EN = "en"
    ZH = "zh"
