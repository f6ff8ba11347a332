import numpy as np
import pytest

from workbench.evaluation.stats import (
    Method,
    Units,
    difference,
    effective,
    figure,
    interval,
    quotient,
    resample,
    wilson,
)

QUICK = Method(resamples=300)


def drawn(rng, *, clusters, size, rates, spread):
    """Draw paired pass/fail scores: each cluster shifts the rates of all its cases by the same amount."""
    shift = rng.normal(0, spread, size=clusters)
    rows, names = [], []
    for cluster in range(clusters):
        chance = np.clip(np.array(rates) + shift[cluster], 0, 1)
        rows.append(rng.random((size, len(rates))) < chance)
        names += [str(cluster)] * size
    return Units(scores=np.concatenate(rows).astype(float), clusters=names)


def expected(rates, spread, *, draws=50_000):
    shift = np.random.default_rng(99).normal(0, spread, size=draws)
    return [float(np.clip(rate + shift, 0, 1).mean()) for rate in rates]


@pytest.mark.parametrize(
    ("obeyed", "n", "low", "high"),
    [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_gives_the_published_limits(obeyed, n, low, high):
    assert wilson(obeyed, n) == pytest.approx((low, high), abs=1e-3)


def test_a_figure_without_scores_has_no_rate():
    none = figure([], [], unscored=3)
    assert (none.n, none.rate, none.ci, none.unscored) == (0, None, None, 3)


def test_independent_cases_are_worth_their_number_and_equal_ones_their_clusters():
    rng = np.random.default_rng(1)
    alone = Units(scores=(rng.random((400, 1)) < 0.5).astype(float), clusters=[str(i) for i in range(400)])
    assert effective(alone, confidence=0.95) == pytest.approx(400, rel=0.03)
    twice = Units(scores=np.repeat(alone.scores, 5, axis=0), clusters=list(np.repeat(alone.clusters, 5)))
    assert effective(twice, confidence=0.95) == pytest.approx(400, rel=0.03)


def test_perfect_scores_do_not_make_a_perfect_interval():
    assert figure([1.0] * 10, [str(i) for i in range(10)]).ci == pytest.approx((0.722, 1.0), abs=1e-3)
    few = figure([1.0] * 100, [str(i % 4) for i in range(100)])
    assert few.ci is not None
    assert few.ci[0] < 0.6


@pytest.mark.parametrize(("clusters", "size", "rate", "spread"), [(12, 8, 0.8, 0.15), (40, 3, 0.9, 0.2)])
def test_the_interval_of_a_share_covers_it(clusters, size, rate, spread):
    truth = expected([rate], spread)[0]
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        units = drawn(rng, clusters=clusters, size=size, rates=[rate], spread=spread)
        low, high = figure(units.scores[:, 0].tolist(), units.clusters).ci
        hits += low <= truth <= high
    assert 0.93 <= hits / 400 <= 0.99


@pytest.mark.parametrize(("clusters", "size"), [(10, 6), (30, 4)])
def test_the_interval_of_a_difference_covers_it_and_the_naive_one_does_not(clusters, size):
    rng = np.random.default_rng(6)
    rates, spread = [0.7, 0.6], 0.15
    truth = expected(rates, spread)
    kept = naive = 0
    for _ in range(150):
        units = drawn(rng, clusters=clusters, size=size, rates=rates, spread=spread)
        # Cases of a cluster answered alike: as where one template's questions all pass or fail together.
        alike = Units(scores=np.repeat(units.scores, 4, axis=0), clusters=list(np.repeat(units.clusters, 4)))
        _, found = difference(alike, resample(alike, method=QUICK), arms=(0, 1), method=QUICK)
        kept += found[0] <= truth[1] - truth[0] <= found[1]
        if clusters == 10:
            loose = Units(scores=alike.scores, clusters=[str(i) for i in range(len(alike.clusters))])
            _, found = difference(loose, resample(loose, method=QUICK), arms=(0, 1), method=QUICK)
            naive += found[0] <= truth[1] - truth[0] <= found[1]
    assert kept / 150 >= 0.92
    assert naive / 150 <= 0.75


def test_the_interval_of_the_recovery_covers_it():
    rng = np.random.default_rng(7)
    rates, spread = [0.9, 0.2, 0.75], 0.1
    teacher, before, after = expected(rates, spread)
    truth = (after - before) / (teacher - before)
    hits = 0
    for _ in range(150):
        units = drawn(rng, clusters=25, size=4, rates=rates, spread=spread)
        _, found = quotient(units, resample(units, method=QUICK), arms=(0, 2, 1), method=QUICK)
        hits += found[0] <= truth <= found[1]
    assert 0.92 <= hits / 150 <= 0.995


def test_unseen_losses_widen_the_interval_of_a_perfect_adapter():
    scores = np.tile([1.0, 0.0, 1.0], (20, 1))
    units = Units(scores=scores, clusters=[str(i) for i in range(20)])
    recovery, found = quotient(units, resample(units, method=QUICK), arms=(0, 2, 1), method=QUICK)
    assert recovery == 1.0
    assert found[0] == pytest.approx(1 - wilson(0, 20)[1])
    assert found[1] > 1.0


def test_recovery_without_a_difference_to_recover_is_none():
    units = Units(scores=np.ones((8, 3)), clusters=[str(i) for i in range(8)])
    shares = resample(units, method=QUICK)
    assert quotient(units, shares, arms=(0, 2, 1), method=QUICK) == (None, None)


def test_one_cluster_gives_no_interval():
    units = Units(scores=np.array([[1.0, 0.0], [1.0, 1.0]]), clusters=["a", "a"])
    point, found = difference(units, resample(units, method=QUICK), arms=(0, 1), method=QUICK)
    assert point == -0.5
    assert found is None


def test_draws_depend_on_seed_and_salt_alone():
    units = drawn(np.random.default_rng(3), clusters=9, size=2, rates=[0.5, 0.5], spread=0.1)
    first = resample(units, method=QUICK, salt="a")
    assert np.array_equal(first, resample(units, method=QUICK, salt="a"))
    assert not np.array_equal(first, resample(units, method=QUICK, salt="b"))
    assert not np.array_equal(first, resample(units, method=Method(resamples=300, seed=1), salt="a"))
    assert len(first) == 300


def test_more_confidence_is_a_wider_interval():
    draws = np.random.default_rng(0).normal(size=5000)
    low, high = interval(draws, clusters=50, confidence=0.95)
    wider = interval(draws, clusters=50, confidence=0.99)
    assert wider[0] < low < high < wider[1]
    fewer = interval(draws, clusters=5, confidence=0.95)
    assert fewer[0] < low < high < fewer[1]


def test_the_order_of_cases_does_not_matter():
    units = drawn(np.random.default_rng(4), clusters=9, size=3, rates=[0.6, 0.4], spread=0.1)
    turned = Units(scores=units.scores[::-1], clusters=list(units.clusters)[::-1])
    first, second = (
        difference(one, resample(one, method=QUICK), arms=(0, 1), method=QUICK) for one in (units, turned)
    )
    assert first[0] == pytest.approx(second[0])
    assert first[1] == pytest.approx(second[1])
