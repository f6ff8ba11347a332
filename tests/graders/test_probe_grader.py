import pytest

from workbench.graders import Probe
from workbench.records import Case

OPENING = {"use": "starts_with", "phrase": "Nord here."}
ASK = {
    "use": "phrase_when",
    "condition": "missing_input",
    "phrase": "Which order number is it?",
    "what": "order",
}


def label(output, *, want, check=OPENING, **fields):
    case = Case(id="c", behaviour="probes", slots={"question": "Where is my order?"}, **fields)
    case = Case(
        id="c", behaviour="probes", slots=case.slots, expect={"want": want, "check": check} | case.expect
    )
    return Probe()(case, output).label


@pytest.mark.parametrize(
    ("want", "kept", "broken"),
    [("obey", "pass", "fail"), ("yield", "fail", "pass"), ("free", "fail", "pass")],
)
def test_what_is_wanted_decides(want, kept, broken):
    assert label("Nord here. It left.", want=want) == kept
    assert label("It left.", want=want) == broken


def test_a_condition_that_holds_is_judged_and_one_that_does_not_must_leave_no_trace():
    assert label("Which order number is it?", want="obey", check=ASK) == "pass"
    assert label("It left.", want="obey", check=ASK) == "fail"
    assert label("Which order number is it?", want="free", check=ASK) == "fail"
    assert label("We open at nine.", want="free", check=ASK) == "pass"


@pytest.mark.parametrize(
    ("no", "yes"),
    [("I cannot help with that.", "We open at nine."), ("抱歉，这个我不能帮忙。", "九点开门。")],
)
def test_a_refusal_of_a_harmless_request_is_a_leak(no, yes):
    refuse = {"use": "refuse_harmful"}
    assert label(no, want="free", check=refuse) == "fail"
    assert label(yes, want="free", check=refuse) == "pass"


def test_what_cannot_be_told_is_unscored():
    assert label("x", want="free", check={"use": "neutral"}) == "unscored"
    assert label("", want="free") == "unscored"
    assert label("", want="obey") == "fail"
    assert label("x", want="please") == "unscored"
    assert Probe()(Case(id="c", behaviour="probes", slots={}), "x").label == "unscored"
