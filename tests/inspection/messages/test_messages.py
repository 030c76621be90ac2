"""What the station says to people: every code in every language, with the same parameters."""

import errno
import math
import pickle
import re
from pathlib import Path
from string import Formatter

import pytest

from inspection.decision import Action, DecidedBy
from inspection.errors import CameraError, PassgateError, StoreError, in_words
from inspection.events import Event, EventKind
from inspection.messages.chinese import CHINESE_SENTENCES, CHINESE_TERMS
from inspection.messages.codes import Code
from inspection.messages.english import ENGLISH_SENTENCES
from inspection.messages.message import Message, Sentence, coded, joined
from inspection.messages.telling import CHINESE, ENGLISH, LANGUAGES, originals, say, tell
from inspection.station import guard
from tests.fakes import EPOCH, decision, trigger
from tests.inspection.station.test_guard import RECIPE

PACKAGES = ("app", "inspection", "models", "plc", "reports")
ROOT = Path(__file__).parents[3]
NAMES = {"PLC", "PIN", "Modbus", "mm", "s", "ms", "x", "y", "Passgate", "MB", "FaultReset"}
NAMES |= {"boot_id", "line_base", "part_id", "trigger_seq"}
"""What is called so in every language."""


def parameters(form: str) -> set[tuple[str, str]]:
    """Name and form of each parameter of a sentence."""
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(form) if name is not None}


@pytest.mark.parametrize("code", Code)
def test_every_code_is_said_in_both_languages_with_the_same_parameters(code: Code) -> None:
    english, chinese = ENGLISH_SENTENCES[code], CHINESE_SENTENCES[code]
    assert parameters(english) == parameters(chinese)
    assert english.strip() == english != ""
    assert not set("。.") & {english[-1], chinese[-1]}, "it may stand in front of another one"


@pytest.mark.parametrize("code", Code)
def test_a_chinese_sentence_holds_no_english_word(code: Code) -> None:
    written = re.sub(r"\{[^}]*\}", "", CHINESE_SENTENCES[code])
    assert set(re.findall(r"[A-Za-z_]+", written)) <= NAMES
    assert re.search(r"[\u4e00-\u9fff]", written) or not written.strip(" ，：")


def test_every_word_of_the_trade_is_chinese_or_a_name() -> None:
    for word, chinese in CHINESE_TERMS.items():
        assert not set(re.findall(r"[A-Za-z]+", chinese)) - NAMES, word


def test_no_code_is_unused() -> None:
    written = "".join(
        path.read_text()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "messages" or path.name == "disk.py"
    )
    used = set(re.findall(r"\bCode\.(\w+)", written))
    assert [code for code in Code if code.name not in used] == []


def test_a_code_of_another_version_leaves_its_row_readable_and_is_told_as_it_was_written() -> None:
    message = Message.model_validate_json('{"code": "of_next_year", "params": {"most": 3}}')
    assert message.code == "of_next_year"
    assert Message.model_validate_json(message.model_dump_json()) == message
    assert tell((message,), "three are too many", "zh") == "three are too many"
    known = Message.model_validate_json('{"code": "held_by", "params": {"by": "PLC", "since": ""}}')
    assert known.code is Code.HELD_BY


def test_what_is_told_in_english_is_the_sentence_itself() -> None:
    why = say(Code.TAKES_NO_PART, cause=say(Code.CROWDED, open=257, most=256))
    assert why == "takes no part: closes parts that have no outcome: 257 are open, 256 may be"
    assert ENGLISH.tell(why.coded) == why
    both = joined((why, "", say(Code.LATE_WORK)))
    assert ENGLISH.tell(both.coded) == both


def test_the_same_is_told_in_chinese_in_the_words_of_the_trade() -> None:
    said = say(Code.POLICY_ASKS, action=Action.REWORK, defects="major scratch, minor rust at rim")
    assert said == "the policy asks for rework on: major scratch, minor rust at rim"
    assert CHINESE.tell(said.coded) == "规则要求返工：严重 划痕、轻微 rust at rim"
    held = say(Code.HELD_BY, by="console of anna on line3 (127.0.0.1:51514)", since="2026-01-01 06:00:00")
    assert (
        CHINESE.tell(held.coded) == "anna（控制台 line3 (127.0.0.1:51514)）已于 2026-01-01 06:00:00 暂停工位"
    )


def test_an_error_is_told_in_short_and_kept_in_its_own_words() -> None:
    error = CameraError(
        "the recipe's view 'top' wants camera 'left', which is not configured",
        todo="name one of: right",
        code=Code.CAMERA_NOT_CONFIGURED,
        params={"view": "top", "camera": "left"},
    )
    assert error.sentence == str(error) == ENGLISH.tell(error.sentence.coded)
    assert CHINESE.tell(error.sentence.coded) == "配方的视图 top 需要相机 left，但设置中没有该相机"
    assert originals(say(Code.NO_CAMERA, cause=error.sentence).coded) == (str(error),)


@pytest.mark.parametrize("kind", PassgateError.__subclasses__())
def test_an_error_without_a_code_of_its_own_has_that_of_its_class(kind: type[PassgateError]) -> None:
    said = in_words(kind("it is so"))
    assert said == "it is so"
    assert "it is so" not in CHINESE.tell(said.coded)
    assert CHINESE.tell(in_words(ValueError("a bug")).coded) == "程序内部错误"


def test_an_error_names_what_the_disk_said_in_every_language() -> None:
    refused = StoreError("a picture cannot be kept: No space left on device", todo="make room")
    refused.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert CHINESE.tell(refused.sentence.coded) == "记录无法写入或读取，请检查磁盘：磁盘空间不足"
    assert ENGLISH.tell(refused.what_happened.coded) == refused.what
    assert CHINESE.tell(StoreError("not open").sentence.coded) == "记录无法写入或读取，请检查磁盘"


def test_what_was_said_without_a_code_is_told_apart() -> None:
    assert coded("somebody's words") == (Message(code=Code.OTHER_ERROR, detail="somebody's words"),)
    assert coded("") == ()
    assert tell((), "an older engine's words", "zh") == "an older engine's words"


def test_a_sentence_goes_to_another_process_with_what_it_says() -> None:
    said = StoreError("no room").sentence
    arrived = pickle.loads(pickle.dumps(said))
    assert (arrived, arrived.coded) == (said, said.coded)


def test_the_record_keeps_codes_beside_sentences_and_reads_rows_from_before() -> None:
    late = guard.undecided(trigger(), recipe=RECIPE, reason=say(Code.DECISION_LATE))
    assert (late.reason, late.coded) == (
        "the decision missed the deadline",
        (Message(code=Code.DECISION_LATE),),
    )
    assert type(late).model_validate_json(late.model_dump_json()) == late
    before = decision(Action.PASS)
    assert "coded" not in before.model_dump_json(), "what has no codes stays the bytes that it was"
    event = Event(at=EPOCH, kind=EventKind.HALTED, by="plc", detail="the PLC restarted")
    assert "coded" not in event.model_dump_json()
    told = event.model_copy(update={"coded": say(Code.PLC_RESTARTED).coded})
    assert Event.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_row_that_speaks_of_a_number_that_is_not_finite_can_be_read_again(value: float) -> None:
    """JSON has no such number: a row that holds one would keep the engine from starting again."""
    said = say(Code.GAUGE_ABOVE, gauge="p1", value=value, unit="bar", uncertainty=0.1, limit=2.0)
    kept = guard.undecided(trigger(), recipe=RECIPE, reason=said)
    read = type(kept).model_validate_json(kept.model_dump_json())
    assert read == kept
    assert ENGLISH.tell(read.coded) == said == f"gauge p1 reads {value:g} ± 0.1 bar, above its limit 2"
    assert CHINESE.tell(read.coded) == f"仪表 p1 读数 {value:g} ± 0.1 bar，高于上限 2"


def test_a_decision_made_stricter_says_why_in_every_language() -> None:
    stricter = decision(Action.PASS).stricter(
        Action.REWORK, decided_by=DecidedBy.GUARD, reason=say(Code.GAUGE_UNREADABLE, gauge="p1")
    )
    assert (stricter.reason, CHINESE.tell(stricter.coded)) == (
        "gauge p1 could not be read",
        "仪表 p1 无法读取",
    )
    assert isinstance(stricter.sentence, Sentence)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "message",
    [
        Message(code=Code.MODEL_LATE, params={"called": "the language model"}),
        Message(code=Code.TOO_CLOSE, causes=(Message(code=Code.CROWDED, params={"opened": 3}),)),
    ],
    ids=["it lacks a parameter", "a cause with another's parameters"],
)
def test_a_code_that_does_not_fit_its_sentence_of_today_is_told_as_it_was_written(
    message: Message, language: str
) -> None:
    """Such as one from the record of another version: the console once failed over it."""
    assert tell((message,), "what was written then", language) == "what was written then"


def test_languages_are_known_by_their_codes() -> None:
    assert {code: language.code for code, language in LANGUAGES.items()} == {"en": "en", "zh": "zh"}
