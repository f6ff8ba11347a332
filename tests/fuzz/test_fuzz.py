import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.found import FOUND
from tests.fuzz.mutate import WORDS, Edit, changed
from tests.fuzz.target import BrokenError, Target, examine, law
from tests.fuzz.targets import NAMES, target
from workbench.errors import Finding, InputError

_SHARE = st.floats(0, 1, allow_nan=False, width=32)
_EDITS = st.lists(
    st.builds(
        Edit,
        kind=st.integers(0, 6),
        at=_SHARE,
        size=_SHARE,
        word=st.integers(0, 500),
        times=st.integers(1, 300),
    ),
    max_size=4,
)
# Examples of each; the long run is `python -m tests.fuzz`.
_FEW, _SLOW = 40, {"convert": 8, "prompt": 12, "templates": 12, "signals": 10, "checks": 20, "serve": 25}


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_example_is_read_or_refused(name):
    one = target(name)
    seeds = list(one.seeds())
    assert len({bytes(seed) for seed in seeds}) == len(seeds)
    for seed in seeds:
        assert examine(one, seed) is None

    @settings(max_examples=_SLOW.get(name, _FEW), database=None)
    @given(st.sampled_from(seeds), st.sampled_from(seeds), _EDITS)
    def holds(seed, other, edits):
        fault = examine(one, changed(seed, edits, words=(*WORDS, *one.words), other=other, most=20_000))
        assert fault is None, fault

    holds()


@pytest.mark.parametrize(("name", "data"), FOUND, ids=[f"{n}-{name}" for n, (name, _) in enumerate(FOUND)])
def test_what_fuzzing_found_stays_mended(name, data):
    assert examine(target(name), data) is None


def _raises(error):
    def run(_):
        raise error

    return run


def _spins(_):
    sum(range(3_000_000))


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (_raises(KeyError("x")), "KeyError at test_fuzz.py"),
        (_raises(BrokenError("no")), "BrokenError at"),
        (_raises(InputError(())), "an error that says nothing"),
        (_spins, "slow"),
    ],
)
def test_what_no_reader_may_do_is_seen(run, place):
    fault = examine(Target("t", run, list, seconds=0.001), b"data")
    assert fault.place.startswith(place)
    assert fault.data == b"data"


def test_a_refusal_with_a_word_is_none():
    finding = Finding(where="a", found="b", expected="c", fix="d")
    assert examine(Target("t", _raises(InputError(finding)), list), b"") is None


def test_a_law_that_fails_is_told():
    with pytest.raises(BrokenError, match="told"):
        law(0, "told")
