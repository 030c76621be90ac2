"""``passgate bench damage``: no damaged file judges milder than the true one, and all end in words.

A recipe is taught, another one with what labels taught, a third with a trained eye, and the shipped adapter
is taken as it is and sealed. Each file is damaged in every way of ``app.benches.damage.files``; whatever
can still be loaded judges the same pictures as the true file.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch

from app.benches.damage.files import Damage, damaged
from app.recipes.inspecting import inspect_one
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.recipe_file import Taught
from app.recipes.teaching import teach_simulated
from app.settings.station import InspectorKind, ModelTable
from inspection.cameras.simulated import SimulatedCamera
from inspection.decision import Action, Frozen
from inspection.errors import PassgateError
from inspection.part import Frame
from inspection.recipe import EIGHT_BITS
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.eye.eye import Choice, TrainedEye, Tried, channels_of
from models.eye.net import EyeNet
from models.eye.rule import EyeRule, Opinions, Told
from models.eye.seeing import SeeingMemory
from models.memory.adaptation import Adaptation, AdaptedMemory, Direction, Rule
from models.memory.cells import CellNet
from models.memory.embedding import moments
from models.memory.memory import NormalityMemory
from models.memory.normal import Whole
from models.vla import checkpoint

_NAME: Final = "cover"
_GOOD_PARTS: Final = 24
_PICTURES: Final = 8
_MOST_TOLD: Final = 20


class Counted(Frozen):
    """What became of files that were damaged in one way."""

    refused: int = 0
    """In words that a person can act on."""
    loaded: int = 0
    milder: int = 0
    """Those of the loaded that were less strict on any picture than the true file."""
    stricter: int = 0


class DamageBench(Frozen):
    """What became of all damaged files."""

    kept: bool
    """None judged milder and none ended in a traceback. A crafted file whose digest was made anew may judge
    milder: that is found by the certificate and the record, which name the file's SHA-256."""
    files: int
    refused: int
    loaded: int
    milder: int
    """Without those whose digest was made anew."""
    tracebacks: tuple[str, ...]
    """Which file, and what was raised; the first 20."""
    wordless: int
    """Refused without saying what it means for the part and what to do."""
    by_damage: dict[str, Counted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One true file, and how a file in its place judges."""

    name: str
    path: Path
    """Where damaged files are put."""
    data: bytes
    other: bytes
    """Of another sound file of its kind."""
    ways: tuple[Damage, ...]
    judged: Callable[[], list[Action]]
    """What the file at ``path`` makes of some pictures. Raises PassgateError where it is refused."""


def bench_damage(
    files: int, *, seed: int, on_progress: Callable[[int], None] = lambda _: None
) -> DamageBench:
    """Damage ``files`` recipes and adapters, and judge with what can be loaded.

    Args:
        files: In turn of every true file and every way.
        seed: Of the damage; the same files again.
        on_progress: Told how many files are done.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-damage-") as name:
        subjects = [*_recipes(Path(name)), *_adapters(Path(name))]
        return count(subjects, files, seed=seed, on_progress=on_progress)


def count(
    subjects: Sequence[Subject], files: int, *, seed: int, on_progress: Callable[[int], None] = lambda _: None
) -> DamageBench:
    """Damage ``files`` files, in turn of ``subjects``, and judge with what can be loaded."""
    true = [subject.judged() for subject in subjects]
    counted: dict[Damage, Counter[str]] = {damage: Counter() for damage in Damage}
    tracebacks: list[str] = []
    for number in range(files):
        turn, index = divmod(number, len(subjects))
        subject = subjects[index]
        way = subject.ways[turn % len(subject.ways)]
        rng = random.Random(f"{seed} {number}")  # noqa: S311 nothing secret
        subject.path.write_bytes(damaged(subject.data, other=subject.other, damage=way, rng=rng))
        try:
            counted[way].update(_compared(subject.judged(), true[index]))
        except PassgateError as error:
            counted[way].update(refused=1, wordless=not (error.what and error.part and error.todo))
        except Exception as error:
            tracebacks.append(f"{number} {subject.name}, {way}: {type(error).__name__}: {error}"[:300])
        on_progress(number + 1)
    for subject in subjects:
        subject.path.write_bytes(subject.data)
    return _result(files, counted, tracebacks)


def _result(files: int, counted: Mapping[Damage, Counter[str]], tracebacks: list[str]) -> DamageBench:
    everything = sum(counted.values(), Counter())
    milder = everything["milder"] - counted[Damage.RESEALED]["milder"]
    return DamageBench(
        kept=not milder and not tracebacks and not everything["wordless"],
        files=files,
        refused=everything["refused"],
        loaded=everything["loaded"],
        milder=milder,
        tracebacks=tuple(tracebacks[:_MOST_TOLD]),
        wordless=everything["wordless"],
        by_damage={
            damage: Counted(**{name: found[name] for name in Counted.model_fields})
            for damage, found in counted.items()
        },
    )


def _compared(found: list[Action], true: list[Action]) -> Counter[str]:
    pairs = list(zip(found, true, strict=True))
    milder = any(one.strictness < other.strictness for one, other in pairs)
    stricter = any(one.strictness > other.strictness for one, other in pairs)
    return Counter(loaded=1, milder=milder, stricter=stricter)


def _recipes(work: Path) -> list[Subject]:
    """A taught recipe, the same with what labels taught, and with an eye, each in a library of its own."""
    pictures, tower = _pictures(), EfficientNetLite0()
    kinds: dict[str, Callable[[NormalityMemory], NormalityMemory]] = {
        "recipe": lambda memory: memory,
        "adapted recipe": lambda memory: AdaptedMemory(memory, _adaptation(tower)),
        "recipe with an eye": lambda memory: SeeingMemory(memory, _eye(tower)),
    }
    found: dict[str, list[tuple[RecipeLibrary, Path]]] = {name: [] for name in kinds}
    for seed in (1, 2):
        taught = teach_simulated(RecipeLibrary(work / f"taught {seed}"), seed=seed, good_parts=_GOOD_PARTS)
        for name, kind in kinds.items():
            library = RecipeLibrary(work / f"{name} {seed}")
            memories = {view: kind(memory) for view, memory in taught.memories.items()}
            found[name].append((library, library.save(Taught(taught.recipe, memories))))
    subjects = []
    for name, ((library, path), (_, other)) in found.items():
        subjects.append(
            Subject(
                name=name,
                path=path,
                data=path.read_bytes(),
                other=other.read_bytes(),
                ways=tuple(Damage),
                judged=partial(_judged, library, pictures, None),
            )
        )
    return subjects


def _adaptation(tower: EfficientNetLite0) -> Adaptation:
    """What labels might have taught; nothing was learned for it, since only whether it survives is asked."""
    frame = _pictures()[0]
    height, width = (side - side % 32 for side in frame.picture.shape[:2])
    maps = tower.features([EIGHT_BITS.of(frame)[:height, :width]])
    fine, middle = (maps.maps[stride].shape[1] for stride in sorted(maps.maps)[:2])
    whole = moments(maps)
    return Adaptation(
        nets=[CellNet(tower.tail(), fine_channels=fine, middle_channels=middle)],
        direction=Direction(weights=0.001 * whole / whole.norm(), offset=0.0),
        rule=Rule(memory=1.0, whole=0.5, cells=0.01, offset=0.0, threshold=3.0, cell_level=5.0),
        tower_sha256=tower.sha256,
        good=_GOOD_PARTS,
        defective=_GOOD_PARTS,
    )


def _eye(tower: EfficientNetLite0) -> TrainedEye:
    """What training might have left; likewise."""
    drawn = np.random.default_rng(0).normal(size=(_GOOD_PARTS, 4)).tolist()
    opinions = [Opinions(eye=a, patches=b, whole=20.0 + c, closer=20.0 + d) for a, b, c, d in drawn]
    channels = channels_of(tower)
    of_pictures = np.random.default_rng(1).normal(size=(_GOOD_PARTS, 4 * sum(channels.values())))
    working = Tried(height=224, width=288, told=1.0)
    return TrainedEye(
        [EyeNet(channels) for _ in range(2)],
        whole=Whole.learn(torch.from_numpy(of_pictures).float(), shrinkage=0.5),
        tower=tower,
        working=(working.height, working.width),
        taught_on=_GOOD_PARTS,
        rule=EyeRule.of(
            opinions,
            np.array([one.eye for one in opinions]),
            range(_GOOD_PARTS),
            told=Told(whole=0.8, patches=0.7, eye=0.9),
            overkill=0.1,
        ),
        choice=Choice(sizes=(working,), least_px=4.0, lessons=1, auroc_memory=0.5, auroc_eye=1.0, error=0.1),
    )


def _adapters(work: Path) -> list[Subject]:
    """The shipped adapter, as it ships and sealed."""
    library = RecipeLibrary(work / "judged by adapters")
    teach_simulated(library, seed=1, good_parts=_GOOD_PARTS)
    pictures = _pictures()
    shipped, sealed = work / "shipped.safetensors", work / "sealed.safetensors"
    shipped.write_bytes(checkpoint.SHIPPED.read_bytes())
    sealed.write_bytes(shipped.read_bytes())
    header, extra = checkpoint.read_header(sealed), checkpoint.read_extra(sealed)
    checkpoint.rewrite(sealed, header, extra=extra)
    other = work / "other.safetensors"
    other.write_bytes(sealed.read_bytes())
    extra = {name: tensor + 1 for name, tensor in extra.items()}
    checkpoint.rewrite(other, header.model_copy(update={"trust": 0.0, "version": "other"}), extra=extra)
    of_digest = (Damage.NO_DIGEST, Damage.FROM_BEFORE, Damage.RESEALED)
    return [
        Subject(
            name=path.stem,
            path=path,
            data=path.read_bytes(),
            other=other.read_bytes(),
            ways=tuple(way for way in Damage if path is sealed or way not in of_digest),
            judged=partial(_judged, library, pictures, path),
        )
        for path in (shipped, sealed)
    ]


def _judged(library: RecipeLibrary, pictures: list[Frame], adapter: Path | None) -> list[Action]:
    kind = InspectorKind.REFLEX if adapter is None else InspectorKind.VLA
    recipe, inspector = build_inspector(library, _NAME, model=ModelTable(inspector=kind, adapter=adapter))
    inspector.prepare(recipe)
    return [inspect_one(frame, recipe=recipe, inspector=inspector).action for frame in pictures]


def _pictures() -> list[Frame]:
    """Good and defective parts that were not taught."""
    camera = SimulatedCamera("main", seed=7, variation=Variation(defect_rate=0.7))
    camera.open()
    return [camera.capture(1 + number) for number in range(_PICTURES)]
