import json
import re
from html.parser import HTMLParser

import made_data
import pytest
from conftest import make_frame
from test_report_browser import CONTRAST, browser, opened  # noqa: F401 - fixtures

from workbench.cli import execute
from workbench.corpus import contracts_beside, difference, profile
from workbench.corpus.cardwords import certificate_blocks, certificate_rows, selection_words
from workbench.io.dataset import read_dataset
from workbench.pipeline.curate import curate, write_curated
from workbench.report.card import render_card
from workbench.report.cardmarkdown import render_card_markdown
from workbench.report.cardmodel import build_card, card_json
from workbench.steps import ClusterSplit, ExactDedup, Quota, Select

KINDS = ("train", "valid")


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    place = tmp_path_factory.mktemp("cards")
    old = read_dataset(made_data.curated(place / "old", rows=21, hostile=False))
    new = read_dataset(made_data.curated(place / "new"))
    found = profile(new, contracts=contracts_beside(new))
    return build_card(found, home=new.home, change=difference(old, new))


@pytest.fixture(scope="module")
def address(card, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "card.html"
    path.write_text(render_card(card), "utf-8")
    return path.as_uri()


class Ids(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        self.tags.append(tag)
        self.ids += [held["id"]] if "id" in held else []
        self.links += [held["href"][1:]] if held.get("href", "").startswith("#") else []


def test_the_page_holds_every_section_and_no_text_becomes_markup(card):
    text = render_card(card)
    page = Ids()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)
    for section in ("reasons", "signals", "curation", "duplicates", "rules", "parts", "change", "provenance"):
        assert section in page.ids
    assert "http" not in text.replace("http-equiv", "")


def test_curation_and_card_say_the_same_in_the_same_words(tmp_path):
    write_curated(curate(make_frame(40), steps=(ExactDedup(),), split=ClusterSplit()), tmp_path)
    found = profile(read_dataset(tmp_path))
    drawn = build_card(found, home=tmp_path)
    short, full = (tmp_path / "card.md").read_text(), render_card_markdown(drawn)
    certificate = short[short.index("## Leakage certificate") : short.index("- Clusters")].strip()
    assert "| train-test |" in certificate
    assert certificate in full
    assert short.splitlines()[0] == full.splitlines()[0]
    assert "Leakage certificate" in render_card(drawn)
    assert card_json(drawn)["certificate"] == json.loads((tmp_path / "summary.json").read_text())["leakage"]


def test_the_curve_of_a_selection_is_drawn_and_said_alike_everywhere(tmp_path):
    steps = (Select(rows=8, quotas=(Quota(by="task", value="<b>|@x", at_least=2),)),)
    write_curated(curate(make_frame(40), steps=steps, split=ClusterSplit()), tmp_path)
    noted = json.loads((tmp_path / "summary.json").read_text())["selection"]
    drawn = build_card(profile(read_dataset(tmp_path)), home=tmp_path)
    page, short, full = render_card(drawn), (tmp_path / "card.md").read_text(), render_card_markdown(drawn)
    section = short[short.index("## Selection") : short.index("## Leakage")].strip()
    assert section in full
    said = selection_words(noted)
    assert said in page
    assert said.startswith(f"8 rows stand for {noted['covered']:.1%} of the table; the last tenth added ")
    assert f"8 more rows would add {noted['curve'][-1]['covered'] - noted['covered']:.1%}." in said
    assert "Too few: 0 of at least 2 rows of task '&lt;b&gt;|@x'; the data has 0." in page.replace(
        "&#39;", "'"
    )
    assert "<b>" not in section
    solid, dashed = (
        re.search(rf'polyline class="{kind}" points="([^"]+)"', page)[1].split() for kind in KINDS
    )
    heights = [float(point.split(",")[1]) for point in solid + dashed]
    assert heights == sorted(heights, reverse=True)
    assert solid[-1] == dashed[0]
    assert len(solid) + len(dashed) == len(noted["curve"]) + 2
    alone = selection_words({"selected": 0, "covered": 0.0, "curve": []})
    assert alone == "Nothing was selected: no row fits into the budget."


def test_a_certificate_names_files_and_not_where_they_lay():
    found = {"texts": 1200, "greatest_containment_left": 0.25, "rows_dropped": 3}
    leakage = {"across_parts": {}, "against": {"/home/ann/clone/evals/harm/support.en.jsonl": found}}
    assert certificate_rows(leakage) == [
        ("harm/support.en.jsonl (1,200 texts)", "containment 0.250", "3"),
    ]
    (_, table) = certificate_blocks(leakage)
    assert "ann" not in table


def test_the_twins_say_the_same(card):
    text, plain = render_card_markdown(card), card_json(card)
    assert json.loads(json.dumps(plain))["profile"]["rows"] == 24
    assert plain["sentence"] in text.replace("\\", "")
    assert "24 pairs: 16 train, 8 test; 2 of 26 dropped" in plain["sentence"]
    assert "<script>" not in text
    assert "@all" not in text
    assert "ifd" in text
    assert "保持冷静" in text
    assert "no program decides it" in text
    assert plain["change"]["counts"]["added"] >= 3


def test_figures_on_the_page_are_those_of_the_profile(card):
    text = render_card(card)
    ifd = next(one for one in card.profile.signals if one.name == "ifd")
    assert f"mean {ifd.mean:.3g}" in text
    # The hostile row is the one that doesn't greet.
    assert card.profile.coverage.rows_breaking_must == 1
    assert "1 rows break a rule" in text


def test_a_file_without_anything_beside_it_has_a_card_too(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text('{"prompt": "a?", "completion": "b."}\nnot json\n')
    out = tmp_path / "card"
    assert execute(["card", str(tmp_path / "a.jsonl"), "--out", str(out)]) == 0
    assert "1 rows of the source are no pair: not JSON 1" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "card.html", "card.md", "card.json", "summary.json", "manifest.json",
    }  # fmt: skip
    assert "Reasons" not in (out / "card.html").read_text()


def test_force_never_replaces_a_part_of_the_input(tmp_path, capsys):
    run = tmp_path / "run"
    made_data.curated(run / "curate")
    assert execute(["card", str(run), "--out", str(run / "curate"), "--force"]) == 2
    assert "part of the input" in capsys.readouterr().err
    assert (run / "curate" / "train.parquet").exists()
    for _ in range(2):
        assert execute(["card", str(run), "--out", str(run / "card"), "--force", "--quiet"]) == 0


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_in_a_browser(opened, width, scheme):  # noqa: F811 - the fixture
    page = opened(width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("window.stolen") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
