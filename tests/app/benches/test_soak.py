"""The soak's file says truly what ran, how it ended, and what did not run at all."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.benches.soak import RUNS, Run, Soak, soak
from inspection.errors import SettingsError
from tests.app.running import Passgate, assert_one_line

ROOT = Path(__file__).parents[3]


def run(name: str, code: str, limit_s: float = 60.0) -> Run:
    return Run(name=name, arguments=("-c", code), limit_s=limit_s)


SOUND = run("sound", "print('noise'); print('{\"kept\": true, \"parts\": 7}')")
BROKEN = run("broken", "import sys; print('{\"kept\": false}'); sys.exit('what is the matter')")
MISSING = Run(name="missing", arguments=("-m", "app", "bench", "no-such-bench", "--json"), limit_s=60.0)
HANGS = run("hangs", "import time; print('it began', flush=True); time.sleep(600)", limit_s=1.0)


def ran(into: Path, *runs: Run, only: tuple[str, ...] = ()) -> Soak:
    told: list[tuple[int, str]] = []
    soak(root=ROOT, into=into, runs=runs, only=only, on_progress=lambda *now: told.append(now))
    assert told[-1] == (len(told) - 1, "")
    return Soak.model_validate_json(into.read_text(encoding="utf-8"))


def test_each_run_is_in_the_file_with_its_result_its_end_and_its_commit(tmp_path: Path) -> None:
    found = ran(tmp_path / "soak.json", SOUND, BROKEN)
    sound, broken = found.runs["sound"], found.runs["broken"]
    assert (sound.kept, sound.exit_code, sound.result) == (True, 0, {"kept": True, "parts": 7})
    assert (broken.kept, broken.exit_code, broken.result) == (False, 1, {"kept": False})
    assert broken.said == "what is the matter"
    assert re.fullmatch(r"[0-9a-f]{7,}\+?", sound.commit)
    assert found.machine["python"] == sys.version.split()[0]


def test_the_commit_is_the_one_at_which_a_run_began(tmp_path: Path) -> None:
    """Somebody may commit in its ten minutes, and that is not what ran."""
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path))
    empty = ("commit", "-q", "--allow-empty", "-m", "one more")
    for words in (("init", "-q"), empty):
        subprocess.run([*git, *words], check=True, timeout=60.0)
    asked = [*git, "rev-parse", "--short", "HEAD"]
    began = subprocess.run(asked, check=True, timeout=60.0, capture_output=True, text=True).stdout.strip()
    commits = run(
        "commits", f"import subprocess; subprocess.run({[*git, *empty]!r}, check=True); print('{{}}')"
    )
    (tmp_path / "tests").mkdir()
    into = tmp_path / ".git" / "soak.json"
    soak(root=tmp_path, into=into, runs=(commits,), only=(), on_progress=lambda *_: None)
    found = Soak.model_validate_json(into.read_text(encoding="utf-8")).runs["commits"]
    assert found.exit_code == 0, found.said
    assert found.commit == began


def test_a_bench_that_does_not_exist_or_hangs_has_failed(tmp_path: Path) -> None:
    found = ran(tmp_path / "soak.json", MISSING, HANGS)
    missing, hangs = found.runs["missing"], found.runs["hangs"]
    assert (missing.kept, missing.result) == (False, None)
    assert "no-such-bench" in missing.said
    assert (hangs.kept, hangs.exit_code) == (False, None)
    assert "it began" in hangs.said
    assert "ended after its limit" in hangs.said


def test_one_run_is_repeated_and_the_others_stay(tmp_path: Path) -> None:
    into = tmp_path / "soak.json"
    before = ran(into, SOUND, BROKEN)
    after = ran(into, SOUND, run("broken", "print('{}')"), only=("broken",))
    assert after.runs["broken"].kept
    assert after.runs["sound"] == before.runs["sound"]


def test_what_is_not_in_the_file_is_not_kept(tmp_path: Path) -> None:
    assert not ran(tmp_path / "soak.json", SOUND).kept
    sound = ran(tmp_path / "soak.json", SOUND).runs["sound"]
    whole = Soak(machine={}, runs={one.name: sound for one in RUNS})
    assert whole.kept
    failed = whole.runs | {RUNS[-1].name: sound.model_copy(update={"kept": False})}
    assert not Soak(machine={}, runs=failed).kept


def test_mistakes_are_one_line(passgate: Passgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert_one_line(passgate("bench", "soak", "--only", "sope"), "no run sope.*console")
    (tmp_path / "soak.json").write_text("[]", encoding="utf-8")
    wrong = passgate("bench", "soak", "--only", "console", "--into", tmp_path / "soak.json")
    assert_one_line(wrong, "no result of a soak")
    monkeypatch.chdir(tmp_path)
    assert_one_line(passgate("bench", "soak"), "no checkout")


def test_a_result_that_has_no_folder_is_refused_before_hours_are_spent(tmp_path: Path) -> None:
    ran_it = tmp_path / "ran"
    with pytest.raises(SettingsError, match=r"no folder .*nothing was run"):
        ran(tmp_path / "absent" / "soak.json", run("touch", f"open({str(ran_it)!r}, 'w')"))
    assert not ran_it.exists()


def test_the_soak_names_every_dependency_that_is_pinned() -> None:
    """Of each it is said which soak runs it for ten minutes, or that none does, and why."""
    text = (ROOT / "docs/measurements/soak.md").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pinned = re.findall(r'^ {4}"([a-z0-9-]+)==', project.split("[project.optional-dependencies]")[0], re.M)
    assert len(pinned) > 20
    assert [name for name in pinned if f"`{name}`" not in text] == []


def test_the_committed_file_is_readable() -> None:
    path = ROOT / "docs/measurements/soak.json"
    if path.exists():  # until the first soak was run
        assert json.loads(path.read_text(encoding="utf-8"))["schema_version"] == 1
        Soak.model_validate_json(path.read_text(encoding="utf-8"))
