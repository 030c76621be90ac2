"""The tables of what people said of parts: by whom, why, and how far decisions agree with it. Pure."""

from datetime import tzinfo

from inspection.reviews.review import Verdict
from inspection.times.local_time import shown
from reports.shift.document.cells import Cell, Column, Table, count, numbers
from reports.shift.document.running.challenge_tables import agreement_columns, agreement_rows
from reports.shift.document.words.words import Words
from reports.shift.reviews import ReviewedPart, Reviews


def reviews_table(found: Reviews | None, words: Words) -> Table:
    """How many parts each person reviewed, and how."""
    by = () if found is None else found.by
    return Table(
        key="reviews",
        title=words.say("reviews"),
        columns=(
            Column(words.say("reviewed_by"), width=1.0),
            *numbers(words.say("reviewed_parts"), *map(words.of, Verdict), words.say("overrides")),
        ),
        rows=tuple(
            (
                Cell(words.who(one.by)),
                count(one.parts),
                *(count(one.by_verdict.get(verdict, 0)) for verdict in Verdict),
                count(one.overrides),
            )
            for one in by
        ),
        total=(
            Cell(words.say("total")),
            count(sum(one.parts for one in by)),
            *(count(sum(one.by_verdict.get(verdict, 0) for one in by)) for verdict in Verdict),
            count(sum(one.overrides for one in by)),
        )
        if by
        else (),
        note="" if found is None else words.say("reviews_note", held=found.held, waiting=found.waiting),
        empty=words.say("reviews_unknown")
        if found is None
        else words.say("reviews_none", waiting=found.waiting),
    )


def review_reasons_table(found: Reviews | None, words: Words, zone: tzinfo | None) -> Table:
    """What they said of which parts, and why."""
    return Table(
        key="review_reasons",
        title=words.say("review_reasons"),
        columns=(
            *numbers(words.say("part")),
            *(
                Column(words.say(key))
                for key in ("decision", "reviewed_as", "review_overrides", "reviewed_by", "at")
            ),
            Column(words.say("reason"), width=1.0),
        ),
        rows=() if found is None else tuple(_reason(one, words, zone) for one in found.reasons),
        empty=words.say("reviews_unknown" if found is None else "review_reasons_none"),
    )


def _reason(one: ReviewedPart, words: Words, zone: tzinfo | None) -> tuple[Cell, ...]:
    return (
        count(one.part_id),
        Cell(words.say("no_decision") if one.decided is None else words.of(one.decided)),
        Cell(words.term(one.type) if one.type else words.of(one.verdict)),
        Cell(words.say("yes") if one.overrides else None),
        Cell(words.who(one.by)),
        Cell(shown(one.at, zone=zone)),
        Cell(one.reason),
    )


def reviews_agreement_table(found: Reviews | None, station: str, words: Words) -> Table:
    """How far the station's decisions agree with what people said of the same parts."""
    agreement = None if found is None else found.agreement
    return Table(
        key="reviews_agreement",
        title=words.say("reviews_agreement"),
        columns=agreement_columns(words),
        rows=()
        if agreement is None
        else tuple(agreement_rows(agreement, words, unnamed=station, graded=False)),
        note="" if agreement is None else words.say("reviews_agreement_note"),
        empty=words.say("reviews_unknown" if found is None else "reviews_agreement_none"),
    )
