import json

import pytest

from workbench.checks import compile_contract, decode_check
from workbench.convert.infer import infer, infer_contract
from workbench.io.bundled import bundled
from workbench.records import Case


def rules(prompt):
    return infer_contract(prompt, template_id="t", task="support").rules


def check(sentence, before="You are a bot.\n\n"):
    (rule,) = rules(before + sentence)
    return rule.check


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ('Begin every answer with "Hello."', {"use": "starts_with", "phrase": "Hello."}),
        ('Every reply starts with "Hello."', {"use": "starts_with", "phrase": "Hello."}),
        ("回复必须以“您好。”开头。", {"use": "starts_with", "phrase": "您好。"}),
        ('End with "Bye."', {"use": "ends_with", "phrase": "Bye."}),
        ("Write at most 30 words.", {"use": "length", "max": 30}),
        ("Use no more than three sentences.", {"use": "length", "unit": "sentences", "max": 3}),
        ("Use fewer than 100 words.", {"use": "length", "max": 99}),
        ("Write more than 100 words.", {"use": "length", "min": 101}),
        (
            "Write between two and four paragraphs.",
            {"use": "length", "unit": "paragraphs", "min": 2, "max": 4},
        ),
        ("回答不超过五十个字。", {"use": "length", "max": 50}),
        ("字数控制在100字以内。", {"use": "length", "max": 100}),
        ("Answer in French.", {"use": "language", "lang": "fr"}),
        ("用简体中文回答。", {"use": "language", "lang": "zh"}),
        ("Never write an exclamation mark.", {"use": "no_characters", "characters": "!"}),
        ("不要使用感叹号。", {"use": "no_characters", "characters": "!"}),
        ('Never say "as an AI".', {"use": "not_contains", "phrases": ["as an AI"]}),
        ("不要使用“亲”这个词。", {"use": "not_contains", "phrases": ["亲"]}),
        ('Always include "Kind regards".', {"use": "contains", "phrases": ["Kind regards"]}),
        ("Refuse harmful requests.", {"use": "refuse_harmful"}),
        ("拒绝违法或有害的请求。", {"use": "refuse_harmful"}),
        ("Stay neutral on politics and religion.", {"use": "neutral"}),
        ("Answer only from the context.", {"use": "grounded"}),
        ("只根据资料回答。", {"use": "grounded"}),
        ("Never invent numbers or dates.", {"use": "grounded", "scope": "figures"}),
        (
            'If the notes do not hold the answer, say "Not there."',
            {"use": "phrase_when", "condition": "unanswerable", "phrase": "Not there."},
        ),
        (
            "资料里没有答案时，回复“没有写。”",
            {"use": "phrase_when", "condition": "unanswerable", "phrase": "没有写。"},
        ),
        (
            'When the customer gives no order number, ask "Which one?"',
            {"use": "phrase_when", "condition": "missing_input", "phrase": "Which one?", "what": "order"},
        ),
        (
            'Refuse dangerous requests. Say "No."',
            {"use": "phrase_when", "condition": "harmful", "phrase": "No."},
        ),
        ("Reply with valid JSON only.", {"use": "json_only", "root": "any"}),
        ("Be warm and friendly.", None),
    ],
)
def test_a_sentence_gives_its_check(sentence, expected):
    found = check(sentence)
    if found is not None and found["use"] == "grounded":
        found.pop("allowed", None)
    assert found == expected


def test_two_demands_in_one_item_are_two_rules():
    uses = [
        rule.check["use"] for rule in rules("You are a bot.\n- Answer in English. Write at most 9 words.")
    ]
    assert uses == ["language", "length"]


def test_one_sentence_may_hold_two_demands():
    uses = [
        rule.check["use"] for rule in rules("You are a bot.\n- Keep it under 150 words, in formal English.")
    ]
    assert uses == ["length", "language"]


def test_a_bound_on_each_part_is_no_bound_on_the_answer():
    of_each = {"use": "length", "each": "item", "max": 20}
    assert check("- Each bullet has at most 20 words.") == of_each
    assert check("- 每条不超过20个字。") == of_each
    assert check("- The title has at most 20 words.") is None


def test_a_closing_tag_is_no_rule():
    (rule,) = rules("You are a bot.\n<rules>\nAnswer in English.\n</rules>")
    assert rule.text == "Answer in English."


def test_a_repeated_demand_stands_once():
    assert len(rules("You are a bot.\n- Answer in English.\n- The answer must be written in English.")) == 1


def test_roles_facts_examples_and_slots_give_no_rule():
    prompt = (
        "You are a bot.\n\nToday is 3 May 2026.\n\n# Example\nUser: Answer in German.\n\n# Input\n{question}"
    )
    assert rules(prompt) == ()


def test_a_wish_is_a_should():
    first, second = rules("You are a bot.\n- Try to write at most 30 words.\n- Answer in English.")
    assert (first.severity, second.severity) == ("should", "must")


def test_an_example_object_becomes_a_schema():
    (rule,) = rules('You are a bot.\n# Output\n{"name": "x", "score": 1, "tags": ["a"]}')
    judge = decode_check(rule.check, "$")
    case = Case(id="c", behaviour="rules", slots={})
    assert judge(case, '{"name": "y", "score": 2.5, "tags": []}').label == "pass"
    assert judge(case, '{"name": "y", "score": "2"}').label == "fail"


@pytest.mark.parametrize(
    ("name", "least", "unchecked"), [("support", 15, 0), ("briefing", 10, 2), ("chinese", 13, 0)]
)
def test_the_sample_prompts(name, least, unchecked):
    prompt = bundled(f"samples/{name}/prompt.md").read_text(encoding="utf-8")
    contract = infer_contract(prompt, template_id="t", task=name)
    assert len(contract.rules) >= least
    assert sum(rule.check is None for rule in contract.rules) == unchecked
    assert len({rule.id for rule in contract.rules}) == len(contract.rules)
    assert all(prompt[slice(*rule.source.span)] == rule.text for rule in contract.rules)
    compile_contract(contract)


def test_the_support_rules_know_the_reply_field():
    prompt = bundled("samples/support/prompt.md").read_text(encoding="utf-8")
    found = {rule.id: rule.check for rule in infer_contract(prompt, template_id="t", task="support").rules}
    assert found["opening"] == {"use": "starts_with", "phrase": "Nordwind here.", "path": "$.reply"}
    assert found["max-words"] == {"use": "length", "max": 30, "path": "$.reply"}
    assert found["one-of-topic"]["values"] == ["delivery", "product", "billing", "other"]
    assert found["ask-when-missing"]["value"] == "need_order"
    assert found["json-keys"]["schema"]["additionalProperties"] is False
    assert "Nordwind here." in found["grounded"]["allowed"]


def _planted(name):
    lines = bundled(f"samples/{name}/planted.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"] for row in map(json.loads, lines) if "rule" in row}


def _records(name):
    for line in (
        bundled(f"samples/{name}/logs.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    ):
        try:
            row = json.loads(line)
            user, answer = row["messages"][1]["content"], row["messages"][2]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            continue
        yield row["id"], user, answer


@pytest.mark.parametrize(
    ("name", "marks", "names"),
    [
        ("support", ("Context:\n", "\n\nQuestion: "), ("context", "question")),
        ("briefing", ("Notes:\n", "\n\nAudience: "), ("notes", "audience")),
        ("chinese", ("【资料】", "【问题】"), ("context", "question")),
    ],
)
def test_planted_faults_are_found_and_nothing_else(name, marks, names):
    prompt = bundled(f"samples/{name}/prompt.md").read_text(encoding="utf-8")
    compiled = compile_contract(infer_contract(prompt, template_id="t", task=name))
    planted, flagged, seen = _planted(name), set(), set()
    for i, (row, user, answer) in enumerate(_records(name)):
        if i % 3 and row not in planted:
            continue
        seen.add(row)
        first, second = user.removeprefix(marks[0]).split(marks[1])
        case = Case(id=row, behaviour="rules", slots={names[0]: first, names[1]: second})
        if any(judge and judge(case, answer).label == "fail" for _, judge in compiled):
            flagged.add(row)
    assert flagged == planted & seen


def test_spans_and_rules_of_one_prompt_agree():
    prompt = "You are a bot.\n# Rules\n- Answer in English."
    found = infer(prompt, template_id="t", task="x")
    (rule,) = found.contract.rules
    assert any(span.start <= rule.source.span[0] and rule.source.span[1] <= span.end for span in found.spans)
    assert rule.source.template == "t"
