"""Promise 6, without Qt: the rules of age, of the look back and of the buttons."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.console.client.replies import CommandProblem, CommandReply, ContactTrouble, Received
from app.console.screens.run.model.details import CountsTopic, PartTopic, details
from app.console.screens.run.model.shown import RunView
from app.console.screens.run.model.state import (
    FAILURE_NOTICE_S,
    LOOK_BACK_S,
    NOTICE_S,
    STALE_AFTER_S,
    Contact,
    RunState,
)
from app.console.screens.run.model.view import present
from app.console.widgets.phrases import Sign, age_text, percent
from app.console.widgets.signs import Shape, Tone
from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import Words
from inspection.certification.certificate import UNCERTIFIED, Certificate, Certification
from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, MissedCause, Outcome
from inspection.status import Command, Counts, Health, Mode, Percentiles, StationStatus
from tests.app.console import samples
from tests.fakes import certificate


def heard(status: StationStatus, at_s: float = 0.0) -> RunState:
    state = RunState()
    state.take(Received(status=status, at_s=at_s))
    return state


def view_of(state: RunState, now_s: float, words: Words = EN) -> RunView:
    return present(state, now_s=now_s, words=words, url="http://engine")


def bypassed(**changes: Any) -> StationStatus:
    """The key is turned: the newest part went by uninspected, the one before it passed."""
    last = samples.inspection(
        513,
        Action.MANUAL_REVIEW,
        outcome=Outcome.DEFAULT_REJECTED,
        missed=MissedCause.BYPASS,
        published=False,
        pictures=(),
    )
    recent = (last, *samples.status(last_action=Action.PASS).recent[:19])
    fields: dict[str, Any] = {
        "bypassed": True,
        "mode": Mode.SUSPENDED,
        "last": last,
        "recent": recent,
    }
    return samples.status(**(fields | changes))


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_a_bypassed_line_never_looks_as_if_it_were_inspected(words: Words) -> None:
    view = view_of(heard(bypassed()), 0.1, words)
    assert view.bypass_banner == words.bypassed
    assert view.header.mode.word == words.modes[Mode.SUSPENDED]
    assert view.header.mode.tone is Tone.CAUTION
    assert view.part is not None
    assert view.part.muted
    assert view.part.sign.word == words.not_inspected
    assert view.part.sign.word not in words.actions.values()
    assert {value for name, value in view.part.facts if name in (words.deviation, words.decided)} == {"–"}
    assert view.part.warning is not None
    assert words.missed_causes[MissedCause.BYPASS] in view.part.warning.word
    assert [cell.action.word for cell in view.strip[:2]] == [
        words.not_inspected_short,
        words.actions_short[Action.PASS],
    ]


def test_a_pass_of_a_second_ago_is_hollow_as_soon_as_the_key_is_turned() -> None:
    status = samples.status(last_action=Action.PASS)
    before = view_of(heard(status), 0.1).part
    after = view_of(heard(status.model_copy(update={"bypassed": True})), 0.1).part
    assert before is not None
    assert after is not None
    assert (before.muted, after.muted) == (False, True)


def test_the_bypass_banner_goes_with_the_key_and_stays_while_nobody_knows() -> None:
    state = heard(bypassed())
    assert view_of(state, 60.0).bypass_banner, "the engine is silent: the key may still be turned"
    state.take(Received(status=samples.status(at=samples.NOON + timedelta(seconds=61)), at_s=61.0))
    assert view_of(state, 61.0).bypass_banner == ""


def test_nothing_is_claimed_before_the_engine_was_heard() -> None:
    view = view_of(RunState(), 5.0)
    assert view.contact is Contact.WAITING
    assert view.stale_banner == "Waiting for the engine at http://engine"
    assert {figure.value for figure in view.production.totals} == {"–"}
    assert view.header.mode.word == "Unknown"
    assert all(tile.health.word == "Unknown" for tile in view.tiles)
    assert view.part is None


def test_a_pass_is_stale_as_soon_as_the_engine_is_silent() -> None:
    state = heard(samples.status(last_action=Action.PASS))
    fresh = view_of(state, STALE_AFTER_S)
    assert fresh.part is not None
    assert (fresh.contact, fresh.part.sign.word, fresh.part.stale) == (Contact.FRESH, "PASS", False)

    stale = view_of(state, 12.0)
    assert stale.part is not None
    assert stale.stale_banner == "STALE 12 s – no contact with the engine"
    assert stale.part.sign.word == "STALE"
    assert stale.part.sign.shape is Shape.DASHED_RING
    assert stale.part.age == "last: PASS, 13 s ago"
    assert stale.header.mode.word == "Unknown"
    assert all(tile.health.word == EN.healths[Health.UNKNOWN] for tile in stale.tiles)
    assert stale.alarms.sign.word == "Alarms unknown for 12 s"


def test_ages_are_those_at_sending_plus_the_time_since() -> None:
    state = heard(samples.status())
    assert [tile.age for tile in view_of(state, 0.0).tiles] == [
        "<1 s old",
        "<1 s old",
        "1 s old",
        "1 s old",
    ]
    assert view_of(state, 60.0).tiles[2].age == "61 s old"
    part = view_of(state, 1.7).part
    assert part is not None
    assert part.age == "3 s ago"


def test_an_engine_that_repeats_itself_does_not_look_alive() -> None:
    status = samples.status()
    state = heard(status)
    for second in range(1, 6):
        state.take(Received(status=status, at_s=float(second)))
    assert state.contact(5.0) is Contact.STALE
    state.take(Received(status=samples.status(at=samples.NOON + timedelta(seconds=6)), at_s=6.0))
    assert state.contact(6.0) is Contact.FRESH


def test_a_decision_of_long_ago_is_hollow_even_with_contact() -> None:
    quiet = samples.status(last=samples.inspection(at=samples.NOON - timedelta(minutes=10)), at=samples.NOON)
    part = view_of(heard(quiet), 0.1).part
    assert part is not None
    assert part.muted
    assert part.age == "10 min ago"


def test_an_old_part_never_looks_live_and_ends_by_itself() -> None:
    state = heard(samples.status())
    state.select(f"{510:032x}", 0.0)
    view = view_of(state, 1.0)
    assert view.part is not None
    assert view.part.banner.startswith("OLD PART – trigger 510")
    assert view.part.age.startswith("OLD PART")
    assert view.part.muted
    assert view.live_label == "Live (14)"
    assert [cell.seq for cell in view.strip if cell.selected] == ["510"]

    state.tick(LOOK_BACK_S - 0.1)
    assert state.look_back is not None
    state.tick(LOOK_BACK_S)
    assert state.look_back is None


def test_the_live_part_is_no_old_part() -> None:
    state = heard(samples.status())
    state.select(f"{510:032x}", 0.0)
    state.select(f"{512:032x}", 1.0)
    assert state.look_back is None
    state.select("f" * 32, 1.0)
    assert state.look_back is None


@pytest.mark.parametrize(("action", "stays"), [(Action.STOP, False), (Action.PASS, True)])
def test_a_new_stop_ends_the_look_back(action: Action, stays: bool) -> None:
    state = heard(samples.status())
    state.select(f"{510:032x}", 0.0)
    new = samples.inspection(513, action)
    status = samples.status(at=samples.NOON + timedelta(seconds=1), last=new)
    state.take(Received(status=status, at_s=1.0))
    assert (state.look_back is not None) is stays


def test_an_old_part_follows_its_revisions() -> None:
    state = heard(samples.status())
    state.select(f"{510:032x}", 0.0)
    later = samples.status(at=samples.NOON + timedelta(seconds=1))
    revised = later.recent[2].model_copy(update={"outcome": Outcome.UNCONFIRMED, "revision": 2})
    recent = (*later.recent[:2], revised, *later.recent[3:])
    state.take(Received(status=later.model_copy(update={"recent": recent}), at_s=1.0))
    assert state.part is not None
    assert state.part.outcome is Outcome.UNCONFIRMED


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [
        (Mode.IDLE, {Command.HOLD}),
        (Mode.EXECUTE, {Command.HOLD}),
        (Mode.HELD, {Command.START}),
        (Mode.ABORTED, set()),
        (Mode.STOPPING, set()),
    ],
)
def test_buttons_follow_the_mode(mode: Mode, allowed: set[Command]) -> None:
    state = heard(samples.status(mode=mode))
    assert {command for command in Command if state.may(command, 0.0)} == allowed
    state.command_sent(Command.HOLD)
    assert not any(state.may(command, 0.0) for command in Command)


@pytest.mark.parametrize("mode", Mode)
def test_reset_is_offered_wherever_it_would_do_something(mode: Mode) -> None:
    """Also while the station is Ready: an alarm whose cause is gone waits to be seen."""
    assert heard(samples.status(mode=mode, may_reset=True)).may(Command.RESET, 0.0)
    assert not heard(samples.status(mode=mode, may_reset=False)).may(Command.RESET, 0.0)


def test_without_contact_only_hold_is_possible() -> None:
    state = heard(samples.status(mode=Mode.HELD))
    assert [command for command in Command if state.may(command, 10.0)] == [Command.HOLD]


@pytest.mark.parametrize(
    ("problem", "text", "tone", "lasts_s"),
    [
        (None, "Start: done. no {recipe}", Tone.CALM, NOTICE_S),
        (CommandProblem.REFUSED, "Start refused: no {recipe}", Tone.DANGER, FAILURE_NOTICE_S),
        (
            CommandProblem.UNREACHABLE,
            "Start was not sent: the engine cannot be reached.",
            Tone.DANGER,
            FAILURE_NOTICE_S,
        ),
    ],
)
def test_every_notice_ends_by_itself(
    problem: CommandProblem | None, text: str, tone: Tone, lasts_s: float
) -> None:
    state = heard(samples.status())
    state.command_ended(CommandReply(command=Command.START, problem=problem, detail="no {recipe}"), 0.0)
    state.tick(lasts_s - 0.1)
    view = view_of(state, lasts_s - 0.1)
    assert (view.notice, view.notice_tone) == (text, tone)
    state.tick(lasts_s)
    assert view_of(state, lasts_s).notice == ""


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("mode", [Mode.IDLE, Mode.EXECUTE])
def test_the_header_never_says_ready_while_nothing_can_pass(mode: Mode, words: Words) -> None:
    for status, word in ((samples.full_disk(), words.not_ready), (samples.no_camera(), words.all_go_aside)):
        header = view_of(heard(status.model_copy(update={"mode": mode})), 0.1, words).header
        assert (header.mode.word, header.mode.tone) == (word, Tone.CAUTION)
        assert header.mode_reason == status.nothing_passes
    assert view_of(heard(samples.status(mode=mode)), 0.1, words).header.mode.word == words.modes[mode]


@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.IDLE, Mode.EXECUTE}))
def test_a_mode_that_says_why_keeps_its_word(mode: Mode) -> None:
    status = samples.full_disk().model_copy(update={"mode": mode})
    assert view_of(heard(status), 0.1).header.mode.word == EN.modes[mode]


def test_an_alarm_that_is_gone_waits_until_somebody_has_seen_it() -> None:
    view = view_of(heard(samples.full_disk()), 0.0)
    assert (view.alarms.sign.word, view.alarms.sign.tone) == ("1 to acknowledge", Tone.CAUTION)
    assert view.alarms.text == "the record is full: No space left on device"
    assert view.alarms.age == "5 s ago", "when it came last"
    seen = samples.full_disk().alarms[0].model_copy(update={"acknowledged": True})
    assert view_of(heard(samples.status(alarms=(seen,))), 0.0).alarms.sign.word == EN.no_alarms


def test_an_active_alarm_comes_before_one_that_is_gone() -> None:
    gone = samples.full_disk().alarms[0]
    active = gone.model_copy(
        update={"active": True, "text": "camera gone", "last_at": samples.NOON - timedelta(hours=1)}
    )
    view = view_of(heard(samples.status(alarms=(gone, active))), 0.0)
    assert (view.alarms.sign.word, view.alarms.text) == ("1 alarm", "camera gone")


@pytest.mark.parametrize(
    ("hours", "en", "zh"),
    [
        (None, "Judged since start", "启动后已判定"),
        (6, "Judged since {:%H:%M}", "{:%H:%M} 起已判定"),
        (14, "Judged since {:%H:%M}", "{:%H:%M} 起已判定"),
        (50, "Judged since {:%m-%d}", "{:%m-%d} 起已判定"),
    ],
)
def test_counts_say_from_when_on(hours: int | None, en: str, zh: str) -> None:
    since = None if hours is None else samples.NOON - timedelta(hours=hours)
    known = samples.status().counts
    assert known is not None
    counts = known.model_copy(update={"since": since})
    state = heard(samples.status(counts=counts))
    local = (since or samples.NOON).astimezone()
    assert view_of(state, 0.0).production.totals[0].caption == en.format(local)
    assert view_of(state, 0.0, ZH).production.totals[0].caption == zh.format(local)


@pytest.mark.parametrize(("zone", "noon"), [("Asia/Shanghai", "20:00"), ("Asia/Kolkata", "17:30")])
def test_times_are_those_of_the_plants_clocks(zone: str, noon: str) -> None:
    """``samples.NOON`` is 12:00 UTC."""
    part = samples.inspection(at=samples.NOON)
    counts = Counts(since=samples.NOON)
    state = heard(samples.status(zone=zone, last=part, counts=counts))
    view = view_of(state, 0.0)
    assert view.production.totals[0].caption == f"Judged since {noon}"
    recorded = dict(details(PartTopic(), state, view, EN).rows)[EN.recorded]
    assert recorded[11:16] == f"{part.recorded_at.astimezone(ZoneInfo(zone)):%H:%M}"


def test_a_zone_that_this_console_does_not_know_is_shown_by_its_own_clock() -> None:
    known = samples.status(zone=None)
    strange = known.model_copy(update={"zone": "Mars/Olympus_Mons"})
    assert strange.by_its_clocks(samples.NOON) == known.by_its_clocks(samples.NOON)


def test_counts_that_the_engine_does_not_know_yet_are_no_zeros() -> None:
    production = view_of(heard(samples.status(counts=None)), 0.0).production
    shown = {figure.value for figure in (*production.totals, *production.actions, *production.outcomes)}
    assert shown == {view_of(RunState(), 0.0).production.totals[0].value}
    assert production.totals[0].caption == EN.judged


def test_a_simulated_picture_is_said_live_and_looking_back() -> None:
    assert view_of(heard(samples.status()), 0.0).simulated_banner == ""
    assert view_of(heard(samples.status(simulated=True)), 0.0).simulated_banner == EN.simulated
    replayed = samples.status(last=samples.inspection(simulated=True))
    assert view_of(heard(replayed), 0.0).simulated_banner == EN.simulated


@pytest.mark.parametrize(
    ("part", "word", "tone"),
    [
        (samples.inspection(), None, None),
        (samples.inspection(published=False), EN.mismatched, Tone.DANGER),
        (samples.inspection(action=Action.REWORK), EN.mismatched, Tone.DANGER),
        (
            samples.inspection(outcome=None, published=False),
            "not sent: no record could be written",
            Tone.CAUTION,
        ),
        (
            samples.inspection(outcome=Outcome.HELD, published=False, recording_ms=1100.0),
            "not sent: the record came too late",
            Tone.CAUTION,
        ),
        (
            samples.inspection(outcome=Outcome.HELD, published=False, recording_ms=2.0),
            "not sent: the PLC waited no longer",
            Tone.CAUTION,
        ),
        (
            samples.inspection(outcome=Outcome.DIVERTED, published=False, missed=MissedCause.OVERRUN),
            "not judged: another part was being judged",
            Tone.CAUTION,
        ),
        (
            samples.inspection(truth={"defective": True, "types": ["scratch"]}),
            EN.false_release,
            Tone.DANGER,
        ),
    ],
)
def test_what_went_wrong_with_a_part_is_said(part: Inspection, word: str, tone: Tone) -> None:
    view = view_of(heard(samples.status(last=part)), 0.0)
    assert view.part is not None
    warning = view.part.warning
    assert (warning and warning.word, warning and warning.tone) == (word, tone)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_a_part_whose_decision_was_withheld_never_looks_decided(action: Action, words: Words) -> None:
    part = samples.inspection(513, action, outcome=None, published=False)
    view = view_of(heard(samples.status(last=part, recent=(part,))), 0.0, words)
    assert view.part is not None
    assert view.part.sign == Sign(shape=Shape.CROSS, tone=Tone.ATTENTION, word=words.not_sent)
    assert view.strip[0].action.shape is Shape.CROSS
    assert view.part.warning is not None
    assert view.part.reason.startswith(words.withheld.split("{")[0])
    assert words.actions[action] in view.part.reason
    assert part.decision.reason in view.part.reason
    told = details(PartTopic(), heard(samples.status(last=part)), view, words)
    assert (words.reason, view.part.reason) in told.rows


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize(
    ("decided_by", "shown"),
    [
        (DecidedBy.VLA, "0.125 / 0.500"),
        (DecidedBy.REFLEX, "0.125 / 0.500"),
        (DecidedBy.GUARD, "–"),
        (DecidedBy.TIMEOUT, "–"),
    ],
)
def test_no_score_is_shown_as_a_probability(decided_by: DecidedBy, shown: str, words: Words) -> None:
    part = samples.inspection()
    decision = part.decision.model_copy(update={"decided_by": decided_by})
    part = part.model_copy(update={"decision": decision})
    view = view_of(heard(samples.status(last=part)), 0.0, words)
    assert view.part is not None
    assert dict(view.part.facts)[words.deviation] == shown
    assert not any("%" in value for _, value in view.part.facts)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_what_labelled_parts_say_of_a_score_is_named_a_share_of_them(words: Words) -> None:
    part = samples.inspection()
    decision = part.decision.model_copy(update={"defect_probability": samples.LABELLED})
    part = part.model_copy(update={"decision": decision})
    state = heard(samples.status(last=part))
    view = view_of(state, 0.0, words)
    assert view.part is not None
    assert words.deviation not in dict(view.part.facts)
    shown = dict(view.part.facts)[words.labelled]
    assert "99 %" in shown
    assert "500+" in shown
    told = details(PartTopic(), state, view, words).rows
    assert (words.deviation, "0.125 / 0.500") in told
    sentence = [text for caption, text in told if caption == words.labelled][-1]
    assert all(number in sentence for number in ("99 %", "10241", "11417", "12033"))


@pytest.mark.parametrize("decided_by", [DecidedBy.GUARD, DecidedBy.TIMEOUT])
def test_it_is_not_said_of_a_part_that_was_decided_without_the_score(decided_by: DecidedBy) -> None:
    part = samples.inspection()
    decision = part.decision.model_copy(
        update={"defect_probability": samples.LABELLED, "decided_by": decided_by}
    )
    view = view_of(heard(samples.status(last=part.model_copy(update={"decision": decision}))), 0.0)
    assert view.part is not None
    assert dict(view.part.facts)[EN.deviation] == "–"


@pytest.mark.parametrize(("share", "shown"), [(0.0004, "1 %"), (0.9996, "99 %"), (0.5, "50 %")])
def test_it_never_says_0_or_100_per_cent(share: float, shown: str) -> None:
    part = samples.inspection()
    said = samples.LABELLED.model_copy(update={"among_labelled": share})
    decision = part.decision.model_copy(update={"defect_probability": said})
    view = view_of(heard(samples.status(last=part.model_copy(update={"decision": decision}))), 0.0)
    assert view.part is not None
    assert dict(view.part.facts)[EN.labelled].startswith(shown)


@pytest.mark.parametrize(
    ("then", "now", "limit"),
    [
        (None, None, "0.500"),
        (None, certificate(threshold=0.1), "0.500"),
        (certificate(threshold=0.1), certificate(threshold=0.1), "0.100"),
        (certificate(threshold=0.7), certificate(threshold=0.7), "0.500"),
        (certificate(threshold=0.1), certificate(threshold=0.2), "–"),
        (certificate(threshold=0.1), None, "–"),
    ],
    ids=["uncertified", "certified since", "same", "milder than the model", "another since", "lost since"],
)
def test_a_part_is_shown_against_the_limit_that_it_was_judged_with(
    then: Certificate | None, now: Certificate | None, limit: str
) -> None:
    part = samples.inspection(certificate=None if then is None else then.ref)
    certification = UNCERTIFIED if now is None else Certification(certificate=now, reason="")
    view = view_of(heard(samples.status(last=part, certification=certification)), 0.0)
    assert view.part is not None
    assert dict(view.part.facts)[EN.deviation] == f"0.125 / {limit}"


@pytest.mark.parametrize(("p95_ms", "tone"), [(212, Tone.CALM), (430, Tone.CAUTION), (500.1, Tone.DANGER)])
def test_latency_is_told_against_its_limit(p95_ms: float, tone: Tone) -> None:
    latency = Percentiles(p50=1, p95=p95_ms, p99=p95_ms, max=p95_ms, n=9)
    view = view_of(heard(samples.status(latency_ms=latency)), 0.0)
    assert view.production.latency.tone is tone


def test_no_share_is_rounded_up_to_all() -> None:
    assert percent(0.99996) == "99.9 %"
    assert percent(1.0) == "100.0 %"
    counts = Counts(by_action={Action.PASS: 9_999_999, Action.STOP: 1})
    assert view_of(heard(samples.status(counts=counts)), 0.0).production.totals[1].value == "99.9 %"


@pytest.mark.parametrize(
    ("age_s", "en", "zh"),
    [
        (-3, "<1 s", "<1 秒"),
        (0.99, "<1 s", "<1 秒"),
        (119.9, "119 s", "119 秒"),
        (120, "2 min", "2 分钟"),
        (7200, "2 h", "2 小时"),
        (200_000, "2 d", "2 天"),
    ],
)
def test_ages_are_rounded_down(age_s: float, en: str, zh: str) -> None:
    assert (age_text(age_s, EN), age_text(age_s, ZH)) == (en, zh)


def test_trouble_is_told_and_forgotten() -> None:
    state = heard(samples.status())
    state.trouble = ContactTrouble.UNREADABLE
    assert EN.contact_troubles[ContactTrouble.UNREADABLE] in view_of(state, 9.0).stale_banner
    state.take(Received(status=samples.status(at=samples.NOON + timedelta(seconds=9)), at_s=9.0))
    assert view_of(state, 9.0).stale_banner == ""


@pytest.mark.parametrize(
    ("words", "captions"), [(EN, ("Not as decided", "Not known yet")), (ZH, ("未按判定执行", "尚未得知"))]
)
def test_a_touch_on_the_counts_tells_the_judged_parts_that_count_under_no_decision(
    words: Words, captions: tuple[str, str]
) -> None:
    known = samples.status().counts
    assert known is not None
    state = heard(samples.status(counts=known.model_copy(update={"not_as_decided": 1217, "pending": 2})))
    rows = details(CountsTopic(), state, view_of(state, 0.0, words), words).rows
    assert [row for row in rows if row[0] in captions] == [(captions[0], "1\u00a0217"), (captions[1], "2")]
    nothing = RunState()
    rows = details(CountsTopic(), nothing, view_of(nothing, 0.0, words), words).rows
    assert {value for _, value in rows[:-1]} == {"–"}, "what is not known is no zero"
