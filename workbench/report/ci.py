"""Says a gate's verdict to machines and people of CI: JUnit, Markdown, annotations of GitHub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table
from workbench.wording import Words, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.gate import Check, GateResult

WORDS = Words({"passed": "passed", "failed": "failed", "undecided": "undecided"})
_MARKS = {"passed": "✅", "failed": "❌", "undecided": "❔"}
# What XML 1.0 has no place for.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def word(result: GateResult) -> str:
    """Name the verdict."""
    return "passed" if result.passed else "undecided" if result.undecided else "failed"


def junit(result: GateResult, *, name: str) -> str:
    """Write JUnit XML: a test a limit, a failure where it doesn't hold, an error where that can't be told."""
    counts = {
        "tests": len(result.checks),
        "failures": sum(one.verdict == "failed" for one in result.checks),
        "errors": sum(one.verdict == "undecided" for one in result.checks),
    }
    told = {key: str(value) for key, value in counts.items()}
    root = ET.Element("testsuites", {"name": name, **told})
    suite = ET.SubElement(root, "testsuite", {"name": name, **told, "skipped": "0"})
    for one in result.checks:
        case = ET.SubElement(
            suite, "testcase", {"classname": name, "name": fit(f"{one.limit} [{one.where}]")}
        )
        if one.verdict != "passed":
            tag = "failure" if one.verdict == "failed" else "error"
            said = fit(f"found {one.found}")
            node = ET.SubElement(case, tag, {"type": one.verdict, "message": said})
            node.text = fit(f"limit {one.limit}\nfound {one.found}\nwhere {one.where}\n")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def gate_markdown(result: GateResult, *, title: str, verdict: str = "") -> str:
    """Write the verdict for a pull request: every crossed limit, and how many hold."""
    state = word(result)
    blocks = [f"## {_MARKS[state]} {escape(title)}{say(': ')}{WORDS[state]}"]
    if verdict:
        blocks.append(escape(verdict) + say("."))
    held = len(result.checks) - len(result.crossed)
    if result.crossed:
        blocks.append(
            table(("", say("Limit"), say("Found"), say("Where")), [_row(one) for one in result.crossed])
        )
    blocks.append(say("{held} of {checks} limits hold.", held=held, checks=len(result.checks)))
    if held:
        rows = [_row(one) for one in result.checks if one.verdict == "passed"]
        whole = table(("", say("Limit"), say("Found"), say("Where")), rows)
        blocks += [f"<details><summary>{say('Limits that hold')}</summary>", whole, "</details>"]
    return "\n\n".join(blocks) + "\n"


def workflow_commands(result: GateResult, *, file: str = "") -> list[str]:
    """Write GitHub workflow commands: an error for each failed limit, a warning for each undecided one."""
    return [_annotation(one, file) for one in result.crossed]


def _annotation(one: Check, file: str) -> str:
    level = "error" if one.verdict == "failed" else "warning"
    title = _property(f"{one.limit} {WORDS[one.verdict]}")
    place = f"file={_property(file)}," if file else ""
    return f"::{level} {place}title={title}::{_data(f'found {one.found} ({one.where})')}"


def _row(one: Check) -> Sequence[str]:
    return (_MARKS[one.verdict], escape(one.limit), escape(one.found), escape(one.where))


def fit(text: str) -> str:
    """Replace what XML 1.0 has no place for."""
    return _UNFIT.sub("\ufffd", text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
