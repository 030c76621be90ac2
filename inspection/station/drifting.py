"""Watches whether parts that pass still look as those that were taught, behind their decisions.

It touches no decision: it takes the scores of parts that are decided already, in a thread of its own, and
what comes of it is an alarm. Where that thread lags, a part is left out.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.drift.usual import UsualView
from inspection.drift.watch import ViewWatch
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.part import Frame
from inspection.pictures.looks import look_of
from inspection.recipe import Recipe, View

log = structlog.get_logger(__name__)

_MOST_WAITING: Final = 4
"""Parts that wait for the thread, at most."""


class DriftWatch:
    """Watches the views of one recipe. Lives in the event loop.

    Args:
        recipe: The active recipe.
        usual: What was usual for its views when it was taught.
        alarm: Told where the scores of a view have risen.
        well: Told when those of all views are back.
        seen: Whether somebody has seen that alarm: what there is then counts as usual here from then on.
        note: Puts on record what the alarm says.
    """

    def __init__(
        self,
        *,
        recipe: Recipe,
        usual: Sequence[UsualView],
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        seen: Callable[[], bool],
        note: Callable[[Sentence], None],
    ) -> None:
        known = {one.view: one for one in usual}
        self._views: list[tuple[View, ViewWatch | None]] = []
        for view in recipe.views:
            one = known.get(view.name)
            watch = None if one is None or one.scores is None else ViewWatch(one, one.scores)
            self._views.append((view, watch))
        self._alarm, self._well, self._seen, self._note = alarm, well, seen, note
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drift")
        self._waiting = 0
        if unwatched := [view.name for view, watch in self._views if watch is None]:
            log.warning(
                "drift is not watched: the recipe does not say how good parts scored when it was taught",
                recipe=recipe.name,
                views=unwatched,
                todo="teach it again, from at least five parts or groups of them: passgate recipe teach",
            )

    def close(self) -> None:
        """Let go of the thread; does not wait for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def passed(self, frames: Sequence[Frame], scores: Sequence[float]) -> None:
        """Take a part that passed. Never raises.

        Args:
            frames: Its pictures, one a view, in the order of the recipe's views.
            scores: The defect score of each; none where the inspector does not say.
        """
        if len(scores) != len(self._views) or len(frames) != len(scores) or self._waiting >= _MOST_WAITING:
            return
        self._waiting += 1
        try:
            told = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._take, frames, scores, self._seen()
            )
        except Exception as error:  # the part's decision stands, and so must the station
            log.warning("drift was not watched", exc_info=error)
            return
        finally:
            self._waiting -= 1
        for said in told:
            self._alarm(AlarmCode.PICTURES_DRIFT, said)
            self._note(said)
        if not any(watch is not None and watch.drifted for _, watch in self._views):
            self._well(AlarmCode.PICTURES_DRIFT)

    def _take(self, frames: Sequence[Frame], scores: Sequence[float], seen: bool) -> list[Sentence]:
        """What is to be said of views whose scores have risen now; in the thread."""
        told: list[Sentence] = []
        for (view, watch), frame, score in zip(self._views, frames, scores, strict=True):
            if watch is None:
                continue
            if seen and watch.drifted:
                watch.accept()
            known = watch.drifted
            watch.passed(score, partial(look_of, frame, view))
            if watch.drifted and not known:
                height, width = frame.picture.shape[:2] if view.region is None else view.region[:1:-1]
                moved = watch.causes(size=(width, height))
                told.append(say(Code.PICTURES_DRIFT, view=view.name, cause=moved))
        return told
