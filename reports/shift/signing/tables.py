"""The signatures below a report, what came to the record since the first, and what is said of both. Pure."""

from collections.abc import Iterable
from datetime import UTC, tzinfo

from inspection.access.rights import Meaning
from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, numbers
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.shift.signing.signed_report import digest_of
from reports.shift.signing.state import Signing


def signatures_table(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    """Who has signed, as what, when and what it means; a line to sign by hand for each meaning that lacks."""
    given = () if report.signing is None else report.signing.signatures
    signed = [
        (
            Cell(words.of(one.meaning)),
            Cell(one.name),
            Cell(words.term(one.role)),
            Cell(shown(one.at, zone=zone)),
            Cell(f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"),
            Cell(words.say("by_password") + (f": {one.reason}" if one.reason else "")),
        )
        for one in given
    ]
    lacking = [meaning for meaning in Meaning if meaning not in {one.meaning for one in given}]
    blank = Cell("")
    unsigned = [
        (Cell(words.of(meaning)), blank, blank, blank, blank, Cell(words.say("unsigned")))
        for meaning in lacking
    ]
    titles = ("meaning", "name", "role", "signed_at", "signed_at_utc", "signature")
    widths = (0.0, 1.0, 0.85, 1.4, 1.05, 1.1)  # room to sign by hand, too
    return Table(
        key="signatures",
        title=words.say("signatures"),
        columns=tuple(Column(words.say(key), width=wide) for key, wide in zip(titles, widths, strict=True)),
        rows=(*signed, *unsigned),
        note=words.say("signatures_note", sha256=digest_of(report)),
    )


def added_table(signing: Signing, words: Words, zone: tzinfo | None) -> Table:
    """The revisions of the shift's parts that came to the record after the first signature."""

    def change(before: str | None, after: str | None) -> Cell:
        return Cell("–" if after is None else after if before in (None, after) else f"{before} → {after}")

    return Table(
        key="added",
        title=words.say("added"),
        columns=(
            *numbers(words.say("part")),
            *(
                Column(words.say(key))
                for key in ("seen", "recorded", "decision", "outcome", "decided_by_whom")
            ),
            Column(words.say("reason"), width=1.0),
        ),
        rows=tuple(
            (
                count(one.part_id),
                Cell(shown(one.seen_at, zone=zone)),
                Cell(shown(one.recorded_at, zone=zone)),
                change(
                    None if one.action_before is None else words.of(one.action_before), words.of(one.action)
                ),
                change(
                    None if one.outcome_before is None else words.of(one.outcome_before),
                    None if one.outcome is None else words.of(one.outcome),
                ),
                Cell(words.of(one.decided_by)),
                Cell(one.reason),
            )
            for one in signing.added
        ),
        note=words.say("added_note"),
        empty=words.say("added_none"),
    )


def said_of(signing: Signing, words: Words, zone: tzinfo | None) -> Iterable[tuple[str, bool]]:
    """What is said of a signed report at its top, and whether it is bad, worst first."""
    if signing.fault:
        yield words.say("broken_since", reason=signing.fault), True
    if more := len(signing.added) + len(signing.added_events):
        yield words.say("added_since", n=more), True
    if signing.spooled:
        yield words.say("spooled_since", n=signing.spooled), True
    first = shown(signing.signatures[0].at, zone=zone)
    yield words.say("stands", n=len(signing.signatures), at=first), False
