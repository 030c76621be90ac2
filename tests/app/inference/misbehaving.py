"""A model that does to its process what a part's number asks for."""

import os
import signal
import struct
import time
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from app.inference import process
from app.inference.process import Built
from inspection.decision import Action, ModelRef
from inspection.errors import RecipeError
from inspection.motion.chunk import NOMINAL_LINE, MotionChunk, ProposedMotion
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from tests.fakes import decision

MODEL = ModelRef(name="fake", version="1", sha256="")
RECIPE = Recipe(id=1, version=1, name="cover")


class Deed(IntEnum):
    """What happens where a part of this number is inspected; any other part is judged well."""

    HANGS = 1
    DIES = 2
    STOPS = 3
    SAYS_GARBAGE = 4
    ANSWERS_FOR_ANOTHER_PART = 5
    REFUSES = 6
    HAS_A_BUG = 7
    SAYS_TOO_MUCH = 8
    STOPS_AMID_ITS_ANSWER = 9


LOSES_ITS_PROCESS = (
    Deed.HANGS,
    Deed.DIES,
    Deed.STOPS,
    Deed.SAYS_GARBAGE,
    Deed.ANSWERS_FOR_ANOTHER_PART,
    Deed.SAYS_TOO_MUCH,
    Deed.STOPS_AMID_ITS_ANSWER,
)


def belt_speed_mm_s(part_id: int) -> float:
    """How fast it would have the belt run for a part."""
    return 100.0 + part_id


class MisbehavingInspector:
    """Its decision's reason is the brightness of the first pixel: the picture has arrived."""

    model = MODEL
    fault = ""

    def watch(self, changed: Callable[[], None]) -> None:
        pass

    def close(self) -> None:
        pass

    def prepare(self, recipe: Recipe) -> None:
        if recipe.name == "untaught":
            raise RecipeError("it was not taught", part="no part", todo="teach it")

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        match part_id:
            case Deed.HANGS:
                while True:
                    time.sleep(60.0)
            case Deed.DIES:
                os.kill(os.getpid(), signal.SIGKILL)
            case Deed.STOPS:
                os.kill(os.getpid(), signal.SIGSTOP)
            case Deed.SAYS_GARBAGE:
                vars(process)["packed"] = lambda _: b"\x00\xff{{"
            case Deed.SAYS_TOO_MUCH:
                vars(process)["packed"] = lambda _: b" " * 2_000_000
            case Deed.STOPS_AMID_ITS_ANSWER:
                vars(process)["_told"] = _begin_to_tell
            case Deed.ANSWERS_FOR_ANOTHER_PART:
                part_id += 1
            case Deed.REFUSES:
                raise RecipeError("the picture has another size", part="a person looks", todo="teach again")
            case Deed.HAS_A_BUG:
                raise ZeroDivisionError("division by zero")
        seen = ", ".join(str(frame.picture.flat[0]) for frame in frames)
        said = decision(
            Action.PASS, part_id=part_id, trigger_seq=trigger_seq, recipe=recipe.ref, reason=seen, model=MODEL
        )
        chunk = MotionChunk(belt_speed_mm_s=(belt_speed_mm_s(part_id),) * 10, diverter_angle_deg=(0.0,) * 10)
        motion = ProposedMotion(chunk=chunk, physics=NOMINAL_LINE, meant=Action.PASS)
        return InspectionResult(decision=said, motion=motion, words=partial(self.say, part_id))

    def say(self, part_id: int, *, go_on: Callable[[], bool]) -> str:
        words = ["because", str(part_id)]
        while len(words) < 100_000 and go_on():
            words.append("of")
            time.sleep(0.001)
        return " ".join(words[:3])


def _begin_to_tell(ours: Connection, _: object) -> None:
    """The length of an answer, as ``send_bytes`` puts it, and nothing more."""
    os.write(ours.fileno(), struct.pack("!i", 1000))
    time.sleep(3600.0)


def build(version: int | None) -> Built:
    """In the inference process."""
    return Built(RECIPE, MisbehavingInspector())


def build_among(newest: Path, version: int | None) -> Built:
    """Of recipes of which ``newest`` names the last version that was taught."""
    taken = version or int(newest.read_text())
    return Built(RECIPE.model_copy(update={"version": taken}), MisbehavingInspector())


def build_nothing(version: int | None) -> Built:
    """A recipe that there is not."""
    raise RecipeError("there is no recipe 'cover'", part="the station does not start", todo="teach it")


def build_without_rights(version: int | None) -> Built:
    """A file that the service's user may not read."""
    raise PermissionError(13, "Permission denied", "recipes")


def die_at_once(version: int | None) -> Built:
    """A process that ends before it is ready."""
    os._exit(3)
