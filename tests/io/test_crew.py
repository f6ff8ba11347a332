"""Work is shared between processes without a trace of it in the results."""

import os

import pytest

from workbench.io.crew import Crew


class Times:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, piece):
        if piece == 13:
            raise ValueError("thirteen")
        return piece * self.factor, os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_pieces_may_depend_on_results_before(workers):
    last = 0

    def pieces():
        for _ in range(12):
            yield last + 1

    with Crew(workers) as crew:
        out = []
        for value, by in crew.map(Times(1), pieces(), count=12):
            last = value
            out.append(value)
            assert (by == os.getpid()) == (workers == 1)
        assert out == sorted(out)
        assert out[-1] > 1, "later pieces know of results before them"
        assert [value for value, _ in crew.map(Times(3), range(9), count=9)] == list(range(0, 27, 3))


def test_little_work_is_done_here():
    with Crew(8) as crew:
        assert crew.alone(3)
        assert {by for _, by in crew.map(Times(2), range(3), count=3)} == {os.getpid()}


def test_an_error_of_a_piece_comes_through():
    with Crew(2) as crew, pytest.raises(ValueError, match="thirteen"):
        list(crew.map(Times(2), range(40), count=40))
