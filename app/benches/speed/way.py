"""A part's way through the files of the engine, drawn from a real run as a Mermaid sequence diagram."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.demo.demo import simulated_tables
from app.progress import progress
from app.testline.call_trace import Call, Trace
from app.testline.reconciliation import read_record
from app.testline.rig import LineRig
from inspection.decision import DecidedBy
from inspection.errors import LineError
from inspection.part import Inspection

SEED: Final = 1
RATE: Final = 30.0
"""A watched engine is several times slower."""
BEFORE_S: Final = 0.002
AFTER_S: Final = 0.002
"""What belongs to a part beside the time from its trigger to its accepted result."""
MOST_A_PART: Final = 3.0
"""What is done oftener than that for each part of the run, on an average, is not done for parts."""
WAITED_S: Final = 0.002
"""A call that lasts so long is drawn with its return."""


def trace_line(parts: int) -> str:
    """Run the simulated line with a watched engine, and draw one of its parts.

    Raises:
        LineError: No part of the run was decided by a model.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        folder = Path(name)
        seen = folder / "trace.jsonl"
        with (
            LineRig(
                folder,
                tables=simulated_tables(folder, seed=SEED),
                parts=parts,
                rate=RATE,
                seed=SEED,
                engine=("-m", "app.testline.call_trace", "--trace", str(seen)),
            ) as rig,
            progress("parts", parts) as bar,
        ):
            rig.watch(until=lambda: False, on_progress=bar.show)
        record, trace = read_record(rig.record), Trace.read(seen)
    judged = [
        one for one in record if one.decision.decided_by is DecidedBy.VLA and one.accepted_ms is not None
    ]
    if not judged:
        raise LineError(
            "no part of the watched run was decided by the model, so there is no way to draw",
            part="parts of a simulated line alone",
            todo="run it again on a machine that does nothing else, or with more parts",
        )
    return draw(trace, judged[len(judged) // 2], parts=len(record))


def draw(trace: Trace, part: Inspection, *, parts: int) -> str:
    """The way of one part as a Mermaid sequence diagram, with the time since its trigger in ms.

    An arrow is a call from one file into another one, at its first time; a broken one is a return that was
    waited for. What the station does all the time (its cycle, what it tells the console) is left out.

    Args:
        trace: Of the whole run.
        part: The one that is drawn.
        parts: How many the run had.
    """
    seen = part.trigger.seen_at.timestamp()
    length = BEFORE_S + (part.accepted_ms or 0.0) / 1e3 + AFTER_S
    begin = seen - BEFORE_S
    often = Counter(_what(call) for call in trace.calls if not call.ends)
    calls = [
        call for call in trace.between(begin, begin + length) if often[_what(call)] <= MOST_A_PART * parts
    ]
    return "\n".join(["sequenceDiagram", *_arrows(calls, zero_s=seen - trace.began_utc_s)]) + "\n"


def _what(call: Call) -> tuple[str, str, str]:
    return call.caller, call.callee, call.function


def _arrows(calls: Sequence[Call], *, zero_s: float) -> Iterator[str]:
    names: dict[str, str] = {}
    lines: list[str] = []
    drawn: set[tuple[str, str, str]] = set()
    under_way: dict[tuple[str, str, str], float] = {}
    for call in calls:
        what = _what(call)
        caller = names.setdefault(call.caller or call.thread, f"p{len(names)}")
        callee = names.setdefault(call.callee, f"p{len(names)}")
        if not call.ends:
            if what not in drawn:
                lines.append(f"{caller}->>{callee}: {call.function} ({(call.at_s - zero_s) * 1e3:.0f} ms)")
                under_way[what] = call.at_s
            drawn.add(what)
        elif call.at_s - under_way.pop(what, call.at_s) >= WAITED_S:
            lines.append(f"{callee}-->>{caller}: {call.function} ({(call.at_s - zero_s) * 1e3:.0f} ms)")
    for name, short in names.items():
        yield f"    participant {short} as {name}"
    yield from (f"    {line}" for line in lines)
