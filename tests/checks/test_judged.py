"""Rules with a judge's question: drafted, read, and held against nothing by a program."""

import json

import pytest
import yaml

from workbench.checks import compile_contract, load_contract
from workbench.checks.judged import drafted, questions
from workbench.checks.lint import lint
from workbench.cli import execute
from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError

PROMPT = (
    "You are a desk.\n- Answer in at most 20 words.\n"
    "- Be warm and never condescending.\n- 语气要亲切，不要居高临下。\n"
)


def test_only_rules_without_a_check_get_a_question_in_their_language(tmp_path, capsys):
    file, out = tmp_path / "prompt.md", tmp_path / "contract.yaml"
    file.write_text(PROMPT, encoding="utf-8")
    assert execute(["contract", "infer", str(file), "--judged", "--out", str(out), "--json"]) == 0
    capsys.readouterr()
    rules = {rule["text"]: rule["check"] for rule in yaml.safe_load(out.read_text(encoding="utf-8"))["rules"]}
    uses = {text: check["use"] for text, check in rules.items()}
    assert set(uses.values()) == {"length", "judge"}
    english = next(check for text, check in rules.items() if "warm" in text)
    chinese = next(check for text, check in rules.items() if "亲切" in text)
    assert english["question"].startswith("Does the answer keep to this rule?")
    assert "Be warm" in english["question"]
    assert chinese["question"].startswith("回答是否遵守")
    contract = load_contract(out)
    assert {check is None for rule, check in compile_contract(contract) if rule.check["use"] == "judge"} == {
        True
    }
    assert len(questions(contract)) == list(uses.values()).count("judge")
    assert execute(["contract", "lint", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "judged" in json.dumps(told)


def test_a_drafted_contract_stays_as_it_is():
    contract = Contract(task="t", rules=(Rule(id="x", text="Be kind.", kind="style"),))
    once = drafted(contract)
    assert drafted(once) == once
    assert [remark.sort for remark in lint(once)] == ["judged"]


@pytest.mark.parametrize(
    "check", [{"use": "judge"}, {"use": "judge", "question": " "}, {"use": "judge", "ask": "?"}]
)
def test_a_question_that_asks_nothing_is_refused(check):
    contract = Contract(task="t", rules=(Rule(id="x", text="Be kind.", kind="style", check=check),))
    with pytest.raises(ConfigError, match=r"\$\.rules\[0\]\.check"):
        compile_contract(contract)
