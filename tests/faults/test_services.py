"""A model service that fails half-way: told in a word, nothing half-done counts, nothing is asked twice."""

import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest
import yaml
from loop_world import make_run
from model_service import answer, echo, serving

from tests.faults.scenarios import snapshot
from workbench.cli import execute

ROOT = Path(__file__).resolve().parents[2]
_LATER = formatdate(time.time() + 7200, usegmt=True)
# How a service fails, and the word by which that is told.
WAYS = {
    "hangs": ("no whole reply within", lambda: time.sleep(0.4) or (200, {})),
    "resets": ("broken connection", lambda: "reset"),
    "429": ("429", lambda: (429, {"error": {"message": "slower"}}, {"Retry-After": "0"})),
    "429 for hours": ("asks to wait 7200 s", lambda: (429, b"", {"Retry-After": "7200"})),
    "503 until a date": ("asks to wait", lambda: (503, b"", {"Retry-After": _LATER})),
    "500": ("500", lambda: (500, b"<html>")),
    "truncated": ("", lambda: (200, b'{"choices": [{"message": {"content": "ab')),
    "no choices": ("", lambda: (200, {"model": "tiny", "choices": []})),
    "bytes": ("", lambda: (200, b"\xff\xfe\x00")),
    "another model": ("'other'", lambda: answer("x", model="other")),
    "key refused": ("WORKBENCH_API_KEY", lambda: (401, {"error": {"message": "no"}})),
    "no credit": ("credit", lambda: (429, {"error": {"code": "insufficient_quota"}})),
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    place = tmp_path_factory.mktemp("converted")
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text("utf-8").splitlines()[:16]
    (place / "log.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    assert execute(["convert", str(place / "log.jsonl"), "--out", str(place / "converted"), "--quiet"]) == 0
    return place / "converted"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    patience = {"timeout": 0.2, "retries": 1, "first_wait": 0.001, "max_wait": 0.01, "give_up": 2}
    for name, value in (patience | {"concurrency": 1}).items():
        monkeypatch.setenv(f"WORKBENCH_SERVICE_{name.upper()}", str(value))
    return tmp_path


def fails_after(count, script, way):
    """Answer so many calls, then fail every one in this way."""
    return lambda body, number: script(body, number) if number <= count else WAYS[way][1]()


def disturbed(capsys, command, script, way, *, after):
    """Run ``command`` whole, then with a service that fails ``after`` some calls, then again."""
    with serving(script) as service:
        command = [str(one).replace("SERVICE", f"openai:{service.url}#tiny") for one in command]
        assert execute([*command, "--quiet", "--out", "whole"]) == 0
        needed = len(service.asked)
        assert needed > after
        service.asked.clear()
        service.script = fails_after(after, script, way)
        capsys.readouterr()
        assert execute([*command, "--quiet", "--out", "out"]) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert WAYS[way][0] in said
        assert "run the same command again" in said
        assert "Traceback" not in said
        assert len(service.asked) <= after + 4  # two prompts, each tried twice: then it gives up
        assert not Path("out").exists()
        service.asked.clear()
        service.script = script
        assert execute([*command, "--quiet", "--out", "out"]) == 0
        assert len(service.asked) == needed - after  # what came is not asked, or paid for, again
    assert left("out") == left("whole")


def left(name):
    """Return what a run left, without what says how often the service was asked."""
    found = {path.partition("/")[2]: raw for path, raw in snapshot(Path(), (name,)).items()}
    found.pop("manifest.json")
    summary = json.loads(found.pop("summary.json"))
    return found, {key: value for key, value in summary.items() if key not in {"service", "asked", "found"}}


@pytest.mark.parametrize(
    "way", ["hangs", "resets", "429", "429 for hours", "500", "truncated", "key refused"]
)
def test_a_teacher_that_fails_loses_nothing(converted, capsys, way):
    command = ["teacher", converted, "--teacher", "SERVICE", "--which", "all"]
    disturbed(capsys, command, echo, way, after=4)


def verdict(body, _number):
    said = "pass" if "Thanks" in body["messages"][-1]["content"] else "fail"
    return answer(json.dumps({"verdict": said}))


@pytest.mark.parametrize("way", ["hangs", "no choices", "503 until a date", "another model"])
def test_a_judge_that_fails_loses_no_verdict(place, capsys, way):
    evaluated = place / "evaluated"
    evaluated.mkdir()
    cases = [{"id": f"c{n}", "behaviour": "tone", "slots": {"question": f"q{n}"}} for n in range(8)]
    texts = [
        {
            "case_id": f"c{n}",
            "arm": "before",
            "text": f"Thanks {n}." if n % 2 else f"No {n}.",
            "finish": "stop",
        }
        for n in range(8)
    ]
    for name, rows in (("cases", cases), ("completions", texts)):
        (evaluated / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "polite.yaml").write_text("name: polite\nquestion: Is it polite?\n")
    command = ["judge", "evaluated", "--rubric", "polite.yaml", "--judge", "SERVICE"]
    disturbed(capsys, command, verdict, way, after=3)


@pytest.mark.parametrize("way", ["429", "no credit"])
def test_a_judge_of_rules_within_an_evaluation_loses_no_verdict(place, capsys, way):
    run = make_run(place, rows=40)
    contract = yaml.safe_load((run / "convert" / "contract.yaml").read_text())
    asked = {"id": "kind", "text": "Be kind.", "kind": "style"}
    contract["rules"].append(asked | {"check": {"use": "judge", "question": "Is it kind?"}})
    (run / "convert" / "contract.yaml").write_text(yaml.safe_dump(contract))
    command = ["eval", "--replay", "run", "--grader", "rules=judge:SERVICE"]
    disturbed(capsys, command, verdict, way, after=3)


def question(body, _number):
    number = len(body["messages"][-1]["content"]) % 97
    return answer(json.dumps({"questions": [], "note": number}))


@pytest.mark.parametrize("way", ["resets", "bytes"])
def test_a_teacher_that_writes_questions_loses_none(place, capsys, way):
    (place / "docs").mkdir()
    parts = [f"# Part {n}\n\n" + f"The tower of part {n} is {n + 20} metres high. " * 12 for n in range(6)]
    for number, text in enumerate(parts):
        (place / "docs" / f"{number}.md").write_text(text + "\n\nQ: When is it open?\nA: From 9 to 5.\n")
    command = ["knowledge", "docs", "--teacher", "SERVICE"]
    disturbed(capsys, command, question, way, after=3)


@pytest.mark.slow
def test_a_teacher_within_an_evaluation_loses_no_answer(place, converted, capsys, wide_base):
    told = {"version": 1, "base": "x", "convert": {"logs": ["recipe.yaml"]}}
    recipe = yaml.safe_dump(told | {"eval": {"max_cases": 6, "sampling": {"max_new_tokens": 3}}})
    (place / "recipe.yaml").write_text(recipe)
    command = ["eval", "--base", wide_base, "--templates", converted, "--data", converted / "pairs.parquet"]
    command += ["--recipe", "recipe.yaml", "--teacher", "SERVICE"]
    disturbed(capsys, command, echo, "500", after=3)


def test_a_mistake_in_what_the_environment_says_of_patience_is_told(converted, capsys, monkeypatch):
    monkeypatch.setenv("WORKBENCH_SERVICE_TIMEOUT", "soon")
    monkeypatch.setenv("WORKBENCH_SERVICE_RETRIES", "-1")
    command = ["teacher", str(converted), "--teacher", "openai:http://127.0.0.1:9#x", "--out", "out"]
    assert execute(command) == 2
    said = capsys.readouterr().err
    assert "WORKBENCH_SERVICE_TIMEOUT" in said
    assert "'soon'" in said
    assert "WORKBENCH_SERVICE_RETRIES" in said
