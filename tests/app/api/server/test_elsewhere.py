"""The API beyond this machine: by TLS alone, at one address, called by the names that it has."""

import asyncio
import json
import os
import ssl
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from app.access.doors.messages import People
from app.api.engine.supervisor import ApiProcess, ServedElsewhere, bind
from app.api.server.gate import OriginRules, RefusedError
from app.api.server.tls import server_context
from app.engine.elsewhere import refuse_without_users
from app.settings.station import ApiTable, load
from inspection.errors import SettingsError
from tests.app.access.doors.people import MES_KEY, FakeLooking, Noted, Seconds, doors_of
from tests.app.api.engine.test_supervisor import PATIENCE_S
from tests.app.api.serving import FakeEngine, bearer
from tests.plc.authority import OPENSSL, Authority

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="makes certificates")
HERE = "127.0.0.2"
"""Another address of this machine, which needs no network."""


@needs_openssl
@pytest.mark.e2e
def test_beyond_loopback_it_is_served_by_tls_alone_and_on_loopback_as_before(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "plant")
    certificate, key = authority.issue("station", alt=f"IP:{HERE}")
    trusted = ssl.create_default_context(cafile=authority.certificate)

    async def go() -> None:
        engine = FakeEngine(tmp_path)
        await engine.doors.look()
        listener = bind(0)
        port = listener.getsockname()[1]
        elsewhere = ServedElsewhere(bind(port, address=HERE), (HERE, "station7"), certificate, key)
        api = ApiProcess(listener, version="0", elsewhere=elsewhere)
        api.start()
        running = asyncio.create_task(api.run(engine))
        known, url = bearer(MES_KEY), f"https://{HERE}:{port}"
        try:
            async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, verify=trusted) as client:
                assert (await client.get(f"http://127.0.0.1:{port}/api/state", headers=known)).is_success
                assert (await client.get(f"{url}/api/state", headers=known)).is_success
                assert (await client.get(f"{url}/api/state")).status_code == 401
                wrong = await client.get(f"{url}/api/state", headers={**known, "Host": f"127.0.0.1:{port}"})
                assert wrong.status_code == 400
                page = {**known, "Origin": f"http://{HERE}:{port}"}
                assert (await client.get(f"{url}/api/state", headers=page)).status_code == 403
                with pytest.raises(httpx.HTTPError):
                    await client.get(f"http://{HERE}:{port}/api/health")
            stream = f"wss://{HERE}:{port}/api/stream"
            async with connect(stream, ssl=trusted, additional_headers=known, proxy=None) as socket:
                assert json.loads(await socket.recv())["station"] == "Station 1"
            assert api.starts == 1
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


@needs_openssl
def test_what_is_no_certificate_and_key_is_said_before_anything_is_served(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "plant")
    certificate, key = authority.issue("station")
    _, other = authority.issue("other")
    server_context(certificate, key)
    for one, two, said in (
        (tmp_path / "absent.pem", key, "No such file"),
        (key, certificate, r"\[api\] certificate and key cannot be used"),
        (certificate, other, "KEY_VALUES_MISMATCH"),
    ):
        with pytest.raises(SettingsError, match=said):
            server_context(one, two)


def station(folder: Path, api: str) -> Path:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\nrecipe = "cover"\n[[cameras]]\nname = "main"\nkind = "simulated"\n[api]\n{api}\n'
    )
    return config


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ('bind = "192.168.1.5"', "needs certificate and key"),
        ('bind = "192.168.1.5"\ncertificate = "a.pem"', "needs certificate and key"),
        ('bind = "0.0.0.0"\ncertificate = "a.pem"\nkey = "a.key"', "one network card"),
        ('bind = "::"\ncertificate = "a.pem"\nkey = "a.key"', "one network card"),
        ('bind = "127.0.0.1"\ncertificate = "a.pem"\nkey = "a.key"', "leave it out"),
        ('bind = "station7"\ncertificate = "a.pem"\nkey = "a.key"', "IP address"),
    ],
)
def test_it_is_opened_further_only_as_it_may_be(tmp_path: Path, api: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(station(tmp_path, api))


def test_files_of_the_certificate_are_beside_the_stations_file(tmp_path: Path) -> None:
    read = load(station(tmp_path, 'bind = "192.168.1.5"\ncertificate = "a.pem"\nkey = "tls/a.key"')).api
    assert (read.certificate, read.key) == (tmp_path / "a.pem", tmp_path / "tls" / "a.key")
    assert ApiTable().bind is None


@pytest.mark.skipif(os.name == "nt", reason="another number there")
def test_an_address_that_is_not_this_machines_is_named() -> None:
    with pytest.raises(SettingsError, match=r"no address 203\.0\.113\.7"):
        bind(0, address="203.0.113.7", patience_s=0.0)


def test_hosts_of_elsewhere_are_none_on_loopback_and_the_other_way_round() -> None:
    rules = OriginRules(8730, ("192.168.1.5", "Station7", "fd00::5"))
    for scheme, host in (("https", "192.168.1.5"), ("wss", "station7"), ("https", "[fd00::5]")):
        rules.check({"scheme": scheme, "headers": [(b"host", f"{host}:8730".encode())]})
    for scheme, host in (("http", "192.168.1.5"), ("https", "127.0.0.1"), ("https", "evil")):
        with pytest.raises(RefusedError):
            rules.check({"scheme": scheme, "headers": [(b"host", f"{host}:8730".encode())]})


@pytest.mark.parametrize("people", [None, People(any_user=False)], ids=["unreadable", "nobody"])
def test_it_is_not_opened_while_nobody_could_sign_in(people: People | None) -> None:
    looking = FakeLooking()

    async def go() -> None:
        await refuse_without_users(doors_of(looking, note=Noted(), seconds=Seconds()))

    asyncio.run(go())
    looking.people = people
    with pytest.raises(SettingsError, match="knows no user"):
        asyncio.run(go())
