"""The API process beside the line: it may die, hang or be ended, and comes back; the port is the engine's."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.api.engine.supervisor import ApiProcess, bind
from inspection.errors import SettingsError
from tests.app.access.doors.people import MES_KEY
from tests.app.api.serving import FakeEngine, bearer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

PATIENCE_S = 20.0


@asynccontextmanager
async def served(engine: FakeEngine) -> AsyncIterator[tuple[ApiProcess, httpx.AsyncClient]]:
    """A real API process before a station around which everything is faked."""
    await engine.doors.look()
    listener = bind(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    api = ApiProcess(listener, version="0", leave_s=PATIENCE_S)
    api.start()
    running = asyncio.create_task(api.run(engine))
    try:
        async with httpx.AsyncClient(
            base_url=url, timeout=PATIENCE_S, trust_env=False, headers=bearer(MES_KEY)
        ) as client:
            yield api, client
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def pid_after(client: httpx.AsyncClient, api: ApiProcess, before: int) -> int:
    """The next API process's, once it answers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await client.get("/api/state")
            except httpx.HTTPError:  # it was asked as it died
                continue
            if api.pid not in (None, before):
                assert api.pid is not None
                return api.pid


def test_an_api_process_that_dies_comes_back_and_the_engine_goes_on(tmp_path: Path) -> None:
    async def go() -> None:
        async with served(FakeEngine(tmp_path)) as (api, client):
            assert (await client.get("/api/health")).json()["status"] == "ok"
            first = api.pid
            assert first is not None
            assert first != os.getpid()
            os.kill(first, signal.SIGKILL)
            second = await pid_after(client, api, first)
            os.kill(second, signal.SIGTERM)
            await pid_after(client, api, second)
            assert api.starts == 3

    asyncio.run(go())


def test_the_api_process_ends_with_the_engine_and_leaves_the_port(tmp_path: Path) -> None:
    async def go() -> int:
        async with served(FakeEngine(tmp_path)) as (api, client):
            await client.get("/api/health")
        assert api.pid is None
        assert api.killed == 0, "it goes by itself"
        return int(client.base_url.port or 0)

    port = asyncio.run(go())
    bind(port, patience_s=0.0).close()


def test_a_port_in_use_is_said_in_words() -> None:
    first = bind(0)
    try:
        with pytest.raises(SettingsError, match="is in use"):
            bind(first.getsockname()[1], patience_s=0.0)
    finally:
        first.close()


def test_a_fault_in_what_serves_people_does_not_end_the_engine(tmp_path: Path) -> None:
    broken = pytest.MonkeyPatch()

    async def go() -> None:
        engine = FakeEngine(tmp_path)

        class Broken:
            @property
            def version(self) -> int:
                raise ZeroDivisionError("on purpose")

        broken.setattr(engine, "station", Broken())
        async with served(engine) as (api, client):
            async with asyncio.timeout(PATIENCE_S):
                while api.starts < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            broken.undo()
            await pid_after(client, api, before=0)

    asyncio.run(go())
