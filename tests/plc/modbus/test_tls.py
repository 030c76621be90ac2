"""Modbus/TCP Security with real TLS peers: who may speak, and what is said where somebody may not."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymodbus.server import ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from inspection.errors import SettingsError
from inspection.line_events import LinkChanged
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import LINE_SIZE, LineBlock, VisionBits, VisionBlock
from plc.settings import LinkSettings
from tests.plc.authority import OPENSSL, Authority
from tests.plc.handshaking import RUNNING
from tests.plc.peers import ScriptedPlc, eventually, free_port, raw_server, refused, running, says

pytestmark = pytest.mark.skipif(
    OPENSSL is None, reason="no openssl program here to make certificates: TLS is NOT tested"
)

LINE = LineBlock(boot_id=77, heartbeat=5, part_id=0x10002)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "plant")


@pytest.fixture(scope="module")
def client(ours: Authority) -> dict[str, object]:
    certificate, key = ours.issue("passgate")
    return {"ca": ours.certificate, "certificate": certificate, "key": key}


def settings_for(port: int, tls: dict[str, object], **changes: object) -> LinkSettings:
    return LinkSettings.model_validate({"port": port, "timeout_ms": 250, "tls": tls} | changes)


async def refusal(port: int, tls: dict[str, object]) -> tuple[str, dict[str, int]]:
    """Why there is no exchange, and what was counted."""
    wire = Wire(settings_for(port, tls))

    async def talk() -> None:
        await wire.connect()
        await wire.read()  # with TLS 1.3 the server's refusal comes only after the handshake

    with pytest.raises(WireError) as error:
        await talk()
    wire.close()
    counters = {name: n for name, n in wire.counters if n and name != "connections"}
    return str(error.value), counters


def test_an_exchange_over_tls_with_certificates_on_both_sides(
    ours: Authority, client: dict[str, object]
) -> None:
    async def go() -> None:
        async with ScriptedPlc(LINE, tls=ours.server()) as plc:
            wire = Wire(settings_for(plc.port, client))
            await wire.connect()
            assert await wire.read() == LINE
            assert await wire.exchange(VisionBlock(heartbeat=4)) == LINE
            assert plc.vision.heartbeat == 4
            assert wire.peer_certificate()["notAfter"] == "Dec 31 23:59:59 2049 GMT"
            wire.close()

    asyncio.run(go())


@contextlib.asynccontextmanager
async def pymodbus_over_tls(context: ssl.SSLContext) -> AsyncIterator[int]:
    """pymodbus's own TLS server with the line block in it."""
    port = free_port()
    values = [*LINE.pack(), *[0] * (200 - LINE_SIZE)]
    device = SimDevice(id=0, simdata=[SimData(0, values=values, datatype=DataType.REGISTERS)])
    server = ModbusTlsServer(device, address=("127.0.0.1", port), sslctx=context)
    await server.serve_forever(background=True)
    try:
        yield port
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def test_a_tls_server_that_we_did_not_write_understands_us(
    ours: Authority, client: dict[str, object]
) -> None:
    async def go() -> None:
        async with pymodbus_over_tls(ours.server("foreign")) as port:
            wire = Wire(settings_for(port, client))
            await wire.connect()
            assert await wire.read() == LINE
            assert await wire.exchange(VisionBlock(heartbeat=4)) == LINE
            assert (await wire.read_vision()).heartbeat == 4
            wire.close()

    asyncio.run(go())


def test_the_whole_link_runs_over_tls_and_comes_back_after_a_cut(
    ours: Authority, client: dict[str, object]
) -> None:
    async def go() -> None:
        plc = ScriptedPlc(LineBlock(boot_id=77, bits=RUNNING), tls=ours.server("link"))
        async with plc:

            def beat(_: bytes, answer: bytes) -> list[tuple[float, bytes]]:
                plc.registers[1] += 1
                return [(0.0, answer)]

            plc.always = beat
            async with running(plc.port, timeout_ms=250, tls=client) as link:
                await link.until(LinkChanged)
                plc.lined_up.append(lambda *_: None)
                await link.until(LinkChanged, count=3)  # up, down, up
                await eventually(lambda: VisionBits.ONLINE in plc.vision.bits)
                assert link.line.diagnostics().secure
                assert link.line.counters().reconnects == 1

    asyncio.run(go())


def test_a_plc_that_has_answered_over_tls_and_then_closes_is_no_matter_of_certificates(
    ours: Authority, client: dict[str, object]
) -> None:
    async def go() -> None:
        async with ScriptedPlc(LINE, tls=ours.server("busy")) as plc:
            plc.lined_up.extend([says(lambda request, _: refused(request, 6)), lambda *_: None])
            wire = Wire(settings_for(plc.port, client))
            await wire.connect()
            with pytest.raises(WireError, match="busy"):
                await wire.read()
            with pytest.raises(WireError, match="closed the connection"):
                await wire.read()
            assert (wire.counters.busy, wire.counters.closed, wire.counters.tls_failures) == (1, 1, 0)
            wire.close()

    asyncio.run(go())


def test_a_server_of_another_authority_is_refused(tmp_path: Path, client: dict[str, object]) -> None:
    async def go() -> None:
        async with ScriptedPlc(tls=Authority(tmp_path, "somebody else").server()) as plc:
            reason, counted = await refusal(plc.port, client)
            assert "not signed by plc.tls.ca" in reason
            assert "may be another device" in reason
            assert counted == {"tls_failures": 1}
            assert plc.requests == []

    asyncio.run(go())


@pytest.mark.parametrize(
    ("issued", "words"),
    [
        ({"end": "20210101000000Z"}, "it has expired. Renew it on the PLC"),
        ({"start": "20480101000000Z"}, "not valid yet. Check the clocks"),
        ({"alt": "DNS:plc.plant"}, "not made out to 127.0.0.1. Check host, or set plc.tls.server_name"),
    ],
    ids=["expired", "not yet valid", "another name"],
)
def test_a_bad_certificate_of_the_plc_is_said_in_words(
    ours: Authority, client: dict[str, object], issued: dict[str, str], words: str
) -> None:
    name = "-".join(issued)
    context = ours.server(f"bad-{name}-{len(words)}", **issued)

    async def go() -> None:
        async with ScriptedPlc(tls=context) as plc:
            reason, counted = await refusal(plc.port, client)
            assert words in reason
            assert counted == {"tls_failures": 1}

    asyncio.run(go())


def test_the_name_in_the_certificate_may_be_said(ours: Authority, client: dict[str, object]) -> None:
    async def go() -> None:
        async with ScriptedPlc(LINE, tls=ours.server("named", alt="DNS:plc.plant")) as plc:
            wire = Wire(settings_for(plc.port, client | {"server_name": "plc.plant"}))
            await wire.connect()
            assert await wire.read() == LINE
            wire.close()

    asyncio.run(go())


@pytest.fixture
def a_stranger(tmp_path: Path, client: dict[str, object]) -> dict[str, object]:
    """Our settings, with a certificate that the PLC does not know."""
    certificate, key = Authority(tmp_path, "strangers").issue("stranger")
    return client | {"certificate": certificate, "key": key}


def test_a_plc_that_drops_our_certificate_without_a_word_is_suspected(
    ours: Authority, a_stranger: dict[str, object]
) -> None:
    """asyncio's TLS server closes without an alert."""

    async def go() -> None:
        async with ScriptedPlc(LINE, tls=ours.server("strict")) as plc:
            reason, counted = await refusal(plc.port, a_stranger)
            assert "broke off the TLS handshake. Check that it trusts the authority" in reason
            assert counted == {"tls_failures": 1}
            assert plc.requests == []

    asyncio.run(go())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_plc_that_refuses_our_certificate_is_said_to_do_so(
    ours: Authority, a_stranger: dict[str, object], version: ssl.TLSVersion
) -> None:
    """OpenSSL on a socket sends an alert, as TLS wants it."""
    context = ours.server(f"alert-{version.name}")
    context.maximum_version = version

    def serve(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer.dup() as still_open:  # or the client's next words would reset the connection, and the alert
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(peer, server_side=True) as secured:
                secured.recv(1)
            while still_open.recv(1024):
                pass

    async def go() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(asyncio.to_thread(serve, listener))
            reason, counted = await refusal(listener.getsockname()[1], a_stranger)
            await serving
            assert "the PLC refuses the TLS connection" in reason
            assert "unknown ca" in reason
            assert counted == {"tls_failures": 1}

    asyncio.run(go())


def test_plain_modbus_where_tls_was_expected_is_named(client: dict[str, object]) -> None:
    async def go() -> None:
        async with raw_server(lambda _: b"\x00\x01\x00\x00\x00\x03\x01\x83\x01") as port:
            reason, counted = await refusal(port, client)
            assert "does not speak TLS" in reason
            assert counted == {"tls_failures": 1}

    asyncio.run(go())


def test_tls_is_never_left_out_because_it_does_not_work(ours: Authority, client: dict[str, object]) -> None:
    """A plain server is not spoken to in plain, and old versions are not gone back to."""
    old = ours.server("old")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    async def go() -> None:
        async with ScriptedPlc(tls=old) as plc:
            _, counted = await refusal(plc.port, client)
            assert counted == {"tls_failures": 1}
            assert plc.requests == []

    asyncio.run(go())


@pytest.mark.parametrize("key", ["ca", "certificate", "key"])
def test_a_file_that_is_missing_or_no_pem_is_named(
    tmp_path: Path, client: dict[str, object], key: str
) -> None:
    with pytest.raises(SettingsError, match=rf"plc\.tls\.{key} .*nowhere"):
        Wire(settings_for(1, client | {key: tmp_path / "nowhere.pem"}))
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no PEM")
    with pytest.raises(SettingsError, match=rf"plc\.tls\.{key}.* cannot be used"):
        Wire(settings_for(1, client | {key: garbage}))


def test_a_key_that_is_encrypted_or_anothers_is_refused_at_once(
    tmp_path: Path, ours: Authority, client: dict[str, object]
) -> None:
    with pytest.raises(SettingsError, match="belongs to the certificate"):
        Wire(settings_for(1, client | {"key": ours.issue("other")[1]}))
    locked = tmp_path / "locked.key"
    assert OPENSSL is not None
    subprocess.run(
        [
            OPENSSL,
            "pkey",
            "-aes256",
            "-passout",
            "pass:secret",
            "-in",
            str(client["key"]),
            "-out",
            str(locked),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with pytest.raises(SettingsError, match="not encrypted"):
        Wire(settings_for(1, client | {"key": locked}))
