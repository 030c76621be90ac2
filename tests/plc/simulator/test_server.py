"""The simulated PLC's registers: how long the vision heartbeat stood is told by the telegrams that came."""

import asyncio
import time
from dataclasses import replace

import pytest

from plc.register_map.registers import VISION_BASE, VISION_SIZE, VisionBlock
from plc.simulator.server import PlcServer

MS = 1_000_000


class Written:
    """A server that is written to, at times that the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = PlcServer(host="127.0.0.1", port=0)
        self._now_ns = 0
        monkeypatch.setattr(time, "monotonic_ns", lambda: self._now_ns)

    def beat(self, heartbeat: int, *, at_ms: int) -> None:
        self._now_ns = at_ms * MS
        words = replace(VisionBlock(), heartbeat=heartbeat).pack()
        access = self.server._access(16, VISION_BASE, VISION_BASE, VISION_SIZE, [0] * VISION_SIZE, words)
        assert asyncio.run(access) is None


def test_the_longest_pause_between_two_beats_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    plc = Written(monkeypatch)
    for heartbeat, at_ms in ((1, 1000), (2, 1020), (3, 1110), (4, 1130)):
        plc.beat(heartbeat, at_ms=at_ms)
    assert plc.server.vision_still_ns == 90 * MS


def test_a_telegram_without_a_new_beat_is_no_life(monkeypatch: pytest.MonkeyPatch) -> None:
    plc = Written(monkeypatch)
    for heartbeat, at_ms in ((1, 1000), (1, 1020), (1, 1040), (2, 1060)):
        plc.beat(heartbeat, at_ms=at_ms)
    assert plc.server.vision_still_ns == 60 * MS


def test_the_time_that_the_plc_was_off_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    plc = Written(monkeypatch)
    plc.beat(1, at_ms=1000)
    plc.server.clear()
    plc.beat(2, at_ms=9000)
    plc.beat(3, at_ms=9020)
    assert plc.server.vision_still_ns == 20 * MS
