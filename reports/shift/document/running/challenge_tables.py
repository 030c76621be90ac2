"""The tables of challenges: how each ended, and how far the calls agree with what is known. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, index, numbers, share
from reports.shift.document.report import ShiftReport
from reports.shift.document.words.words import Words
from reports.statistics.agreement import Agreement, Appraiser, Kappa, Rate


def challenges_table(report: ShiftReport, words: Words, zone: tzinfo | None) -> Table:
    """The challenges, in the order in which they began."""
    return Table(
        key="challenges",
        title=words.say("challenges"),
        columns=(
            Column(words.say("challenge_began")),
            Column(words.say("challenge_ended")),
            Column(words.say("by"), width=0.7),
            Column(words.say("challenge_result")),
            *numbers(words.say("looks")),
            Column(words.say("wrong_pieces"), width=1.0),
        ),
        rows=tuple(
            (
                Cell(None if one.began is None else shown(one.began, zone=zone)),
                Cell(None if one.ended is None else shown(one.ended, zone=zone)),
                Cell(words.who(one.by)),
                Cell(words.of(one.result)),
                count(one.looks),
                Cell(", ".join(one.wrong) or None),
            )
            for one in report.challenges
        ),
        note=words.say("challenges_note") if report.challenges else "",
        empty=words.say("challenges_none"),
    )


def agreement_table(report: ShiftReport, words: Words) -> Table:
    """How far the calls of the challenges agree with what is known of the pieces, and with each other."""
    found = report.agreement
    return Table(
        key="agreement",
        title=words.say("agreement"),
        columns=agreement_columns(words),
        rows=() if found is None else tuple(agreement_rows(found, words)),
        note="" if found is None else words.say("agreement_note"),
        empty=words.say("agreement_none"),
    )


def agreement_columns(words: Words) -> tuple[Column, ...]:
    """The columns of a table of agreement."""
    return (
        Column(words.say("appraiser"), width=0.6),
        Column(words.say("figure"), width=1.0),
        *numbers(*(words.say(key) for key in ("value", "low", "high", "agreed", "of_so_many"))),
        Column(words.say("grade"), width=0.6),
    )


def agreement_rows(
    found: Agreement, words: Words, *, unnamed: str = "", graded: bool = True
) -> Iterator[tuple[Cell, ...]]:
    """Its lines.

    Args:
        found: How far calls agree.
        words: In which language.
        unnamed: Who is meant where no name stands.
        graded: Whether the figures are graded: they are those of a study.
    """
    for one in found.appraisers:
        name = one.name or unnamed or words.say("unnamed")
        yield from _appraiser(name, one, words, graded)
    if found.between is not None:
        yield _kappa(words.say("all_appraisers"), "kappa_between", found.between, words, graded)


def _appraiser(name: str, one: Appraiser, words: Words, graded: bool) -> Iterator[tuple[Cell, ...]]:
    for key, rate, without in (
        ("effectiveness", one.effectiveness, ""),
        ("miss_rate", one.miss_rate, "no_defective_piece"),
        ("false_alarm_rate", one.false_alarm_rate, "no_good_piece"),
    ):
        yield _rate(name, key, rate, without, words, graded)
    yield _kappa(name, "kappa_against", one.against, words, graded)
    yield _kappa(name, "kappa_within", one.within, words, graded)


def _rate(
    name: str, key: str, rate: Rate | None, without: str, words: Words, graded: bool
) -> tuple[Cell, ...]:
    title = words.say(key)
    if rate is None:
        return Cell(name), Cell(title), *(Cell(None),) * 5, Cell(words.say(without))
    found = rate.share
    figures = (share(found.share), share(found.low), share(found.high), count(found.count), count(found.of))
    return Cell(name), Cell(title), *figures, Cell(words.code(rate.grade) if graded else None)


def _kappa(name: str, key: str, found: Kappa, words: Words, graded: bool) -> tuple[Cell, ...]:
    said = found.refused or (found.grade if graded else None)
    figures = (index(found.value), index(found.low), index(found.high), Cell(None), count(found.calls))
    return Cell(name), Cell(words.say(key)), *figures, Cell(None if said is None else words.code(said))
