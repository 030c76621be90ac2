"""``passgate demo``: the whole line on this machine, and its reconciliation, part by part."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from app.command_line.writable import refuse_unwritable
from app.demo.challenge import challenges_on_record, in_words, simulated_challenge
from app.progress import progress, screen
from app.recipes.file_frames import FileFrames
from app.recipes.gauges.simulated import LABEL, label_gauge, pressure_gauge
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import SIMULATED_FROM, plan, teach, teach_simulated
from app.settings.station import home
from app.testline.reconciliation import account, read_plc_log, read_record
from app.testline.rig import ConsoleEnd, LineRig, Tables, has_display
from inspection.cameras.folder import FolderCamera
from inspection.decision import Action, Frozen
from inspection.part import Inspection, Outcome
from inspection.pictures.labels.files import picture_files
from inspection.recipe import Recipe, View
from inspection.status import Percentiles
from models.backbone.features import EfficientNetLite0
from plc.register_map.registers import DEFAULT_DEADLINE_MS
from plc.simulator import PartResult
from plc.simulator.program.handshake import Rejected

HEADLESS_PARTS = 60
LATE = {Rejected.DEADLINE, Rejected.UNDECIDED_AT_DIVERTER}
MOST_TAUGHT = 60
EACH_TAUGHT = 3
"""Of a folder that is replayed, each so many-th picture teaches."""
KEPT_DEMOS = 5
"""Folders of earlier demos that are kept."""


class DemoSummary(Frozen):
    """A run of the line, the PLC's log reconciled with the record."""

    triggers: int
    accounted: int
    """Triggers with exactly one stored inspection whose outcome is the PLC's."""
    unreconciled: int
    by_action: dict[Action, int]
    by_outcome: dict[Outcome, int]
    false_releases: int
    """Parts known to be defective that were released: errors of judgement."""
    false_rejects: int
    """Parts known to be good that were not released."""
    known_defective: int
    known_good: int
    released_without_pass: int
    """Parts that were released without an accepted pass in time and a published one on record: must be 0."""
    latency_ms: dict[str, float]
    deadline_misses: int
    engine_restarts: int
    folder: str
    console: ConsoleEnd | None = None
    """How the console ended, where there was one and it ended first."""
    challenge: str | None = None
    """How the last of its challenges ended, in words; None where none was asked for."""

    @property
    def sound(self) -> bool:
        """Every part is accounted for, and nothing crashed that a person looked at."""
        reconciled = not self.unreconciled and self.accounted == self.triggers
        return reconciled and not (self.console is not None and self.console.crashed)

    def contract(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return self.model_dump(mode="json")

    def print_table(self) -> None:
        """For people, on stdout."""
        from rich.console import Console

        table = Table(title="The line's summary", show_header=False, title_justify="left")
        table.add_row("triggers", str(self.triggers))
        table.add_row("accounted, unreconciled", f"{self.accounted}, {self.unreconciled}")
        table.add_row("decisions", _counts(self.by_action))
        table.add_row("outcomes", _counts(self.by_outcome))
        table.add_row("released without a pass", str(self.released_without_pass))
        table.add_row("defective parts released", f"{self.false_releases} of {self.known_defective}")
        table.add_row("good parts not released", f"{self.false_rejects} of {self.known_good}")
        latency = ", ".join(f"{name} {value:.0f}" for name, value in self.latency_ms.items())
        table.add_row("trigger → accepted result", f"{latency} ms" if latency else "none")
        table.add_row("deadline misses", str(self.deadline_misses))
        if self.challenge is not None:
            table.add_row("challenge", self.challenge)
        if self.engine_restarts:
            table.add_row("engine restarts", str(self.engine_restarts))
        table.add_row("record", self.folder)
        Console().print(table)


def run_demo(
    *,
    headless: bool,
    parts: int,
    rate: float,
    seed: int,
    images: Path | None,
    recipe_name: str | None,
    work: Path | None,
    challenge: bool = False,
) -> DemoSummary:
    """Teach the product, start everything, run, reconcile.

    With a console the run ends when that does, whether it was closed or crashed. A crashed one is not started
    again: a demo is there to be looked at, and a crash that mends itself would not be seen.

    Raises:
        PassgateError: Something did not start, or stopped for good; what ran until then stays on record.
    """
    if not headless and not has_display():
        screen.print("No display: running headless.")
        headless = True
    if headless and not parts:
        parts = HEADLESS_PARTS
    folder = (work or _new_folder()).resolve()
    refuse_unwritable(folder / "settings")
    folder.mkdir(parents=True, exist_ok=True)
    if images is None:
        tables = simulated_tables(folder, seed=seed)
        if challenge:
            tables = {**tables, "challenge": simulated_challenge(seed=seed)}
    else:
        tables = _folder_tables(folder, images, recipe_name)
    with LineRig(folder, tables=tables, parts=parts, rate=rate, seed=seed) as rig:
        if not headless:
            rig.start_console()
        screen.print(f"The line runs: engine {rig.url} (pid {rig.engine_pid}), files in {folder}")
        with progress("parts", parts or None) as bar:
            rig.watch(until=lambda: not (headless or rig.console_open), on_progress=bar.show)
        restarts, console = rig.engine_restarts, rig.console_end
    summary = reconcile(read_plc_log(rig.plc_log), read_record(rig.store), restarts=restarts, folder=folder)
    said = in_words(challenges_on_record(rig.store)) if challenge and images is None else None
    return summary.model_copy(update={"console": console, "challenge": said})


def simulated_tables(folder: Path, *, seed: int, gauges: int = 1, label: bool = False) -> Tables:
    """Teach the simulated product with its pressure gauge; the settings of a line that makes it.

    Args:
        folder: Where its recipe goes.
        seed: The world of parts.
        gauges: How often the gauge is read on each part: as many gauges that take as long as this one.
        label: Whether a code in a view of its own tells each part's serial.
    """
    recipes = folder / "recipes"
    gauge = pressure_gauge(seed=seed, part_id=SIMULATED_FROM)
    others = (gauge.model_copy(update={"name": f"{gauge.name} {number}"}) for number in range(2, gauges + 1))
    read = (gauge, *others)[:gauges]
    cameras: list[dict[str, Any]] = [{"name": "main", "kind": "simulated", "seed": seed}]
    views: tuple[View, ...] = ()
    if label:
        labels = folder.resolve() / "labels"
        read, views = (*read, label_gauge(labels)), (View(name=LABEL, camera=LABEL),)
        cameras.append({"name": LABEL, "kind": "folder", "directory": str(labels), "loop": True})
    taught = teach_simulated(RecipeLibrary(recipes), seed=seed, gauges=read, gauge_views=views)
    return {
        "recipes": str(recipes.resolve()),
        "station": {"name": "Demo line", "recipe": taught.recipe.name},
        "cameras": cameras,
    }


def _folder_tables(folder: Path, images: Path, recipe_name: str | None) -> Tables:
    """The settings of a line that replays ``images``; taught from them where no recipe is named."""
    recipes = folder / "recipes" if recipe_name is None else home() / "recipes"
    library = RecipeLibrary(recipes)
    recipe = _teach_from_parts(images, library) if recipe_name is None else library.recipe(recipe_name)
    picture_files(images)
    return {
        "recipes": str(recipes.resolve()),
        "station": {"name": "Demo line", "recipe": recipe.name},
        "cameras": [
            {
                "name": "main",
                "kind": "folder",
                "directory": str(images.resolve()),
                "loop": True,
                "bit_depth": recipe.levels.bit_depth,
            }
        ],
    }


def reconcile(
    results: Sequence[PartResult], inspections: Sequence[Inspection], *, restarts: int, folder: Path
) -> DemoSummary:
    """Compare, part by part, what the PLC did with what the record says (latest revisions).

    A part that was still on the belt when the line was stopped is on record, and no part of the PLC's log.
    """
    found = account(results, inspections, witness=None, known_action=None, deadline_ms=DEFAULT_DEADLINE_MS)
    on_record = {(one.trigger.plc_boot_id, one.trigger.seq): one for one in inspections}
    false_releases = false_rejects = 0
    known: Counter[bool] = Counter()
    actions: Counter[Action] = Counter()
    for result in results:
        inspection = on_record.get((result.boot_id, result.seq))
        if inspection is None:
            continue
        actions[inspection.decision.action] += 1
        if inspection.truth is not None:
            released = result.outcome is Outcome.RELEASED
            known[inspection.truth.defective] += 1
            false_releases += released and inspection.truth.defective
            false_rejects += not released and not inspection.truth.defective
    latency = Percentiles.of(r.latency_ms for r in results if r.latency_ms is not None)
    return DemoSummary(
        triggers=found.parts,
        accounted=found.accounted,
        unreconciled=found.parts - found.accounted,
        by_action=dict(actions),
        by_outcome=found.by_outcome,
        false_releases=false_releases,
        false_rejects=false_rejects,
        known_defective=known[True],
        known_good=known[False],
        released_without_pass=found.released_without_matching_pass,
        latency_ms=latency.model_dump(exclude={"n"}) if latency else {},
        deadline_misses=sum(result.rejected in LATE for result in results),
        engine_restarts=restarts,
        folder=str(folder),
    )


def _teach_from_parts(images: Path, library: RecipeLibrary) -> Recipe:
    """Teach from every third picture of ``images`` that is not known to be defective.

    They are read one by one, and no further than to the last that is taught.
    """
    recipe = plan(images.resolve().name[:64], library=library)
    count = len(picture_files(images))
    camera = FolderCamera("main", images, loop=False)
    camera.open()
    good: list[Path] = []
    with progress("reading pictures", count) as bar:
        for number in range(1, count + 1):
            frame = camera.capture(0)
            if frame.truth is None or not frame.truth.defective:
                good.append(Path(frame.source))
            bar.show(number)
            if len(good[::EACH_TAUGHT]) == MOST_TAUGHT:
                break
    camera.close()
    chosen = good[::EACH_TAUGHT]
    screen.print(
        f"Teaching from {len(chosen)} pictures of the folder itself: fine for a look, but numbers flatter. "
        "For true ones teach on other parts (passgate recipe teach) and name the recipe with --recipe."
    )
    with progress("teaching", 2 * len(chosen)) as bar:
        taught = teach(recipe, FileFrames(chosen, bar.show, bit_depth=8), tower=EfficientNetLite0())
    library.save(taught)
    return taught.recipe


def _counts(counts: dict[Any, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _new_folder() -> Path:
    """A fresh folder for this demo; only the last few earlier ones are kept."""
    import shutil

    root = home() / "demo"
    earlier = sorted(root.iterdir()) if root.is_dir() else []
    for old in earlier[: max(0, len(earlier) + 1 - KEPT_DEMOS)]:
        shutil.rmtree(old, ignore_errors=True)
    return root / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{time.monotonic_ns() % 1000:03}"
