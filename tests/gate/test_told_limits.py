"""What a gate says beside its verdicts, to the word and the number."""

import json

import msgspec
import polars as pl
import pytest
from test_gate import GOOD, NOTHING, arms, change, figure, gate, harm, rule, told
from test_rules_and_beside import compared, completeness, crossed

from workbench.contracts import Contract, Rule
from workbench.errors import InputError
from workbench.gate import Policy, baseline_of
from workbench.gate.baseline import Baseline, Kept, baseline_checks, mismatch, take
from workbench.gate.complete import damage
from workbench.gate.data import _personal, _signal
from workbench.gate.datapolicy import DataPolicy, SignalLimits
from workbench.gate.guards import data_guards
from workbench.gate.policy import BaselineLimits, DataGuards, GraderLimits, RuleLimits
from workbench.gate.power import grader_checks


def found(result, limit):
    (one,) = [check for check in result.checks if check.limit.startswith(limit)]
    return one


def test_an_adapter_that_changed_nothing_and_one_that_never_answered_are_told_apart():
    same = found(gate(change(GOOD, adapter_applied=False)), "require_applied")
    assert (same.verdict, same.found) == ("failed", "every answer equals the base's")
    bare = change(
        GOOD, overall=change(arms(), after=msgspec.structs.replace(arms().after, n=0)), behaviours=()
    )
    silent = found(gate(change(bare, adapter_applied=False)), "require_applied")
    assert (silent.verdict, silent.found) == ("undecided", "no answer of an adapter")
    assert found(gate(GOOD), "require_applied").found == "its answers differ from the base's"


def test_a_drop_that_was_not_compared_is_undecided():
    alone = change(GOOD, rules=(rule("opening", "kept"),))
    assert told(gate(alone, rules={"opening": RuleLimits(max_drop=0.5)})) == (
        "undecided", ["rules.opening.max_drop"],
    )  # fmt: skip


def test_a_drop_from_a_teacher_who_never_obeys_is_told_with_its_interval():
    never = msgspec.structs.replace(
        GOOD.behaviours[0], arms=arms(teacher=0.0, after=0.05), change=compared(0.05, 0.01, 0.1), cells={}
    )
    result = gate(change(GOOD, behaviours=(never,)), **harm(max_drop=0.1))
    assert found(result, "behaviours.harm.max_drop").found == "0.050 (0.010 to 0.100)"


def test_what_a_summary_does_not_name_counts_as_none():
    converted = {"in": 100, "pairs": 100}
    off = DataGuards(max_rejected_share=None)
    curated = {"in": 100, "kept": 70, "dropped": 30, "parts": {"train": 70}}
    assert crossed(data_guards(converted, curated, off)) == []
    sums = [one for one in data_guards(converted, curated, off) if "in = " in one.limit]
    assert [one.found for one in sums] == ["100 = 100 + 0", "100 = 70 + 30 + 0"]


def test_power_says_how_many_cases_and_for_which_grader():
    cards = {
        "sets": {"s": {"grader": "harm", "balanced_accuracy": 0.9, "ci": {"balanced_accuracy": [0.85, 1.0]}}}
    }
    rules, harm = grader_checks(GOOD, cards, GraderLimits(drop=0.1), certain=False)
    assert (rules.found, harm.found) == ("90 cases of 77 needed", "64 cases of 119 needed")
    assert "accuracy" not in rules.where
    assert "grader's balanced accuracy 0.90" in harm.where


@pytest.mark.parametrize(
    ("place", "named"), [("run", ["convert", "curate", "adapter", "eval"]), ("run/eval", ["eval"])]
)
def test_completeness_names_the_stages_that_are_there(tmp_path, whole_run, place, named):
    whole_run(tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    assert [one.where.split("/")[0] for one in completeness(tmp_path / place)] == named


def test_a_baseline_lists_five_and_counts_the_rest(tmp_path, whole_run):
    old = baseline_of(whole_run(tmp_path / "run"))
    fewer = msgspec.structs.replace(old, cases=dict(list(old.cases.items())[:30]))
    (check,) = [
        one for one in baseline_checks(old, fewer, BaselineLimits(file="")) if one.verdict != "passed"
    ]
    assert check.where.count(",") == 4
    assert check.where.endswith(" and 5 more")
    assert check.found.startswith("10 of 40 cases can't be compared: not asked")


def test_a_baseline_keeps_the_checks_of_the_rules_that_have_one(tmp_path, whole_run):
    run = whole_run(tmp_path / "run")
    named = [("opening", {"use": "starts_with", "phrase": "Dear"}), ("calm", None)]
    rules = [Rule(id=name, text=name, kind="style", severity="must", check=check) for name, check in named]
    kept = take(run / "eval", [Contract(task="desk", rules=tuple(rules))]).rules
    assert list(kept) == ["opening"]
    other = msgspec.structs.replace(rules[0], check={"use": "starts_with", "phrase": "Hi"})
    assert take(run / "eval", [Contract(task="desk", rules=(other,))]).rules["opening"] != kept["opening"]


def test_policies_have_their_version():
    assert (Policy().version, DataPolicy().version) == (1, 1)


def test_what_is_no_number_lies_above_nothing():
    frame = pl.DataFrame({"id": list("abcde"), "score": [0.2, float("nan"), 0.9, None, 0.7]})
    limits = SignalLimits(max_rows_above=1, above=0.5, max=0.8, min=0.3, max_missing_share=0.3)
    found_ = {
        one.limit: (one.found, one.where, one.verdict)
        for one in _signal("score", frame["score"], frame["id"], limits)
    }
    assert found_ == {
        "signals.score.min: 0.3": ("0.200", "row a", "failed"),
        "signals.score.max: 0.8": ("0.9", "row c", "failed"),
        "signals.score.max_missing_share: 0.3": ("0.4", "rows without it", "failed"),
        "signals.score.max_rows_above 0.5: 1": ("2", "c, e", "failed"),
    }


def test_personal_data_that_nobody_looked_for_is_never_passed():
    frame = pl.DataFrame({"id": ["a", "b"], "secrets": [0, 1]})
    policy = DataPolicy(max_personal_rows=0, max_secret_rows=1)
    held = [(one.limit, one.found, one.verdict) for one in _personal(frame, policy)]
    assert held == [
        ("max_personal_rows: 0", "no signal 'pii'", "undecided"),
        ("max_secret_rows: 1", "1", "passed"),
    ]


def test_a_manifest_without_files_makes_nothing_whole(tmp_path, whole_run):
    whole_run(tmp_path / "run")
    manifest = tmp_path / "run" / "eval" / "manifest.json"
    written = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(written | {"files": {}}))
    assert damage(tmp_path / "run" / "eval") == "a manifest that names no file"
    manifest.write_text(json.dumps(written | {"files": ["grades.parquet"]}))
    assert damage(tmp_path / "run" / "eval") == "a manifest that names no file"


def test_a_baseline_needs_the_cases_of_its_run(tmp_path, whole_run):
    run = whole_run(tmp_path / "run")
    (run / "eval" / "cases.jsonl").unlink()
    with pytest.raises(InputError, match="cases of a finished evaluation"):
        baseline_of(run)


@pytest.mark.parametrize(
    ("unscored", "verdict", "found_"),
    [(10, "passed", "0.050 (10 of 200)"), (11, "undecided", "0.055 (11 of 200)")],
)
def test_a_twentieth_may_be_missing(unscored, verdict, found_):
    missing = msgspec.structs.replace(figure(0.96, n=200 - unscored), unscored=unscored)
    whole = arms(after=0.96)
    alone = msgspec.structs.replace(whole, teacher=NOTHING, before=NOTHING, after=missing)
    result = gate(change(GOOD, overall=alone, behaviours=()), min_retained=None)
    told_ = found(result, "max_unscored_share: 0.05")
    assert (told_.verdict, told_.found) == (verdict, found_)


@pytest.mark.parametrize(
    ("broken", "checks", "told_"),
    [
        ((("a",), ()), ({"a": "1"}, {"a": "1"}), ""),
        ((("a",), ()), ({"a": "1"}, {"a": "2"}), "the rule 'a' is checked differently now"),
        (((), ("a",)), ({"a": "1"}, {"a": "2"}), "the rule 'a' is checked differently now"),
        (((), ("a",)), ({}, {"a": "2"}), "the rule 'a' is checked differently now"),
        ((("a",), ()), ({"a": "1"}, {}), "the rule 'a' is checked differently now"),
        ((("b",), ("b",)), ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}), ""),
        ((("c",), ("c",)), ({"a": "1"}, {"a": "2"}), ""),
    ],
)
def test_a_case_is_compared_where_what_it_breaks_is_checked_alike(broken, checks, told_):
    one, other = (
        Baseline(
            workbench="1", base={}, graders={"rules": "g"}, rules=rules,
            cases={"c": Kept(content="x", behaviour="rules", broken=names)},
        )
        for names, rules in zip(broken, checks, strict=True)
    )  # fmt: skip
    assert mismatch("c", one, other) == told_
    graders = msgspec.structs.replace(other, graders={"rules": "h"})
    assert mismatch("c", one, graders) == "judged by another version of the grader 'rules'"
    assert mismatch("c", one, msgspec.structs.replace(other, cases={})) == "not asked in this run"


def test_a_value_at_the_limit_lies_not_above_it():
    scores = pl.Series([0.5, 0.6])
    (one,) = _signal("s", scores, pl.Series(["a", "b"]), SignalLimits(max_rows_above=0, above=0.5))
    assert (one.found, one.where) == ("1", "b")
