"""CI fails where a test was skipped for want of something that CI could install."""

import pytest

from tests import skips

pytest_plugins = ["pytester"]

CONFTEST = "from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport"
TESTS = """
import pytest

@pytest.mark.skipif(True, reason="needs a C compiler, pkg-config and libmodbus-dev")
def test_by_mark(): ...

@pytest.fixture
def program(): pytest.skip("needs a screen")

def test_by_fixture(program): ...

@pytest.mark.skipif(True, reason={allowed!r})
def test_allowed(): ...

@pytest.mark.xfail(reason="a known fault, run all the same")
def test_known_fault(): assert False
"""


@pytest.fixture
def tests_that_skip(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_some=TESTS.format(allowed=skips.ALLOWED[0]))
    pytester.makepyfile(test_whole_file="import pytest\npytest.importorskip('no_such_library')")
    return pytester


def test_elsewhere_a_skip_is_a_skip(
    tests_that_skip: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSGATE_REQUIRE_ALL", raising=False)
    result = tests_that_skip.runpytest("-p", "no:randomly")
    result.assert_outcomes(skipped=4, xfailed=1)
    assert result.ret == pytest.ExitCode.OK


def test_in_ci_only_the_named_reasons_may_skip(
    tests_that_skip: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_REQUIRE_ALL", "1")
    result = tests_that_skip.runpytest("-p", "no:randomly", "--continue-on-collection-errors")
    result.assert_outcomes(errors=3, skipped=1, xfailed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines_random(
        ["*skipped, where nothing may be: needs a C compiler*", "*nothing may be: needs a screen*"]
    )
