"""The bench of faults: it blames the right fault, believes no single witness, and keeps its own promises."""

import struct
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.benches.faults import DEADLINE_MS, bench_faults
from app.testline.known_parts import known_action
from app.testline.outages import BLAME_NS, Effect, Outages
from app.testline.reconciliation import Account, WireWitness, account, written_vision
from inspection.decision import Action
from inspection.part import Inspection, MissedCause, Outcome
from plc.register_map.registers import (
    DECISION_CODES,
    VISION_BASE,
    VISION_SIZE,
    VisionBits,
    VisionBlock,
    complement,
)
from plc.simulator import PartResult
from plc.simulator.faults.wire_faults import WireFaultKind
from plc.simulator.program.handshake import Rejected
from tests.fakes import BOOT, EPOCH, decision, trigger

MS = 1_000_000


# --- outages --------------------------------------------------------------------------------------------


def test_an_outage_is_laid_at_the_door_of_the_last_fault_before_it() -> None:
    outages: Outages[str] = Outages()
    outages.observe(now_ns=0, ready=True, halted=False)
    outages.fault("duplicate", now_ns=10 * MS)
    outages.fault("cut", now_ns=20 * MS)
    outages.observe(now_ns=25 * MS, ready=False, halted=False)
    outages.fault("delay", now_ns=30 * MS)
    outages.observe(now_ns=125 * MS, ready=True, halted=False)
    assert outages.effects() == {
        "duplicate": {Effect.ABSORBED: 1},
        "cut": {Effect.BY_ITSELF: 1},
        "delay": {Effect.DURING_OUTAGE: 1},
    }
    recovery = outages.recovery_ms(Effect.BY_ITSELF)
    assert recovery is not None
    assert (recovery.max, recovery.n) == (100.0, 1)
    assert outages.unexplained == 0


def test_a_latched_halt_counts_as_ended_by_fault_reset_however_it_looks_at_its_end() -> None:
    outages: Outages[str] = Outages()
    outages.observe(now_ns=0, ready=True, halted=False)
    outages.fault("half_open", now_ns=1 * MS)
    outages.observe(now_ns=2 * MS, ready=False, halted=False)
    outages.observe(now_ns=3 * MS, ready=False, halted=True)
    outages.observe(now_ns=4 * MS, ready=False, halted=False)
    outages.observe(now_ns=5 * MS, ready=True, halted=False)
    assert outages.effects() == {"half_open": {Effect.BY_FAULT_RESET: 1}}


def test_an_outage_long_after_the_last_fault_is_nobodys() -> None:
    outages: Outages[str] = Outages()
    outages.observe(now_ns=0, ready=True, halted=False)
    outages.fault("cut", now_ns=1)
    outages.observe(now_ns=2 + BLAME_NS, ready=False, halted=False)
    assert outages.effects() == {"cut": {Effect.ABSORBED: 1}}
    assert outages.unexplained == 1
    assert outages.count(Effect.NOT_BACK) == 1


def test_waiting_for_the_first_connection_is_no_outage() -> None:
    outages: Outages[str] = Outages()
    outages.observe(now_ns=0, ready=False, halted=False)
    outages.observe(now_ns=9 * MS, ready=True, halted=False)
    assert [outages.count(effect) for effect in Effect] == [0] * len(Effect)


@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.sampled_from(WireFaultKind) | st.booleans(), st.booleans()),
        max_size=60,
    )
)
def test_every_fault_has_one_effect_and_every_outage_one_end(
    steps: list[tuple[int, WireFaultKind | bool, bool]],
) -> None:
    outages: Outages[WireFaultKind] = Outages()
    now_ns, injected, fell = 0, Counter[WireFaultKind](), 0
    was_ready: bool | None = None
    for wait_ms, what, halted in steps:
        now_ns += wait_ms * MS
        if isinstance(what, WireFaultKind):
            outages.fault(what, now_ns=now_ns)
            injected[what] += 1
        else:
            outages.observe(now_ns=now_ns, ready=what, halted=halted)
            fell += was_ready is True and not what
            was_ready = what if what or was_ready is not None else None
    assert {kind: sum(effects.values()) for kind, effects in outages.effects().items()} == injected
    ends = (Effect.BY_ITSELF, Effect.BY_FAULT_RESET, Effect.NOT_BACK)
    assert sum(outages.count(end) for end in ends) == fell
    assert outages.count(Effect.NOT_BACK) == (was_ready is False)
    assert 0 <= outages.unexplained <= fell


# --- the account ----------------------------------------------------------------------------------------


def passed(seq: int = 1, **changes: object) -> PartResult:
    """A part of known truth pass that was released as it should be."""
    values: dict[str, object] = {
        "boot_id": BOOT,
        "seq": seq,
        "part_id": 1000 + seq,
        "triggered_at": EPOCH,
        "action": Action.PASS,
        "rejected": None,
        "latency_ms": 40.0,
        "outcome": Outcome.RELEASED,
    }
    return PartResult.model_validate(values | changes)


def recorded(seq: int = 1, **changes: object) -> Inspection:
    values: dict[str, object] = {
        "inspection_id": f"{seq:032x}",
        "trigger": trigger(seq),
        "decision": decision(part_id=1000 + seq, trigger_seq=seq),
        "outcome": Outcome.RELEASED,
        "recorded_at": datetime.now(UTC),
    }
    return Inspection.model_validate(values | changes)


def result(seq: int = 1, action: Action = Action.PASS, **changes: Any) -> VisionBlock:
    block = VisionBlock(
        bits=VisionBits.ONLINE | VisionBits.RESULT_VALID,
        result_seq=seq,
        result_seq_tail=seq,
        part_id=1000 + seq,
        decision=DECISION_CODES[action],
        decision_complement=complement(DECISION_CODES[action]),
    )
    return replace(block, **changes)


def fc16(block: VisionBlock, base: int = VISION_BASE) -> bytes:
    words = struct.pack(f">{VISION_SIZE}H", *block.pack())
    body = struct.pack(">BBHHB", 1, 0x10, base, VISION_SIZE, len(words)) + words
    return struct.pack(">HHH", 7, 0, len(body)) + body


def fc23(block: VisionBlock, base: int = VISION_BASE) -> bytes:
    words = struct.pack(f">{VISION_SIZE}H", *block.pack())
    body = struct.pack(">BBHHHHB", 1, 0x17, 0, 16, base, VISION_SIZE, len(words)) + words
    return struct.pack(">HHH", 7, 0, len(body)) + body


def told(
    parts: list[PartResult],
    record: list[Inspection],
    *,
    sent: tuple[VisionBlock, ...] = (result(),),
    truth: Action = Action.PASS,
) -> Account:
    witness = WireWitness()
    for block in sent:
        witness.look(fc23(block))
    return account(parts, record, witness=witness, known_action=lambda _: truth, deadline_ms=DEADLINE_MS)


def test_a_part_on_which_all_agree_is_accounted_for() -> None:
    found = told([passed()], [recorded()])
    assert (found.parts, found.accounted, found.unreconciled, found.released) == (1, 1, 0, 1)
    assert found.released_without_matching_pass == 0
    assert found.contradictions == ()


@pytest.mark.parametrize(
    ("parts", "record"),
    [
        ([passed()], []),
        ([passed()], [recorded(), recorded(inspection_id="f" * 32)]),
        ([passed()], [recorded(outcome=Outcome.HELD)]),
        ([passed()], [recorded(outcome=None)]),
        ([passed()], [recorded(trigger=trigger(1, part_id=5))]),
        ([], [recorded()]),
    ],
    ids=["none", "two", "another outcome", "open", "another part", "a part the PLC never had"],
)
def test_what_is_not_on_record_once_and_alike_is_unreconciled(
    parts: list[PartResult], record: list[Inspection]
) -> None:
    found = told(parts, record)
    assert found.unreconciled == 1
    assert len(found.contradictions) == 1


def test_a_number_that_was_jumped_over_is_accounted_for_without_its_part() -> None:
    lost = passed(action=None, rejected=Rejected.DEADLINE, latency_ms=None, outcome=Outcome.DEFAULT_REJECTED)
    record = recorded(
        trigger=trigger(1, part_id=0),
        decision=decision(Action.MANUAL_REVIEW, part_id=0),
        missed=MissedCause.GAP,
        published=False,
        outcome=Outcome.DEFAULT_REJECTED,
    )
    found = told([lost], [record], sent=())
    assert (found.accounted, found.missed) == (1, {MissedCause.GAP: 1})


@pytest.mark.parametrize(
    ("part", "record", "sent", "truth"),
    [
        (passed(action=Action.REWORK), recorded(), result(), Action.PASS),
        (passed(latency_ms=DEADLINE_MS + 1.0), recorded(), result(), Action.PASS),
        (passed(latency_ms=None), recorded(), result(), Action.PASS),
        (passed(), recorded(published=False), result(), Action.PASS),
        (passed(), recorded(decision=decision(Action.REWORK)), result(), Action.PASS),
        (passed(), recorded(), result(part_id=5), Action.PASS),
        (passed(), recorded(), result(seq=2), Action.PASS),
        (passed(), recorded(), result(action=Action.REWORK), Action.PASS),
        (passed(), recorded(), result(bits=VisionBits.ONLINE), Action.PASS),
        (passed(), recorded(), result(), Action.REWORK),
    ],
    ids=[
        "the PLC accepted no pass",
        "too late",
        "never",
        "not published",
        "no pass on record",
        "sent for another part",
        "sent for another trigger",
        "no pass sent",
        "nothing valid sent",
        "known to be bad",
    ],
)
def test_one_witness_is_enough_to_call_a_release_false(
    part: PartResult, record: Inspection, sent: VisionBlock, truth: Action
) -> None:
    found = told([part], [record], sent=(sent,), truth=truth)
    assert found.released_without_matching_pass == 1
    assert found.contradictions


def test_both_ways_to_write_are_read_and_nothing_else() -> None:
    block = result()
    assert written_vision(fc16(block), base=VISION_BASE) == block
    assert written_vision(fc23(block), base=VISION_BASE) == block
    assert written_vision(fc23(block, base=7), base=VISION_BASE) is None
    assert written_vision(fc23(block)[:-2], base=VISION_BASE) is None


@given(st.binary(max_size=80))
def test_no_telegram_upsets_the_witness(telegram: bytes) -> None:
    witness = WireWitness()
    witness.look(telegram)
    assert not witness.saw_pass(1, 1)


# --- the known parts, and a run -------------------------------------------------------------------------


def test_every_action_is_known_of_some_part_and_most_pass() -> None:
    actions = Counter(known_action(part_id) for part_id in range(1, 1001))
    assert set(actions) == set(Action)
    assert 650 <= actions[Action.PASS] <= 750


@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_a_run_under_faults_keeps_every_promise_and_says_what_came_of_each_fault() -> None:
    found = bench_faults(25, seed=3, mean_gap=40)
    assert found.promises_kept, found.contradictions
    assert found.parts == found.triggers == found.accounted == 25
    assert found.strays == 0
    assert found.unreconciled == found.released_without_matching_pass == 0
    assert sum(counts["injected"] for counts in found.faults.values()) >= 5
    for counts in found.faults.values():
        assert counts["injected"] == sum(counts.values()) - counts["injected"]
    assert found.link["reconnects"] >= 1
