"""No dead field: each field of a recipe's `knowledge`, changed, changes what it writes or asks."""

import json

import msgspec
import pytest
from model_service import answer, serving

from workbench.convert import CompactForm
from workbench.io.tokenizer import WordTokenizer
from workbench.knowledge import learn
from workbench.ports import Sampling
from workbench.recipe import KnowledgeStage

TEXT = """# Handbook

Q: Which form is for travel costs?
A: Travel costs are claimed with form TR-117.

Q: Which form is for 31 or more guests?
A: A visit of 31 or more guests is asked for with form GV-220.

## Printer
The printer stands in hall 4. It uses port 9100. It was bought in spring. Its paper lies beside it.
"""
CHINESE = """问：年假有多少天？
答：每位员工每年有28天年假。

问：12号门多久检查一次？
答：12号门每6周检查一次。
"""
WRITTEN = {
    "pairs": [{"question": "Which port does the printer use?", "answer": "Port 9100.", "paraphrases": []}],
    "unanswerable": ["Who repairs the printer on Sunday?"],
}  # fmt: skip
CHANGED = [
    ("docs", "other.md"),
    ("teacher", None),
    ("pairs", 9),
    ("paraphrases", 5),
    ("unanswerable", 7),
    ("sampling", Sampling(max_new_tokens=77)),
    ("max_words", 20),
    ("unknown_en", "No idea."),
    ("unknown_zh", "不清楚。"),
    ("train_open", 0.0),
    ("form", CompactForm(form="none", context="internalize")),
]


def test_every_field_of_knowledge_is_tried():
    assert {name for name, _ in CHANGED} == set(KnowledgeStage.__struct_fields__)


@pytest.mark.parametrize(("name", "value"), CHANGED, ids=[name for name, _ in CHANGED])
def test_a_changed_field_changes_what_comes_out(tmp_path, name, value):
    (tmp_path / "handbook.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "handbook.zh.md").write_text(CHINESE, encoding="utf-8")
    (tmp_path / "other.md").write_text(TEXT.replace("TR-117", "TR-118"), encoding="utf-8")
    docs = tuple(str(tmp_path / file) for file in ("handbook.md", "handbook.zh.md"))
    with serving(lambda *_: answer(json.dumps(WRITTEN))) as service:
        stage = KnowledgeStage(docs=docs, teacher=f"openai:{service.url}", train_open=1.0)
        before = made(tmp_path / "before", stage, service)
        given = (str(tmp_path / value),) if name == "docs" else value
        after = made(tmp_path / "after", msgspec.structs.replace(stage, **{name: given}), service)
    assert before != after


def made(out, stage, service):
    """Return what a stage writes and asks."""
    service.asked.clear()
    learn(stage, out, tokenizer=WordTokenizer())
    files = {p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    return files, sorted(json.dumps(body, sort_keys=True) for body in service.asked)
