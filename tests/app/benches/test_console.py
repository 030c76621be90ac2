"""The console on a real X screen, touched with real events; the long soak itself is ``make soak``."""

import doctest
from typing import Any

import pytest

from app.benches import console as console_soak
from app.benches.console import MOST_RISE_MB, ConsoleSoak, by_minute, rise, soak_console
from app.testline.virtual_screen import VirtualScreen
from inspection.errors import SettingsError
from tests.app.running import Passgate, assert_one_line

SOUND: dict[str, Any] = {
    "minutes": 10.0,
    "rate_per_min": 120.0,
    "parts": 1100,
    "unreconciled": 0,
    "alive": True,
    "exit_code": 0,
    "said": "",
    "events": 20_000,
    "memory_mb": (180.0, 181.0, 181.0),
    "rise_mb": 1.5,
    "rise_mb_per_h": 20.0,
    "longest_still_s": 5.0,
    "versions": {},
}


def test_a_sound_console_has_nothing_to_complain_of() -> None:
    soak = ConsoleSoak(**SOUND)
    assert soak.kept
    assert soak.model_dump()["complaints"] == ()


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"alive": False, "exit_code": -6}, "it did not live to the end"),
        ({"exit_code": 134}, "its exit code is 134, not 0"),
        ({"exit_code": None}, "its exit code is None, not 0"),
        ({"rise_mb": MOST_RISE_MB + 1}, "its memory rose by 5 MB, more than 4"),
        ({"longest_still_s": 60.0}, "its screen stood still for 60 s"),
        ({"unreconciled": 1}, "1 parts are not accounted for"),
        ({"parts": 300}, "only 300 parts went by"),
    ],
)
def test_each_fault_is_complained_of(fault: dict[str, Any], complaint: str) -> None:
    soak = ConsoleSoak(**SOUND | fault)
    assert not soak.kept
    assert any(said.startswith(complaint) for said in soak.complaints)


def test_memory_is_judged_after_the_warm_up() -> None:
    assert doctest.testmod(console_soak).failed == 0
    leak = [(float(second), 200.0 + second / 60) for second in range(0, 601, 5)]
    warm_up = [(at, size - (30.0 if at < 300 else 0.0)) for at, size in leak]
    assert rise(leak) == rise(warm_up) == pytest.approx((4.0, 60.0))
    assert (rise([]), rise([(0.0, 1.0)])) == ((0.0, 0.0), (0.0, 0.0))
    assert by_minute([(0, 1.0), (59, 3.0), (60, 5.0)]) == (2.0, 5.0)


def test_without_a_screen_the_soak_says_what_to_install(
    passgate: Passgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.testline.virtual_screen.shutil.which", lambda _: None)
    monkeypatch.setattr("app.benches.console.simulated_tables", lambda folder, seed: {})
    said = passgate("bench", "console", "--soak", "--minutes", 1, "--json")
    assert_one_line(said, r"no virtual screen: .*xvfb missing.*apt-get install")
    assert passgate("bench", "console").code != 0


@pytest.fixture
def screen_needed() -> None:
    try:
        with VirtualScreen():
            pass
    except SettingsError as error:
        pytest.skip(str(error))


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("screen_needed")
@pytest.mark.soak
def test_a_real_window_lives_through_touches_and_closes_with_success() -> None:
    seconds: list[int] = []
    soak = soak_console(0.2, seed=7, on_progress=seconds.append)
    assert (soak.alive, soak.exit_code, soak.said) == (True, 0, "")
    assert soak.unreconciled == 0
    assert soak.events > 100
    assert soak.longest_still_s < 10.0
    assert soak.memory_mb
    assert seconds[-1] >= 12
