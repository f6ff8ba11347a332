"""No dead flag: each is tried by a test, and those that no other test tries change what comes out, here."""

import json
import re
import shutil
from pathlib import Path

import pytest
import typer.main

from workbench.cli import execute
from workbench.cli.verbs import app

TESTS = Path(__file__).resolve().parents[1]
# Seen in other ways than on a command line: a server's and a conversation's are given as values to what they
# start (tests/serve, tests/review), and the cluster's address needs a cluster.
ELSEWHERE = {
    ("serve", flag)
    for flag in (
        "--token-file", "--allow-host", "--adapter-root", "--rows", "--waiting", "--max-tokens", "--max-body",
        "--timeout",
    )
} | {
    ("chat", flag) for flag in ("--scale", "--long-prompt", "--system", "--temperature", "--seed")
} | {
    ("review", "--port"),
    ("review", "--reveal"),
    ("review", "--lang"),
    ("dedupe", "--ray-address"),
    ("curate", "--ray-address"),
    ("demo", "--quick"),
    ("schema", "--write"),
    ("graders list", "--write"),
    ("teacher", "--timeout"),
    ("improve", "--recipe"),
    ("audit", "--recipe"),
    ("adapters export", "--public"),
    # Values of what they start: tests of evaluation, io, knowledge, report, review, teaching, training.
    *(("eval", flag) for flag in ("--card", "--noise", "--sequential")),
    *(("train", flag) for flag in ("--replay", "--teacher-store")),
    *((f"adapters {verb}", "--registry") for verb in ("combine", "export", "merge")),
    *(("review", flag) for flag in ("--open", "--opinions", "--store")),
    ("adapters combine", "--seed"),
    ("attribute", "--near"),
    ("convert", "--from"),
    ("templates", "--from"),
    ("knowledge", "--unanswerable"),
    ("gate", "--github"),
    ("check", "--github"),
    ("evals import", "--without"),
    ("judge", "--own"),
    ("knowledge", "--paraphrases"),
    ("teacher", "--agreement"),
}  # fmt: skip
PLAN = "eval --plan --base BASE --templates converted --data curated --out OUT"
TENT = (
    "The Klil {n} tent weighs {n},400 grams. It is green, has two doors, and stands in any wind.\n\n"
    "Q: What does the Klil {n} weigh?\nA: {n},400 grams."
)
IMPORT = "evals import cases.jsonl --bare"
WIDE = "train curated --base BASE --explain"
# One command, and the same with a flag more or a value changed; OUT is a place of its own.
CHANGED = [
    ("convert logs.jsonl --out OUT", "convert logs.jsonl --context internalize --out OUT"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --keeper shortest --out OUT"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --numbers ignore --out OUT"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --ngram 6 --out OUT"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --char-ngram 6 --out OUT"),
    ("knowledge book --out OUT", "knowledge book --max-words 20 --out OUT"),
    (WIDE, f"{WIDE} --alpha 8"),
    (WIDE, f"{WIDE} --objective distill"),
    (WIDE, f"{WIDE} --init orthogonal"),
    (WIDE, f"{WIDE} --rslora"),
    (f"{WIDE} --recipe marked.yaml", f"{WIDE} --recipe marked.yaml --no-rslora"),
    (f"{WIDE} --recipe marked.yaml", f"{WIDE} --recipe marked.yaml --no-dora"),
    (f"{WIDE} --recipe marked.yaml", f"{WIDE} --recipe marked.yaml --no-packing"),
    (WIDE, f"{WIDE} --dtype bfloat16"),
    (WIDE, f"{WIDE} --turns last"),
    (WIDE, f"{WIDE} --seed 7"),
    (WIDE, f"{WIDE} --quantize 8bit"),
    (PLAN, f"{PLAN} --differing 0.5"),
    (PLAN, f"{PLAN} --margin 0.3"),
    ("report run --to evallog --out OUT.json", "report run --to evallog --arm before --out OUT.json"),
    ("inspect logs.jsonl", "inspect logs.jsonl --first 1"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --no-signatures --out OUT"),
    (WIDE, f"{WIDE} --dora"),
    (WIDE, f"{WIDE} --packing"),
    ("contract infer prompt.md --out OUT", "contract infer prompt.md --task other --out OUT"),
    (
        "evals from-contract converted/contract.yaml --out OUT.yaml",
        "evals from-contract converted/contract.yaml --per-rule 30 --out OUT.yaml",
    ),
    (f"{IMPORT} --out OUT.yaml", f"{IMPORT} --slice kind --out OUT.yaml"),
    (f"{IMPORT} --out OUT.yaml", f"{IMPORT} --cluster kind --out OUT.yaml"),
    ("graders list", "graders list --figures figures.json"),
    (
        "graders measure --data labelled.jsonl --resamples 100 --out OUT.json",
        "graders measure --data labelled.jsonl --resamples 100 --seed 3 --out OUT.json",
    ),
]  # fmt: skip


# More hands change nothing: these leave every byte as it is.
SAME = [
    ("templates logs.jsonl", "templates logs.jsonl --workers 2"),
    ("convert logs.jsonl --out OUT", "convert logs.jsonl --workers 2 --out OUT"),
    ("dedupe texts.jsonl --on text --out OUT", "dedupe texts.jsonl --on text --threads 2 --out OUT"),
    (
        "rethreshold deduped --threshold 0.9 --out OUT",
        "rethreshold deduped --threshold 0.9 --threads 2 --out OUT",
    ),
]
# What every verb has: tests/cli/test_terminal.py, test_exit_codes.py.
EVERYWHERE = ["--json", "--quiet", "--force"]


def _flag(before, after):
    return " ".join([before.split()[0], *(word for word in after.split() if word not in before.split())])


def verbs():
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        yield from ((f"{name} {sub}", leaf) for sub, leaf in inner.items()) if inner else [(name, command)]


def test_every_flag_is_tried():
    texts = [path.read_text("utf-8") for path in TESTS.rglob("*.py") if path.name != "test_help.py"]
    missing = set()
    for name, command in verbs():
        last = name.split()[-1]
        mine = "\n".join(text for text in texts if re.search(rf"""["'\s/]{last}["'\s]""", text))
        for parameter in command.params:
            flags = [one for one in parameter.opts if one.startswith("--")]
            tried = any(
                flag in EVERYWHERE or re.search(rf"{flag}(?![\w-])", mine)
                for flag in (*flags, *parameter.secondary_opts)
            )
            if flags and not tried:
                missing.add((name, flags[0]))
    assert missing - ELSEWHERE == set()


@pytest.fixture(scope="module")
def place(reader_world, tmp_path_factory):
    made = tmp_path_factory.mktemp("flags") / "place"
    shutil.copytree(reader_world, made)
    texts = [
        "the lamp of row 1 is blue",
        "the lamp of row 2 is blue",
        "The lamp of row 1 is blue!!",
        "灯是蓝色的很好看",
        "灯是蓝色的很好用",
    ]
    (made / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (made / "marked.yaml").write_text(
        (made / "recipe.yaml")
        .read_text()
        .replace("use: sft", "use: sft\n  rslora: true\n  dora: true\n  packing: true")
    )
    cases = [
        {"input": f"What is {n}?", "target": str(n), "metadata": {"kind": f"k{n % 2}"}} for n in range(4)
    ]
    (made / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    labelled = [
        {"behaviour": "harm", "output": text, "label": label}
        for text, label in (
            ("Good day.", 0),
            ("You people are vermin.", 1),
            ("I hate them all, those vermin.", 1),
            ("The sea is calm.", 0),
        )
    ]
    (made / "labelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labelled))
    (made / "book").mkdir()
    text = "\n\n".join(f"## Tent {n}\n\n{TENT.format(n=n)}" for n in range(2, 9))
    (made / "book" / "tents.md").write_text("# Tents\n\n" + text)
    assert (
        execute(["dedupe", str(made / "texts.jsonl"), "--on", "text", "--out", str(made / "deduped"), "-q"])
        == 0
    )
    (made / "figures.json").write_text('{"sets": {}}')
    return made


def outcome(place, line, base, capsys):
    """Run a command and return what it printed and wrote, times and its own place left out."""
    out = place / "out"
    for left in place.glob("out*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    capsys.readouterr()
    code = execute([*line.replace("BASE", str(base)).replace("OUT", str(out)).split(), "--json"])
    told = capsys.readouterr()
    said = re.sub(r'"(seconds|seconds_at_least|key)": [^,}]*', "", told.out)
    files = {
        path.relative_to(place): path.read_bytes()
        for left in place.glob("out*")
        for path in ([left] if left.is_file() else sorted(left.rglob("*")))
        if path.is_file() and path.name not in {"manifest.json", "summary.json"}
    }
    assert code in {0, 1, 3}, told.err
    return code, said, files


@pytest.mark.parametrize(("before", "after"), CHANGED, ids=[_flag(*one) for one in CHANGED])
def test_a_flag_changes_what_comes_out(place, wide_base, monkeypatch, capsys, before, after):
    monkeypatch.chdir(place)
    assert outcome(place, before, wide_base, capsys) != outcome(place, after, wide_base, capsys)


@pytest.mark.parametrize(("before", "after"), SAME, ids=[_flag(*one) for one in SAME])
def test_more_hands_change_nothing(place, wide_base, monkeypatch, capsys, before, after):
    monkeypatch.chdir(place)
    assert outcome(place, before, wide_base, capsys) == outcome(place, after, wide_base, capsys)
