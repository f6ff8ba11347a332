import itertools

import numpy as np
import pytest
from scipy.stats import binomtest

from workbench.evaluation.paired import Differing, adjusted, compare_arms, exchange_test, holm
from workbench.evaluation.stats import Method, Units, resample

QUICK = Method(resamples=300)


def units(rng, *, clusters, size, rate=0.7, change=0.0, spread=0.15):
    """Two arms of equal rates (but for ``change``), whose clusters are hard or easy for both."""
    shift = np.repeat(rng.normal(0, spread, size=clusters), size)
    chance = np.clip(np.stack([rate + shift, rate + change + shift], axis=1), 0, 1)
    scores = (rng.random(chance.shape) < chance).astype(float)
    return Units(scores=scores, clusters=[str(n // size) for n in range(clusters * size)])


def compared(one, *, margin=0.1):
    shares = resample(one, method=QUICK)
    return compare_arms(one, shares, arms=(0, 1), names=("teacher", "after"), margin=margin, method=QUICK)


@pytest.mark.parametrize(("wins", "losses"), [(0, 6), (3, 9), (10, 2), (7, 7), (1, 0), (200, 240)])
def test_single_cases_give_mcnemars_exact_test(wins, losses):
    sums = np.array([1.0] * wins + [-1.0] * losses + [0.0] * 25)
    p = exchange_test(Differing(sums=sums, n=len(sums)))
    assert p == pytest.approx(binomtest(wins, wins + losses, 0.5).pvalue)


def test_clusters_toss_one_coin_each():
    sums = np.array([3.0, -1.0, 2.0, 2.0, -1.0, 4.0])
    seen = abs(sums.sum())
    tosses = [abs((np.array(signs) * sums).sum()) for signs in itertools.product([-1, 1], repeat=len(sums))]
    assert exchange_test(Differing(sums=sums, n=20)) == pytest.approx(np.mean([t >= seen for t in tosses]))


def test_fractions_are_tossed_at_random_and_agree():
    rng = np.random.default_rng(3)
    whole = rng.integers(-2, 4, size=30).astype(float)
    exact = exchange_test(Differing(sums=whole, n=60))
    drawn = exchange_test(Differing(sums=whole / 3, n=60))
    assert drawn == pytest.approx(exact, abs=0.015)
    assert drawn == exchange_test(Differing(sums=whole[::-1] / 3, n=60))  # whatever the order


def test_nothing_moved_is_no_evidence():
    assert exchange_test(Differing(sums=np.zeros(50), n=50)) == 1.0


def test_holm_on_its_published_example():
    # Holm (1979) as worked in R's p.adjust documentation: sorted p times 4, 3, 2, 1, made monotone.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.mark.parametrize(("clusters", "size"), [(120, 1), (30, 6), (12, 10)])
def test_two_equal_arms_raise_no_more_false_alarms_than_allowed(clusters, size):
    rng = np.random.default_rng(20261124)
    alarms = 0
    for _ in range(1000):
        one = units(rng, clusters=clusters, size=size)
        alarms += exchange_test(Differing.of(one, arms=(0, 1))) <= 0.05
    assert alarms / 1000 <= 0.05 + 0.0138  # two standard errors of 1,000 runs
    assert alarms > 0


def test_forty_rules_together_raise_no_more_either():
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(100):
        ps = [exchange_test(Differing.of(units(rng, clusters=60, size=1), arms=(0, 1))) for _ in range(40)]
        alarms += min(holm(ps)) <= 0.05
    assert alarms <= 5 + 4


@pytest.mark.parametrize(
    ("change", "cases", "verdict"),
    [(-0.4, 80, "regressed"), (0.25, 80, "improved"), (0.0, 900, "equivalent"), (-0.1, 30, "undecided")],
)
def test_the_four_verdicts(change, cases, verdict):
    found = compared(units(np.random.default_rng(5), clusters=cases, size=1, change=change))
    assert found.verdict == verdict
    assert (found.needs > 0) == (verdict == "undecided")


def test_what_it_says_it_needs_decides():
    rng = np.random.default_rng(11)
    decided = 0
    for _ in range(40):
        few = units(rng, clusters=40, size=1)
        found = compared(few)
        if found.verdict == "undecided":
            more = units(rng, clusters=40 + found.needs, size=1)
            decided += compared(more).verdict != "undecided"
        else:
            decided += 1
    assert decided >= 40 * 0.5


def test_a_sure_but_tiny_difference_is_equivalent():
    rng = np.random.default_rng(2)
    scores = np.ones((4000, 2))
    scores[rng.choice(4000, 60, replace=False), 1] = 0
    found = compared(Units(scores=scores, clusters=[str(n) for n in range(4000)]))
    assert found.p < 1e-9
    assert found.verdict == "equivalent"


def test_adjusting_turns_a_lonely_alarm_into_doubt():
    alarm = compared(units(np.random.default_rng(5), clusters=80, size=1, change=-0.25))
    assert alarm.verdict == "regressed"
    calm = compared(units(np.random.default_rng(6), clusters=80, size=1))
    family = adjusted([alarm, *[calm] * 2000], confidence=0.95)
    assert family[0].verdict == "undecided"
    assert family[0].p_holm == pytest.approx(min(1, 2001 * alarm.p))


def test_few_clusters_that_agree_could_hide_a_change():
    same = np.ones((340, 2))
    few = compared(Units(scores=same, clusters=[str(n % 34) for n in range(340)]))
    many = compared(Units(scores=same, clusters=[str(n % 120) for n in range(340)]))
    assert (few.verdict, many.verdict) == ("undecided", "equivalent")
    assert few.needs > 0
    noisy = np.ones((60, 2))
    noisy[[0, 1, 2], 0] = noisy[[3], 1] = 0
    assert compared(Units(scores=noisy, clusters=[str(n % 10) for n in range(60)])).verdict == "undecided"
