from workbench.checks.changes import contract_changes
from workbench.contracts import Contract, Rule
from workbench.evaluation import coverage, invalidated
from workbench.records import Message, Pair, Slot, Source, TokenCounts

OPENING = Rule(
    id="opening", text="Begin with Hi.", kind="format", check={"use": "starts_with", "phrase": "Hi."}
)
GROUNDED = Rule(id="grounded", text="Only from the context.", kind="grounding", check={"use": "grounded"})
BOUND = Rule(id="bound", text="At most 3 words.", kind="length", check={"use": "length", "max": 3})
TONE = Rule(id="tone", text="Be kind.", kind="style")


def pair(name, answer, context=""):
    return Pair(
        id=name,
        task="t",
        prompt=(Message(role="user", content="what?"),),
        completion=(Message(role="assistant", content=answer),),
        template_id="x",
        slots=(Slot(name="context", type="context", value=context),),
        source=Source(file="f", line=1, record=0),
        tokens=TokenCounts(original=1, compact=1, completion=1),
    )


def contract(*rules):
    return Contract(task="t", rules=tuple(rules))


PAIRS = [pair("a", "Hi. Tea."), pair("b", "Tea is green.", "Tea is green."), pair("c", "Hi. Green tea now.")]


def test_each_rule_says_how_many_rows_exercise_obey_and_break_it():
    rows = coverage(contract(OPENING, GROUNDED, TONE), PAIRS, least=2)
    assert [(one.rule, one.exercised, one.obeyed, one.broken, one.enough) for one in rows] == [
        ("opening", 3, 2, 1, True),
        ("grounded", 1, 1, 0, False),
        ("tone", None, None, None, None),
    ]


def test_a_new_bound_invalidates_the_pairs_that_break_it_and_no_others():
    found = invalidated(contract_changes(contract(OPENING), contract(OPENING, BOUND)), PAIRS)
    assert [(one.pair, one.rule, one.why) for one in found] == [("c", "bound", "breaks")]


def test_a_removed_phrase_leaves_its_traces_and_a_removed_bound_none():
    found = invalidated(contract_changes(contract(OPENING, BOUND), contract()), PAIRS)
    assert [(one.pair, one.rule, one.why) for one in found] == [
        ("a", "opening", "shaped"),
        ("c", "opening", "shaped"),
    ]


def test_a_changed_rule_is_judged_as_it_is_now():
    looser = Rule(id="bound", text="At most 4 words.", kind="length", check={"use": "length", "max": 4})
    tighter = Rule(id="bound", text="At most 2 words.", kind="length", check={"use": "length", "max": 2})
    assert invalidated(contract_changes(contract(BOUND), contract(looser)), PAIRS) == ()
    found = invalidated(contract_changes(contract(BOUND), contract(tighter)), PAIRS)
    assert [one.pair for one in found] == ["b", "c"]


def test_rules_that_stay_and_rules_without_a_check_touch_no_pair():
    assert invalidated(contract_changes(contract(OPENING), contract(OPENING, TONE)), PAIRS) == ()
