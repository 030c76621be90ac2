"""The chain heads that a shift report bears, read back from its JSON: what an older report proves."""

from pathlib import Path
from typing import Final, NamedTuple

from pydantic import BaseModel, ValidationError

from inspection.errors import StoreError
from reports.record.chain import GENESIS

_MOST_BYTES: Final = 64 * 1024 * 1024
"""A report's JSON is some kilobytes."""


class ReportHeads(NamedTuple):
    """Of both chains, as they were when the report was made; None where there was no row yet."""

    parts: str | None
    events: str | None


class _Chain(BaseModel):
    head: str


class _Summary(BaseModel):
    chain: _Chain
    events: _Chain


class _Report(BaseModel):
    summary: _Summary


def heads_of_report(path: Path) -> ReportHeads:
    """The heads in the JSON of a shift report, as ``report shift --format json`` and the API write it.

    Raises:
        StoreError: It cannot be read, is no such file, or bears no head because the record was empty.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _no_report(path)
        summary = _Report.model_validate_json(path.read_bytes()).summary
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {error.strerror or error}",
            todo="name a report's JSON; the record was not checked",
        ) from error
    except ValidationError as error:
        raise _no_report(path) from error
    heads = [None if head == GENESIS else head for head in (summary.chain.head, summary.events.head)]
    if not any(heads):
        raise StoreError(
            f"{path} is the report of an empty record: it proves nothing",
            todo="name a report that has parts; the record was not checked",
        )
    return ReportHeads(*heads)


def _no_report(path: Path) -> StoreError:
    return StoreError(
        f"{path} is not the JSON of a shift report",
        todo="name the file that ends in .json beside the PDF; the record was not checked",
    )
