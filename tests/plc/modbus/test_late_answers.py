"""No answer is ever taken for the answer to another question, however late, lost or doubled answers are.

On a loop whose time passes only where somebody waits, against a peer in memory.
"""

import asyncio
import selectors
import struct
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plc.modbus.stream import Stream
from plc.modbus.transactions import _MADE, Habit
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import LineBlock, VisionBlock
from plc.settings import LinkSettings
from tests.plc.peers import answered

TIMEOUT_S = 0.05
PAUSE_S = 0.02
PROMPT_S = 0.001
LATE_S = (TIMEOUT_S + 0.01, TIMEOUT_S + PAUSE_S + PROMPT_S / 2, 0.1, 0.13)
"""After the time-out: before the next question, just before its answer, while that is overdue, after it."""


class _Instant(selectors.SelectSelector):
    """Waits for nothing: what the loop would wait for has come."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += timeout or 0.0
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.now_s


def run(body: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(body)


@dataclass
class Peer:
    """A PLC behind a gateway: each answer names its question in the line block's trigger_seq."""

    number: Callable[[int], int]
    delays_s: Iterator[tuple[float, ...]]
    """Of each answer and its copies; none for one that is lost."""
    questions: int = 0
    connections: int = 0

    async def connect(self, factory: Callable[[], Stream], *_: object, **__: object) -> tuple[None, Stream]:
        self.connections += 1
        stream = factory()
        stream.connection_made(_Transport(self, stream))
        return None, stream

    def answer(self, request: bytes, stream: Stream) -> None:
        self.questions += 1
        delays_s = next(self.delays_s, (PROMPT_S,))
        (asked,) = struct.unpack(">H", request[:2])
        function = request[7]
        if function == 16:
            pdu = request[7:12]
        else:
            words = LineBlock(boot_id=77, trigger_seq=self.questions).pack()
            pdu = struct.pack(">BB16H", function, 32, *words)
        data = struct.pack(">H", self.number(asked)) + answered(request, pdu)[2:]
        for delay_s in delays_s:
            asyncio.get_running_loop().call_later(delay_s, stream.data_received, data)


class _Transport(asyncio.Transport):
    """What is sent is answered; what comes after the end does not arrive."""

    def __init__(self, peer: Peer, stream: Stream) -> None:
        super().__init__()
        self._peer, self._stream = peer, stream

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._peer.answer(bytes(data), self._stream)

    def abort(self) -> None:
        pass


ONCE: list[tuple[float, ...]] = [(PROMPT_S,), (PROMPT_S,), *((late_s,) for late_s in LATE_S), ()]
TWICE: list[tuple[float, ...]] = [(PROMPT_S, PROMPT_S), (PROMPT_S, 1.5 * PROMPT_S + PAUSE_S), LATE_S]
TELL_NOTHING = {Habit.ZERO, Habit.OWN}


@st.composite
def gateways(draw: st.DrawFn) -> tuple[Habit, list[tuple[float, ...]]]:
    """What is made of the numbers; when each answer comes. No copies where numbers tell nothing."""
    habit = draw(st.sampled_from([*_MADE, Habit.OWN]))
    answers = ONCE if habit in TELL_NOTHING else ONCE + TWICE
    return habit, draw(st.lists(st.sampled_from(answers), max_size=30))


@pytest.mark.parametrize("telegrams", ["fc23", "fc16-fc03", "auto"])
@given(gateway=gateways(), check=st.sampled_from(["strict", "gateway"]))
def test_what_is_read_is_the_answer_to_the_last_question(
    telegrams: str, gateway: tuple[Habit, list[tuple[float, ...]]], check: str
) -> None:
    habit, delays_s = gateway
    own = iter(range(0x4321, 0x7FFF))
    peer = Peer(_MADE.get(habit, lambda _: next(own)), iter(delays_s))

    async def body() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.get_running_loop(), "create_connection", peer.connect)
            wire = Wire(
                LinkSettings.model_validate(
                    {"telegrams": telegrams, "transaction_check": check, "timeout_ms": 1000 * TIMEOUT_S}
                )
            )
            read = 0
            for beat in range(40):
                try:
                    if not wire.connected:
                        await wire.connect()
                    line = await (
                        wire.exchange(VisionBlock(heartbeat=beat, boot_id=3))
                        if wire.has_read
                        else wire.read()
                    )
                except WireError as failure:
                    if failure.dead:
                        wire.close()
                    elif check == "gateway":
                        raise AssertionError(
                            "a question without its answer leaves no connection behind"
                        ) from None
                else:
                    read += 1
                    assert line.trigger_seq == peer.questions, "the answer to this question and no other"
                await asyncio.sleep(PAUSE_S)
            assert (read > 0) is (check == "gateway" or habit is Habit.RIGHT)

    run(body())
