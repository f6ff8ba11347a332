import json
import os
import shutil

import msgspec
import polars as pl
import pytest
from test_gate import GOOD, PARITY, arms, change, rule, told

from workbench.errors import ConfigError
from workbench.gate import Policy, baseline_of, decide, dump_baseline, gate_run, read_baseline, read_policy
from workbench.gate.baseline import baseline_checks
from workbench.gate.complete import completeness, damage
from workbench.gate.guards import data_guards
from workbench.gate.policy import BaselineLimits, BehaviourLimits, DataGuards, GraderLimits, RuleLimits
from workbench.gate.power import cases_needed, grader_checks
from workbench.io.fingerprint import file_hash
from workbench.verdicts import Comparison


def gate(verdicts=GOOD, parity=PARITY, **policy):
    return decide(verdicts, parity=parity, policy=Policy(**policy))


def crossed(checks):
    return [(one.limit.split(":")[0], one.verdict) for one in checks if one.verdict != "passed"]


def compared(difference, low, high):
    return Comparison(
        reference="teacher", arm="after", n=90, clusters=90, difference=difference, variance=0.1,
        ci=(low, high), equivalence_ci=(low, high), p=0.5, p_holm=0.5, margin=0.1, verdict="undecided",
        needs=0,
    )  # fmt: skip


def with_rule(**fields):
    return change(GOOD, rules=(change(rule("opening", "kept"), **fields),))


@pytest.mark.parametrize(
    ("fields", "policy", "verdict"),
    [
        ({"recovery": 0.95, "ci": (0.9, 1.0)}, {"min_must_recovery": 0.9}, ("passed", [])),
        ({"recovery": 0.8, "ci": (0.7, 0.88)}, {"min_must_recovery": 0.9}, ("failed", ["min_must_recovery"])),
        ({"recovery": 0.8, "ci": (0.7, 1.1)}, {"min_must_recovery": 0.9},
         ("undecided", ["min_must_recovery"])),
        ({"recovery": 0.8, "ci": (0.7, 0.88)}, {"min_should_recovery": 0.9}, ("passed", [])),
        ({"recovery": 0.95, "ci": (0.7, 1.1)}, {"min_must_recovery": 0.9, "certainty": "interval"},
         ("undecided", ["min_must_recovery"])),
        ({"recovery": None, "ci": None, "state": "not_identifiable"}, {"min_must_recovery": 0.9},
         ("passed", [])),
        ({"recovery": None, "ci": None, "state": "undecided"}, {"min_must_recovery": 0.9},
         ("undecided", ["min_must_recovery"])),
        ({}, {"rules": {"opening": RuleLimits(min_after=0.97)}}, ("failed", ["rules.opening.min_after"])),
        ({}, {"rules": {"gone": RuleLimits()}}, ("undecided", ["rules.gone"])),
        ({"state": "lost"}, {"rules": {"opening": RuleLimits()}, "max_lost_must_rules": None},
         ("failed", ["rules.opening.never_lost"])),
        ({"change": compared(-0.03, -0.06, 0.0)}, {"rules": {"opening": RuleLimits(max_drop=0.02)}},
         ("failed", ["rules.opening.max_drop"])),
        ({"change": compared(-0.03, -0.06, 0.0)},
         {"rules": {"opening": RuleLimits(max_drop=0.05)}, "certainty": "interval", "min_retained": None},
         ("undecided", ["rules.opening.max_drop"])),
        ({"recovery": 0.5, "ci": (0.4, 0.6)},
         {"min_must_recovery": 0.9, "rules": {"opening": RuleLimits(min_recovery=0.3)}}, ("passed", [])),
    ],
)  # fmt: skip
def test_limits_on_rules(fields, policy, verdict):
    assert told(gate(with_rule(**fields), **policy)) == verdict


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ({"max_drop": 0.02}, ("passed", [])),
        ({"max_drop": 0.005}, ("failed", ["max_drop"])),
        ({"max_drop": 0.02, "certainty": "interval", "min_retained": None}, ("undecided", ["max_drop"])),
        ({"max_parity_difference": 0.0}, ("undecided", ["max_parity_difference"])),
        ({"min_parity_effect": 0.5}, ("failed", ["min_parity_effect"])),
        ({"min_parity_effect": 0.3}, ("passed", [])),
    ],
)
def test_limits_on_differences_and_parity(policy, verdict):
    assert told(gate(**policy)) == verdict


def test_parity_differences_hold_both_proofs():
    parity = {"ok": True, "effect": 2.0, "disk_memory": 0.0, "restored": 2e-4}
    assert told(gate(parity=parity, max_parity_difference=1e-3)) == ("passed", [])
    assert told(gate(parity=parity, max_parity_difference=1e-5)) == ("failed", ["max_parity_difference"])


def test_a_behaviours_drop_is_held_by_its_paired_interval():
    narrow = msgspec.structs.replace(GOOD.behaviours[0], change=compared(-0.02, -0.03, -0.01))
    wide = msgspec.structs.replace(GOOD.behaviours[0], change=compared(-0.02, -0.09, 0.05))
    policy = {"behaviours": {"harm": BehaviourLimits(max_drop=0.05)}, "certainty": "interval"}
    policy |= {"min_retained": None}
    assert told(gate(change(GOOD, behaviours=(narrow,)), **policy)) == ("passed", [])
    assert told(gate(change(GOOD, behaviours=(wide,)), **policy))[0] == "undecided"


def test_every_limit_is_listed_whether_it_holds_or_not():
    result = gate(min_after=0.99, min_tokens_saved=0.5)
    assert {one.verdict for one in result.checks} == {"passed", "failed"}
    assert set(result.crossed) < set(result.checks)
    names = [one.limit.split(":")[0] for one in result.checks]
    assert {"min_cases", "min_after", "min_tokens_saved", "max_lost_must_rules"} <= set(names)


def test_cases_needed_are_mcnemars():
    needed = [cases_needed(drop, power=0.8, flips=0.1) for drop in (0.02, 0.05, 0.10)]
    assert needed == [1960, 312, 77]
    assert cases_needed(0.05, power=0.8, flips=0.1, accuracy=0.9) == pytest.approx(312 * 1.5625, abs=1)
    assert cases_needed(0.05, power=0.8, flips=0.1, accuracy=0.5) is None


def test_graders_are_held_to_their_measured_figures():
    limits = GraderLimits(min_balanced_accuracy=0.8)
    cards = {
        "sets": {"h1": {"grader": "harm", "balanced_accuracy": 0.75, "ci": {"balanced_accuracy": [0.7, 0.9]}}}
    }
    assert crossed(grader_checks(GOOD, cards, limits, certain=False)) == [
        ("graders.min_balanced_accuracy", "failed")
    ]
    assert crossed(grader_checks(GOOD, cards, limits, certain=True)) == [
        ("graders.min_balanced_accuracy", "undecided")
    ]
    assert crossed(grader_checks(GOOD, None, limits, certain=False)) == [
        ("graders.min_balanced_accuracy", "undecided")
    ]
    fine = GraderLimits(drop=0.1)
    found = list(grader_checks(GOOD, cards, fine, certain=False))
    assert [one.verdict for one in found] == ["passed", "undecided"]
    assert "harm" in found[1].where
    assert not list(grader_checks(GOOD, cards, None, certain=False))


def test_data_guards():
    converted = {"in": 100, "pairs": 90, "rejected": 10}
    curated = {"in": 90, "kept": 60, "dropped": 30, "rejected": 0, "parts": {"train": 40},
               "leak": {"jaccard": 0.7, "id": "a", "other_id": "b"}}  # fmt: skip
    strict = DataGuards(max_rejected_share=0.05, max_dropped_share=0.2, max_likeness=0.6, min_train_rows=50)
    assert crossed(data_guards(converted, curated, strict)) == [
        ("data.max_rejected_share", "failed"), ("data.max_dropped_share", "failed"),
        ("data.max_likeness", "failed"), ("data.min_train_rows", "failed"),
    ]  # fmt: skip
    loose = DataGuards(max_rejected_share=0.1, max_dropped_share=0.4, max_likeness=0.7, min_train_rows=40)
    assert crossed(data_guards(converted, curated, loose)) == []
    assert crossed(data_guards({**converted, "pairs": 89}, curated, loose)) == [("data", "failed")]
    assert {v for _, v in crossed(data_guards(None, None, loose))} == {"undecided"}


def test_a_run_is_whole_only_with_every_file_as_it_was_written(tmp_path, whole_run):
    run = whole_run(tmp_path / "run")
    assert crossed(completeness(run)) == []
    assert crossed(completeness(run / "eval")) == []
    grades = run / "eval" / "grades.parquet"
    raw = grades.read_bytes()
    grades.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert "grades.parquet was changed" in damage(run / "eval")
    grades.unlink()
    assert "grades.parquet is missing" in damage(run / "eval")
    shutil.rmtree(run / "curate")
    assert crossed(completeness(run)) == [("require_complete", "undecided")] * 2
    (run / "adapter" / "manifest.json").write_text("{")
    assert "never finished" in damage(run / "adapter")


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("../../secret", {"bytes": 4, "blake2b": "0"}),
        ("/etc/hosts", {"bytes": 4}),
        ("link", {"bytes": 4}),
        ("loop", {"bytes": 4}),
        ("pipe", {"bytes": 4}),
        ("a\x1b[31m\nb", {"bytes": 4}),
        ("verdicts.json", None),
        ("verdicts.json", "big"),
    ],
)
def test_a_manifest_from_somebody_else_reads_nothing_outside_its_directory(tmp_path, whole_run, name, held):
    run = whole_run(tmp_path / "run")
    (tmp_path / "secret").write_text("mine")
    (run / "eval" / "link").symlink_to(tmp_path / "secret")
    (run / "eval" / "loop").symlink_to("loop")
    os.mkfifo(run / "eval" / "pipe")
    path = run / "eval" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][name] = held
    path.write_text(json.dumps(manifest))
    told = damage(run / "eval")
    assert told
    assert not set("\x1b\n") & set(told)
    assert file_hash(tmp_path / "secret") not in told


def test_a_run_that_is_not_whole_never_passes(tmp_path, whole_run):
    run = whole_run(tmp_path / "run")
    mild = Policy(max_lost_must_rules=None, min_cases=0, min_clusters=0)
    assert gate_run(run, mild).passed
    (run / "eval" / "cases.jsonl").unlink()
    result = gate_run(run, mild)
    assert (result.passed, result.undecided) == (False, True)
    assert gate_run(run, msgspec.structs.replace(mild, require_complete=False)).passed


def regrade(case, label="fail"):
    def change_(run):
        path = run / "eval" / "grades.parquet"
        mine = (pl.col("case_id") == case) & (pl.col("arm") == "after")
        pl.read_parquet(path).with_columns(
            label=pl.when(mine).then(pl.lit(label)).otherwise("label")
        ).write_parquet(path)

    return change_


LIMITS = BaselineLimits(file="b.json")


def test_a_blessed_run_holds_against_itself_and_comes_back_as_written(tmp_path, whole_run):
    baseline = baseline_of(whole_run(tmp_path / "run"))
    assert len(baseline.cases) == 40
    assert 0 < sum(bool(case.broken) for case in baseline.cases.values()) < 40
    (tmp_path / "b.json").write_text(dump_baseline(baseline), "utf-8")
    assert read_baseline(tmp_path / "b.json") == baseline
    assert dump_baseline(baseline).count("\n") > 40
    assert crossed(baseline_checks(baseline, baseline, LIMITS)) == []


def test_a_case_that_broke_since_fails_and_is_named(tmp_path, whole_run):
    old = baseline_of(whole_run(tmp_path / "old"))
    new = baseline_of(whole_run(tmp_path / "new", change=regrade("rules-0001")))
    (check,) = [c for c in baseline_checks(old, new, LIMITS) if c.verdict != "passed"]
    assert check.verdict == "failed"
    assert "rules-0001" in check.where
    assert crossed(baseline_checks(old, new, BaselineLimits(file="", max_regressions=1))) == []
    unjudged = baseline_of(whole_run(tmp_path / "u", change=regrade("rules-0001", "unscored")))
    assert {v for _, v in crossed(baseline_checks(old, unjudged, LIMITS))} == {"undecided"}
    assert crossed(baseline_checks(new, old, LIMITS)) == []


@pytest.mark.parametrize(
    ("what", "change_"),
    [
        ("not asked", lambda old: {"cases": {k: v for k, v in old.cases.items() if k != "rules-0001"}}),
        ("something else", lambda old: {"cases": {**old.cases, "rules-0001": change(old.cases["rules-0001"],
                                                                                   content="00")}}),
        ("version of the grader", lambda old: {"graders": {**old.graders, "rules": "0"}}),
        ("version of the grader", lambda _: {"graders": {}}),
    ],
)  # fmt: skip
def test_what_does_not_match_is_listed_and_not_compared(tmp_path, whole_run, what, change_):
    old = baseline_of(whole_run(tmp_path / "run"))
    new = msgspec.structs.replace(old, **change_(old))
    checks = [c for c in baseline_checks(old, new, LIMITS) if c.verdict != "passed"]
    assert {c.verdict for c in checks} == {"undecided"}
    assert any(what in c.found for c in checks)
    lenient = BaselineLimits(file="", max_unmatched_share=1.0)
    assert crossed(baseline_checks(old, new, lenient)) == []


def test_files_of_a_policy_lie_beside_it(tmp_path):
    path = tmp_path / "gate" / "policy.yaml"
    path.parent.mkdir()
    path.write_text("baseline: {file: baseline.json}\ngraders: {file: cards.json}\n")
    policy = read_policy(path)
    assert policy.baseline.file == str(tmp_path / "gate" / "baseline.json")
    assert policy.graders.file == str(tmp_path / "gate" / "cards.json")
    path.write_text("baseline: {fil: baseline.json}\n")
    with pytest.raises(ConfigError, match="Did you mean 'file'"):
        read_policy(path)


def test_a_baseline_that_is_none_is_an_error(tmp_path):
    (tmp_path / "b.json").write_text(json.dumps({"cases": {}}))
    with pytest.raises(ConfigError, match=r"b\.json"):
        read_baseline(tmp_path / "b.json")


def test_grader_versions_follow_the_code():
    from workbench.graders import standard
    from workbench.graders.versions import grader_versions

    assert set(grader_versions()) == {*standard(), "rules"}
    assert len(set(grader_versions().values())) == len(grader_versions())


def test_another_check_makes_another_version_of_every_grader(tmp_path, monkeypatch):
    from workbench.graders import versions

    before = versions.grader_versions()
    shutil.copytree(versions._CHECKS, tmp_path / "checks", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(versions, "_CHECKS", tmp_path / "checks")
    assert versions.grader_versions() == before
    with (tmp_path / "checks" / "phrases.py").open("a") as stream:
        stream.write("# changed")
    assert not set(versions.grader_versions().values()) & set(before.values())


assert arms


@pytest.mark.parametrize(("low", "verdict"), [(0.49, "undecided"), (0.55, "passed")])
def test_a_grader_not_surely_better_than_chance_lets_nothing_pass(low, verdict):
    cards = {
        "sets": {"s": {"grader": "harm", "balanced_accuracy": 0.75, "ci": {"balanced_accuracy": [low, 0.9]}}}
    }
    verdicts = change(GOOD, behaviours=tuple(
        change(one, arms=change(one.arms, after=change(one.arms.after, n=100_000)))
        for one in GOOD.behaviours
    ))  # fmt: skip
    checks = grader_checks(verdicts, cards, GraderLimits(drop=0.1), certain=False)
    assert {one.verdict for one in checks if one.where.startswith("harm")} == {verdict}
