"""In which files and languages there are reports."""

from enum import StrEnum


class Kind(StrEnum):
    """The files of a report. CSV has its parts, one a line; DFQ what gauges read; the others its figures."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    DFQ = "dfq"

    @property
    def of_parts(self) -> bool:
        """Whether it is made of the parts themselves."""
        return self in (Kind.CSV, Kind.DFQ)

    @property
    def has_language(self) -> bool:
        """Whether there is one of each language; the others are for machines."""
        return self in (Kind.PDF, Kind.XLSX)


class Language(StrEnum):
    """The languages of a report (ISO 639-1)."""

    EN = "en"
    ZH = "zh"
