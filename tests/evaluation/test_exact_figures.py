"""Figures worked out anew, each from its paper's formula or by counting every possibility."""

import itertools
import math

import msgspec
import numpy as np
import pytest
from scipy import stats as scipy_stats

from workbench.evaluation.corrected import Error, prediction_powered, rogan_gladen
from workbench.evaluation.paired import FLIPS, Differing, adjusted, compare_arms, exchange_test
from workbench.evaluation.power import cases_for, equivalence_cases, power
from workbench.evaluation.sequential import Bet
from workbench.evaluation.stats import Method, Units, difference, effective, figure, resample
from workbench.verdicts import Amount, Comparison, Verdicts

ERROR = Error(basis="s", positives=80, caught=72, negatives=50, refused=40)


def test_rogan_gladen_with_the_interval_of_lang_and_reiczigel():
    rate, n = 0.62, 190.0
    z = 1.959963984540054
    a, b = 73 / 82, 41 / 52
    p = (n * rate + z**2 / 2) / (n + z**2)
    slope = a + b - 1
    estimate = (p + b - 1) / slope
    spread = p * (1 - p) / (n + z**2)
    spread += estimate**2 * a * (1 - a) / 82 + (1 - estimate) ** 2 * b * (1 - b) / 52
    shift = 2 * z**2 * (estimate * a * (1 - a) / 82 - (1 - estimate) * b * (1 - b) / 52)
    half = z * math.sqrt(spread) / slope
    point, ends = rogan_gladen(rate, n, ERROR)
    assert point == pytest.approx((rate + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert ends == pytest.approx((estimate + shift - half, estimate + shift + half))
    assert 0 < ends[0] < point < ends[1] < 1


def test_rogan_gladen_stays_a_share():
    sure = Error(basis="s", positives=80, caught=72, negatives=50, refused=49)
    for rate in (0.0, 1.0):
        point, (low, high) = rogan_gladen(rate, 400, sure)
        assert (point, rate) in {(0.0, 0.0), (1.0, 1.0)}
        assert 0.0 <= low <= high <= 1.0


def test_informedness_is_newcombes():
    point, (low, high) = ERROR.informedness()
    assert point == pytest.approx(0.7)

    def wilson(k, n):
        return scipy_stats.binomtest(k, n).proportion_ci(method="wilson")

    a, b = wilson(72, 80), wilson(40, 50)
    assert low == pytest.approx(0.7 - math.hypot(0.9 - a.low, 0.8 - b.low))
    assert high == pytest.approx(0.7 + math.hypot(a.high - 0.9, b.high - 0.8))


def test_prediction_powered_is_the_formula_of_its_paper():
    found = np.array([1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0], float)
    said = np.array([1, 0, 0, 1, 1, 1, *[np.nan] * 6])
    names = [str(n) for n in range(12)]
    labelled, rest = found[:6], found[6:]
    cov = float(np.cov(said[:6], labelled, ddof=1)[0, 1])
    weight = cov / ((1 + 6 / 6) * found.var())
    assert 0 < weight < 1
    rectified, filled = said[:6] - weight * labelled, weight * rest
    mean = rectified.mean() + filled.mean()
    variance = rectified.var() / 5 + filled.var() / 5
    half = scipy_stats.t.ppf(0.975, 5) * math.sqrt(variance)
    point, (low, high) = prediction_powered(found, said, names)
    assert point == pytest.approx(mean)
    # The grader erred to either side, so that neither is widened.
    assert (low, high) == pytest.approx((max(0, mean - half), min(1, mean + half)))
    assert low > 0


def test_what_clustered_cases_are_worth():
    rng = np.random.default_rng(1)
    scores = np.concatenate([rng.random(5) < chance for chance in rng.random(12)]).astype(float)
    names = [str(n // 5) for n in range(60)]
    rate = scores.mean()
    totals = scores.reshape(12, 5).sum(axis=1)
    clustered = float(((totals - 5 * rate) ** 2).sum()) / 60**2 * 12 / 11
    ratio = scipy_stats.norm.ppf(0.975) / scipy_stats.t.ppf(0.975, 11)
    worth = rate * (1 - rate) / clustered * ratio**2
    assert 1 < worth < 60
    found = effective(Units(scores=scores[:, None], clusters=names), confidence=0.95)
    assert found == pytest.approx(worth)


def test_two_clusters_that_differ_are_worth_less_than_they_hold():
    units = Units(scores=np.array([1.0, 1, 1, 0, 1, 0])[:, None], clusters=["a"] * 3 + ["b"] * 3)
    assert 1.0 <= effective(units, confidence=0.95) < 6
    one = Units(scores=np.array([1.0, 0, 1])[:, None], clusters=["a"] * 3)
    assert effective(one, confidence=0.95) == 1.0


def test_tosses_at_random_count_the_one_seen():
    # No toss of forty unequal fractions comes near all of one sign: only the one seen is as extreme.
    sums = np.array([1 + n / 100 + 0.001 for n in range(40)])
    assert exchange_test(Differing(sums=sums, n=40)) == pytest.approx(1 / (FLIPS + 1))


@pytest.mark.parametrize(("n", "differing", "difference"), [(30, 0.5, 0.4), (25, 1.0, 0.5), (40, 0.3, 0.3)])
def test_power_by_counting_every_outcome(n, differing, difference):
    wins = (differing + difference) / 2 / differing
    chance = 0.0
    for moved in range(n + 1):
        share = scipy_stats.binom.pmf(moved, n, differing)
        for won in range(moved + 1):
            if moved and scipy_stats.binomtest(won, moved, 0.5).pvalue <= 0.05:
                chance += share * scipy_stats.binom.pmf(won, moved, wins)
    assert power(n, differing=differing, difference=difference) == pytest.approx(chance, abs=1e-6)


def test_cases_for_equivalence_are_lius():
    told = 0.3 * ((1.6448536269514722 + 1.2815515655446004) / 0.1) ** 2
    assert equivalence_cases(0.1, differing=0.3) == math.ceil(told)


def arms(changes):
    scores = np.array([[1.0, 1.0 + change] if change <= 0 else [0.0, 1.0] for change in changes])
    return Units(scores=scores, clusters=[str(n) for n in range(len(changes))])


def test_a_comparison_names_its_arms_and_its_direction():
    units, method = arms([-1] * 20 + [0] * 20), Method(resamples=200)
    shares = resample(units, method=method)
    found = compare_arms(units, shares, arms=(0, 1), names=("teacher", "after"), margin=0.1, method=method)
    assert (found.reference, found.arm, found.verdict) == ("teacher", "after", "regressed")
    assert (found.n, found.clusters, found.difference, found.needs) == (40, 40, -0.5, 0)
    assert found.ci[0] <= -0.5 <= found.ci[1] < 0
    narrow = Method(confidence=0.9, resamples=200)
    assert found.equivalence_ci == difference(units, shares, arms=(0, 1), method=narrow)[1]


def comparison(low, high, *, clusters=400, p=0.5, point=0.0):
    return Comparison(
        reference="teacher", arm="after", n=clusters, clusters=clusters, difference=point, variance=0.05,
        ci=(low, high), equivalence_ci=(low, high), p=p, p_holm=p, margin=0.1, verdict="undecided", needs=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (comparison(-0.09, 0.09), "equivalent"),
        (comparison(-0.11, 0.09), "undecided"),
        (comparison(-0.09, 0.11), "undecided"),
        (comparison(-0.1, 0.09), "undecided"),
        (comparison(-0.09, 0.1), "undecided"),
        (comparison(-0.09, 0.09, clusters=3), "undecided"),
        (comparison(-0.3, -0.1, p=0.05, point=-0.2), "regressed"),
        (comparison(0.1, 0.3, p=0.05, point=0.2), "improved"),
        (comparison(0.1, 0.3, p=0.051, point=0.2), "undecided"),
    ],
)
def test_the_verdict_at_its_limits(one, verdict):
    (found,) = adjusted([one], confidence=0.95)
    assert found.verdict == verdict
    assert (found.needs > 0) == (verdict == "undecided")


def test_clusters_toss_whole_however_they_are_split():
    for sums in itertools.product([1.0, -2.0, 3.0], repeat=3):
        seen = abs(sum(sums))
        tosses = [abs(np.dot(signs, sums)) for signs in itertools.product([-1, 1], repeat=3)]
        expected = np.mean([toss >= seen for toss in tosses])
        assert exchange_test(Differing(sums=np.array(sums), n=9)) == pytest.approx(expected)


def test_one_more_case_is_asked_for_where_one_is_enough():
    seen = msgspec.structs.replace(comparison(0.4, 0.6, p=0.06, point=0.5), clusters=4000, n=4000)
    assert adjusted([seen], confidence=0.95)[0].needs == 1


def test_two_labels_correct_a_share_and_one_label_does_not():
    found, nan = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), np.nan
    names = [str(n) for n in range(6)]
    # Two labels that the grader got right: all weight on the grader, the estimate is its own mean.
    point, _ = prediction_powered(found, np.array([1.0, 0.0, nan, nan, nan, nan]), names)
    weight = min(1.0, 0.5 / ((1 + 2 / 4) * found.var()))
    assert point == pytest.approx((1 - weight) * 0.5 + weight * found[2:].mean())
    # Of a single one no covariance is known: the grader counts whole.
    point, _ = prediction_powered(found, np.array([1.0, *[nan] * 5]), names)
    assert point == pytest.approx(found[1:].mean())


def test_a_grader_that_always_says_the_same_counts_whole():
    found, nan = np.full(6, 1.0), np.nan
    said = np.array([1.0, 0.0, 1.0, nan, nan, nan])
    point, _ = prediction_powered(found, said, [str(n) for n in range(6)])
    assert point == pytest.approx((said[:3] - found[:3]).mean() + 1.0)


def test_two_clusters_have_a_variance_and_one_has_none():
    found, nan = np.array([1.0, 0.0, 1.0, 0.0]), np.nan
    wide = prediction_powered(found, np.array([1.0, 0.0, 1.0, 1.0]), ["a", "a", "b", "b"])[1]
    assert wide == (0.0, 1.0)  # 12.7 standard errors of 0.25 each way
    rest = prediction_powered(found, np.array([1.0, 0.0, nan, nan]), ["a", "b", "c", "c"])
    assert rest[0] == pytest.approx(0.5)


def test_a_bet_stakes_what_it_can_lose():
    # The stakes lie evenly between 2 and 98 % of all that a loss of 1 - bound leaves: their mean is a half.
    for bound, value in ((0.0, -1.0), (0.2, -0.3), (-0.5, 0.25)):
        won = Bet(bound).see(value)
        assert won == pytest.approx(1 + 0.5 / (1 - bound) * (bound - value))
    assert Bet(0.2).see(1.0) == pytest.approx(0.5)
    assert Bet(-0.1, above=True).see(0.3) == pytest.approx(1 + 0.5 / 0.9 * 0.4)


@pytest.mark.parametrize("difference", [0.06, 0.08, 0.1, 0.12, 0.15, 0.18, 0.2])
def test_one_case_fewer_than_the_fewest_is_too_few(difference):
    n = cases_for(difference, differing=0.2)
    step = max(1, n // 200)
    assert power(n, differing=0.2, difference=difference) >= 0.80
    # As found by halving: power saws, so that a case fewer may do by chance, but not a whole tooth fewer.
    assert power(n - 2 * step, differing=0.2, difference=difference) < 0.82
    assert all(
        power(fewer, differing=0.2, difference=difference) < 0.80 for fewer in range(n * 3 // 5, n * 9 // 10)
    )


def test_verdicts_of_an_earlier_file_have_the_level_that_it_was_made_with():
    fields = {one.name: one.default for one in msgspec.structs.fields(Verdicts)}
    held = {name: fields[name] for name in ("confidence", "resamples", "seed", "heldout_cases")}
    assert held == {"confidence": 0.95, "resamples": 2000, "seed": 0, "heldout_cases": 0}
    assert fields["stopped"] is None


def test_where_everything_is_labelled_the_labels_alone_count():
    found, said = np.array([1.0, 1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0, 0.0])
    point, _ = prediction_powered(found, said, ["a", "b", "c", "d"])
    assert point == pytest.approx(0.25)


def test_a_figure_of_scores_alone_has_nothing_unscored():
    assert figure([1.0, 0.0], ["a", "b"]).unscored == 0
    assert figure([1.0, 0.0], ["a", "b"], unscored=3).unscored == 3


def test_amounts_of_a_run_end_at_a_billion():
    assert msgspec.convert(1e9, Amount) == 1e9
    for amount in (1e9 + 0.5, -0.5):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(amount, Amount)
