from workbench.checks.changes import contract_changes
from workbench.contracts import Contract, Rule


def contract(*rules):
    return Contract(task="t", rules=tuple(rules))


def rule(name, text, check=None, kind="style", severity="must"):
    return Rule(id=name, text=text, kind=kind, check=check, severity=severity)


def changes(old, new):
    return [
        (one.sort, one.old.id if one.old else None, one.new.id if one.new else None)
        for one in contract_changes(old, new)
    ]


def test_a_rule_that_moved_or_was_renamed_is_the_same():
    first = rule("a", "At most 9 words.", {"use": "length", "max": 9}, kind="length")
    moved = rule("b", "No more than nine words.", {"use": "length", "max": 9}, kind="length")
    assert changes(contract(first), contract(moved)) == [("same", "a", "b")]


def test_added_removed_and_changed():
    old = contract(
        rule("bound", "At most 30 words.", {"use": "length", "max": 30}, kind="length"),
        rule("calm", "Be calm."),
        rule("end", "End with Bye.", {"use": "ends_with", "phrase": "Bye"}, kind="format"),
    )
    new = contract(
        rule("start", "Start with Hi.", {"use": "starts_with", "phrase": "Hi"}, kind="format"),
        rule("bound", "At most 20 words.", {"use": "length", "max": 20}, kind="length"),
        rule("calm", "Be calm."),
    )
    assert changes(old, new) == [
        ("added", None, "start"),
        ("changed", "bound", "bound"),
        ("same", "calm", "calm"),
        ("removed", "end", None),
    ]


def test_severity_alone_is_a_change():
    assert changes(contract(rule("a", "Be calm.")), contract(rule("a", "Be calm.", severity="should"))) == [
        ("changed", "a", "a")
    ]


def test_wording_near_enough_is_a_change_and_else_not():
    old = contract(rule("be-calm-and-kind", "Be calm and kind to everyone."))
    near = contract(rule("be-calm", "Be calm and kind to everybody."))
    far = contract(rule("swear", "Swear like a sailor."))
    assert changes(old, near) == [("changed", "be-calm-and-kind", "be-calm")]
    assert [one[0] for one in changes(old, far)] == ["added", "removed"]


def test_each_old_rule_is_matched_once():
    old = contract(rule("a", "Be calm."))
    new = contract(rule("a", "Be calm."), rule("b", "Be calm now."))
    assert [one[0] for one in changes(old, new)] == ["same", "added"]
