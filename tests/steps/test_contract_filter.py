import pytest
from made_pairs import frame

from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError
from workbench.steps import ContractFilter

CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(
            id="opening",
            text="Begin with Hello.",
            kind="style",
            check={"use": "starts_with", "phrase": "Hello."},
        ),
        Rule(
            id="quiet",
            text="No exclamation marks.",
            kind="style",
            severity="should",
            check={"use": "no_characters", "characters": "!"},
        ),
        Rule(id="kind", text="Be kind.", kind="style"),
    ),
)
ROWS = (("a", "Hello. Fine"), ("b", "Fine"), ("c", "Hello. Fine!"), ("d", "Fine!"))


def rules_of(step):
    return dict(step(frame(*ROWS)).dropped.select("row", "rule").iter_rows())


def test_rows_that_break_a_must_rule_go_with_the_rule_named():
    assert rules_of(ContractFilter(contracts=(CONTRACT,))) == {1: "opening", 3: "opening"}
    split = ContractFilter(contracts=(CONTRACT,))(frame(*ROWS))
    assert split.kept["id"].to_list() == frame(*ROWS)["id"].gather([0, 2]).to_list()
    assert split.dropped["reason"].unique().to_list() == ["breaks a rule"]
    assert all("opening" in detail for detail in split.dropped["detail"])


def test_should_takes_both():
    found = rules_of(ContractFilter(severity="should", contracts=(CONTRACT,)))
    assert found == {1: "opening", 2: "quiet", 3: "opening, quiet"}


def test_the_contracts_that_came_with_the_pairs_are_taken_unless_the_step_has_its_own():
    other = Contract(task="desk", rules=())
    assert ContractFilter().bound([CONTRACT]).contracts == (CONTRACT,)
    assert ContractFilter(contracts=(other,)).bound([CONTRACT]).contracts == (other,)


def test_a_task_without_contract_is_refused():
    with pytest.raises(ConfigError, match="no contract for it"):
        ContractFilter()(frame(*ROWS))


def test_no_rows():
    split = ContractFilter(contracts=(CONTRACT,))(frame())
    assert split.kept.height == split.dropped.height == 0
