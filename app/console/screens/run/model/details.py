"""The full text behind a touch: everything of a part, a tile or the counts, as titled rows. Pure."""

from dataclasses import dataclass

from app.console.screens.run.model import gauges, score
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import Contact, RunState
from app.console.widgets.phrases import NOTHING, defect_label, number, percent
from app.console.words.words import Words
from inspection.decision import NO_MODEL, ModelRef, Timings
from inspection.messages.message import Coded
from inspection.messages.telling import ENGLISH, originals
from inspection.part import Inspection
from inspection.status import Subsystem


@dataclass(frozen=True, slots=True)
class PartTopic:
    """The part that the screen shows, whichever it is at that moment."""


@dataclass(frozen=True, slots=True)
class TileTopic:
    """One subsystem."""

    subsystem: Subsystem


@dataclass(frozen=True, slots=True)
class StationTopic:
    """The station itself: what the header has no room for."""


@dataclass(frozen=True, slots=True)
class CountsTopic:
    """The shift's counts, those included that the card has no room for."""


@dataclass(frozen=True, slots=True)
class NoticeTopic:
    """How the last command ended."""


Topic = StationTopic | PartTopic | TileTopic | CountsTopic | NoticeTopic


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the pane shows: a title and (caption, text) rows."""

    title: str
    rows: tuple[tuple[str, str], ...]


def details(topic: Topic, state: RunState, view: RunView, words: Words) -> Details:
    """The rows for ``topic``, of this very moment: the pane is as fresh as the screen around it."""
    stale = "" if view.contact is Contact.FRESH else f"  ({words.stale_short})"
    match topic:
        case TileTopic(subsystem):
            tile = next(tile for tile in view.tiles if tile.subsystem is subsystem)
            rows = [(words.health, f"{tile.health.word} – {tile.age}"), (words.details, tile.text)]
            if tile.detail:
                rows.append(("", tile.detail))
            rows += _originals(_of_tile(state, subsystem), words)
            return Details(title=tile.title + stale, rows=tuple(rows))
        case StationTopic():
            return Details(title=view.header.station + stale, rows=_station_rows(state, view, words))
        case CountsTopic():
            return Details(title=words.counts + stale, rows=_count_rows(state, view, words))
        case NoticeTopic():
            coded = () if state.notice is None else state.notice.reply.coded
            return Details(title=words.details, rows=(("", view.notice), *_originals(coded, words)))
        case PartTopic():
            part = state.part
            if part is None or view.part is None:
                return Details(title=words.no_part, rows=())
            title = view.part.banner or f"{view.part.sign.word} – {view.part.age}"
            return Details(title=title, rows=_part_rows(part, state, view, words))


def _station_rows(state: RunState, view: RunView, words: Words) -> tuple[tuple[str, str], ...]:
    header = view.header
    rows = [(words.recipe, header.recipe), (header.mode.word, header.mode_reason)]
    if state.received is not None:
        if header.mode_reason:
            rows += _originals(state.received.status.reason_coded, words)
        rows.append((words.version, state.received.status.engine_version))
    return tuple(rows)


def _of_tile(state: RunState, subsystem: Subsystem) -> Coded:
    """All that a tile says."""
    tiles = () if state.received is None else state.received.status.tiles
    return tuple(
        message
        for tile in tiles
        if tile.subsystem is subsystem
        for message in (*tile.coded, *tile.detail_coded)
    )


def _originals(coded: Coded, words: Words) -> tuple[tuple[str, str], ...]:
    """What errors, programs and disks said in English, for maintenance, where the screen has not said it."""
    if words.code == ENGLISH.code:
        return ()
    return tuple((words.in_english, detail) for detail in originals(coded))


def _count_rows(state: RunState, view: RunView, words: Words) -> tuple[tuple[str, str], ...]:
    """The card's figures, and between decisions and outcomes the judged parts that count under none."""
    shown = view.production
    known = None if state.received is None else state.received.status.counts
    return (
        *((figure.caption, figure.value) for figure in (*shown.totals, *shown.actions)),
        (words.not_as_decided, number(None if known is None else known.not_as_decided)),
        (words.pending, number(None if known is None else known.pending)),
        *((figure.caption, figure.value) for figure in shown.outcomes),
        (shown.latency.caption, f"{shown.latency.value} ({shown.latency.limit})"),
    )


def _part_rows(part: Inspection, state: RunState, view: RunView, words: Words) -> tuple[tuple[str, str], ...]:
    assert view.part is not None
    assert state.received is not None  # it told the part
    decision, status = part.decision, state.received.status
    rows = [(words.reason, view.part.reason), *_originals(decision.coded, words), *view.part.facts]
    rows += _identity_rows(part, words)
    rows += score.rows(part, status, words)
    rows.append((words.outcome, view.part.outcome.word))
    if view.part.warning is not None:
        rows.append(("", view.part.warning.word))
    rows += [
        (
            words.defects,
            f"{defect_label(defect, words)}, {defect.view}, "
            + words.score.format(score=percent(defect.score)),
        )
        for defect in decision.defects
    ]
    rows += [(words.gauges, gauges.row(gauge, words)) for gauge in decision.gauges]
    rows += [
        (words.recipe, f"{decision.recipe.id} v{decision.recipe.version}"),
        (words.model, _model(decision.model)),
        (words.times, _timings(decision.timings_ms, words)),
        (words.recorded, f"{status.by_its_clocks(part.recorded_at):%Y-%m-%d %H:%M:%S}"),
    ]
    return tuple(rows)


def _identity_rows(part: Inspection, words: Words) -> tuple[tuple[str, str], ...]:
    """Serial and lot, as far as they are known, and from where."""
    if part.identity is None:
        return ()
    known = words.by_plc if part.identity.source == "plc" else words.by_code
    named = ((words.serial, part.identity.serial), (words.lot, part.identity.lot))
    return tuple((caption, known.format(text=text)) for caption, text in named if text)


def _model(model: ModelRef) -> str:
    return NOTHING if model == NO_MODEL else f"{model.name} {model.version} – {model.sha256[:12]}"


def _timings(timings_ms: Timings, words: Words) -> str:
    return ", ".join(f"{words.stages[stage]} {ms:.0f} ms" for stage, ms in timings_ms if ms is not None)
