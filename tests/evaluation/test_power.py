import numpy as np
import pytest

from workbench.evaluation.paired import Differing, exchange_test
from workbench.evaluation.power import cases_for, detectable, equivalence_cases, power


@pytest.mark.parametrize(
    ("n", "differing", "difference"), [(40, 0.3, 0.2), (120, 0.2, 0.1), (400, 0.1, 0.05), (60, 0.5, 0.0)]
)
def test_power_is_as_planned_within_three_points(n, differing, difference):
    rng = np.random.default_rng(20261124)
    chances = [(differing + difference) / 2, (differing - difference) / 2, 1 - differing]
    found = 0
    for _ in range(3000):
        sums = rng.choice([1.0, -1.0, 0.0], p=chances, size=n)
        found += exchange_test(Differing(sums=sums, n=n)) <= 0.05
    assert found / 3000 == pytest.approx(power(n, differing=differing, difference=difference), abs=0.03)


def test_power_agrees_with_a_published_table():
    # Discordance 0.3, difference 0.2: the normal formula gives 59 pairs at 80 %; the exact test needs more.
    assert 55 <= cases_for(0.2, differing=0.3) <= 72
    assert power(cases_for(0.2, differing=0.3), differing=0.3, difference=0.2) >= 0.80


def test_what_can_be_found_is_found():
    least = detectable(100, differing=0.2)
    assert power(100, differing=0.2, difference=least) >= 0.80
    assert power(100, differing=0.2, difference=least - 0.02) < 0.80
    assert detectable(10, differing=0.2) is None  # ten cases never can
    assert cases_for(0.001, differing=1.0) is None


def test_equivalence_needs_more_for_a_narrower_margin():
    assert equivalence_cases(0.10, differing=0.2) == pytest.approx(172, abs=2)
    assert equivalence_cases(0.05, differing=0.2) == pytest.approx(4 * 172, abs=8)


@pytest.mark.parametrize(("differing", "difference"), [(0.1, 0.2), (0.0, 0.0), (1.2, 0.1)])
def test_impossible_questions_are_refused(differing, difference):
    with pytest.raises(ValueError, match="no such case"):
        power(10, differing=differing, difference=difference)


def test_a_difference_is_found_where_the_power_is_just_what_is_wanted():
    just = power(60, differing=0.3, difference=0.3)
    assert detectable(60, differing=0.3, wanted=just) == pytest.approx(0.3, abs=0.01)
    assert detectable(60, differing=0.3, wanted=just + 1e-9) is None
