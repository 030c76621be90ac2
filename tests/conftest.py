"""What all tests share: no screen, a home of their own, and the base weights."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

from app.command_line.logs import log_to_stderr
from tests import skips

if TYPE_CHECKING:
    from tests.reports.postgresql import Server

# How long an example takes says how busy the machine is, and nothing of the code: benches measure time.
settings.register_profile("new examples", deadline=None)
# The same in each run of CI, so fewer do: new ones are looked for everywhere else.
settings.register_profile("same examples", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("same examples" if "PASSGATE_SAME_EXAMPLES" in os.environ else "new examples")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the programs do (app/__init__.py)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped for want of something fails (tests/skips.py)."""
    report = yield
    if skips.required():
        skips.forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    if skips.required():
        skips.forbid(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests come first, so that no worker begins one when the others have ended."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("e2e")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def _logs_as_in_the_programs() -> None:
    """A bench that keeps the logs quiet does so for its own test alone."""
    structlog.reset_defaults()
    log_to_stderr()


@pytest.fixture(scope="session")
def server() -> Iterator["Server"]:
    """A PostgreSQL; one for each process of the tests."""
    from tests.reports.postgresql import running  # here: most tests need none

    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recipes and records of a test lie in its own folder, never in the user's."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PASSGATE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def taught_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the simulated product, taught once for all tests. Not to be written into."""
    from app.recipes.library import RecipeLibrary
    from app.recipes.teaching import teach_simulated

    folder = tmp_path_factory.mktemp("recipes")
    teach_simulated(RecipeLibrary(folder), seed=1, good_parts=24)
    return folder
