import json

import numpy as np
import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good

from workbench.backends import FakeBackend
from workbench.errors import ConfigError, InputError
from workbench.evaluation import Judging, Method, Plan, errors_of, evaluate, read_labels
from workbench.evaluation.corrected import Error, prediction_powered, rogan_gladen
from workbench.graders.cards.page import bundled_figures

RUNS = 1000
SENS, SPEC = 0.85, 0.75
PLAN = {
    "templates": {"t1": TEMPLATE},
    "form": FORM,
    "contracts": [CONTRACT],
    "judging": Judging(method=Method(resamples=100)),
}


def graded(rng, truth):
    return np.where(truth, rng.random(truth.shape) < SENS, rng.random(truth.shape) > SPEC).astype(float)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_rogan_gladen_covers_the_true_share(share):
    rng, covered, raw_covered, points = np.random.default_rng(3), 0, 0, []
    for _ in range(RUNS):
        caught, refused = rng.binomial(150, SENS), rng.binomial(120, SPEC)
        error = Error(basis="s", positives=150, caught=int(caught), negatives=120, refused=int(refused))
        rate = float(graded(rng, rng.random(200) < share).mean())
        point, (low, high) = rogan_gladen(rate, 200, error)
        points.append(point)
        covered += low <= share <= high
        raw_covered += abs(rate - share) < 1.96 * np.sqrt(rate * (1 - rate) / 200)
    assert 0.935 <= covered / RUNS <= 0.985
    assert raw_covered / RUNS < covered / RUNS
    assert np.mean(points) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(("share", "labelled", "clustered"), [(0.6, 60, 1), (0.85, 80, 1), (0.6, 90, 3)])
def test_prediction_powered_covers_and_labels_alone_are_wider(share, labelled, clustered):
    rng, covered, width, alone = np.random.default_rng(5), 0, [], []
    for _ in range(RUNS):
        groups = 400 // clustered
        names = np.repeat(np.arange(groups), clustered)
        base = rng.beta(share * 8, (1 - share) * 8, groups) if clustered > 1 else np.full(groups, share)
        truth = rng.random(len(names)) < base[names]
        found = graded(rng, truth)
        said = np.full(len(names), np.nan)
        chosen = np.isin(names, rng.choice(groups, labelled // clustered, replace=False))
        said[chosen] = truth[chosen]
        _, (low, high) = prediction_powered(found, said, [str(n) for n in names])
        covered += low <= share <= high
        width.append(high - low)
        only = truth[chosen].mean()
        alone.append(2 * 1.96 * np.sqrt(only * (1 - only) / chosen.sum()))
    assert 0.93 <= covered / RUNS <= 0.98
    if clustered == 1:
        assert np.mean(width) < np.mean(alone)


def test_a_grader_that_always_agrees_still_leaves_doubt():
    found = np.array([1.0, 0.0] * 100)
    said = np.full(200, np.nan)
    said[:20] = found[:20]
    point, (low, high) = prediction_powered(found, said, [str(n) for n in range(200)])
    assert point == pytest.approx(0.5)
    assert low < 0.4
    assert high > 0.6


@pytest.mark.parametrize("groups", [20, 40])
def test_where_every_answer_is_labelled_and_right_the_doubt_is_that_of_so_many_cases(groups):
    ones, names = np.ones(40), [str(n % groups) for n in range(40)]
    point, (low, high) = prediction_powered(ones, ones, names)
    assert (point, high) == (1.0, 1.0)
    # Wilson's lower limit of all of so many: n / (n + z²)
    assert low == pytest.approx(groups / (groups + 1.959964**2), abs=1e-6)
    point, (low, high) = prediction_powered(1 - ones, 1 - ones, names)
    assert (point, low) == (0.0, 0.0)
    assert high == pytest.approx(1.959964**2 / (groups + 1.959964**2), abs=1e-6)


def run(cases, **more):
    made = {"teacher": FakeBackend(good), "before": FakeBackend(careless), "after": FakeBackend(good)}
    return evaluate(cases, Plan(**PLAN, **more), backend_for=made.__getitem__)


CASES = [case(number) for number in range(30)]


def labels(tmp_path, rows):
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_labels(path)


def test_corrected_shares_stand_beside_the_raw_ones(tmp_path):
    rows = [
        {"case_id": f"c{n}", "arm": "after", "rule": "opening", "verdict": "fail" if n < 4 else "pass"}
        for n in range(12)
    ]
    errors = {"rules": Error(basis="s", positives=100, caught=90, negatives=100, refused=90)}
    verdicts = run(CASES, labels=labels(tmp_path, rows), errors=errors).verdicts
    assert verdicts.overall.after.rate == 1.0
    by = {(one.method, one.name, one.arm): one for one in verdicts.corrected}
    powered = by["prediction_powered", "opening", "after"]
    assert (powered.raw, powered.labelled) == (1.0, 12)
    assert powered.rate == pytest.approx(8 / 12)
    assert powered.ci[0] < 8 / 12 < powered.ci[1]
    carded = by["rogan_gladen", "all rules", "before"]
    assert (carded.raw, carded.rate, carded.basis) == (0.0, 0.0, "s")
    assert not any(one.of == "rule" for one in verdicts.corrected if one.method == "rogan_gladen")


@pytest.mark.parametrize(("labelled", "note"), [(1, "fewer than 2 labels"), (2, "")])
def test_two_labels_are_the_fewest_that_correct(tmp_path, labelled, note):
    rows = [
        {"case_id": f"c{n}", "arm": "after", "rule": "opening", "verdict": "pass"} for n in range(labelled)
    ]
    (one,) = [
        found
        for found in run(CASES, labels=labels(tmp_path, rows)).verdicts.corrected
        if (found.name, found.method) == ("opening", "prediction_powered")
    ]
    assert (one.labelled, one.note) == (labelled, note)
    assert (one.rate is None) == bool(note)


def test_a_grader_without_power_corrects_nothing():
    errors = {"rules": Error(basis="s", positives=50, caught=26, negatives=50, refused=25)}
    carded = run(CASES, errors=errors).verdicts.corrected
    assert len(carded) == 3
    assert all(one.rate is None and "nil" in one.note for one in carded)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"case_id": "x", "arm": "after", "verdict": "pass"}, "not asked"),
        ({"case_id": "c1", "arm": "after", "verdict": "pass"}, "no rule for the held-out"),
        (
            {"case_id": "c1", "arm": "after", "rule": "calm", "verdict": "pass", "text": "old"},
            "another answer",
        ),
        ({"case_id": "c1", "arm": "after", "rule": "calm", "verdict": "maybe"}, "labels.jsonl:1"),
        ({"case_id": "c1", "arm": "afterwards", "rule": "calm", "verdict": "pass"}, "labels.jsonl:1"),
    ],
)
def test_a_label_that_fits_no_answer_is_named(tmp_path, row, said):
    with pytest.raises(InputError, match=said):
        run(CASES, labels=labels(tmp_path, [row]))


def test_a_label_said_twice_in_two_ways_is_named(tmp_path):
    row = {"case_id": "c1", "arm": "after", "rule": "calm", "verdict": "pass"}
    with pytest.raises(InputError, match=r"labels\.jsonl:2"):
        run(CASES, labels=labels(tmp_path, [row, row | {"verdict": "fail"}]))


def test_cards_are_read_by_name_and_unknown_ones_are_told_from_known():
    found = errors_of({"grounding": "begin_dev_wow"}, bundled_figures())["grounding"]
    assert (found.positives, found.caught, found.negatives, found.refused) == (180, 155, 250, 223)
    with pytest.raises(ConfigError, match="begin_dev_wow"):
        errors_of({"grounding": "nothing"}, bundled_figures())


def test_informedness_of_a_coin_holds_zero_and_that_of_a_good_grader_does_not():
    coin = Error(basis="s", positives=60, caught=33, negatives=60, refused=30).informedness()
    fine = Error(basis="s", positives=60, caught=50, negatives=60, refused=50).informedness()
    assert coin[1][0] < 0 < coin[1][1]
    assert 0 < fine[1][0] < fine[0] < fine[1][1] < 1
