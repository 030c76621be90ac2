"""The parts of a shift as CSV, for Excel."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from inspection.decision import GaugeReading
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.reading import InstrumentKind, measured
from inspection.part import Inspection
from inspection.reviews.review import Review

COLUMNS = (
    "seen_at_utc",
    "part_id",
    "trigger_seq",
    "plc_boot_id",
    "action",
    "decided_by",
    "outcome",
    "missed",
    "published",
    "simulated",
    "latency_ms",
    "confidence",
    "defect_score",
    "certificate",
    "recipe_id",
    "recipe_version",
    "defects",
    "reason",
    "model",
    "pictures",
    "inspection_id",
    "revision",
    "serial",
    "lot",
    "gauges",
    "challenge",
    "after_signing",
    "review",
    "review_type",
    "reviewed_by",
    "reviewed_at_utc",
    "review_reason",
)
"""Columns of ``to_csv``."""


def to_csv(
    parts: Iterable[Inspection],
    *,
    added: Iterable[Inspection] | None = None,
    reviews: Mapping[str, Review] = MappingProxyType({}),
    reviews_since: Mapping[str, Review] = MappingProxyType({}),
    separator: str = ",",
    decimal: str = ".",
) -> bytes:
    """One line a part, for Excel: UTF-8 with byte order mark, CRLF.

    Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection").

    Args:
        parts: The lines; of a signed shift as they stood when it was first signed.
        added: Of a signed shift the revisions that came since, each a line of its own behind the others, and
            told apart by ``after_signing``; None where nobody has signed.
        reviews: What people said of the parts, by inspection id; of a signed shift as it stood then.
        reviews_since: Of a signed shift what they say now, for the lines of what came since.
        separator: Between the cells. Excel wants the list separator of its country: a semicolon where the
            decimal mark is a comma.
        decimal: Decimal mark of every number, the seconds of a time and what gauges read among them.

    Raises:
        ValueError: Separator and decimal mark are the same.
    """
    if separator == decimal:
        raise ValueError(f"{separator!r} cannot be both separator and decimal mark")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(COLUMNS)
    signed = "" if added is None else "no"
    for part, after in (*((one, signed) for one in parts), *((one, "yes") for one in added or ())):
        trigger, decision = part.trigger, part.decision
        review = (reviews_since if after == "yes" else reviews).get(part.inspection_id)
        defects = "; ".join(f"{defect.type} ({defect.severity})" for defect in decision.defects)
        cells: tuple[object, ...] = (
            _moment(trigger.seen_at, decimal),
            trigger.part_id,
            trigger.seq,
            trigger.plc_boot_id,
            decision.action,
            decision.decided_by,
            part.outcome or "",
            part.missed or "",
            "yes" if part.published else "no",
            "yes" if part.simulated else "no",
            round(decision.timings_ms.total, 1),
            decision.confidence,
            "" if decision.defect_score is None else decision.defect_score,
            "" if part.certificate is None else part.certificate.id,
            decision.recipe.id,
            decision.recipe.version,
            defects,
            decision.reason,
            f"{decision.model.name} {decision.model.version}",
            " ".join(part.pictures),
            part.inspection_id,
            part.revision,
            "" if part.identity is None else part.identity.serial,
            "" if part.identity is None else part.identity.lot,
            "; ".join(_reading(one, decimal) for one in decision.gauges),
            "" if part.challenge is None else part.challenge.piece,
            after,
            *_review(review, decimal),
        )
        writer.writerow([_written(cell, decimal) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _moment(at: datetime, decimal: str) -> str:
    return at.astimezone(UTC).strftime(f"%Y-%m-%d %H:%M:%S{decimal}%f")[:-3]


def _review(review: Review | None, decimal: str) -> tuple[str, ...]:
    """What somebody said of a part, who, when and why."""
    if review is None:
        return ("",) * 5
    return review.verdict, review.type, review.by, _moment(review.at, decimal), review.reason


def _reading(reading: GaugeReading, decimal: str) -> str:
    """``pressure=4.21±0.04 bar``, or why there is none; a lamp's colour or a code's text as it is."""
    if not reading.read:
        return f"{reading.name}=unreadable" + ("" if reading.reason is None else f" ({reading.reason})")
    if reading.value is None:
        return f"{reading.name}={reading.text}"
    if reading.kind is InstrumentKind.LAMP:
        return f"{reading.name}={LAMP_STATES.get(reading.value, '')} {reading.text}".rstrip()
    value = measured(reading.value, reading.uncertainty, kind=reading.kind)
    return f"{reading.name}={value.replace(' ', '').replace('.', decimal)} {reading.unit}".rstrip()


def _written(cell: object, decimal: str) -> str:
    if isinstance(cell, float):
        return str(cell).replace(".", decimal)
    text = str(cell)
    formula = isinstance(cell, str) and text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return "'" + text if formula else text
