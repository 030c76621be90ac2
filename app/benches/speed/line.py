"""The whole simulated line, from the trigger in the PLC's registers to the accepted result there."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from app.benches.speed.percentiles import percentiles
from app.demo.demo import reconcile, simulated_tables
from app.progress import progress
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig
from inspection.part import Inspection

SEED: Final = 1
RATE: Final = 60.0


def bench_line(parts: int, *, gauges: int = 1, label: bool = False) -> dict[str, Any]:
    """Run the simulated line at 60 parts a minute with default settings; times in ms, memory in MB (10⁶).

    ``latency_ms`` is the PLC's process's: from the trigger in its registers to the accepted result there.
    ``stages_ms`` are the engine's own: ``total`` ends with the decision, ``recording`` makes it durable, and
    ``accepted`` is from the trigger as the engine saw it to the PLC's acknowledgement as it saw it. ``link``
    is what the engine's link measured of itself, in ms: the cycle from start to start over its last minute,
    and the handshake's own time (trigger seen → camera called; decision made, over its record on disk →
    telegram with the result answered by the PLC).

    Args:
        parts: How many.
        gauges: How many dials each has; the demo line's has one.
        label: Whether each has a code as well, in a view of its own; ``named`` is how many it named.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        folder = Path(name)
        tables = simulated_tables(folder, seed=SEED, gauges=gauges, label=label)
        with (
            LineRig(folder, tables=tables, parts=parts, rate=RATE, seed=SEED) as rig,
            progress("parts", parts) as bar,
        ):
            rig.watch(until=lambda: False, on_progress=bar.show)
            rig.measure_engine()
        record = read_record(rig.record)
        summary = reconcile(read_plc_log(rig.plc_log), record, restarts=rig.engine_restarts, folder=folder)
    return {
        "parts": summary.triggers,
        "gauges": gauges,
        "named": sum(part.identity is not None for part in record),
        "rate_per_min": RATE,
        "latency_ms": summary.latency_ms,
        "stages_ms": _stages(record),
        "deadline_misses": summary.deadline_misses,
        "unreconciled": summary.unreconciled,
        "link": {
            "cycle_ms": rig.link["cycle"]["interval_ms"],
            "exchange_ms": rig.link["cycle"]["exchange_ms"],
            "handshake_overhead_ms": rig.link["overhead_ms"],
            "counters": rig.link["counters"],
        },
        "engine_peak_mb": round(rig.engine_peak_mb, 1),
        "engine_ready_s": round(rig.engine_ready_s, 2),
        "engine_restarts": rig.engine_restarts,
    }


def bench_gauges_beside(parts: int, counts: Sequence[int]) -> dict[str, Any]:
    """The same line with different numbers of gauges on each part, one after the other.

    Returns:
        ``lines``, as ``bench_line`` measures each; ``latency_ratio``, each one's p50 and p95 by the first's.
    """
    lines = [bench_line(parts, gauges=count) for count in counts]
    first = lines[0]["latency_ms"]
    return {
        "lines": lines,
        "latency_ratio": [
            {
                "gauges": line["gauges"],
                **{name: round(line["latency_ms"][name] / first[name], 2) for name in ("p50", "p95")},
            }
            for line in lines
        ],
    }


def _stages(record: Iterable[Inspection]) -> dict[str, dict[str, float]]:
    """Percentiles of every stage that was timed."""
    times: dict[str, list[float]] = defaultdict(list)
    for inspection in record:
        stages: Mapping[str, float | None] = {
            **inspection.decision.timings_ms.model_dump(),
            "recording": inspection.recording_ms,
            "accepted": inspection.accepted_ms,
        }
        for stage, value in stages.items():
            if value is not None:
                times[stage].append(value)
    return {stage: percentiles(values) for stage, values in times.items()}
