"""How strategies are sampled: those that are compared alike, short reads by several calls after an untimed one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sampling import Sampling, calls_in_a_row, rehearsal_of, sampling_of


@pytest.mark.parametrize(
    ("call_ns", "writes", "calls"),
    [
        (1e6, False, 1),
        (5e6, False, 1),
        (0.99e6, False, 3),
        (0.6e6, False, 5),
        (0.43e6, False, 7),
        (0.26e6, False, 11),
        (0.2e6, False, 15),
        (1_000, False, 15),
        (0.1e6, True, 1),
    ],
)
def test_calls_in_a_row(call_ns, writes, calls):
    """A read under 1 ms is called about 3 ms long, at most 15 times; longer reads and writers once."""
    assert calls_in_a_row(call_ns, writes) == calls


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=9), st.booleans())
def test_what_is_compared_is_sampled_alike(calls_ns, writes):
    """Reads under 5 ms have the same number of calls in a row, others one; reads under 20 ms are primed, and no writer
    is.
    """
    sampling = sampling_of(calls_ns, writes)
    short = {sampling(one) for one in calls_ns if one < 5e6}
    assert len(short) <= 1
    assert {1} >= {sampling(one).in_a_row for one in calls_ns if one >= 5e6}
    assert [not writes and one < 20e6 for one in calls_ns] == [sampling(one).primed for one in calls_ns]


def test_the_slowest_of_the_short_ones_says_how_many_calls_make_a_sample():
    """Of 0.2, 0.6 and 20 ms, 0.6 ms says that there are five calls; with one of 1.2 ms beside them there is one."""
    assert Sampling(5, primed=True) == sampling_of([0.2e6, 0.6e6, 20e6], writes=False)(0.2e6)
    assert Sampling(1, primed=True) == sampling_of([0.2e6, 0.6e6, 1.2e6, 20e6], writes=False)(0.2e6)
    assert 3.6e6 == pytest.approx(Sampling(5, primed=True).sample_ns(0.6e6))


@given(st.floats(1, 1e9), st.booleans())
def test_calls_in_a_row_are_odd_and_few(call_ns, writes):
    """The number of calls is odd, so that one of them is the median, and from 1 to 15."""
    calls = calls_in_a_row(call_ns, writes)
    assert calls % 2 == 1
    assert 1 <= calls <= 15


def test_before_the_first_round_short_reads_are_called_three_times():
    """Three calls after one that is not timed; a writer, and what takes 20 ms or more, is called once."""
    assert Sampling(3, primed=True) == rehearsal_of(2e6, writes=False)
    assert [Sampling()] * 2 == [rehearsal_of(2e6, writes=True), rehearsal_of(20e6, writes=False)]
