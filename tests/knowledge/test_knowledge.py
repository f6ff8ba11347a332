import json
from pathlib import Path

import polars as pl
import pytest
from model_service import answer, serving

from workbench.cli import execute
from workbench.convert import read_templates
from workbench.errors import InputError
from workbench.evaluation import load_suite
from workbench.knowledge.documents import pieces, questions_in, read_library
from workbench.text import words

HANDBOOK = """# Handbook

## Vacation
Every employee has 28 days of vacation a year. Days that are left expire on 31 March.

## How long is the notice period?
The notice period is three months to the end of a quarter.

## FAQ
**Q: Which form is used for travel costs?**
A: Travel costs are claimed with form TR-117.

Q: Who signs orders over 5000 euros?
A: Orders over 5000 euros are signed by the head of finance.
"""
CHINESE = """# 员工手册

## 常见问题
问：年假有多少天？
答：每位员工每年有28天年假。

问：差旅费用哪张表报销？
答：差旅费用使用TR-117表报销。
"""
PAGE = """<html><head><title>x</title><style>p{}</style></head><body><h2>Support</h2>
<script>var q="Q: no?"</script>
<dl><dt>When is the help desk open?</dt><dd>The help desk is open from 8 to 18 o'clock.</dd></dl>
<details><summary>Which port does the printer use?</summary><p>The printer uses port 9100.</p></details>
</body></html>"""


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "handbook.md").write_text(HANDBOOK, encoding="utf-8")
    (folder / "handbook.zh.md").write_text(CHINESE, encoding="utf-8")
    (folder / "support.html").write_text(PAGE, encoding="utf-8")
    rows = [
        {
            "question": "What colour is the badge?",
            "answer": "The badge is green.",
            "context": "The badge is green.",
        },
        {"text": "The canteen is closed on Friday."},
        {"other": 1},
    ]
    (folder / "faq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def run(*arguments):
    return execute([*map(str, arguments), "--quiet"])


def test_questions_are_found_in_every_kind_of_document(docs):
    library = read_library([docs], max_words=200)
    found = {one.question: one.answer for one in library.found}
    assert found["How long is the notice period?"].startswith("The notice period is three months")
    assert found["Which form is used for travel costs?"] == "Travel costs are claimed with form TR-117."
    assert found["年假有多少天？"] == "每位员工每年有28天年假。"
    assert found["When is the help desk open?"] == "The help desk is open from 8 to 18 o'clock."
    assert found["Which port does the printer use?"] == "The printer uses port 9100."
    assert found["What colour is the badge?"] == "The badge is green."
    assert len(found) == 8
    assert len(library.unread) == 1
    assert "var q" not in "".join(chunk.text for chunk in library.chunks)


def test_chunks_hold_everything_and_cut_no_sentence():
    text = "\n\n".join(f"Sentence {n} has exactly seven words here. And 第{n}句话。" for n in range(60))
    for size in (20, 50, 500):
        parts = pieces(text, max_words=size)
        assert "".join(" ".join(parts).split()) == "".join(text.split())
        assert all(len(words(part)) <= size for part in parts)


def test_an_answer_goes_on_to_the_next_question():
    text = "Q1: a?\nA: one\n- two\n\nthree\nQ2: b?\nQ: c?\nA: four"
    assert list(questions_in(text.split("\n"))) == [("a?", "one\n- two\n\nthree"), ("c?", "four")]


def test_offline_pairs_carry_no_context_and_the_long_prompt_does(tmp_path, docs):
    out = tmp_path / "known"
    assert run("knowledge", docs, "--out", out) == 0
    pairs = pl.read_parquet(out / "pairs.parquet")
    _, templates = read_templates(out)
    said = {row["prompt"][-1]["content"]: row["completion"][-1]["content"] for row in pairs.to_dicts()}
    assert said["问题：年假有多少天？"] == "每位员工每年有28天年假。"
    assert not any("Context" in prompt or "资料" in prompt for prompt in said)
    for row in pairs.to_dicts():
        long = templates[row["template_id"]].render({slot["name"]: slot["value"] for slot in row["slots"]})
        assert row["slots"][0]["value"] in long[-1].content
    summary = json.loads((out / "summary.json").read_text())
    assert summary["in"] == summary["kept"] + summary["rejected"] == 8
    assert {one.lang for one in load_suite(out / "suites" / "closed_book.jsonl")} == {"en", "zh"}


def test_open_questions_name_what_stands_in_no_document_and_ask_for_an_abstention(tmp_path, docs):
    out = tmp_path / "known"
    assert run("knowledge", docs, "--out", out) == 0
    text = (HANDBOOK + CHINESE).casefold()
    cases = (
        load_suite(out / "suites" / "unanswerable.jsonl")
        if (out / "suites" / "unanswerable.jsonl").exists()
        else []
    )
    pairs = pl.read_parquet(out / "pairs.parquet").to_dicts()
    open_pairs = [row for row in pairs if row["completion"][-1]["content"] in {"I don't know.", "我不知道。"}]
    assert len(cases) + len(open_pairs) == 1
    asked = [c.slots["question"] for c in cases] + [r["slots"][1]["value"] for r in open_pairs]
    assert all(question.casefold() not in text and "5000" not in question for question in asked)


def teacher(body, _number):
    text = body["messages"][-1]["content"]
    if "Vacation" in text:
        good = {
            "question": "How many days of vacation does an employee have?",
            "answer": "Every employee has 28 days of vacation a year.",
            "paraphrases": [
                "What is the yearly vacation of an employee?",
                "How much vacation is there a year?",
            ],
        }
        wrong = {
            "question": "When do vacation days expire?",
            "answer": "They expire on 30 June.",
            "paraphrases": [],
        }
        leaning = {
            "question": "What does this text say?",
            "answer": "Every employee has 28 days.",
            "paraphrases": [],
        }
        said = {
            "pairs": [good, wrong, leaning],
            "unanswerable": ["Is vacation paid out in cash?", "Does the text lie?"],
        }
        return answer(json.dumps(said))
    return answer("not json" if "notice" in text else '{"pairs": [], "unanswerable": []}')


def test_a_teachers_pairs_are_held_against_their_chunk(tmp_path):
    doc = tmp_path / "handbook.md"
    doc.write_text(HANDBOOK, encoding="utf-8")
    out = tmp_path / "known"
    with serving(teacher) as service:
        assert run("knowledge", doc, "--teacher", f"openai:{service.url}", "--out", out) == 0
        assert all("response_format" in body for body in service.asked)
    rejected = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    reasons = {one["question"]: one["reason"] for one in rejected}
    assert reasons["When do vacation days expire?"] == "the chunk does not support the answer"
    assert reasons["What does this text say?"].startswith("the question leans")
    assert reasons["Does the text lie?"].startswith("the question leans")
    assert "an answer that can't be read" in reasons.values()
    closed = {case.slots["question"]: case for case in load_suite(out / "suites" / "closed_book.jsonl")}
    held = closed["How much vacation is there a year?"]
    assert held.slice == "held-out wording"
    assert held.expect["answer"] == ["28"]
    trained = pl.read_parquet(out / "pairs.parquet")["slots"].list.get(1).struct.field("value").to_list()
    assert "How much vacation is there a year?" not in trained
    assert {
        "How many days of vacation does an employee have?",
        "What is the yearly vacation of an employee?",
    } <= set(trained)


def test_wordings_of_one_chunk_share_a_part(tmp_path):
    from workbench.steps import ClusterSplit

    rows = [
        {
            "question": f"{ask} {n * 13}?",
            "answer": f"Room {n * 13} has {n} chairs.",
            "context": f"Room {n * 13} has {n} chairs.",
        }
        for n in range(1, 40)
        for ask in ("How many chairs are in room", "Seats to be found inside of room number")
    ]
    doc = tmp_path / "rooms.jsonl"
    doc.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("knowledge", doc, "--out", tmp_path / "known") == 0
    frame = pl.read_parquet(tmp_path / "known" / "pairs.parquet")
    parts = ClusterSplit()(frame)
    where = {}
    for name in ("train", "valid", "test"):
        for meta in getattr(parts, name)["meta"]:
            where.setdefault(json.loads(meta)["cluster"], set()).add(name)
    assert len(where) == 39
    assert {len(names) for names in where.values()} == {1}
    assert set().union(*where.values()) == {"train", "valid", "test"}


@pytest.mark.parametrize("name", ["empty.md", "prose.md", "picture.png", "nowhere"])
def test_documents_that_teach_nothing_exit_2(tmp_path, capsys, name):
    if name != "nowhere":
        (tmp_path / name).write_text(
            {"prose.md": "Only prose. Nothing is asked."}.get(name, ""), encoding="utf-8"
        )
    assert run("knowledge", tmp_path / name, "--out", tmp_path / "known") == 2
    assert "to do" in capsys.readouterr().err
    assert not (tmp_path / "known").exists()


def test_documents_that_hold_nothing_are_left_out_with_their_reason(tmp_path, docs, capsys):
    good = read_library([docs], max_words=200)
    for name, data in (
        ("empty.md", b""),
        ("blank.txt", b" \n\n"),
        ("latin.txt", b"caf\xe9"),
        ("rows.jsonl", b""),
    ):
        (docs / name).write_bytes(data)
    (docs / "scan.pdf").write_bytes(b"%PDF")
    (docs / ".hidden.cfg").write_bytes(b"x")
    library = read_library([docs], max_words=200)
    assert (library.chunks, library.found) == (good.chunks, good.found)
    told = {Path(one["source"]["file"]).name: one["reason"] for one in library.unread}
    assert told["empty.md"] == told["rows.jsonl"] == "an empty file"
    assert told["blank.txt"] == "no text"
    assert "isn't UTF-8" in told["latin.txt"]
    assert library.refused == len(library.files) - len(good.files) == 4
    assert library.other_kinds == {".pdf": 1}
    assert execute(["knowledge", str(docs), "--out", str(tmp_path / "known")]) == 0
    assert "not read: 4 of" in capsys.readouterr().out
    rejected = (tmp_path / "known" / "rejected.jsonl").read_text(encoding="utf-8")
    assert all(name in rejected for name in ("empty.md", "blank.txt", "latin.txt", "rows.jsonl"))


def test_a_folder_of_nothing_but_such_documents_is_refused_with_all_of_them(tmp_path):
    (tmp_path / "a.md").write_bytes(b"")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    with pytest.raises(InputError) as error:
        read_library([tmp_path], max_words=200)
    assert [Path(one.where.partition(":")[0]).name for one in error.value.findings] == ["a.md", "b.txt"]
