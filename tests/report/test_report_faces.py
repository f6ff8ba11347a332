import base64
import hashlib
import html
import json
import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import made_run
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from workbench.report import build_report, render_html, render_markdown, to_json
from workbench.report.charts import bar, interval_plot, loss_curve
from workbench.report.diff import word_diff
from workbench.report.economics import Prices, amount, costs, prices_of
from workbench.report.markup import Html, anchor, element, escape, prose
from workbench.report.model import Point, Training
from workbench.report.packing import fit, fit_packed, pack, unpack
from workbench.report.terminal import verdict_tables
from workbench.report.words import percent, verdict_sentence
from workbench.text import markdown_escape
from workbench.verdicts import ArmFigures, BiasFigures, Price, TokenFigures, Usage
from workbench.verdicts import Prices as Given

VOID = {"meta", "link", "input", "br"}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return build_report(made_run.run(tmp_path_factory.mktemp("made") / "run", cases=60, hostile=True))


@pytest.fixture(scope="module")
def page(report):
    return render_html(report)


class Outline(HTMLParser):
    """Collects what a browser would see: tags in order, attributes, ids, text, and whether all is closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def test_every_element_is_closed_and_every_id_is_its_own(outline):
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))


def test_headings_go_down_one_step_at_a_time(outline):
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_have_captions_and_graphics_are_named_or_hidden(outline):
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("table") == tags.count("caption") > 5
    for tag, attributes in outline.tags:
        if tag == "svg":
            assert "aria-label" in attributes or attributes.get("aria-hidden") == "true"


def test_links_within_the_page_lead_somewhere(outline):
    from urllib.parse import unquote

    for tag, attributes in outline.tags:
        if tag == "a":
            assert attributes["href"].startswith("#")
            assert unquote(attributes["href"][1:]) in outline.ids


def test_hostile_text_stays_text(outline, page):
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("script") == 1
    assert "img" not in tags
    for _, attributes in outline.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    said = "".join(outline.text)
    assert "</script><script>window.stolen = 1</script>" in said
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "\u2400" in said


def test_no_markup_of_ours_shows_as_text(outline):
    shown = "".join(outline.text)
    assert "<td" not in shown
    assert 'class="' not in shown


def test_the_four_cells_of_refusal_count_cases(page):
    table = page.split("The four cells of refusal", 1)[1].split("</table>", 1)[0]
    assert re.findall(r'<td class="[^"]*"[^>]*>(\d+)</td>', table)[:4] == ["23", "1", "23", "1"]


def test_the_policy_allows_only_what_is_on_the_page(outline, page):
    policy = next(a["content"] for t, a in outline.tags if a.get("http-equiv") == "Content-Security-Policy")
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http:" not in page.replace("http-equiv", "")
    assert "https:" not in page


def test_the_verdict_comes_first(outline):
    body = "".join(outline.text).split("Skip to the report", 1)[1].replace("\u00a0", " ")
    assert body.index("8 of 13 rules retained") < body.index("Rules obeyed") < body.index("To repeat it")
    assert "486 → 78 prompt tokens a call" in body


def test_chinese_text_says_that_it_is(outline):
    assert [a for _, a in outline.tags if a.get("lang") == "zh"]
    assert prose("您好，订单已经寄出。") == "zh"
    assert prose("Nordwind here.") is None


def test_a_case_names_what_broke_and_shows_words_that_differ(page):
    lost = page.split('id="case-rules-0013"', 1)[1].split("</li></ol>", 1)[0].split('<li id="case-', 1)[0]
    assert "Never show internal identifiers such as INT-4821 to a customer." in lost
    assert re.search(r"<ins>, ref INT-\d+</ins>", lost)


def held_cases(page):
    """Give the markup of all cases that a page holds, plain and packed."""
    plain = re.search(r'<noscript class="plain"><ol class="cases">(.*?)</ol></noscript>', page, re.DOTALL)[1]
    packed = re.search(r'<script type="text/plain" class="packed">(.*?)</script>', page)
    return plain + (unpack(packed[1]) if packed else "")


def test_a_page_keeps_its_budget_and_says_what_it_leaves_out(report):
    small = render_html(report, budget=130_000)
    drawn = held_cases(small).count('<li id="case-')
    assert len(small.encode()) <= 130_000
    assert 0 < drawn < 60
    assert f"{drawn} of 60 cases are drawn here" in small
    assert "cases are drawn here" not in render_html(report)


def test_two_thousand_cases_are_light_and_quick(tmp_path):
    made_run.evaluation(tmp_path / "eval", 2000)
    start = time.process_time()
    page = render_html(build_report(tmp_path))
    assert time.process_time() - start < 5
    assert len(page.encode()) <= 2_000_000
    assert held_cases(page).count('<li id="case-') == 2000


def test_cases_are_the_same_plain_and_packed(report):
    whole, folded = render_html(report), render_html(report, budget=170_000)
    plain = folded.count('<li id="case-')
    assert 0 < plain < 60
    assert f"The first {plain} of 60 cases stand below" in folded
    assert "cases stand below" not in whole
    assert held_cases(folded) == held_cases(whole)


def test_packing_loses_nothing_and_keeps_its_bounds():
    texts = [f"<li>{'好' * n} {n}</li>" for n in range(80)]
    assert unpack(pack(texts)) == "".join(texts)
    assert (pack([]), unpack("")) == ("", "")
    for budget in (0, 40, 200, 400, 10_000):
        n = fit_packed(texts, budget=budget)
        assert n == 0 or len(pack(texts[:n])) <= budget
        assert n == 80 or len(pack(texts[: n + 1])) > budget
    assert fit(["好", "b"], budget=3) == 1
    assert fit(["好", "b"], budget=4) == 2
    assert fit_packed([], budget=0) == 0


def test_an_adapter_without_effect_is_said_first(report):
    idle = msgspec.structs.replace(
        report, verdicts=msgspec.structs.replace(report.verdicts, adapter_applied=False)
    )
    assert "The adapter changes nothing." in render_html(idle)
    assert "The adapter changes nothing." not in render_html(report)


def test_bias_scores_are_drawn_by_arm(report):
    first, *rest = report.verdicts.behaviours
    assert "against the stereotype" not in render_html(report)
    told = {"ambiguous": 52, "disambiguated": 104, "unread": 0}
    after = {"accuracy_ambiguous": 0.25, "accuracy_disambiguated": 0.75, "s_amb": 0.5, "s_dis": -0.25}
    before = {"accuracy_ambiguous": 0.5, "accuracy_disambiguated": None, "s_amb": 0.125, "s_dis": None}
    raw = {"after": after | told | {"s_amb_ci": (0.3, 0.6)}, "before": before | told}
    biases = {arm: msgspec.convert(one, BiasFigures) for arm, one in raw.items()}
    leaning = msgspec.structs.replace(first, biases=biases)
    verdicts = msgspec.structs.replace(report.verdicts, behaviours=(leaning, *rest))
    page = render_html(msgspec.structs.replace(report, verdicts=verdicts))
    text = " ".join(Outline(page).text)
    assert "+0.50 +0.30 to +0.60" in text
    assert "−0.25" in text
    assert text.index("+0.12") < text.index("+0.50 +0.30")


def test_an_evaluation_without_rules_or_adapter_is_drawn(report):
    none = msgspec.convert(made_run.arms((None, None, None), 0), ArmFigures)
    bare = msgspec.structs.replace(
        report.verdicts, rules=(), behaviours=(), overall=none, retained=None, retained_ci=None
    )
    page = render_html(msgspec.structs.replace(report, verdicts=bare, cases=(), verdict="no rule; 1 → 1"))
    assert 'id="rules"' not in page
    assert "not measured" in page


def test_json_has_the_keys_that_programs_rely_on(report):
    found = json.loads(json.dumps(to_json(report)))
    assert found["verdict"].startswith("8 of 13 rules retained")
    assert set(found["arms"]) == {"teacher", "before", "after"}
    assert 0.96 < found["arms"]["teacher"]["obeyed"] < 0.97
    assert found["arms"]["teacher"]["n"] == 660
    assert len(found["arms"]["teacher"]["ci"]) == 2
    assert set(found["behaviours"]) == {"grounding", "harm", "schema", "neutrality"}
    assert found["behaviours"]["harm"]["teacher"] == pytest.approx(46 / 48)
    rule = found["rules"][6]
    assert {"id", "text", "teacher", "before", "after", "recovery", "ci", "state"} <= set(rule)
    assert (rule["id"], rule["state"]) == ("no-internal-id", "lost")
    assert found["tokens"]["compact_mean"] == 78.2
    assert found["unscored"] == 2
    assert found["rules"][12]["teacher"] is None


def test_markdown_has_verdict_tables_and_links(report):
    text = render_markdown(report)
    assert text.startswith("## 8 of 13 rules retained")
    assert "**Gate failed.**" in text
    assert r"max\_lost\_must\_rules: found 1" in text
    assert "| lost | 98% | 42% | 82% |" in text or "| lost | 98% | 42% | 80% |" in text
    assert "[report.html](report.html)" in text
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    widths = [{line.count("|") - line.count("\\|") for line in rows} for rows in tables]
    assert len(widths) > 4
    assert all(len(one) == 1 for one in widths)
    assert set.union(*widths) == {3, 5, 6, 7}


def test_markdown_of_hostile_text_is_text():
    said = markdown_escape("# a | b\n# c <script> [x](y) @team `z` in-between")
    assert said == "\\# a \\| b # c \\<script\\> \\[x\\](y) @\u200bteam \\`z\\` in-between"
    assert [markdown_escape(text) for text in ("- a", "+ a", "1. a", "\\")] == [
        "\\- a",
        "\\+ a",
        "1\\. a",
        "\\\\",
    ]


def test_a_diff_of_texts_with_little_in_common_is_left_out(report):
    case = report.cases[1]
    other = msgspec.structs.replace(case.outputs["after"], text="Sure thing! 1 2 3")
    outputs = {**case.outputs, "after": other}
    changed = msgspec.structs.replace(report, cases=(msgspec.structs.replace(case, outputs=outputs),))
    drawn = render_html(changed)
    assert "Unlike the teacher throughout." in drawn
    assert "<ins>" not in drawn
    assert "<ins>" in render_html(msgspec.structs.replace(report, cases=(case,)))


def test_the_terminal_tables_say_the_same(report):
    console = Console(width=140, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for table in verdict_tables(report.verdicts):
        console.print(table)
    said = console.export_text()
    assert "all rules" in said
    assert "neutrality" in said
    assert re.search(r"Never show internal identifiers.*lost", said)


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_escaped_text_is_the_text_and_can_be_written(text):
    shown = escape(text)
    assert not set("<>") & set(shown)
    shown.encode()
    quoted = element("br", title=text)
    assert quoted.count('"') == 2
    assert Outline(quoted).tags == [("br", {"title": html.unescape(shown)})]
    seen = html.unescape(shown)
    assert len(seen) == len(text)
    assert all(b in {a, "\ufffd"} or 0x2400 <= ord(b) < 0x2420 for a, b in zip(text, seen, strict=True))


def test_elements_escape_children_and_attributes():
    assert element("p", "<b>", 3, None, title='"x"') == '<p title="&quot;x&quot;">&lt;b&gt;3</p>'
    assert element("br") == "<br>"
    assert element("a", Html("<b></b>"), hidden=True, href=None, data_x_y=1, class_="c") == (
        '<a hidden data-x-y="1" class="c"><b></b></a>'
    )
    assert anchor("case", "a b/c#订") == "#case-a%20b%2Fc%23%E8%AE%A2"


@given(st.text(), st.text())
def test_a_diff_holds_both_texts(old, new):
    pieces = word_diff(old, new)
    assert "".join(text for kind, text in pieces if kind != "added") == old
    assert "".join(text for kind, text in pieces if kind != "removed") == new


def test_a_diff_goes_by_words_and_by_chinese_characters():
    assert word_diff("sent 14 March", "sent 15 March") == [
        ("same", "sent "),
        ("removed", "14"),
        ("added", "15"),
        ("same", " March"),
    ]
    assert word_diff("已寄出", "已送出")[1:3] == [("removed", "寄"), ("added", "送")]


def test_costs_are_held_against_caching():
    tokens = TokenFigures(original_mean=500, compact_mean=100, saved_share=0.8)
    found = costs(tokens, Prices(input=2, cached=0.2, hits=0.5, tuned=3, once=10))
    million = {way: call.cost * 1e6 for way, call in found.calls.items()}
    assert million["plain"] == pytest.approx(1000)
    assert million["caching"] == pytest.approx(400 * 1.1 + 200)
    assert million["before"] == pytest.approx(200)
    assert million["tuned"] == pytest.approx(300)
    assert found.against_plain == pytest.approx(10 / 700 * 1e6)
    assert found.against_caching == pytest.approx(10 / 340 * 1e6)
    dear = costs(tokens, Prices(input=2, cached=0, hits=1, tuned=3, once=10))
    assert dear.against_caching is None


def test_answers_cost_what_each_arm_says():
    means = {"teacher": 30.0, "before": 90.0, "after": 20.0}
    tokens = TokenFigures(original_mean=500, compact_mean=100, saved_share=0.8, answer_means=means)
    found = costs(tokens, Prices(input=2, cached=0.2, hits=0.5, output=8, tuned=3, tuned_output=10, once=10))
    assert {way: call.answer for way, call in found.calls.items()} == {
        "plain": 30, "caching": 30, "before": 90, "tuned": 20,
    }  # fmt: skip
    million = {way: call.cost * 1e6 for way, call in found.calls.items()}
    assert million == pytest.approx({"plain": 1240, "caching": 880, "before": 920, "tuned": 500})
    assert found.against_plain == pytest.approx(10 / 740 * 1e6)


def test_every_face_tells_the_same_costs(tmp_path):
    built = build_report(made_run.run(tmp_path / "run", cases=24))
    told = costs(built.verdicts.tokens, Prices())
    plain = to_json(built)["costs"]
    assert plain["prices"] == msgspec.to_builtins(Prices())
    assert plain["calls"]["tuned"]["cost"] == told.calls["tuned"].cost
    page, short = render_html(built), render_markdown(built)
    assert amount(1000 * told.calls["caching"].cost) == "0.278"
    assert '<td class="num" data-cost="caching_1000">0.278</td>' in page
    assert "| Long prompt, cached | 486 | 31 | 0.000278 | 0.278 |" in short
    assert f"after {told.against_caching:,.0f} calls against caching" in short
    assert f'data-cost="against_caching">{told.against_caching:,.0f} calls<' in page


def test_money_counts_three_digits():
    shown = [amount(value) for value in (0, 1234.4, 99.94, 3.14159, 0.05, 0.000123456, 1e-15)]
    assert shown == ["0", "1,234", "99.9", "3.14", "0.0500", "0.000123", "0.000000000000"]


def test_prices_that_an_evaluation_was_given_stand_first():
    given = Usage(
        arms={}, prices=Given(all=Price(input=3, cached=0.3, output=15), after=Price(input=4, output=16))
    )
    assert prices_of(given) == Prices(input=3, cached=0.3, output=15, tuned=4, tuned_output=16)
    assert prices_of(Usage(arms={})) == prices_of(None) == Prices()


def test_a_plot_places_marks_by_their_share():
    plot = interval_plot(msgspec.convert(made_run.arms((1.0, 0.0, 0.5), 50), ArmFigures), name="<All>")
    assert 'cx="233"' in plot
    assert 'rect x="3.5"' in plot
    assert 'd="M120 ' in plot
    assert "&lt;All&gt;: Teacher 100% (93–100, n 50); Before 0% (0–7, n 50); After 50%" in plot


def test_a_missing_arm_has_no_mark():
    plot = interval_plot(msgspec.convert(made_run.arms((0.9, 0.1, None), 50), ArmFigures), name="x")
    assert "After not measured" in plot
    assert 'class="after"' not in plot


def test_bars_never_leave_their_track():
    assert 'class="fill" width="100"' in bar(1.7)
    assert 'class="fill" width="0"' in bar(0.0)
    assert 'class="fill" width="0.6"' in bar(0.0001)


def test_a_loss_that_is_not_finite_is_left_out():
    points = (Point(step=1, loss=2.0), Point(step=2, loss=float("nan")), Point(step=3, loss=1.0))
    curve = loss_curve(Training(train=points, valid=(), figures={}, parity=None))
    assert "nan" not in curve
    assert "Training loss 2.000 → 1.000" in curve
    loss_curve(Training(train=(), valid=(), figures={}, parity=None))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "–"),
        (1.0, "100%"),
        (0.999, "99.9%"),
        (0.0, "0%"),
        (0.001, "0.1%"),
        (0.5, "50%"),
        (-0.2, "-20%"),
    ],
)
def test_only_a_whole_share_is_a_hundred_percent(share, said):
    assert percent(share) == said


def test_a_sentence_without_rules_says_so():
    tokens = TokenFigures(original_mean=1260, compact_mean=78, saved_share=0.9)
    assert verdict_sentence((), tokens) == "no rule was graded; 1,260 → 78 prompt tokens a call"
