"""An inspector whose models live in a process of their own, killed and started anew where they hang or crash.

Frames reach the process by shared memory, decisions come back as JSON. What has not answered by a part's
deadline plus a grace is killed (``app.inference.supervision``). Meanwhile the station says that it waits for
the model and takes no part.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from app.inference.messages import Enough, Explain, Explained, Inspect, Judged, Refused
from app.inference.pictures import SharedPictures
from app.inference.process import Build
from app.inference.supervision import TURN_S, SupervisedProcess, in_ns, nonsense
from app.inference.worker import Worker, WorkerLostError, raised
from inspection.certification.certificate import Certification
from inspection.decision import ModelRef
from inspection.drift.usual import UsualView
from inspection.errors import InspectorError
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.unheard import Unheard

GRACE_S: Final = 1.0
START_TIMEOUT_S: Final = 120.0
"""To build the inspector and to prepare a recipe, each."""
EXPLAIN_TIMEOUT_S: Final = 30.0
"""Then the explanation has to end."""
ENOUGH_TIMEOUT_S: Final = 2.0
"""From the end of an explanation being asked for to its end."""


class SupervisedInspector:
    """Implements ``Inspector`` over an inference process.

    ``inspect`` and ``prepare``, and the words of a result, are called in one thread at a time, as the port
    says.

    Args:
        build: Builds the inspector, in the process; called again for each new one.
        start_timeout_s: To build it.
        grace_s: After a part's deadline; a process that has not answered then hangs.

    Raises:
        PassgateError: It cannot be built; as ``build`` raised it.
    """

    def __init__(
        self, build: Build, *, start_timeout_s: float = START_TIMEOUT_S, grace_s: float = GRACE_S
    ) -> None:
        self._grace_ns = int(grace_s * 1e9)
        self._pictures = SharedPictures()
        self._process = SupervisedProcess(
            build,
            start_timeout_s=start_timeout_s,
            on_lost=self._pictures.close,  # whatever became of that memory: the next process gets new one
        )
        ready = self._process.ready
        self.recipe: Recipe = ready.recipe
        """What the inspector was built for."""
        self.unheard: Unheard = ready.unheard
        """What of it nobody hears."""
        self.certification: Certification = ready.certification
        """Whether a certificate holds for recipe and model."""
        self.usual: tuple[UsualView, ...] = ready.usual
        """What was usual for the recipe's views when it was taught."""
        self._model = ready.model

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    @property
    def fault(self) -> str:
        """Why no part can be judged now; empty where one can."""
        return self._process.fault

    @property
    def peak_memory_mb(self) -> float:
        """Largest resident size of an inference process so far, in MB (10⁶ bytes)."""
        return self._process.peak_mb

    @property
    def pid(self) -> int | None:
        """The inference process's; None while there is none."""
        return self._process.pid

    @property
    def replaced(self) -> int:
        """How often a process was killed or found dead."""
        return self._process.replaced

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called, from any thread, when ``fault`` has changed."""
        self._process.changed = changed

    def prepare(self, recipe: Recipe) -> None:
        """See ``Inspector``. Raises PassgateError as the inspector does, or where its process is lost."""
        self._process.prepare(recipe)

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """See ``Inspector``; back at the latest a grace after the deadline.

        Raises:
            PassgateError: As the inspector does.
            InspectorError: The process was lost, or is being started anew.
        """
        until_ns = deadline_ns + self._grace_ns
        with self._process.talking(until_ns=until_ns) as worker:
            if recipe is not self._process.prepared and recipe != self._process.prepared:
                raise InspectorError(
                    f"recipe {recipe.name!r} was not prepared", part="the part goes to manual review"
                )
            places = self._pictures.put(frames)
            bare = tuple(replace(frame, picture=np.empty((0, 0, 3), frame.picture.dtype)) for frame in frames)
            question = Inspect(self._process.number(), bare, places, part_id, trigger_seq, deadline_ns)
            worker.ask(question)
            answer = self._process.expect(
                worker, question.number, until_ns=until_ns, otherwise="did not answer in time"
            )
            if not isinstance(answer, Judged):
                raise nonsense()
            decision = answer.decision
            asked = (part_id, trigger_seq, recipe.ref, self._model)
            if (decision.part_id, decision.trigger_seq, decision.recipe, decision.model) != asked:
                raise nonsense()
            return InspectionResult(
                decision=decision,
                motion=None if answer.motion is None else answer.motion.arrived(),
                scores=answer.scores,
                words=partial(self._explain, worker, question.number) if answer.words else None,
            )

    def _explain(self, judge: Worker, of: int, *, go_on: Callable[[], bool]) -> str:
        """The words on a part; see ``LaterWords``. Raises InspectorError where the process is lost over it.

        Args:
            judge: The process that judged the part; another one has no words on it.
            of: The number of the question that the part was judged by.
            go_on: Asked all the while.
        """
        until_ns = in_ns(EXPLAIN_TIMEOUT_S)
        with self._process.talking(until_ns=until_ns) as worker:
            if worker is not judge:
                return ""
            question = Explain(self._process.number(), of)
            worker.ask(question)
            ended = False
            while (answer := worker.answer(question.number, until_ns=in_ns(TURN_S))) is None:
                over = time.monotonic_ns() >= until_ns
                if ended and over:
                    raise WorkerLostError("the model did not end its sentence")
                if not ended and (over or not go_on()):
                    ended, until_ns = True, in_ns(ENOUGH_TIMEOUT_S)
                    worker.ask(Enough())
            if isinstance(answer, Refused):
                raise raised(answer)
            if not isinstance(answer, Explained):
                raise nonsense()
            return answer.text

    def close(self) -> None:
        """End the process. May be called twice."""
        self._process.close()
        self._pictures.close()
