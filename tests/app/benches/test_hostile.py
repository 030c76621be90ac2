"""Peers that are no PLC: nothing breaks, nothing grows, nothing is published."""

import pytest

from app.benches.hostile import GROWTH_LIMIT_MB, Hostile, bench_hostile

SECONDS = 2.0


@pytest.mark.e2e
@pytest.mark.parametrize("peer", Hostile)
def test_no_peer_gets_a_decision_out_of_the_station_or_brings_it_down(peer: Hostile) -> None:
    (found,) = bench_hostile(SECONDS, seed=7, peers=(peer,), on_progress=lambda _: None).values()
    assert found.decisions_published == found.inspected == 0
    assert found.memory_growth_mb < GROWTH_LIMIT_MB
    assert found.tasks < 12, "nothing is left behind by connection after connection"
    assert found.kept
    heard = found.link["garbled"] + found.link["given_up"] + found.link["cycles"]
    assert heard > 0, "the peer was really there"
    if peer in (Hostile.GARBAGE, Hostile.SILENT):
        assert found.recorded == 0
    if peer is Hostile.ONES:
        assert "map version 65535" in found.said
