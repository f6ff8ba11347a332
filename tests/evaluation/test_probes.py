from collections import Counter

import msgspec
import pytest
from desk_world import CONTRACT, FORM, TEMPLATE

from workbench.backends import FakeBackend
from workbench.checks import check_names
from workbench.errors import ConfigError
from workbench.evaluation import Plan, evaluate
from workbench.evaluation.arms import BARE, render
from workbench.evaluation.probes import PROBE_LANGUAGES, probe
from workbench.evaluation.probes.make import Probing
from workbench.records import Message, Pair, Slot, Source, TokenCounts

MISSING = msgspec.structs.replace(
    CONTRACT.rules[0],
    id="ask",
    check={
        "use": "phrase_when",
        "condition": "missing_input",
        "phrase": "Nord here. Which number?",
        "what": "order",
    },
)
WHOLE = msgspec.structs.replace(CONTRACT, rules=(*CONTRACT.rules, MISSING))


def pair(number, *, missing=False, task="desk"):
    asked = f"When was my order sent, {number}?" if missing else f"When was order {1000 + number} sent?"
    said = "Nord here. Which number?" if missing else "Nord here. On 3 May."
    values = {"context": f"- Order {1000 + number}: sent 3 May.", "question": asked}
    return Pair(
        id=f"p{number}", task=task, prompt=(Message(role="user", content=asked),),
        completion=(Message(role="assistant", content=said),), template_id="t1",
        slots=tuple(Slot(name=name, type=name, value=value) for name, value in values.items()),
        source=Source(file="log.jsonl", line=number + 1, record=number),
        tokens=TokenCounts(original=9, compact=5, completion=4),
    )  # fmt: skip


HELD = [pair(number, missing=number % 3 == 0) for number in range(60)]


@pytest.mark.parametrize("held", [HELD, []])
@pytest.mark.parametrize("lang", PROBE_LANGUAGES)
def test_every_checked_rule_has_its_probes_and_every_other_its_reason(held, lang):
    suite = probe(WHOLE, held, how=Probing(languages=(lang,)))
    counts = Counter((case.expect["rule"], case.slice) for case in suite.cases)
    for rule in ("opening", "calm", "ask"):
        assert sum(counts[rule, kind] for kind in ("follow", "counter", "scope")) == 24
        assert min(counts[rule, kind] for kind in ("follow", "counter", "scope")) >= 6
    assert [(one.rule, "no check" in one.why) for one in suite.not_probed] == [("kind", True)]
    assert len({case.id for case in suite.cases}) == len(suite.cases)
    assert all(not one.note for one in suite.probed)


def test_own_inputs_come_first_with_their_place():
    suite = probe(WHOLE, HELD)
    own = [case for case in suite.cases if case.expect["from"]["input"] == "held out"]
    assert {case.slice for case in own} == {"follow", "counter", "scope"}
    texts = {one.id: one.slot_values["question"] for one in HELD}
    for case in own:
        told = case.expect["from"]
        assert case.slots["question"].startswith(texts[told["pair"]])
        assert told["file"] == "log.jsonl"
    asked = [case for case in own if case.expect["rule"] == "ask"]
    assert {("my order" in case.slots["question"], case.slice != "scope") for case in asked} == {
        (True, True), (False, False)
    }  # fmt: skip


def test_the_order_of_pairs_changes_nothing_and_settings_do():
    assert probe(WHOLE, HELD) == probe(WHOLE, HELD[::-1])
    more = probe(WHOLE, HELD, how=Probing(per_rule=30))
    assert len(more.cases) == 90
    assert probe(WHOLE, [], how=Probing(languages=("zh",))) != probe(
        WHOLE, [], how=Probing(languages=("en",))
    )


def test_another_task_is_where_a_rule_must_not_reach():
    others = [pair(number, task="letters") for number in range(100, 110)]
    suite = probe(CONTRACT, [*HELD, *others])
    scope = [case for case in suite.cases if case.slice == "scope" and case.expect["rule"] == "opening"]
    assert {case.expect["from"]["pair"] for case in scope} <= {one.id for one in others}


def test_pairs_of_one_task_are_the_contracts_whatever_its_name_and_of_several_one_must_be():
    renamed = msgspec.structs.replace(CONTRACT, task="prompt")
    own = [case.expect["from"]["input"] for case in probe(renamed, HELD).cases if case.slice == "follow"]
    assert set(own) == {"held out"}
    scope = [case.expect["template"] for case in probe(renamed, HELD).cases if case.slice == "scope"]
    assert set(scope) == {BARE}
    with pytest.raises(ConfigError, match="'prompt'"):
        probe(renamed, [*HELD, pair(200, task="letters")])


def test_a_should_rule_may_be_overridden():
    rules = tuple(msgspec.structs.replace(rule, severity="should") for rule in CONTRACT.rules)
    suite = probe(msgspec.structs.replace(CONTRACT, rules=rules), HELD)
    assert {case.expect["want"] for case in suite.cases if case.slice == "counter"} == {"yield"}
    suite = probe(CONTRACT, HELD)
    assert {case.expect["want"] for case in suite.cases if case.slice == "counter"} == {"obey"}


def test_a_task_of_its_own_is_asked_without_the_prompt():
    case = next(case for case in probe(CONTRACT, HELD).cases if case.expect.get("template") == BARE)
    for arm in ("teacher", "before", "after"):
        asked = render(case, arm, templates={"t1": TEMPLATE}, form=FORM)
        assert [(m.role, m.content) for m in asked] == [("user", case.slots["question"])]


CHECKS = {
    "contains": {"phrases": ["x"]}, "not_contains": {"phrases": ["x"]}, "ends_with": {"phrase": "x"},
    "starts_with": {"phrase": "x"}, "no_characters": {"characters": "!"}, "one_of": {"values": ["a"]},
    "length": {"max": 9}, "language": {"lang": "en"}, "json_schema": {"schema": {}},
    "no_identifiers": {"pattern": "A-1"}, "phrase_when": {"condition": "contested", "phrase": "x"},
    "markup": {"element": "emoji", "max": 0}, "notation": {"of": "date", "form": "YYYY-MM-DD"},
    "xml_structure": {"root": "a"},
    "unless": {"check": {"use": "language", "lang": "en"}, "exception": "asked"},
    "ifeval": {"instruction": "punctuation:no_comma"},
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in check_names() if name not in {"plugin", "judge"}])
@pytest.mark.parametrize("lang", PROBE_LANGUAGES)
def test_every_check_can_be_probed(name, lang):
    check = {"use": name, **CHECKS.get(name, {})}
    rule = msgspec.structs.replace(CONTRACT.rules[0], check=check)
    suite = probe(msgspec.structs.replace(CONTRACT, rules=(rule,)), how=Probing(languages=(lang,)))
    assert len(suite.cases) == 24
    countered = [case.slots["question"] for case in suite.cases if case.slice == "counter"]
    assert len(set(countered)) == len(countered)


def test_a_rule_that_a_judge_decides_is_not_probed_and_says_so():
    rule = msgspec.structs.replace(CONTRACT.rules[0], check={"use": "judge", "question": "Is it kind?"})
    suite = probe(msgspec.structs.replace(CONTRACT, rules=(rule,)))
    assert not suite.cases
    assert "judge" in suite.not_probed[0].why


def figures(answer):
    plan = Plan(templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT])
    found = evaluate(probe(WHOLE, HELD).cases, plan, backend_for=lambda _: FakeBackend(answer))
    cells = found.verdicts.behaviours[0].cells
    return {name: arms.after.rate for name, arms in cells.items()}


def desk(prompt):
    text = prompt[-1].content
    if "Context:" not in text:
        return "Hurrah! The sea is wide."
    return "Nord here. Which number?" if "my order" in text else "Nord here. On 3 May."


def test_a_good_desk_passes_and_bad_ones_fail_where_they_are_bad():
    assert set(figures(desk).values()) == {1.0}
    leaky = figures(lambda _: "Nord here. Which number?")
    assert (leaky["opening: follow"], leaky["opening: scope"], leaky["ask: scope"]) == (1.0, 0.0, 0.0)
    weak = figures(
        lambda prompt: (
            "Hello!" if "Nord here" in prompt[-1].content or "!" in prompt[-1].content else desk(prompt)
        )
    )
    assert weak["calm: counter"] == 0.0
    assert weak["calm: follow"] == 1.0
