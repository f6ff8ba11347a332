from xml.etree import ElementTree as ET

from workbench.gate import Check
from workbench.gate.limits import decided
from workbench.report.ci import gate_markdown, junit, workflow_commands

HOSTILE = 'a\x00b <x> & "q" | `c`\n::error::@all 100%'
CHECKS = [
    Check(limit="min_cases: 30", found="170", where="held-out cases", verdict="passed"),
    Check(limit="min_after: 0.9", found="0.8", where=HOSTILE, verdict="failed"),
    Check(limit="require_parity", found="no parity.json", where="adapter", verdict="undecided"),
]


def test_junit_counts_and_survives_any_text():
    root = ET.fromstring(junit(decided(CHECKS), name="gate"))  # noqa: S314 - our own output
    assert {k: root.get(k) for k in ("tests", "failures", "errors")} == {
        "tests": "3", "failures": "1", "errors": "1",
    }  # fmt: skip
    failed = root.find(".//failure")
    assert "found 0.8" in failed.get("message")
    assert "<x> &" in failed.text
    assert len(root.findall(".//testcase")) == 3


def test_workflow_commands_stay_on_one_line_each():
    failed, undecided = workflow_commands(decided(CHECKS), file="policy.yaml")
    assert failed.startswith("::error file=policy.yaml,title=min_after%3A 0.9 failed::")
    assert undecided.startswith("::warning ")
    assert "\n" not in failed
    assert "100%25" in failed
    assert failed.count("::") == 3 + HOSTILE.count("::") - 1


def test_markdown_names_the_verdict_and_every_crossed_limit():
    text = gate_markdown(decided(CHECKS), title="workbench gate", verdict="1 of 2 rules retained")
    assert text.startswith("## ❌ workbench gate: failed")
    assert "1 of 3 limits hold" in text
    assert "<x>" not in text
    assert "@all" not in text
    assert gate_markdown(decided(CHECKS[:1]), title="t").startswith("## ✅ t: passed")
    assert gate_markdown(decided(CHECKS[2:]), title="t").startswith("## ❔ t: undecided")
