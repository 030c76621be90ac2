"""The whole station at one moment, as the API tells it."""

import re
from importlib.metadata import version

from app.settings.station import Settings
from inspection.decision import ModelRef
from inspection.line_events import LineState
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
) -> StationStatus:
    """Everything that the Run screen shows, with the age of what it rests on (promise 6).

    ``unheard``: what of the recipe does not come into force.
    """
    now_ns, now = clock.monotonic_ns(), clock.now()
    telemetry, standing = station.telemetry, station.standing
    line = station.line.state()
    recent = telemetry.recent
    frames = station.judge.frames.values()
    return StationStatus(
        at=now,
        station=settings.station.name,
        engine_version=ENGINE_VERSION,
        mode=standing.mode,
        mode_reason=standing.reason,
        takes_parts=standing.takes_parts,
        nothing_passes=standing.reason,
        recipe_name=station.recipe.name,
        recipe_id=station.recipe.id,
        recipe_version=station.recipe.version,
        simulated=station.judge.simulated,
        bypassed=line.bypassed,
        deadline_ms=station.recipe.deadline_ms,
        certification=station.certification,
        tiles=(
            _line_tile(line, now_ns),
            _camera_tile(station, min((frame.age_ms(now_ns) for frame in frames), default=None)),
            _model_tile(station, model, unheard, _age_ms(now_ns, station.judge.last_decision_ns)),
            _store_tile(store, station.judge.picture_fault, _age_ms(now_ns, store.last_write_ns)),
        ),
        counts=telemetry.counts if telemetry.taken_up else None,
        latency_ms=telemetry.latency_ms,
        last=recent[0] if recent else None,
        recent=recent,
        alarms=tuple(telemetry.alarms),
        may_reset=station.desk.may_reset,
    )


def _age_ms(now_ns: int, then_ns: int) -> float | None:
    return (now_ns - then_ns) / 1e6 if then_ns else None


def _line_tile(state: LineState, now_ns: int) -> Tile:
    """What holds the line up, the weightiest first; in short, with the whole of it as detail."""
    age_ms = _age_ms(now_ns, state.read_ns)
    detail = ""
    if state.halted:
        health, text = Health.FAULT, state.halt_brief or state.halt_reason
        detail = "\n".join(filter(None, (state.halt_reason, state.notice)))
    elif not state.connected:
        health, text = Health.FAULT, state.down_reason or "no connection to the PLC"
    elif age_ms is None or age_ms > LINE_STALE_MS:
        health, text = Health.UNKNOWN, "the PLC does not answer"
    elif state.bypassed:
        health, text = Health.WARNING, "bypass key turned: no part is inspected"
    elif not state.enabled:
        health, text = Health.WARNING, "the PLC has not enabled the station"
    elif state.counting_missed:
        health, text = Health.WARNING, "recording missed parts: takes none meanwhile"
    else:
        health, text, detail = Health.OK, f"belt {state.belt_speed_mm_s} mm/s", state.notice
    if detail == text:
        detail = ""
    return Tile(subsystem=Subsystem.PLC, health=health, text=text, age_ms=age_ms, detail=detail)


def _camera_tile(station: Station, age_ms: float | None) -> Tile:
    if station.judge.camera_fault:
        health, text = Health.FAULT, station.judge.camera_fault
    elif age_ms is None:
        health, text = Health.UNKNOWN, "no picture yet"
    else:
        health, text = Health.OK, ", ".join(sorted(station.judge.frames))
    return Tile(subsystem=Subsystem.CAMERA, health=health, text=text, age_ms=age_ms)


def _model_tile(station: Station, model: ModelRef, unheard: Unheard, age_ms: float | None) -> Tile:
    """Why nobody can judge, what of the recipe nobody hears, or who judges: the weightiest first."""
    detail, who = "", f"{model.name} {model.version}, {station.certification.in_words}"
    if fault := station.judge.model_absent or station.judge.model_fault:
        health, text = Health.FAULT, fault
    elif unheard.types:
        health, text = Health.WARNING, f"nobody can name {', '.join(unheard.types)}"
        detail = f"{unheard.on_the_line(accepted=station.recipe.unheard_accepted)}. {who}"
    elif station.mode is Mode.STARTING and age_ms is None:
        health, text = Health.UNKNOWN, "no part yet"
    else:
        health, text = Health.OK, who
    return Tile(subsystem=Subsystem.MODEL, health=health, text=text, age_ms=age_ms, detail=detail)


def _store_tile(store: StoreHealth, picture_fault: str, age_ms: float | None) -> Tile:
    """The reason in short, for the tile would cut a path; the whole of it as detail."""
    cause, detail = _cause(store.detail), store.detail
    if store.silent_s:
        health, text = Health.FAULT, f"has not answered for {store.silent_s:.0f} s"
    elif store.pictures_silent_s and not store.full:
        silent_s = store.pictures_silent_s
        health, text = Health.FAULT, f"the disk of the pictures has not answered for {silent_s:.0f} s"
    elif picture_fault and not store.full:
        health, text = Health.FAULT, f"the last picture could not be kept: {_cause(picture_fault)}"
        detail = "\n".join(filter(None, (picture_fault, detail)))
    elif store.full:
        health, text = Health.FAULT, f"takes no part: {cause or 'neither database nor spool takes records'}"
    elif store.degraded:
        health, text = Health.WARNING, f"{store.spooled} wait in the spool: {cause}"
    else:
        health, text = Health.OK, "every record durable"
    return Tile(subsystem=Subsystem.STORE, health=health, text=text, age_ms=age_ms, detail=detail)


def _cause(detail: str) -> str:
    """What went wrong, without where: the last clause that names no file, else all with bare file names."""
    clauses = [clause for clause in detail.split(": ") if not _PATH.search(clause)]
    return _ERROR_NUMBER.sub("", clauses[-1] if clauses else _PATH.sub(r"\1", detail))
