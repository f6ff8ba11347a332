"""The faces speak Chinese wholly: no message without words, no English left on a page, marks of its own."""

import ast
import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import made_data
import made_run
import pytest

import workbench
from workbench import wording
from workbench.cli import execute
from workbench.cli.report import write_report
from workbench.graders.cards.page import ABOUT, bundled_figures
from workbench.report import build_report, render_html, render_markdown
from workbench.text import excerpt
from workbench.wording import Words, catalogue, known, listed, say, speaking, spoken

SOURCES = sorted(Path(workbench.__file__).parent.rglob("*.py"))
ZH = catalogue("zh")
# What stays Latin on a Chinese page: names of products, methods, formats and commands.
LATIN = re.compile(
    r"\b(?:sft-workbench|workbench|JSON|JavaScript|Jaccard|Holm|Rogan|Gladen|logit|nat|GB|pass|"
    r"IFEval|BBQ|XSTest|JADE|HateCheck|ChineseHarm|SummEdits|SAMSum|OCNLI|BEGIN|HalluQA|HaluEval|WordNet|"
    r"YAML|XML|CSV|id|format|messages|remotes|report|html|json|jsonl|md|docs|graders|list|README|card|diff|out|"
    r"FILE|eval|completions|attribution|rejects|recipe|yaml|convert|curate|train|python|scripts|py|data|"
    r"labelled|across|grader|grounding|hf|MODEL|pooled|train_graders|p)\b"
)
# Texts and names of the data that the pages are drawn of.
OF_RUN = [text for rule in made_run.RULES for text in (rule[1], excerpt(rule[1], limit=60), rule[0])]
OF_RUN += list(bundled_figures()["sets"])
NAMES = re.compile(
    "|".join(map(re.escape, sorted(OF_RUN, key=len, reverse=True)))
    + r"|(?:monday|friday)/run|\b\w+[_./]\w[\w./]*|\boverlap\b|\bifd\b|rule broken|^English$"
)
HIDDEN = {"script", "style", "code", "pre", "kbd", "noscript", "title", "head"}
OF_DATA = {"pre", "said", "title", "asked", "brand", "breaks"}


def messages():
    """Yield every literal message of the sources, with the file that says it."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if node.func.id == "say" and isinstance(first, ast.Constant):
                yield path.name, first.value
            elif node.func.id == "Words" and isinstance(first, ast.Dict):
                yield from ((path.name, value.value) for value in first.values)


def names(message):
    return sorted({field for _, field, *_ in string.Formatter().parse(message) if field})


def test_every_message_has_chinese_words():
    found = list(messages())
    assert len(found) > 350
    assert [(file, said) for file, said in found if said not in ZH] == []


def test_no_chinese_words_are_left_over():
    constants = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    cards = {text.replace("`", "").replace("*", "") for pair in ABOUT.values() for text in pair}
    assert [message for message in ZH if message not in constants | cards] == []


def test_both_languages_fill_in_the_same():
    assert [(en, zh) for en, zh in ZH.items() if names(en) != names(zh)] == []


def test_chinese_has_marks_of_its_own():
    narrow = re.compile(r"[\u4e00-\u9fff][,;:!?](?!\w)|[\u4e00-\u9fff]\.(?:\s|$)|\([\u4e00-\u9fff]")
    assert [zh for zh in ZH.values() if narrow.search(zh)] == []
    glued = re.compile(r"[\u4e00-\u9fff](?:[A-Za-z0-9]|\{\w+:[,.])|[A-Za-z0-9][\u4e00-\u9fff]")
    assert [zh for zh in ZH.values() if glued.search(zh)] == []


def test_each_thread_speaks_for_itself():
    table = Words({"kept": "retained"})
    assert (spoken(), say("Rules"), table["kept"], listed(["a", "b"]), known("Rules")) == (
        "en", "Rules", "retained", "a, b", False,
    )  # fmt: skip
    with speaking("zh"):
        assert (say("Rules"), table["kept"], listed(["甲", "乙"]), known("Rules")) == (
            "规则", "保留", "甲、乙", True,
        )  # fmt: skip
        assert say("{n} files", n=3) == "3 个文件"
        assert say("no such message {n}", n=3) == "no such message 3"
        with pytest.raises(ZeroDivisionError), speaking("en"):
            raise ZeroDivisionError
        assert spoken() == "zh"
    assert spoken() == "en"


class Shown(HTMLParser):
    """Gathers what a page itself says: text and names of parts, without texts of the data and code."""

    def __init__(self, page):
        super().__init__()
        self.held, self.said, self.lang = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "html":
            self.lang = found["lang"]
        classes = set((found.get("class") or "").split())
        data = tag in HIDDEN or bool(classes & OF_DATA) or (found.get("lang") == "en")
        if not any(hidden for _, hidden in self.held) and not data:
            self.said += [found[name] for name in ("aria-label", "data-label") if found.get(name)]
        if tag not in {"br", "meta", "link", "input", "hr"}:
            self.held.append((tag, data))

    def handle_endtag(self, tag):
        while self.held and self.held.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(hidden for _, hidden in self.held) and data.strip():
            self.said.append(data.strip())


class Recorded(dict):
    """The catalogue, noting what it was asked for in vain."""

    def __init__(self, held):
        super().__init__(held)
        self.missed = set()

    def get(self, message, default=None):
        if message not in self:
            self.missed.add(message)
        return super().get(message, default)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Draw every page in Chinese, noting what lacked words."""
    place = tmp_path_factory.mktemp("zh")
    recorded = Recorded(ZH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "catalogue", lambda _: recorded)
        runs = [made_run.run(place / name / "run", cases=24) for name in ("monday", "friday")]
        with speaking("zh"):
            built = build_report(runs[0])
            faces, texts = {"report": render_html(built)}, [render_markdown(built)]
        both = {kind: str(place / f"comparison.{kind}") for kind in ("html", "md")}
        told = ["compare", *map(str, runs), "--html", both["html"], "--markdown", both["md"], "--quiet"]
        assert execute([*told, "--lang", "zh"]) == 0
        old, new = made_data.curated(place / "old", rows=21, hostile=False), made_data.curated(place / "new")
        files = {kind: str(place / f"diff.{kind}") for kind in ("html", "md")}
        told = ["diff", str(old), str(new), "--html", files["html"], "--markdown", files["md"], "--quiet"]
        assert execute([*told, "--lang", "zh"]) == 0
        out = str(place / "card")
        assert execute(["card", str(new), "--base", str(old), "--out", out, "--quiet", "--lang", "zh"]) == 0
    faces["comparison"] = Path(both["html"]).read_text("utf-8")
    texts.append(Path(both["md"]).read_text("utf-8"))
    faces["versions"] = Path(files["html"]).read_text("utf-8")
    faces["card"] = Path(out, "card.html").read_text("utf-8")
    texts += [Path(files["md"]).read_text("utf-8"), Path(out, "card.md").read_text("utf-8")]
    return faces, texts, recorded.missed


def test_nothing_that_pages_say_lacks_words(pages):
    assert pages[2] == set()


@pytest.mark.parametrize("name", ["report", "card", "comparison", "versions"])
def test_no_english_is_left_on_a_chinese_page(pages, name):
    shown = Shown(pages[0][name])
    assert shown.lang == "zh-CN"
    assert sum(bool(re.search(r"[\u4e00-\u9fff]", said)) for said in shown.said) > 10
    english = {word for message in ZH for word in re.findall(r"\b[a-z]{3,}\b", message.lower())}
    left = {
        said
        for said in shown.said
        for word in re.findall(r"\b[A-Za-z]{3,}\b", LATIN.sub("", NAMES.sub("", said)))
        if word.lower() in english
    }
    assert left == set()


def test_markdown_speaks_chinese_too(pages):
    heads = [line for text in pages[1] for line in text.splitlines() if line.startswith("#")]
    assert len(heads) > 12
    assert [head for head in heads if not re.search(r"[\u4e00-\u9fff]", head)] == []


def test_a_run_speaks_the_language_of_its_recipe(tmp_path):
    run = made_run.run(tmp_path / "run", cases=12)
    english = write_report(run)
    page, short = (run / "report.html").read_text("utf-8"), (run / "report.md").read_text("utf-8")
    held = json.loads((run / "run.json").read_text("utf-8"))
    held["recipe"]["lang"] = "zh"
    (run / "run.json").write_text(json.dumps(held), encoding="utf-8")
    chinese = write_report(run)
    chinese["provenance"]["recipe"].pop("lang")
    assert chinese == english
    assert 'lang="zh-CN"' in (run / "report.html").read_text("utf-8")
    assert "### 规则" in (run / "report.md").read_text("utf-8")
    assert execute(["report", str(run), "--lang", "en", "--quiet"]) == 0
    assert "### Rules" in (run / "report.md").read_text("utf-8") == short
    assert 'lang="en"' in page


def test_gate_md_speaks_and_gate_json_stays(tmp_path):
    run = made_run.run(tmp_path / "run", cases=12)
    assert execute(["gate", str(run), "--quiet"]) in {1, 3}
    verdict, said = (run / "gate.json").read_bytes(), (run / "gate.md").read_text("utf-8")
    assert execute(["gate", str(run), "--lang", "zh", "--quiet"]) in {1, 3}
    assert (run / "gate.json").read_bytes() == verdict
    chinese = (run / "gate.md").read_text("utf-8")
    assert chinese != said
    assert "条限制中有" in chinese
    assert "限制 | 实测 | 位置" in chinese
