"""A name that cannot be looked up is said to be so at once, and a silent name server holds nothing up."""

import asyncio
import socket
import threading

import pytest

from plc.modbus.lookup import Lookup
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.settings import LinkSettings


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "::1"])
def test_an_address_needs_no_look_up(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert asyncio.run(Lookup(address).addresses(patience_s=0.0)) == [address]


def test_a_name_server_that_is_silent_costs_one_thread_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    asked: list[str] = []

    def silent(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answered.wait(5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.5", 0))]

    async def go() -> None:
        wire = Wire(LinkSettings(host="press-7", timeout_ms=20))
        monkeypatch.setattr(socket, "getaddrinfo", silent)
        for _ in range(5):
            with pytest.raises(WireError, match="the name 'press-7' is still being looked up"):
                await wire.connect()
        assert asked == ["press-7"]
        answered.set()
        assert await wire._connection._lookup.addresses(patience_s=5) == ["10.0.0.5"], (
            "the next attempt takes it up"
        )
        assert wire.counters.connect_failures == 5

    asyncio.run(go())


def test_an_unknown_name_is_named_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unknown(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def go() -> None:
        wire = Wire(LinkSettings(host="press-7", timeout_ms=250))
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        for _ in range(2):
            with pytest.raises(WireError, match="does not know the name 'press-7'"):
                await wire.connect(patience_s=5)
        assert asked == ["press-7", "press-7"]

    asyncio.run(go())
