"""What the outcomes of many rendered or photographed instruments say, held against the bars of issue 13."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from app.benches.gauges.rendered import Outcome
from app.recipes.gauges.evaluating import Read, figures, score
from app.recipes.gauges.labels import labels_of
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.place import Mark

_LISTED: Final = ("files", "silent", "wrong_files", "refused", "ms")
"""Of `figures`: what names single pictures, or is a time that was taken while others ran."""


class Photographs(NamedTuple):
    """A set of the shared photographs, as it is read."""

    folder: str
    what: Description
    """What is said of all of them: that is taught, nothing else."""
    within: float
    """How far a reading may be from its label."""


def of_dials(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of rendered dials. All of them count, also those that nobody can read."""
    said = {**_summary(outcomes), "by_design": _by_design(outcomes)}
    uncertain = [
        100.0 * one.scored.reading.uncertainty / one.scored.label.what.full_scale
        for one in outcomes
        if one.scored.reading.uncertainty is not None and isinstance(one.scored.label.what, DialDescription)
    ]
    said["median_u_pct"] = float(np.median(uncertain)) if uncertain else None
    said["share_silent"] = said["silent_errors"] / len(outcomes) if outcomes else None
    error = said["error_pct"]
    said["goals_met"] = {
        "median error <= 0.3 % of full scale": _at_most(error["median"], 0.3),
        "p95 <= 1 %": _at_most(error["p95"], 1.0),
        "readable >= 95 %": _at_least(said["share_readable"], 0.95),
        "silent errors <= 0.1 %": _at_most(said["share_silent"], 0.001),
        "within 2 u >= 95 %": _at_least(said["within_2u"], 0.95),
        "median u <= 0.5 %": _at_most(said["median_u_pct"], 0.5),
    }
    return said


def of_displays(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of rendered displays, for which no bar was set.

    A wrong one is off by more than two of its own uncertainties: by a digit anywhere, unless it says itself
    that its last place is in doubt.
    """
    parts = {"taught corners": True, "found": False}
    return {
        **_display_summary(outcomes),
        "by_corners": {
            name: _display_summary([one for one in outcomes if one.taught == taught])
            for name, taught in parts.items()
        },
        "by_design": {
            design: {key: said[key] for key in ("share_readable", "wrong")}
            for design, said in ((name, _display_summary(some)) for name, some in _sorted(outcomes))
        },
    }


def of_photographs(name: str, data: Path, read: Read, *, on_done: Callable[[int], None]) -> dict[str, Any]:
    """Of one set of the shared photographs, each against its label.

    Raises:
        DatasetError: Their labels cannot be read.
    """
    folder, what, within = PHOTOGRAPHS[name]
    labels = labels_of(data / folder / "index.csv", images=_images(data / folder), what=what)
    outcomes = list(score(labels, read, show=on_done))
    said = _without_files(figures(outcomes, within=within))
    said["pictures"] = len(outcomes)
    if name == "needles":
        said["goals_met"] = {
            "within 0.2 >= 95 % of the readable": _at_least(said["share_within"], 0.95),
            "readable >= 90 %": _at_least(said["share_readable"], 0.9),
        }
    else:
        said["goals_met"] = {
            "wrong <= 1": _at_most(said["wrong"], 1.0),
            "readable >= 80 %": _at_least(said["share_readable"], 0.8),
        }
    return said


def photographs_in(data: Path) -> dict[str, int]:
    """The sets of photographs that are there, and how many pictures each holds labels for."""
    found = {}
    for name, (folder, what, _) in PHOTOGRAPHS.items():
        index = data / folder / "index.csv"
        if index.is_file():
            found[name] = len(labels_of(index, images=_images(data / folder), what=what))
    return found


def _images(folder: Path) -> Path:
    return folder / "images" if (folder / "images").is_dir() else folder


def _turn() -> DialDescription:
    """The needles' dial: 0 to 10 clockwise, 0 on top, about the middle of each crop."""
    angles = np.arange(10) * 2.0 * np.pi / 10.0
    marks = tuple(
        Mark(x=0.5 + 0.4 * float(np.sin(angle)), y=0.5 - 0.4 * float(np.cos(angle)), value=float(value))
        for value, angle in enumerate(angles)
    )
    return DialDescription(
        center=(0.5, 0.5), marks=marks, direction="cw", full_circle=True, wraps_at=10.0, relative=True
    )


PHOTOGRAPHS: Final[dict[str, Photographs]] = {
    "needles": Photographs("needles", _turn(), within=0.2),
    "displays": Photographs("displays", DisplayDescription(unit="l"), within=1.0),
    "displays_whole": Photographs("displays", DisplayDescription(unit="l", whole=True), within=1.0),
}
"""Displays twice: with nothing said of them, and with the word of who took them, whose labels are whole
numbers of litres, that no digit before the point lies outside of the picture."""


def _display_summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    said = _summary(outcomes)
    without_scale = {key: value for key, value in said.items() if key not in ("error_pct", "silent_errors")}
    return {**without_scale, "wrong": sum(one.scored.within_2u is False for one in outcomes)}


def _summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    said = _without_files(figures([one.scored for one in outcomes]))
    hidden = [one for one in outcomes if one.hidden]
    return {
        "instruments": len(outcomes),
        **said,
        "hidden": len(hidden),
        "hidden_yet_read": sum(one.scored.reading.readable for one in hidden),
    }


def _without_files(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in _LISTED} | {
        "refused": len(said["refused"])
    }


def _sorted(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """By design."""
    sorted_out: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        sorted_out[one.design].append(one)
    return sorted(sorted_out.items())


def _by_design(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    table = {}
    for design, some in _sorted(outcomes):
        said = figures([one.scored for one in some])
        table[design] = {
            "share_readable": said["share_readable"],
            "median_pct": said["error_pct"]["median"],
            "p95_pct": said["error_pct"]["p95"],
            "silent_errors": said["silent_errors"],
        }
    return table


def _at_most(figure: float | None, bar: float) -> bool:
    return figure is not None and figure <= bar


def _at_least(figure: float | None, bar: float) -> bool:
    return figure is not None and figure >= bar
