"""Agreement beyond chance, as the standard's own example has it, and refused where little is known."""

from collections import Counter
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_of_statsmodels

from reports.statistics.agreement import (
    LEAST_PIECES,
    Call,
    Grade,
    NoKappa,
    agreement,
    cohen_kappa,
    fleiss_kappa,
)

GOOD, BAD = "pass", "rework"
AIAG: Final = {
    "A-B": ((44, 6), (3, 97), 0.86),
    "B-C": ((42, 5), (9, 94), 0.79),
    "A-C": ((43, 7), (8, 92), 0.78),
    "A-reference": ((45, 5), (3, 97), 0.88),
    "B-reference": ((45, 2), (3, 100), 0.92),
    "C-reference": ((42, 9), (6, 93), 0.77),
}
"""AIAG, MSA 4th edition, 2010, chapter III section C: 50 pieces, three appraisers, three runs each. Rows are
what the first of the two said, 0 then 1; last the kappa that is printed there."""
WIKIPEDIA: Final = (
    *((0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)),
    *((7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)),
)
"""The worked example of its article on Fleiss's kappa: ten pieces, 14 appraisers, five kinds; it is 0.210."""


def calls(piece: int, expected: str, *got: str, appraiser: str = "station") -> list[Call]:
    return [Call(f"p{piece}", appraiser, str(run), expected, one) for run, one in enumerate(got)]


@pytest.mark.parametrize("pair", AIAG)
def test_cohens_kappa_is_that_of_aiags_example_and_of_statsmodels_with_its_standard_error(pair: str) -> None:
    (bad_bad, bad_good), (good_bad, good_good), printed = AIAG[pair]
    table = {(BAD, BAD): bad_bad, (BAD, GOOD): bad_good, (GOOD, BAD): good_bad, (GOOD, GOOD): good_good}
    found = cohen_kappa([both for both, n in table.items() for _ in range(n)], pieces=50)
    assert found.value == pytest.approx(printed, abs=0.005)
    theirs = cohens_kappa(np.array([[bad_bad, bad_good], [good_bad, good_good]]))
    assert (found.value, found.se) == pytest.approx((theirs.kappa, theirs.std_kappa))
    assert (found.low, found.high) == pytest.approx((theirs.kappa_low, min(theirs.kappa_upp, 1.0)), abs=1e-9)


def test_miss_and_false_alarm_rates_are_those_of_aiags_example() -> None:
    """Appraiser A: 48 calls on defective pieces, 3 missed; 102 on good ones, 5 false alarms."""
    found = agreement(
        [
            *(call for piece in range(15) for call in calls(piece, BAD, BAD, BAD, BAD)),
            *calls(15, BAD, GOOD, GOOD, GOOD),
            *(call for piece in range(16, 48) for call in calls(piece, GOOD, GOOD, GOOD, GOOD)),
            *calls(48, GOOD, BAD, BAD, BAD),
            *calls(49, GOOD, BAD, BAD, GOOD),
        ],
        good=GOOD,
    )
    assert found is not None
    (one,) = found.appraisers
    assert one.miss_rate is not None
    assert one.false_alarm_rate is not None
    assert one.effectiveness is not None
    assert one.miss_rate.share.share == pytest.approx(0.0625)  # printed: 6.3 %
    assert one.miss_rate.grade is Grade.UNACCEPTABLE
    assert one.false_alarm_rate.share.share == pytest.approx(0.049, abs=5e-4)  # printed: 4.9 %
    assert one.false_alarm_rate.grade is Grade.ACCEPTABLE
    assert (one.effectiveness.share.count, one.effectiveness.share.of) == (47, 50)
    assert one.against.value == pytest.approx(0.88, abs=0.005)
    assert one.against.grade is Grade.ACCEPTABLE
    assert found.between is None


def test_fleiss_kappa_is_that_of_the_worked_example_and_its_error_that_of_the_jackknife() -> None:
    votes = np.array(WIKIPEDIA * 10)
    found = fleiss_kappa([dict(zip("abcde", map(int, one), strict=True)) for one in votes])
    assert found.value == pytest.approx(fleiss_of_statsmodels(votes))
    assert found.value == pytest.approx(0.210, abs=5e-4)
    without = np.array([fleiss_of_statsmodels(np.delete(votes, at, axis=0)) for at in range(len(votes))])
    jackknife = np.sqrt((len(votes) - 1) * without.var())
    assert found.se == pytest.approx(jackknife, rel=0.02)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=LEAST_PIECES, max_size=60)
)
def test_cohens_kappa_of_any_calls_is_that_of_statsmodels(pairs: list[tuple[str, str]]) -> None:
    found = cohen_kappa(pairs, pieces=len(pairs))
    kinds = sorted({one for pair in pairs for one in pair})
    if found.refused is NoKappa.ONE_KIND:
        assert len(kinds) == 1
        return
    with np.errstate(invalid="ignore"):  # theirs divides by a standard error of 0
        theirs = cohens_kappa(np.array([[pairs.count((one, other)) for other in kinds] for one in kinds]))
    assert (found.value, found.se) == pytest.approx((theirs.kappa, theirs.std_kappa), abs=1e-7)


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from("ab"), min_size=2, max_size=4), min_size=LEAST_PIECES, max_size=40))
def test_pieces_may_have_different_numbers_of_calls_and_kappa_stays_within_its_bounds(
    said: list[list[str]],
) -> None:
    found = fleiss_kappa([Counter(one) for one in said])
    if found.value is not None and found.low is not None and found.high is not None:
        assert -1.0 <= found.low <= found.value <= found.high <= 1.0


def test_what_says_too_little_is_refused_with_why() -> None:
    few = agreement(calls(1, BAD, BAD, GOOD), good=GOOD)
    assert few is not None
    assert few.appraisers[0].against.refused is NoKappa.TOO_FEW_PIECES
    alike = [call for piece in range(40) for call in calls(piece, GOOD, GOOD)]
    found = agreement(alike, good=GOOD)
    assert found is not None
    (one,) = found.appraisers
    assert (one.against.refused, one.within.refused) == (NoKappa.ONE_KIND, NoKappa.ONE_CALL)
    assert one.miss_rate is None, "no piece was defective"
    assert agreement([], good=GOOD) is None


def test_where_all_agree_no_interval_pretends_to_be_sure() -> None:
    kinds = [(GOOD, GOOD)] * 30 + [(BAD, BAD)] * 30
    found = cohen_kappa(kinds, pieces=60)
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_several_appraisers_are_told_apart_and_compared() -> None:
    kinds = [BAD if piece % 2 else GOOD for piece in range(40)]
    said = [call for piece, kind in enumerate(kinds) for call in calls(piece, kind, kind, kind)]
    other = [call._replace(appraiser="line 2", got=GOOD) for call in said]
    found = agreement([*said, *other], good=GOOD)
    assert found is not None
    assert [one.name for one in found.appraisers] == ["line 2", "station"]
    assert [one.against.value for one in found.appraisers] == [0.0, 1.0]
    assert found.between is not None
    assert found.between.grade is Grade.UNACCEPTABLE
