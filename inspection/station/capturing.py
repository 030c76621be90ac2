"""The pictures of one part: each view's camera is called in a thread of its own, all at once.

A camera that misses the deadline costs the part its pass, and is a straggler until it has come back.

Where a gauge is read off several pictures, its camera is asked again before the part may move, for a third of
the time until the deadline at most. What is not there by then, no gauge is read off.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.errors import CameraError, PassgateError
from inspection.messages.codes import Code
from inspection.messages.message import joined
from inspection.messages.telling import say
from inspection.part import Frame
from inspection.ports import Camera, Clock
from inspection.recipe import Recipe, View
from inspection.station.gauging.pictures_wanted import pictures_wanted
from inspection.station.waiting import Stragglers, done_by

log = structlog.get_logger(__name__)

_SHARE_FOR_MORE: Final = 3
"""Further pictures may take this part of the time until the deadline; the rest is the inspector's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The pictures of one part, and when they were taken, on the monotonic clock."""

    frames: tuple[Frame, ...]
    """One a view, in the order of the recipe's views and then its views for gauges."""
    more: Mapping[str, tuple[Frame, ...]] = field(default_factory=dict)
    """Further pictures by view, in the order in which they were taken, for gauges that want several."""
    called_ns: int
    """When the first camera was called."""
    taken_ns: int
    """When the last picture was there: the part may move."""


class Cameras:
    """The cameras of one station. Lives in the event loop; each camera has a thread.

    Args:
        cameras: By the names that the recipe's views use.
        recipe: The active recipe: its views say which cameras are called.
        clock: Time.
        alarm: Told where there is no picture.
        well: Told where there is one again.
        on_free: Called when a camera that was late has come back.
    """

    def __init__(
        self,
        cameras: Mapping[str, Camera],
        *,
        recipe: Recipe,
        clock: Clock,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        on_free: Callable[[], None],
    ) -> None:
        self.frames: dict[str, Frame] = {}
        """The newest picture of each camera; the part's own, where it took one for gauges as well."""
        self._cameras = cameras
        self._views: tuple[View, ...] = (*recipe.views, *recipe.gauge_views)
        self._inspected = len(recipe.views)
        self._wanted = pictures_wanted(recipe)
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._faults: dict[str, str] = {}
        """The last capture's, by camera; "" stands for what is no single camera's."""
        self._late = Stragglers(clock, on_free=on_free)
        self._threads = {
            name: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"camera-{name}") for name in cameras
        }

    @property
    def simulated(self) -> bool:
        """Some camera's pictures do not show the part on the belt."""
        return any(camera.simulated for camera in self._cameras.values())

    @property
    def busy(self) -> bool:
        """A camera is still at work on a picture that is late."""
        return bool(self._late)

    @property
    def fault(self) -> str:
        """Why no picture could be taken now, as far as known; a camera that watches itself is asked.

        A camera that no view of the recipe uses keeps no part from its picture.
        """
        faults = dict(self._faults)
        for name, camera in self._cameras.items():
            if name not in {view.camera for view in self._views}:
                faults.pop(name, None)
            elif (known := camera.fault) is not None:
                faults[name] = known
        return joined(faults.values())

    async def open(self) -> None:
        """Make the cameras ready.

        A real camera that is off does not keep the station from starting: it goes on trying by itself, and
        until it succeeds every part goes to manual review.

        Raises:
            CameraError: A simulated camera cannot be opened: nothing will mend that by itself.
        """
        loop = asyncio.get_running_loop()
        for name, camera in self._cameras.items():
            try:
                await loop.run_in_executor(self._threads[name], camera.open)
            except CameraError as error:
                if camera.simulated:
                    raise
                self._faults[name] = error.sentence
                self._alarm(AlarmCode.NO_PICTURE, error.sentence)

    def close(self) -> None:
        """Let go of cameras and threads; does not wait for what hangs."""
        for camera in self._cameras.values():
            camera.close()
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)

    async def capture(self, part_id: int, *, deadline_ns: int) -> Captured:
        """Take the pictures of the part under the camera.

        Args:
            part_id: Matters only to simulated cameras.
            deadline_ns: On the monotonic clock.

        Raises:
            TimeoutError: Not all of them were there by the deadline.
            PassgateError: A camera gave none, or the recipe wants a camera that is not configured.
        """
        asked_ns = self._clock.monotonic_ns()
        try:
            called_ns, frames = await self._late.before(deadline_ns, self._shoot_all(part_id))
        except TimeoutError:
            self._alarm(AlarmCode.NO_PICTURE, say(Code.NO_PICTURE_IN_TIME))
            raise
        except PassgateError as error:
            self._alarm(AlarmCode.NO_PICTURE, error.sentence)
            raise
        self._faults.clear()
        self._well(AlarmCode.NO_PICTURE)
        more = await self._shoot_more(
            part_id, until_ns=asked_ns + (deadline_ns - asked_ns) // _SHARE_FOR_MORE
        )
        return Captured(frames=frames, more=more, called_ns=called_ns, taken_ns=self._clock.monotonic_ns())

    async def _shoot_all(self, part_id: int) -> tuple[int, tuple[Frame, ...]]:
        """When the first camera was called, on the monotonic clock, and what they gave."""
        loop = asyncio.get_running_loop()
        shooting = []
        for view in self._views:
            camera = self._cameras.get(view.camera)
            if camera is None:
                error = CameraError(
                    f"the recipe's view {view.name!r} wants camera {view.camera!r}, which is not configured",
                    part="the part goes to manual review",
                    todo=f"name one of: {', '.join(self._cameras)}",
                    code=Code.CAMERA_NOT_CONFIGURED,
                    params={"view": view.name, "camera": view.camera},
                )
                self._faults[""] = error.sentence
                raise error
            shooting.append(loop.run_in_executor(self._threads[view.camera], self._shoot, camera, part_id))
        try:
            shots = await asyncio.gather(*shooting)
        except BaseException:  # of one camera; the others are at work still
            for shot in shooting:
                if not shot.done():
                    self._late.add(shot)
            raise
        frames = tuple(frame for _, frame in shots)
        ranked = (*frames[self._inspected :], *frames[: self._inspected])
        self.frames.update({frame.camera: frame for frame in ranked})
        return min(called_ns for called_ns, _ in shots), frames

    async def _shoot_more(self, part_id: int, *, until_ns: int) -> dict[str, tuple[Frame, ...]]:
        """Further pictures of the views whose gauges want several: such as there are by ``until_ns``."""
        loop = asyncio.get_running_loop()
        shooting = {
            view.name: loop.run_in_executor(
                self._threads[view.camera],
                self._shoot_again,
                *(self._cameras[view.camera], part_id, self._wanted[view.name] - 1, until_ns),
            )
            for view in self._views
            if view.name in self._wanted
        }
        more = {}
        for name, shot in shooting.items():
            if await done_by(until_ns, shot, self._clock):
                more[name] = shot.result()
            else:
                self._late.add(shot)
        return more

    def _shoot_again(self, camera: Camera, part_id: int, pictures: int, until_ns: int) -> tuple[Frame, ...]:
        """So many pictures more, or fewer where time or the camera does not allow it; in its thread."""
        frames: list[Frame] = []
        try:
            while len(frames) < pictures and self._clock.monotonic_ns() < until_ns:
                frames.append(camera.capture(part_id))
        except PassgateError as error:  # the part has its picture; only a gauge lacks some
            log.warning("a further picture was not taken", camera=camera.name, error=str(error))
        return tuple(frames)

    def _shoot(self, camera: Camera, part_id: int) -> tuple[int, Frame]:
        """One picture, and when the camera was called; in the camera's thread."""
        called_ns = self._clock.monotonic_ns()
        try:
            return called_ns, camera.capture(part_id)
        except PassgateError as error:
            self._faults[camera.name] = error.sentence
            raise
