import msgspec
import polars as pl
import pytest

from workbench.errors import ConfigError, InputError
from workbench.gate import BehaviourLimits, Policy, decide, read_policy
from workbench.io.bundled import bundled
from workbench.verdicts import (
    ArmFigures,
    BehaviourVerdict,
    Figure,
    RuleVerdict,
    Stopped,
    TokenFigures,
    Verdicts,
)

PARITY = {"ok": True, "effect": 0.4}
NOTHING = Figure(obeyed=0, n=0, rate=None, ci=None)
change = msgspec.structs.replace


def figure(rate, n=200, half=0.03, unscored=0):
    ci = (max(rate - half, 0.0), min(rate + half, 1.0))
    return Figure(obeyed=rate * n, n=n, rate=rate, ci=ci, unscored=unscored)


def arms(teacher=0.97, before=0.2, after=0.96, **options):
    values = {"teacher": teacher, "before": before, "after": after}
    return ArmFigures(**{arm: figure(rate, **options) for arm, rate in values.items()})


def rule(name, state, severity="must"):
    shares = {"arms": arms(), "recovery": 1.0, "ci": (0.9, 1.1)}
    return RuleVerdict(id=name, text=name, kind="style", severity=severity, state=state, **shares)


GOOD = Verdicts(
    overall=arms(),
    rules=(rule("opening", "kept"), rule("calm", "kept", "should")),
    behaviours=(
        BehaviourVerdict(
            behaviour="harm",
            suite="harm",
            arms=arms(after=0.95, n=64),
            cells={"unsafe refused": arms(after=0.99, n=32), "safe answered": arms(after=0.91, n=32)},
        ),
    ),
    tokens=TokenFigures(original_mean=480, compact_mean=70, saved_share=0.854),
    retained=0.99,
    retained_ci=(0.96, 1.01),
    cases=164,
    clusters=120,
    heldout_cases=100,
    heldout_clusters=90,
    unscored=0,
    adapter_applied=True,
)


def gate(verdicts=GOOD, *, parity=PARITY, grades=None, **policy):
    return decide(verdicts, parity=parity, policy=Policy(**policy), grades=grades)


def told(result):
    word = "passed" if result.passed else "undecided" if result.undecided else "failed"
    return word, [one.limit.split(":")[0] for one in result.crossed]


def harm(**limits):
    return {"behaviours": {"harm": BehaviourLimits(**limits)}}


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ({}, ("passed", [])),
        ({"min_cases": 101}, ("undecided", ["min_cases"])),
        ({"min_clusters": 91}, ("undecided", ["min_clusters"])),
        ({"min_after": 0.97}, ("failed", ["min_after"])),
        ({"min_after": 0.95}, ("passed", [])),
        ({"min_after": 0.95, "certainty": "interval"}, ("undecided", ["min_after"])),
        ({"min_after": 0.999, "certainty": "interval"}, ("failed", ["min_after"])),
        ({"min_after": 0.93, "certainty": "interval"}, ("passed", [])),
        ({"min_retained": 1.0}, ("failed", ["min_retained"])),
        ({"min_retained": None}, ("passed", [])),
        ({"min_tokens_saved": 0.9}, ("failed", ["min_tokens_saved"])),
        ({"min_tokens_saved": 0.8}, ("passed", [])),
        (harm(min_after=0.93), ("passed", [])),
        (harm(min_after=0.96), ("failed", ["behaviours.harm.min_after"])),
        (harm(max_drop=0.01), ("failed", ["behaviours.harm.max_drop"])),
        (harm(max_drop=0.03), ("passed", [])),
        (harm(min_cases=65), ("undecided", ["behaviours.harm.min_cases"])),
        (harm(min_after=0.93, cells=True), ("failed", ["behaviours.harm.min_after"])),
        ({"behaviours": {"schema": BehaviourLimits(min_after=0.1)}}, ("undecided", ["behaviours.schema"])),
    ],
)  # fmt: skip
def test_each_limit(policy, verdict):
    assert told(gate(**policy)) == verdict


@pytest.mark.parametrize(
    ("changes", "policy", "verdict"),
    [
        ({"rules": (rule("a", "lost"),)}, {}, ("failed", ["max_lost_must_rules"])),
        ({"rules": (rule("a", "lost"),)}, {"max_lost_must_rules": 1}, ("passed", [])),
        ({"rules": (rule("a", "lost", "should"),)}, {}, ("passed", [])),
        ({"rules": (rule("a", "lost", "should"),)}, {"max_lost_should_rules": 0},
         ("failed", ["max_lost_should_rules"])),
        ({"rules": (rule("a", "undecided"), rule("b", "never_held"))}, {}, ("passed", [])),
        ({"overall": arms(unscored=40)}, {}, ("undecided", ["max_unscored_share"])),
        ({"overall": arms(unscored=40)}, {"max_unscored_share": 0.5}, ("passed", [])),
        ({"adapter_applied": False}, {}, ("failed", ["require_applied"])),
        ({"adapter_applied": False}, {"require_applied": False}, ("passed", [])),
        ({"retained": None, "retained_ci": None}, {}, ("undecided", ["min_retained"])),
    ],
)  # fmt: skip
def test_each_finding(changes, policy, verdict):
    assert told(gate(change(GOOD, **changes), **policy)) == verdict


def test_parity_that_failed_fails_and_parity_that_is_missing_is_undecided():
    assert told(gate(parity=None)) == ("undecided", ["require_parity"])
    assert told(gate(parity={"ok": False, "effect": 0.0})) == ("failed", ["require_parity"])
    assert told(gate(parity=None, require_parity=False)) == ("passed", [])


def test_an_evaluation_without_an_adapter_never_passes():
    bare = change(
        GOOD, overall=change(arms(), after=NOTHING), behaviours=(), retained=None, retained_ci=None,
        adapter_applied=False,
    )  # fmt: skip
    assert told(gate(bare, parity=None))[0] == "undecided"


def test_few_cases_are_undecided_though_the_point_is_below_a_limit():
    few = change(
        GOOD, overall=arms(after=0.8, half=0.25), retained=0.82, retained_ci=(0.5, 1.1), heldout_cases=5,
        heldout_clusters=5,
    )  # fmt: skip
    assert told(gate(few, min_after=0.85))[0] == "undecided"
    assert told(gate(few, min_after=0.85, min_cases=5, min_clusters=5))[0] == "failed"


def test_with_few_cases_a_share_that_holds_its_limit_is_not_listed():
    few = change(GOOD, heldout_cases=5, heldout_clusters=90)
    assert told(gate(few, min_after=0.95)) == ("undecided", ["min_cases"])


def test_too_few_clusters_are_too_few_however_many_cases_there_are():
    few = change(GOOD, overall=arms(after=0.8, half=0.25), retained=0.82, retained_ci=(0.5, 1.1))
    for counts in ({"heldout_cases": 5}, {"heldout_clusters": 5}):
        found = gate(change(few, **counts), min_after=0.85)
        assert told(found)[0] == "undecided", counts
    assert told(gate(few, min_after=0.85))[0] == "failed"


@pytest.mark.parametrize(("reason", "word"), [("not_worse", "passed"), ("ran_out", "undecided")])
def test_a_run_that_stopped_because_it_was_clear_has_cases_enough(reason, word):
    end = Stopped(reason=reason, asked=5, of=90, p_worse=1.0, p_not_worse=0.01, margin=0.1, level=0.05)
    held = change(GOOD, heldout_cases=5, heldout_clusters=5, stopped=end)
    assert told(gate(held))[0] == word
    worse = change(held, stopped=change(end, reason="regressed"))
    assert told(gate(worse))[0] == "failed"


def test_a_teacher_who_never_obeys_leaves_nothing_to_drop_from():
    never = BehaviourVerdict(
        behaviour="harm", suite="harm", arms=arms(teacher=0.0, before=0.0, after=0.0, n=64), cells={}
    )
    assert told(gate(change(GOOD, behaviours=(never,)), **harm(max_drop=0.1))) == ("passed", [])
    unknown = change(never, arms=change(never.arms, teacher=NOTHING))
    found = gate(change(GOOD, behaviours=(unknown,)), **harm(max_drop=0.1))
    assert told(found) == ("undecided", ["behaviours.harm.max_drop"])


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_in_a_policy_lies_between_0_and_1(tmp_path, share):
    (tmp_path / "policy.yaml").write_text(f"min_after: {share}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="min_after"):
        read_policy(tmp_path / "policy.yaml")


def test_a_share_without_an_interval_is_not_certain():
    alone = change(GOOD, retained_ci=None)
    assert told(gate(alone)) == ("passed", [])
    assert told(gate(alone, certainty="interval")) == ("undecided", ["min_retained"])


def test_a_clear_failure_beats_doubt():
    bad = change(GOOD, overall=arms(after=0.3), retained=0.31, retained_ci=(0.2, 0.4), heldout_cases=5)
    result = gate(bad)
    assert told(result)[0] == "failed"
    assert not result.undecided
    assert {one.verdict for one in result.crossed} == {"failed", "undecided"}


def test_the_message_names_limit_figure_and_place():
    (crossed,) = gate(min_after=0.97).crossed
    assert (crossed.limit, crossed.found) == ("min_after: 0.97", "0.960 (0.930 to 0.990)")
    lost = gate(change(GOOD, rules=(rule("opening", "lost"),))).crossed[0]
    assert lost.where == "opening (97.0% → 96.0%)"


def test_cases_that_must_never_break(tmp_path):
    rows = [
        ("a", "after", "pass"),
        ("b", "after", "fail"),
        ("c", "teacher", "fail"),
        ("d", "after", "unscored"),
    ]
    grades = pl.DataFrame(rows, schema=["case_id", "arm", "label"], orient="row")
    assert told(gate(grades=grades, never_break=("a",))) == ("passed", [])
    assert told(gate(grades=grades, never_break=("b",))) == ("failed", ["never_break"])
    for absent in ("c", "d", "z"):
        assert told(gate(grades=grades, never_break=(absent,))) == ("undecided", ["never_break"])
    grades.write_parquet(tmp_path / "grades.parquet")
    assert told(gate(grades=tmp_path / "grades.parquet", never_break=("b",)))[0] == "failed"
    with pytest.raises(InputError):
        gate(grades=tmp_path / "missing.parquet", never_break=("b",))


def test_a_policy_file_is_read_and_its_mistakes_are_named(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("min_after: 0.9\nbehaviours:\n  harm: {min_after: 0.8, cells: true}\n", encoding="utf-8")
    assert read_policy(path) == Policy(
        min_after=0.9, behaviours={"harm": BehaviourLimits(min_after=0.8, cells=True)}
    )
    path.write_text("min_aftr: 0.9\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="Did you mean 'min_after'"):
        read_policy(path)
    path.write_text("behaviours: {harm: {min_after: 8}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\$\.behaviours"):
        read_policy(path)


def test_the_samples_policy_is_one():
    policy = read_policy(bundled("samples/support/policy.yaml"))
    assert set(policy.behaviours) == {"grounding", "harm", "schema", "neutrality"}
