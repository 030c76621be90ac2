"""A real run of the demo line, stopped at a part worth looking at, for the documentation's screenshots."""

import tempfile
from pathlib import Path

import httpx
import numpy as np

from app.demo.demo import simulated_tables
from app.testline.rig import LineRig
from inspection.decision import Action
from inspection.part import Picture
from inspection.pictures.decoding.decoding import read_archived
from inspection.status import StationStatus


def run_line(*, parts: int, seed: int) -> tuple[StationStatus, Picture]:
    """Run at least so many simulated parts, until one is not passed; the station then, and its picture.

    Raises:
        PassgateError: The line did not start or stopped.
    """
    with tempfile.TemporaryDirectory() as folder:
        tables = simulated_tables(Path(folder), seed=seed)
        with LineRig(Path(folder), tables=tables, parts=0, rate=60.0, seed=seed) as rig:
            found: list[tuple[StationStatus, Picture]] = []

            def worth_a_look() -> bool:
                status = StationStatus.model_validate_json(
                    httpx.get(f"{rig.url}/api/state", auth=rig.auth).content
                )
                last = status.last
                if (
                    status.counts is None
                    or status.counts.triggers < parts
                    or last is None
                    or last.decision.action is Action.PASS
                ):
                    return False
                archived = Path(folder) / "part"
                picture = httpx.get(f"{rig.url}/api/pictures/{last.pictures[0]}", auth=rig.auth)
                archived.write_bytes(picture.content)
                found.append((status, np.ascontiguousarray(read_archived(archived))))
                return True

            rig.watch(until=worth_a_look, on_progress=lambda _: None)
    return found[0]
