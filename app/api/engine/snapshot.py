"""The whole station at one moment, as the API tells it."""

import re
from importlib.metadata import version

from app.settings.station import Settings
from inspection.decision import ModelRef
from inspection.line_events import LineState
from inspection.messages.codes import Code
from inspection.messages.message import MOST_DETAIL, Sentence, coded, joined
from inspection.messages.telling import say
from inspection.ports import Clock, StoreHealth
from inspection.station.station import Station
from inspection.status import Health, Mode, StationStatus, Subsystem, Tile
from inspection.unheard import Unheard

ENGINE_VERSION = version("passgate")
_PATH = re.compile(r"['\"]?(?:[A-Za-z]:)?[\\/](?:[^\s:'\"]*[\\/])?([^\s:'\"\\/]+)['\"]?")
_ERROR_NUMBER = re.compile(r"\[(Errno|WinError) \d+\] ")
LINE_STALE_MS = 500.0
"""The line is read every 20 ms; data older than the PLC's own watchdog says nothing about it any more."""


def snapshot(
    station: Station,
    *,
    settings: Settings,
    model: ModelRef,
    store: StoreHealth,
    clock: Clock,
    unheard: Unheard,
    without_users: bool = False,
) -> StationStatus:
    """Everything that the Run screen shows, with the age of what it rests on (promise 6).

    ``unheard``: what of the recipe does not come into force; ``without_users``: the record knows none.
    """
    now_ns, now = clock.monotonic_ns(), clock.now()
    telemetry, standing = station.telemetry, station.standing
    line = station.line.state()
    recent = telemetry.recent
    frames = station.cameras.frames.values()
    return StationStatus(
        at=now,
        station=settings.station.name,
        zone=settings.station.zone,
        engine_version=ENGINE_VERSION,
        mode=standing.mode,
        mode_reason=standing.reason,
        without_users=without_users,
        takes_parts=standing.takes_parts,
        nothing_passes=standing.reason,
        reason_coded=standing.reason.coded,
        recipe_name=station.recipe.name,
        recipe_id=station.recipe.id,
        recipe_version=station.recipe.version,
        simulated=station.cameras.simulated,
        bypassed=line.bypassed,
        deadline_ms=station.recipe.deadline_ms,
        certification=station.certification,
        challenge=station.challenge.shown(),
        tiles=(
            _line_tile(line, now_ns),
            _camera_tile(station, min((frame.age_ms(now_ns) for frame in frames), default=None)),
            _model_tile(station, model, unheard, _age_ms(now_ns, station.judge.last_decision_ns)),
            _store_tile(store, station.pictures.fault, _age_ms(now_ns, store.last_write_ns)),
        ),
        counts=telemetry.counts if telemetry.taken_up else None,
        latency_ms=telemetry.latency_ms,
        last=recent[0] if recent else None,
        recent=recent,
        alarms=tuple(telemetry.alarms),
        alarm_flood=telemetry.alarms.flood_since,
        may_reset=station.desk.may_reset,
    )


def _age_ms(now_ns: int, then_ns: int) -> float | None:
    return (now_ns - then_ns) / 1e6 if then_ns else None


def _tile(subsystem: Subsystem, health: Health, text: str, *, age_ms: float | None, detail: str = "") -> Tile:
    """A tile that says in codes what it says in English; a detail that says nothing more is left out."""
    detail = "" if detail == text else detail
    return Tile(
        subsystem=subsystem,
        health=health,
        text=text,
        age_ms=age_ms,
        detail=detail,
        coded=coded(text),
        detail_coded=coded(detail),
    )


def _line_tile(state: LineState, now_ns: int) -> Tile:
    """What holds the line up, the weightiest first; in short, with the whole of it as detail."""
    age_ms = _age_ms(now_ns, state.read_ns)
    detail = ""
    if state.halted:
        health, text = Health.FAULT, state.halt_brief or state.halt_reason
        detail = joined((state.halt_reason, state.notice), by="\n")
    elif not state.connected:
        health, text = Health.FAULT, state.down_reason or say(Code.NO_CONNECTION)
    elif age_ms is None or age_ms > LINE_STALE_MS:
        health, text = Health.UNKNOWN, say(Code.PLC_SILENT)
    elif state.bypassed:
        health, text = Health.WARNING, say(Code.BYPASSED)
    elif not state.enabled:
        health, text = Health.WARNING, say(Code.NOT_ENABLED)
    elif state.counting_missed:
        health, text = Health.WARNING, say(Code.RECORDING_MISSED)
    else:
        health, text = Health.OK, say(Code.BELT_SPEED, speed_mm_s=state.belt_speed_mm_s)
        detail = state.notice
    return _tile(Subsystem.PLC, health, text, age_ms=age_ms, detail=detail)


def _camera_tile(station: Station, age_ms: float | None) -> Tile:
    if station.cameras.fault:
        health, text = Health.FAULT, station.cameras.fault
    elif age_ms is None:
        health, text = Health.UNKNOWN, say(Code.NO_PICTURE_YET)
    else:
        health, text = Health.OK, say(Code.CAMERAS, cameras=", ".join(sorted(station.cameras.frames)))
    return _tile(Subsystem.CAMERA, health, text, age_ms=age_ms)


def _model_tile(station: Station, model: ModelRef, unheard: Unheard, age_ms: float | None) -> Tile:
    """Why nobody can judge, what of the recipe nobody hears, or who judges: the weightiest first."""
    certified = station.certification.in_words
    detail, who = "", say(Code.MODEL_RUNS, model=model.name, version=model.version, cause=certified)
    if fault := station.judge.model_absent or station.judge.model_fault:
        health, text = Health.FAULT, fault
    elif unheard.types:
        health, text = Health.WARNING, say(Code.NOBODY_NAMES, types=", ".join(unheard.types))
        detail = joined((unheard.on_the_line(accepted=station.recipe.unheard_accepted), who), by=". ")
    elif station.mode is Mode.STARTING and age_ms is None:
        health, text = Health.UNKNOWN, say(Code.NO_PART_YET)
    else:
        health, text = Health.OK, who
    return _tile(Subsystem.MODEL, health, text, age_ms=age_ms, detail=detail)


def _store_tile(store: StoreHealth, picture_fault: str, age_ms: float | None) -> Tile:
    """The reason in short, for the tile would cut a path; the whole of it as detail."""
    cause, detail = _cause(store.detail), store.detail
    if store.silent_s:
        health, text = Health.FAULT, say(Code.STORE_SILENT, silent_s=store.silent_s)
    elif store.pictures_silent_s and not store.full:
        health, text = Health.FAULT, say(Code.PICTURES_DISK_SILENT, silent_s=store.pictures_silent_s)
    elif picture_fault and not store.full:
        health, text = Health.FAULT, say(Code.LAST_PICTURE_NOT_KEPT, cause=_cause(picture_fault))
        detail = joined((picture_fault, detail), by="\n")
    elif store.full:
        health, text = Health.FAULT, say(Code.TAKES_NO_PART, cause=cause or say(Code.NOTHING_RECORDS))
    elif store.degraded:
        health, text = Health.WARNING, say(Code.SPOOLED, spooled=store.spooled, cause=cause)
    else:
        health, text = Health.OK, say(Code.ALL_DURABLE)
    return _tile(Subsystem.STORE, health, text, age_ms=age_ms, detail=detail)


def _cause(detail: str) -> Sentence:
    """What went wrong, without where: the last clause that names no file, else all with bare file names."""
    clauses = [clause for clause in detail.split(": ") if not _PATH.search(clause)]
    short = _ERROR_NUMBER.sub("", clauses[-1] if clauses else _PATH.sub(r"\1", detail))
    innermost = coded(detail)
    while innermost and innermost[-1].causes:
        innermost = innermost[-1].causes
    said = {"detail": short[:MOST_DETAIL]}
    return Sentence(short, tuple(message.model_copy(update=said) for message in innermost[-1:]))
