from workbench.contracts import Contract, Rule
from workbench.evaluation import check_outputs
from workbench.records import Message, Pair, Source, TokenCounts

RULE = Rule(id="opening", text="Begin with Hi.", kind="format", check={"use": "starts_with", "phrase": "Hi."})
UNDECIDED = Rule(id="tone", text="Be kind.", kind="style")


def pair(answer):
    return Pair(
        id=answer,
        task="t",
        prompt=(Message(role="user", content="what?"),),
        completion=(Message(role="assistant", content=answer),),
        template_id="x",
        slots=(),
        source=Source(file="f", line=1, record=0),
        tokens=TokenCounts(original=1, compact=1, completion=1),
    )


def test_outputs_are_counted_by_rule_and_label():
    counts = check_outputs(
        Contract(task="t", rules=(RULE, UNDECIDED)), [pair("Hi. A."), pair("B."), pair("Hi. C.")]
    )
    assert counts == {"opening": {"pass": 2, "fail": 1, "not_applicable": 0, "unscored": 0}}
