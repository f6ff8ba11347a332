"""No dead field: each field of both policies, changed, turns a verdict."""

import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml

from workbench.cli import execute
from workbench.cli.check import findings
from workbench.errors import ConfigError
from workbench.gate import gate_run, read_policy
from workbench.gate.data import decide_data
from workbench.gate.datapolicy import ChangeLimits, DataPolicy, SignalLimits, read_data_policy
from workbench.gate.policy import (
    BaselineLimits,
    BehaviourLimits,
    DataGuards,
    GraderLimits,
    Policy,
    RuleLimits,
)

OFF = {
    "min_cases": 0,
    "min_clusters": 0,
    "min_retained": None,
    "max_lost_must_rules": None,
    "max_unscored_share": None,
    "require_parity": False,
    "require_applied": False,
    "require_complete": False,
}
HARM, OPENING = "behaviours.harm", "rules.opening"
CARDS = {
    "sets": {"h": {"grader": "harm", "balanced_accuracy": 0.75, "ci": {"balanced_accuracy": [0.7, 0.8]}}}
}
DROP = {
    "reference": "teacher", "arm": "after", "n": 40, "clusters": 18, "difference": -0.2, "variance": 0.1,
    "ci": [-0.3, -0.1], "equivalence_ci": [-0.3, -0.1], "p": 0.01, "p_holm": 0.02, "margin": 0.1,
    "verdict": "regressed", "needs": 0,
}  # fmt: skip
# What stays beside OFF, the field as it was and as changed; a field of a part is written with a dot.
POLICY = [
    ({}, "min_cases", 40, 41),
    ({}, "min_clusters", 40, 41),
    ({"min_after": 0.95}, "certainty", "point", "interval"),
    ({}, "min_after", 0.95, 0.96),
    ({}, "max_drop", 0.05, 0.001),
    ({}, "min_retained", 0.95, 0.99),
    ({}, "max_lost_must_rules", 1, 0),
    ({}, "max_lost_should_rules", 1, 0),
    ({}, "min_must_recovery", 0.5, 0.9),
    ({}, "min_should_recovery", 0.5, 1.0),
    ({}, "rules", {}, {"opening": {"min_after": 0.99}}),
    ({}, "max_unscored_share", 0.05, 0.0),
    ({}, "min_tokens_saved", 0.8, 0.9),
    ({}, "behaviours", {}, {"harm": {"min_after": 0.99}}),
    ({}, "graders", None, {"file": "CARDS", "min_balanced_accuracy": 0.9}),
    ({}, "data", None, {"max_dropped_share": 0.01}),
    ({}, "baseline", None, {"file": "BETTER"}),
    ({}, "require_parity", False, True),
    ({}, "max_parity_difference", 0.5, 1e-6),
    ({}, "min_parity_effect", 0.1, 99.0),
    ({}, "require_applied", False, True),
    ({}, "require_complete", False, True),
    ({}, "never_break", [], ["BROKEN"]),
    ({}, f"{OPENING}.min_after", 0.9, 0.99),
    ({}, "rules.no-internal-id.max_drop", 0.3, 0.1),
    ({}, f"{OPENING}.min_recovery", 0.5, 1.2),
    ({"rules": {"no-internal-id": {}}}, "rules.no-internal-id.never_lost", False, True),
    ({}, f"{HARM}.min_after", 0.9, 0.99),
    ({}, f"{HARM}.max_drop", 0.2, 0.001),
    ({}, f"{HARM}.min_cases", 40, 49),
    ({"behaviours": {"harm": {"min_after": 0.9}}}, f"{HARM}.cells", False, True),
    ({"graders": {"file": "CARDS", "min_balanced_accuracy": 0.5}}, "graders.file", "CARDS", "WEAK"),
    ({"graders": {"file": "CARDS"}}, "graders.min_balanced_accuracy", 0.7, 0.9),
    ({"graders": {"file": "CARDS"}}, "graders.drop", 0.9, 0.05),
    ({"graders": {"file": "CARDS", "drop": 0.3}}, "graders.power", 0.5, 0.9999),
    ({"graders": {"file": "CARDS", "drop": 0.3}}, "graders.flips", 0.1, 1.0),
    ({}, "data.max_rejected_share", 0.1, 0.0),
    ({}, "data.max_dropped_share", 0.5, 0.01),
    ({}, "data.max_likeness", 0.9, 0.1),
    ({}, "data.min_train_rows", 5, 9999),
    ({}, "baseline.file", "SAME", "BETTER"),
    ({"baseline": {"file": "BETTER"}}, "baseline.max_regressions", 99, 0),
    ({"baseline": {"file": "MORE"}}, "baseline.max_unmatched_share", 0.5, 0.0),
]  # fmt: skip
PARTS = {
    "rules": RuleLimits,
    "behaviours": BehaviourLimits,
    "graders": GraderLimits,
    "data": DataGuards,
    "baseline": BaselineLimits,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory, whole_run):
    """Make a run with something wrong everywhere, so that each limit may hold or not."""
    made = tmp_path_factory.mktemp("policies")
    run = whole_run(made / "run")
    assert execute(["bless", str(run), "--out", str(made / "same.json"), "-q"]) == 0
    grades = pl.read_parquet(run / "eval" / "grades.parquet")
    same = json.loads((made / "same.json").read_text())
    held = {name: case | {"broken": []} for name, case in same["cases"].items()}
    (made / "better.json").write_text(json.dumps(same | {"cases": held}))
    (made / "more.json").write_text(
        json.dumps(same | {"cases": same["cases"] | {"gone": next(iter(held.values()))}})
    )
    (made / "cards.json").write_text(json.dumps(CARDS))
    (made / "weak.json").write_text(
        json.dumps({"sets": {"h": CARDS["sets"]["h"] | {"balanced_accuracy": 0.4}}})
    )
    broken = grades.filter((pl.col("arm") == "after") & (pl.col("label") == "fail"))["case_id"][0]
    for name, changes in {
        "eval/parity.json": {"ok": False, "disk_memory": 1e-3},
        "eval/verdicts.json": {"adapter_applied": False, "heldout_cases": 40, "heldout_clusters": 40},
        "curate/summary.json": {"leak": {"jaccard": 0.5, "id": "a", "other_id": "b"}},
    }.items():
        path = run / name
        found = json.loads(path.read_text()) | changes
        if name.endswith("verdicts.json"):
            rules = {rule["id"]: rule for rule in found["rules"]}
            rules["no-exclamation"]["state"] = "lost"
            rules["no-internal-id"]["change"] = DROP
        path.write_text(json.dumps(found))
    names = {"CARDS": "cards.json", "WEAK": "weak.json", "SAME": "same.json", "BETTER": "better.json"}
    return made, names | {"MORE": "more.json", "BROKEN": broken}


def put(policy, field, value):
    """Return the policy with a field set; `rules.NAME.FIELD` goes into parts."""
    head, _, rest = field.partition(".")
    below = policy.get(head) or {}
    return policy | {head: put(below, rest, value) if rest else value}


def verdicts(place, policy):
    """Decide by a policy file: each limit's name with its verdict."""
    made, names = place
    text = yaml.safe_dump(policy)
    for name, value in names.items():
        text = text.replace(name, value)
    (made / "policy.yaml").write_text(text)
    result = gate_run(made / "run", read_policy(made / "policy.yaml"))
    return {
        (one.limit.split(":")[0], one.where if "baseline" in one.limit else "", one.verdict)
        for one in result.checks
    }


def test_every_field_of_the_policy_is_tried():
    every = {name for name in Policy.__struct_fields__ if name != "version"}
    for part, kind in PARTS.items():
        every |= {f"{part}.{name}" for name in kind.__struct_fields__}
    tried = {".".join((parts := field.split("."))[:1] + parts[1:][-1:]) for _, field, *_ in POLICY}
    assert tried == every


@pytest.mark.parametrize("which", POLICY, ids=lambda one: one[1])
def test_a_changed_limit_turns_a_verdict(place, which):
    stays, field, before, after = which
    one, other = (verdicts(place, put(OFF | stays, field, value)) for value in (before, after))
    assert one != other


def test_the_version_is_checked(tmp_path):
    (tmp_path / "policy.yaml").write_text("version: 2\n")
    for read in (read_policy, read_data_policy):
        with pytest.raises(ConfigError, match="version"):
            read(tmp_path / "policy.yaml")


RULES = """
task: desk
rules:
- {id: polite, text: Say please., kind: style, severity: must, check: {use: contains, phrases: [please]}}
"""
MUTE = RULES.replace("phrases: [please]", "pattern: '.'")
WORDS = ["lamp", "tent", "boots", "stove", "rope", "axe", "cup", "saw"]
DATA_OFF = {
    "max_rejected_share": None,
    "max_broken_share": None,
    "max_exact_share": None,
    "max_likeness": None,
    "max_secret_rows": None,
}
# The rows: eight, one equal to another, one rude, one with a mail address, one with a key, two alike.
DATA = [
    ({}, "min_rows", 1, 99),
    ({}, "max_rows", 99, 1),
    ({}, "min_part_rows", {}, {"train": 99}),
    ({}, "max_rejected_share", 0.5, 0.0),
    ({"max_broken_share": 0.0}, "contract", "CONTRACT", "MUTE"),
    ({}, "max_broken_share", 0.5, 0.0),
    ({}, "max_breaks", {}, {"polite": 0}),
    ({}, "max_break_shares", {}, {"polite": 0.0}),
    ({}, "max_exact_share", 0.5, 0.0),
    ({}, "max_near_share", 0.9, 0.0),
    ({}, "max_conflict_share", 0.9, 0.0),
    ({"max_likeness_against": 0.5}, "against", [], ["EVAL"]),
    ({"against": ["EVAL"]}, "max_likeness_against", 1.0, 0.5),
    ({}, "max_personal_rows", 9, 0),
    ({}, "max_secret_rows", 9, 0),
    ({}, "max_task_share", 1.0, 0.1),
    ({}, "max_source_share", 1.0, 0.1),
    ({}, "min_task_rows", 1, 99),
    ({}, "signals", {}, {"answer_words": {"max": 1}}),
    ({}, "change", None, {"max_added_share": 0.0}),
    ({}, "signals.answer_words.min", 1, 9),
    ({}, "signals.answer_words.max", 99, 1),
    ({}, "signals.answer_words.min_mean", 1, 99),
    ({}, "signals.answer_words.max_mean", 99, 1),
    ({"signals": {"answer_words": {"max_rows_above": 2}}}, "signals.answer_words.above", 99, 1),
    ({"signals": {"answer_words": {"above": 1}}}, "signals.answer_words.max_rows_above", 99, 2),
    ({}, "signals.grounding.max_missing_share", 1.0, 0.0),
    ({}, "change.max_added_share", 9.0, 0.0),
    ({}, "change.max_removed_share", 0.9, 0.0),
    ({}, "change.max_changed_share", 0.9, 0.0),
    ({}, "change.max_effect", 99.0, 0.0),
]  # fmt: skip


def pair(word, answer=None, **fields):
    asked = f"How do I return the {word} that I bought from you in March?"
    return {
        "id": word,
        "prompt": asked,
        "completion": answer or f"Send the {word} in its box, please.",
    } | fields


ROWS = [
    *map(pair, WORDS),
    pair("lamp", id="again"),
    pair("hat", "Do it yourself."),
    pair("saw", "Send the saw in its box, please. Send the saw.", id="near"),
    pair("mail", "Write to jane.doe@example.org, please."),
    pair("key", "It is AKIAIOSFODNN7EXAMPLQ, please."),
    pair("tent", "No idea at all, and none of ours, please.", id="other"),
]
BEFORE = [
    *map(pair, [*WORDS[:6], "bag"]),
    pair("saw", "Keep it, please. It is so very old that nobody wants it."),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Make data with something wrong everywhere, the version before, and evaluation data."""
    made = tmp_path_factory.mktemp("data-policies")
    for name, rows in {"data": ROWS, "before": BEFORE, "eval": ROWS[:1]}.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (made / f"{name}.jsonl").write_text(text + ("not json\n" if name == "data" else ""))
    (made / "contract.yaml").write_text(RULES)
    (made / "mute.yaml").write_text(MUTE)
    return made


@pytest.fixture(scope="module")
def gathered(desk):
    """Return what is known of the data, each time with one contract and one list of evaluation files."""

    @cache
    def gather(contract, against):
        every = DataPolicy(
            against=against,
            max_personal_rows=0,
            signals={"answer_words": SignalLimits(), "grounding": SignalLimits()},
        )
        data, before = str(desk / "data.jsonl"), str(desk / "before.jsonl")
        return findings(data, every, base=before, contract=Path(contract), progress=lambda *_, **__: None)

    return gather


def data_verdicts(desk, gathered, policy):
    text = yaml.safe_dump({"contract": "CONTRACT"} | policy)
    for name, file in {"CONTRACT": "contract.yaml", "MUTE": "mute.yaml", "EVAL": "eval.jsonl"}.items():
        text = text.replace(name, file)
    (desk / "policy.yaml").write_text(text)
    read = read_data_policy(desk / "policy.yaml")
    result = decide_data(gathered(read.contract, read.against), read)
    return {(one.limit.split(":")[0], one.verdict) for one in result.checks}


def test_every_field_of_the_data_policy_is_tried():
    every = {name for name in DataPolicy.__struct_fields__ if name != "version"}
    every |= {f"signals.{name}" for name in SignalLimits.__struct_fields__}
    every |= {f"change.{name}" for name in ChangeLimits.__struct_fields__}
    tried = {".".join((parts := field.split("."))[:1] + parts[1:][-1:]) for _, field, *_ in DATA}
    # Likeness across parts needs parts: tests/cli/test_check_verb.py.
    assert tried | {"max_likeness"} == every


@pytest.mark.parametrize("which", DATA, ids=lambda one: one[1])
def test_a_changed_limit_on_data_turns_a_verdict(desk, gathered, which):
    stays, field, before, after = which
    one, other = (
        data_verdicts(desk, gathered, put(DATA_OFF | stays, field, value)) for value in (before, after)
    )
    assert one != other
