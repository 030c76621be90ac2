"""An engine that tells which file called which."""

import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app.testline.call_trace import Call, Trace, Tracer

NEAR = """
import asyncio
import house.far as far
import house.words as words

async def take():
    return await far.keep(1)

def ask():
    return words.through(far.answer)

def run():
    return asyncio.run(take())
"""
FAR = """
import asyncio

async def keep(number):
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return number

def answer():
    return 7
"""
WORDS = """
def through(call):
    return call()
"""


@pytest.fixture
def near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "house").mkdir()
    for name, text in {"__init__": "", "near": NEAR, "far": FAR, "words": WORDS}.items():
        (tmp_path / "house" / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("house.near")
    for name in [name for name in sys.modules if name.split(".")[0] == "house"]:
        del sys.modules[name]


def watched(tmp_path: Path, what: Callable[[], object], *way: str) -> list[Call]:
    with Tracer(tmp_path, way) as tracer:
        what()
    return list(tracer.calls)


def test_a_coroutine_that_goes_on_is_one_call_with_one_return(near: ModuleType, tmp_path: Path) -> None:
    seen = watched(tmp_path, near.run, "house.near", "house.far")
    assert [(call.caller, call.function, call.ends) for call in seen if call.callee == "house.far"] == [
        ("house.near", "keep", False),
        ("house.near", "keep", True),
    ]


def test_what_is_not_on_the_way_is_looked_through(near: ModuleType, tmp_path: Path) -> None:
    calls = [call for call in watched(tmp_path, near.ask, "house.near", "house.far") if not call.ends]
    assert [(call.caller, call.function) for call in calls] == [("", "ask"), ("house.near", "answer")]
    every = [call for call in watched(tmp_path, near.ask, "house") if call.function == "answer"]
    assert [call.caller for call in every] == ["house.words", "house.words"]


def test_threads_that_begin_while_it_watches_are_watched_by_name(near: ModuleType, tmp_path: Path) -> None:
    def in_a_thread() -> None:
        thread = threading.Thread(target=near.ask, name="pictures")
        thread.start()
        thread.join()

    seen = watched(tmp_path, in_a_thread, "house")
    assert {call.thread for call in seen} == {"pictures"}


def test_what_was_written_is_read_and_cut_at_moments(near: ModuleType, tmp_path: Path) -> None:
    with Tracer(tmp_path, ("house",)) as tracer:
        near.ask()
    tracer.write(tmp_path / "trace.jsonl")
    trace = Trace.read(tmp_path / "trace.jsonl")
    assert trace.calls == tuple(tracer.calls)
    last = trace.began_utc_s + trace.calls[-1].at_s
    assert trace.between(trace.began_utc_s, last + 1e-3) == trace.calls
    assert trace.between(last + 1.0, last + 2.0) == ()


def test_nothing_is_watched_any_more_at_its_end(near: ModuleType, tmp_path: Path) -> None:
    with Tracer(tmp_path, ("house",)) as tracer:
        pass
    near.ask()
    assert not tracer.calls
