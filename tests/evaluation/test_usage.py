import json

import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, case, good

from workbench.backends import FakeBackend
from workbench.errors import ConfigError
from workbench.evaluation import Plan, evaluate, read_prices, write_evaluation
from workbench.evaluation.grading import Answered
from workbench.evaluation.usage import count_usage
from workbench.records import Completion
from workbench.report.beside import beside
from workbench.verdicts import Price, Prices

MILLION = 1_000_000


def answered(arm, prompt, cached, written, *, sample=0):
    completion = Completion(text="x", prompt_tokens=prompt, completion_tokens=written, cached_tokens=cached)
    return Answered(case=case(1), arm=arm, completion=completion, sample=sample)


def test_tokens_are_counted_by_arm_over_all_samples():
    usage = count_usage(
        [
            answered("teacher", 100, 0, 7),
            answered("teacher", 100, 80, 5, sample=1),
            answered("after", 9, 0, 3),
        ]
    )
    assert list(usage.arms) == ["teacher", "after"]
    teacher = usage.arms["teacher"]
    assert (teacher.answers, teacher.prompt_tokens, teacher.cached_tokens) == (2, 200, 80)
    assert (teacher.completion_tokens, teacher.cost) == (12, None)


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (Price(input=2, output=10), 1 * 2 + 0.5 * 10),
        (Price(input=2, output=10, cached=0.5), 0.25 * 2 + 0.75 * 0.5 + 0.5 * 10),
        (Price(input=0, output=0), 0),
    ],
)
def test_a_million_tokens_cost_what_the_table_says(price, cost):
    one = answered("teacher", MILLION, 750_000, 500_000)
    for prices in (Prices(all=price), Prices(all=Price(input=99, output=99), teacher=price)):
        assert count_usage([one], prices).arms["teacher"].cost == pytest.approx(cost)


def test_an_arm_without_price_has_no_cost():
    usage = count_usage(
        [answered("teacher", 5, 0, 5), answered("after", 5, 0, 5)], Prices(after=Price(input=1, output=1))
    )
    assert [one.cost is None for one in usage.arms.values()] == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency: EUR\n", "no price"),
        ("all: {input: -1, output: 2}\n", "input"),
        ("all: {input: 1}\n", "output"),
        ("everything: {input: 1, output: 2}\n", "everything"),
    ],
)
def test_a_table_that_is_none_says_what_is_wrong(tmp_path, text, said):
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_prices(tmp_path / "prices.yaml")


class Sharing(FakeBackend):
    """A backend that encodes the first three tokens of all prompts once."""

    def shared_tokens_of(self, prompts):
        return [0, *[3] * (len(prompts) - 1)]


def test_files_terminal_and_lines_hold_tokens_and_cost(tmp_path):
    (tmp_path / "prices.yaml").write_text("currency: EUR\nall: {input: 3, cached: 0.3, output: 15}\n")
    plan = Plan(
        templates={"t1": TEMPLATE},
        form=FORM,
        contracts=[CONTRACT],
        prices=read_prices(tmp_path / "prices.yaml"),
    )
    cases = [case(number) for number in range(4)]
    found = evaluate(cases, plan, backend_for=lambda _: Sharing(good))
    summary = write_evaluation(found, tmp_path / "out")
    arms = json.loads((tmp_path / "out" / "verdicts.json").read_text())["usage"]["arms"]
    lines = [json.loads(line) for line in (tmp_path / "out" / "completions.jsonl").read_text().splitlines()]
    for arm, one in arms.items():
        mine = [line for line in lines if line["arm"] == arm]
        assert one["prompt_tokens"] == sum(line["prompt_tokens"] for line in mine) > 0
        assert one["cached_tokens"] == sum(line["cached_tokens"] for line in mine) == 9
        fresh = one["prompt_tokens"] - 9
        cost = (fresh * 3 + 9 * 0.3 + one["completion_tokens"] * 15) / MILLION
        assert one["cost"] == pytest.approx(cost, abs=1e-6)
    assert summary["usage"]["arms"] == arms
    assert "EUR" in beside(summary)[0]
    assert "9 of them" in beside(summary)[0]
