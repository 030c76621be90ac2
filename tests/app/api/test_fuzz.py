"""Requests that nobody thought of, made from the API's description, against a real API process."""

import asyncio
from pathlib import Path

import pytest

from app.benches.api.fuzz import fuzz
from inspection.status import Mode
from tests.app.access.doors.people import MES_KEY
from tests.app.api.engine.test_supervisor import served
from tests.app.api.serving import FakeEngine, bearer

SAYS_THAT_IT_IS_BUSY = {503, 504}
"""Right answers of a server whose engine gets no processor in time: they say how busy the machine is."""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_no_request_makes_the_server_fail(tmp_path: Path) -> None:
    async def go() -> None:
        engine = FakeEngine(tmp_path)
        station = asyncio.create_task(engine.station.run())
        async with served(engine) as (api, client):
            await client.get("/api/health")
            answers = await asyncio.to_thread(
                fuzz, str(client.base_url).rstrip("/"), bearer(MES_KEY), requests=120
            )
            assert answers.total() == 120
            assert not {status for status in answers if status >= 500} - SAYS_THAT_IT_IS_BUSY
            assert answers[200], "somebody was served"
            assert api.starts == 1
        assert engine.station.mode is not Mode.HELD
        station.cancel()
        await asyncio.gather(station, return_exceptions=True)

    asyncio.run(go())
