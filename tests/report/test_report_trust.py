"""How sure the figures are: grader cards, the noise floor and corrected shares on the page itself."""

import json
import re

import made_run
import msgspec
import pytest

from workbench.graders.cards.page import ABOUT, RESTS_ON, bundled_figures
from workbench.graders.versions import grader_versions
from workbench.report import build_report, render_html, render_markdown, to_json

TOLD = {"of": "rule", "name": "no-internal-id", "n": 40, "clusters": 40}
CORRECTED = {
    **{key: TOLD[key] for key in ("of", "name", "n")}, "arm": "after", "method": "rogan_gladen",
    "basis": "ifeval_verdicts", "raw": 0.81, "rate": 0.874, "ci": [0.7, 0.95], "labelled": 435,
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    place = made_run.run(tmp_path / "run", cases=40)
    path = place / "eval" / "verdicts.json"
    held = json.loads(path.read_text())
    floor = {**TOLD, "arm": "after", "difference": -0.025, "floor": 0.0625, "p": 0.5}
    behaviour = {**floor, "of": "behaviour", "name": "harm", "floor": 0.0}
    held["noise"] = {
        "per_half": 2, "differing": 0.15, "comparisons": [behaviour, floor],
        "rejected": 1, "rejected_holm": 0,
    }  # fmt: skip
    useless = {
        **CORRECTED,
        "of": "behaviour",
        "name": "harm",
        "rate": None,
        "ci": None,
        "note": "tells <nothing>",
    }
    held["corrected"] = [CORRECTED, useless]
    seen = {
        "pass_at": 0.9, "pass_at_ci": [0.8, 0.95], "pass_hat": [0.9, 0.85, 0.777], "pass_hat_ci": None,
        "flips": 0.123, "unscored": 3,
    }  # fmt: skip
    questions = [{**TOLD, "of": "overall", "name": "", "arm": "after", **seen}]
    held["samples"] = {"k": 3, "temperature": 0.7, "questions": questions}
    path.write_text(json.dumps(held))
    (place / "eval" / "summary.json").write_text(json.dumps({"graders": grader_versions()}))
    return place


def test_noise_and_corrected_shares_stand_beside_the_raw_ones(run):
    page = render_html(build_report(run))
    rules = page[page.index('<section id="rules"') : page.index('<section id="behaviours"')]
    row = rules[rules.index('id="rule-no-internal-id"') :].split("</tr>")[0]
    assert "corr. 87%" in row
    assert "±6.2" in row
    assert 'class="noise"' in row
    assert 'class="corrected"' in row
    assert rules.count('class="noise"') == 1
    assert "tells &lt;nothing&gt;" in page
    assert "pass^3" in page
    assert "78%" in page[page.index('id="samples"') :]
    assert "1 of 2 such comparisons" in page


def test_a_run_without_them_says_nothing_of_them(tmp_path):
    page = render_html(build_report(made_run.run(tmp_path / "run", cases=20)))
    assert 'id="sureness"' not in page
    assert 'class="noise"' not in page


def test_every_grader_that_judged_has_its_card_on_the_page(run):
    report = build_report(run)
    names = [card.name for card in report.graders]
    assert set(names) == {"grounding", "harm", "schema", "neutrality", "rules", "refusal"}
    assert all(card.same is (True if card.version else None) for card in report.graders)
    page = render_html(report)
    targets, links = (
        set(re.findall(r'id="(grader-[^"]+)"', page)),
        set(re.findall(r'href="#(grader-[^"]+)"', page)),
    )
    assert targets == {f"grader-{name}" for name in names}
    assert links <= targets
    assert {"grader-rules", "grader-harm", "grader-grounding"} <= links
    harm = next(card for card in report.graders if card.name == "harm")
    measured = bundled_figures()["sets"]
    assert {one.name: one.n for one in harm.sets}["hatecheck"] == measured["hatecheck"]["n"]
    text = page[page.index('id="grader-harm"') :]
    assert f"n {measured['davidson']['n']:,}" in text
    low, high = measured["davidson"]["ci"]["balanced_accuracy"]
    assert f"{100 * low:.0f}–{100 * high:.0f}" in text
    assert msgspec.to_builtins(report.graders)


def test_a_grader_changed_since_is_told(run):
    then = {**grader_versions(), "harm": "another"}
    (run / "eval" / "summary.json").write_text(json.dumps({"graders": then}))
    page = render_html(build_report(run))
    assert "Harm judged this run by other code" in page
    assert "Schema judged this run by other code" not in page
    both = {**then, "schema": "another"}
    (run / "eval" / "summary.json").write_text(json.dumps({"graders": both}))
    page = render_html(build_report(run))
    assert page.count("judged this run by other code") == 1
    assert re.search(r"(Harm and schema|Schema and harm) judged this run by other code", page)


def test_what_a_grader_rests_on_has_a_card():
    assert set(RESTS_ON) <= set(ABOUT)
    assert {name for rests in RESTS_ON.values() for name in rests} <= set(ABOUT)


def test_the_twins_hold_cards_and_corrected_shares(run):
    report = build_report(run)
    text, held = render_markdown(report), to_json(report)
    corrected = text[text.index("Corrected for the grader's error") :]
    assert re.search(
        r"internal identifiers.* \| After \| 81% \| 87% \(70–95\) \| by the grader's card ifeval", corrected
    )
    assert "| Harm | After | 81% | tells \\<nothing\\> |" in corrected
    assert "| ±6.2 points | −2.5 points |" in text
    assert "pass^3" in text
    sets = bundled_figures()["sets"]
    harm = next(line for line in text.splitlines() if line.startswith("| Harm |") and "hatecheck" in line)
    low, high = sets["hatecheck"]["ci"]["balanced_accuracy"]
    shown = f"{100 * sets['hatecheck']['balanced_accuracy']:.0f}% ({100 * low:.0f}–{100 * high:.0f})"
    assert f"hatecheck {shown}, n {sets['hatecheck']['n']:,}" in harm
    assert {card["name"] for card in held["graders"]} == {card.name for card in report.graders}
    assert held["corrected"][0]["rate"] == CORRECTED["rate"]
    assert len({line.count("|") for line in text.splitlines() if line.startswith("| Harm | After")}) <= 3
