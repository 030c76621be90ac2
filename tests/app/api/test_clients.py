"""Who asked, in words that may go into log and record."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.clients import CLIENT_HEADER, declared, named
from inspection.status import Mode
from tests.app.api.serving import FakeEngine, in_engine

ADDRESS = ("127.0.0.1", 51514)


def test_a_client_is_known_by_its_name_and_its_address() -> None:
    assert named("console of anna on line3", ADDRESS) == "console of anna on line3 (127.0.0.1:51514)"
    assert named(declared("控制台 of 王伟"), ADDRESS) == "控制台 of 王伟 (127.0.0.1:51514)"
    assert named(None, ADDRESS) == "an unnamed client (127.0.0.1:51514)"


@pytest.mark.parametrize("header", ["a\nb", "a%0Ab", "%1b[2J", "<script>", "a" * 65, "%ff", "\u202egnp"])
def test_what_is_no_name_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"X-Passgate-Client|codec"):
        named(header, ADDRESS)


@given(st.text())
def test_whatever_a_client_calls_itself_can_be_said(name: str) -> None:
    who = named(declared(name), ADDRESS)
    assert len(who) <= 128
    assert who.isprintable()


@in_engine
async def test_what_is_ordered_is_known_by_who_ordered_it(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    await client.post("/api/commands/hold", headers={CLIENT_HEADER: declared("console of 王伟 on line3")})
    assert "console of 王伟 on line3 (127.0.0.1:" in engine.status().mode_reason
    await client.post("/api/commands/start")
    unnamed = await client.post("/api/commands/hold", headers={CLIENT_HEADER: "<b>anna</b>"})
    assert unnamed.status_code == 400
    assert engine.station.mode is Mode.IDLE
