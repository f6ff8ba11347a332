import numpy as np
import pytest

from workbench.evaluation.sequential import Bet, Sequential, Watch


def stream(rng, clusters, *, change=0.0, size=3, spread=0.2):
    """Mean differences of clusters of ``size`` cases, hard or easy for both arms."""
    shift = rng.normal(0, spread, size=(clusters, 1))
    first = rng.random((clusters, size)) < np.clip(0.75 + shift, 0, 1)
    second = rng.random((clusters, size)) < np.clip(0.75 + change + shift, 0, 1)
    return (second.astype(float) - first).mean(axis=1)


def test_looking_after_every_cluster_raises_no_more_false_alarms_than_promised():
    rng = np.random.default_rng(20261124)
    wrong = 0
    for _ in range(1000):
        bet, values = Bet(0.0), stream(rng, 120)
        wrong += any(bet.see(value) >= 20 for value in values)
    assert wrong / 1000 <= 0.05
    assert wrong > 0


def test_an_adapter_worse_by_the_margin_is_not_let_through():
    rng = np.random.default_rng(4)
    through = 0
    for _ in range(400):
        bet = Bet(-0.1, above=True)
        values = rng.choice([1.0, 0.0, -1.0], p=[0.1, 0.7, 0.2], size=300)  # the mean is -0.1
        through += any(bet.see(value) >= 20 for value in values)
    assert through / 400 <= 0.05


def test_a_clear_loss_stops_soon_and_a_clear_hold_too():
    rng = np.random.default_rng(5)
    for change, reason in ((-0.5, "regressed"), (0.0, "not_worse")):
        watch = Watch(Sequential())
        seen = next(n for n, value in enumerate(stream(rng, 900, change=change), 1) if watch.see([value]))
        assert watch.reason == reason
        assert seen < 250
        assert watch.outcome(asked=seen, of=900).reason == reason


def test_the_first_bet_to_win_stands():
    watch = Watch(Sequential())
    watch.see([-1.0] * 30)
    assert watch.reason == "regressed"
    watch.see([1.0] * 500)
    assert watch.reason == "regressed"
    assert watch.outcome(asked=530, of=530).p_worse < 0.05


def test_a_run_that_shows_nothing_runs_out():
    watch = Watch(Sequential())
    assert watch.see([0.0, -0.05, 0.05]) is None
    told = watch.outcome(asked=3, of=3)
    assert told.reason == "ran_out"
    assert min(told.p_worse, told.p_not_worse) > 0.05


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_the_worst_value_never_ruins_a_bet_wholly(value):
    for bet in (Bet(0.0), Bet(-0.1, above=True)):
        assert 0 < bet.see(value) < 4


def run_of(after, *, cases=200):
    from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good

    from workbench.backends import FakeBackend
    from workbench.evaluation import Plan, evaluate

    harm = [case(900 + n, behaviour="harm", cluster="h", expect={"comply": True}) for n in range(4)]
    backends = {"teacher": FakeBackend(good), "before": FakeBackend(careless), "after": FakeBackend(after)}
    plan = Plan(templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT], sequential=Sequential())
    held = [case(number) for number in range(cases)]
    return evaluate([*held, *harm], plan, backend_for=backends.__getitem__), held


def test_a_run_stops_when_it_is_clear_and_a_held_one_still_asks_the_suites():
    from desk_world import careless, good

    from workbench.gate import Policy, decide

    lost, _ = run_of(careless)
    assert lost.verdicts.stopped.reason == "regressed"
    assert lost.verdicts.heldout_cases < 40
    assert not lost.verdicts.behaviours
    gate = decide(lost.verdicts, parity={"ok": True}, policy=Policy(min_cases=1, min_clusters=1))
    assert any(one.limit.startswith("sequential") and one.verdict == "failed" for one in gate.crossed)
    held, _ = run_of(good)
    assert held.verdicts.stopped.reason == "not_worse"
    assert held.verdicts.heldout_cases < 100
    assert [one.behaviour for one in held.verdicts.behaviours] == ["harm"]
    limits = Policy(min_cases=150, min_clusters=150)
    assert not [
        c for c in decide(held.verdicts, parity={"ok": True}, policy=limits).crossed if "min_c" in c.limit
    ]


def test_the_order_of_the_cases_changes_nothing():
    from desk_world import CONTRACT, FORM, TEMPLATE, case, good

    from workbench.backends import FakeBackend
    from workbench.evaluation import Plan, evaluate

    plan = Plan(templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT], sequential=Sequential())
    cases = [case(number) for number in range(120)]
    one, two = (
        evaluate(order, plan, backend_for=lambda _: FakeBackend(good)).verdicts
        for order in (cases, cases[::-1])
    )
    assert one == two


def test_nothing_to_compare_is_refused():
    from desk_world import CONTRACT, FORM, TEMPLATE, case, good

    from workbench.backends import FakeBackend
    from workbench.errors import ConfigError
    from workbench.evaluation import Plan, evaluate

    plan = Plan(
        templates={"t1": TEMPLATE},
        form=FORM,
        contracts=[CONTRACT],
        arms=("teacher", "before"),
        sequential=Sequential(),
    )
    with pytest.raises(ConfigError, match="sequential"):
        evaluate([case(1)], plan, backend_for=lambda _: FakeBackend(good))
