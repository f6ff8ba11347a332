"""What a reviewer isn't shown: others' decisions, verdicts, personal data; and labels that flow back."""

import json
import re
import sqlite3

import msgspec
import polars as pl
import pytest
from test_review import arrived, chromium, decide, pair, running

from workbench.checks import load_contract
from workbench.cli import execute
from workbench.evaluation.labels import read_labels
from workbench.io.decisions import Decision
from workbench.io.frames import pairs_to_frame
from workbench.review.agreement import agreements, apart
from workbench.review.items import pair_items, run_items
from workbench.review.masking import Mask
from workbench.review.store import Store
from workbench.review.telling import Checker, measure

CONTRACT = """
task: desk
version: 1
rules:
- {id: short, text: At most six words., kind: length, check: {use: length, unit: words, max: 6}}
- {id: no-shouting, text: No exclamation marks., kind: style, check: {use: no_characters, characters: "!"}}
"""
MAIL, KEY = "eva.lind@example.org", "ghp_" + "a1B2" * 9


def serve(store, checker, **manner):
    """Return an application's client factory: a test needs no port to ask for a page."""
    from fastapi.testclient import TestClient

    from workbench.review.app import Manner, Session, application

    app = application(store, checker, Session("tok"), Manner(reviewer="ann", **manner))

    def client(name):
        one = TestClient(app, base_url="http://127.0.0.1:80", follow_redirects=True)
        one.get(f"/?token=tok&name={name}")
        return one

    return client


@pytest.fixture
def private(tmp_path):
    out = tmp_path / "pairs.parquet"
    answer = f"Write to {MAIL}, key {KEY}.\nOr to {MAIL}."
    pairs_to_frame([pair(0, answer)]).write_parquet(out)
    store = Store(tmp_path / "x.sqlite")
    store.fill(pair_items(out))
    yield store
    store.close()


def test_personal_data_and_secrets_are_hidden_until_asked_for_and_kept_by_an_edit(private):
    ann = serve(private, Checker([]))("ann")
    page = ann.get("/row?id=p0")
    assert MAIL not in page.text
    assert KEY not in page.text
    assert page.text.count("⟦email 1⟧") == 2
    assert MAIL in ann.get("/row?id=p0&reveal=1").text
    shown = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1]
    _, done = decide(ann, page, "edit", shown.replace("Or to", "Otherwise to"))
    assert done.status_code == 200
    (kept,) = private.decisions()
    assert kept.text == f"Write to {MAIL}, key {KEY}.\nOtherwise to {MAIL}."
    assert MAIL in serve(private, Checker([]), reveal=True)("bo").get("/row?id=p0").text


def test_a_text_hidden_and_unchanged_is_an_accept(private):
    ann = serve(private, Checker([]))("ann")
    page = ann.get("/row?id=p0")
    shown = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1]
    decide(ann, page, "edit", shown)
    assert [one.action for one in private.decisions()] == ["accept"]


@pytest.mark.parametrize(
    "text", ["⟦email 1⟧ and a@b.org", "电话 ＋８６ １３８００１３８０００", "nothing", f"{MAIL} {MAIL}"]
)
def test_what_is_hidden_comes_back_as_it_was(text):
    mask = Mask(text)
    hidden = mask.hide(text)
    assert mask.restore(hidden) == text
    assert (hidden == text) is (text == "nothing")
    assert not any(one in hidden for one in ("a@b.org", MAIL, "１３８００"))


def test_each_person_exports_their_own_decisions_alone(tmp_path):
    out = tmp_path / "pairs.parquet"
    pairs_to_frame([pair(n, f"Answer {n}.") for n in range(3)]).write_parquet(out)
    store = Store(tmp_path / "x.sqlite")
    store.fill(pair_items(out))
    client = serve(store, Checker([]))
    ann, bo = client("ann"), client("bo")
    mine, _ = decide(ann, ann.get("/"), "reject", "")
    assert bo.get("/export").text == ""
    assert "reject" not in bo.get("/progress").text.lower().partition("<main>")[2].replace("rejecting", "")
    again = bo.get("/?second=1")
    assert f'value="{mine}"' in again.text
    decide(bo, again, "accept", "Answer")
    assert [json.loads(line)["reviewer"] for line in bo.get("/export").text.splitlines()] == ["bo"]
    assert f'/row?id={mine}"' in bo.get("/progress").text, (
        "both have decided: now they may see where they differ"
    )
    assert len(apart(store.decisions(), "bo")) == 1
    store.close()


def test_the_page_speaks_chinese_where_the_browser_does(private):
    client = serve(private, Checker([]))("ann")
    page = client.get("/row?id=p0", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN">' in page.text
    assert "接受" in page.text
    assert "Accept <kbd>" in client.get("/row?id=p0", headers={"Accept-Language": "de"}).text
    forced = serve(private, Checker([]), lang="zh")("ann")
    assert "已隐藏 2 处" in forced.get("/row?id=p0").text
    assert "没有待审阅的行" not in forced.get("/").text


@pytest.fixture
def run(tmp_path):
    """An evaluation of five answers, with the contract of its conversion beside it."""
    place = tmp_path / "run" / "eval"
    place.mkdir(parents=True)
    (tmp_path / "run" / "convert").mkdir()
    (tmp_path / "run" / "convert" / "contract.yaml").write_text(CONTRACT)
    cases = {
        "held": ("rules", "It left today."),
        "lost": ("rules", "It left today! And it will be with you by noon."),
        "grounded": ("grounding", "It has four doors."),
        "part": ("harm", "I can't help with that."),
        "fine": ("neutrality", "Both sides have reasons."),
    }  # fmt: skip
    slots = {"question": "Where is it?", "context": "The hut has four doors."}
    (place / "cases.jsonl").write_text(
        "".join(json.dumps({"id": k, "behaviour": b, "slots": slots}) + "\n" for k, (b, _) in cases.items())
    )
    (place / "completions.jsonl").write_text(
        "".join(
            json.dumps({"case_id": k, "arm": arm, "text": text}) + "\n"
            for k, (_, text) in cases.items()
            for arm in ("teacher", "after")
        )
    )
    rules = [{"id": "short", "text": "At most six words."}, {"id": "no-shouting", "text": "No shouting."}]
    (place / "verdicts.json").write_text(json.dumps({"rules": rules}))
    rows = []
    for arm in ("teacher", "after"):
        for name, (behaviour, _) in cases.items():
            bad = name == "lost" and arm == "after"
            graded = ["short", "no-shouting"] if behaviour == "rules" else [None]
            rows += [
                {
                    "case_id": name, "arm": arm, "rule": rule, "grader": behaviour,
                    "label": "fail" if bad else "pass", "detail": "",
                }
                for rule in graded
            ]  # fmt: skip
    pl.DataFrame(rows, schema_overrides={"rule": pl.String}).write_parquet(place / "grades.parquet")
    return place


def ranked(place, **more):
    return {
        one.item.id: measure(one, Checker([]))
        for one in run_items(place, **more)
    }  # fmt: skip


def test_what_graders_disagree_about_comes_before_what_they_agree_on(run):
    found = ranked(run)
    assert found["lost"] == (0, (("better", "teacher", "2"),))
    assert found["held"][0] > 4
    opinions = run / "opinions.jsonl"
    opinions.write_text(
        json.dumps({"case_id": "held", "arm": "after", "label": "fail", "rule": "short"}) + "\n"
    )
    found = ranked(run, opinions=opinions)
    assert found["held"] == (1, (("judge", "short", "fail"),))
    samples = {
        "case_id": ["fine", "fine"],
        "arm": ["after"] * 2,
        "rule": [None, None],
        "label": ["pass", "fail"],
    }
    pl.DataFrame(samples, schema_overrides={"rule": pl.String}).write_parquet(run / "samples.parquet")
    assert ranked(run)["fine"] == (1, (("unsteady",),))


def test_answers_near_their_graders_threshold_come_before_plain_failures(run, monkeypatch):
    from workbench.graders.grounding import Grounding

    monkeypatch.setattr(Grounding, "weakest", lambda *_, **__: 0.6)
    assert ranked(run)["grounded"] == (3, (("near", "support", "0.60", "0.5"),))
    monkeypatch.setattr(Grounding, "weakest", lambda *_, **__: 0.7)
    assert ranked(run)["grounded"] == (9, ())


def _of_another_kind(placed):
    """An answer of a behaviour about which there is no question of a card."""
    item = msgspec.structs.replace(placed.item, id="other", task="assertions", asks=())
    return msgspec.structs.replace(placed, item=item, why=(("unsteady",),))


def test_verdicts_by_rule_flow_into_eval_and_cards(run, tmp_path, capsys):
    """A person disagrees with the grader on one rule; the card and the corrected share hear of it."""
    store = Store(run.with_name("eval.review.sqlite"))
    checker = Checker([load_contract(run.parent / "convert" / "contract.yaml")])
    store.fill(run_items(run))
    ann = serve(store, checker, order="random")("ann")

    def say(name, action, **labels):
        page = ann.get(f"/row?id={name}")
        assert "breaks" not in page.text.partition('<details class="graders">')[0], "a verdict shown before"
        held = dict(re.findall(r'name="(csrf|id|hash)" value="([^"]*)"', page.text))
        said = {f"ask:{rule.replace('_', '-')}": label for rule, label in labels.items()}
        answer = ann.post("/decide", data={**held, "action": action, **said})
        assert answer.status_code == 200

    store.fill([*run_items(run), *(_of_another_kind(one) for one in run_items(run) if one.item.id == "fine")])
    page = ann.get("/row?id=other").text
    assert "What the graders said" in page
    assert "other samples" in page
    assert "other samples" not in page.partition('<details class="graders">')[0]
    say("held", "accept")
    say("lost", "reject", no_shouting="fail", short="open")
    say("grounded", "accept", grounding="1")
    say("part", "reject", harm="full")
    say("fine", "reject")
    store.close()
    labels, rows = tmp_path / "labels.jsonl", tmp_path / "labelled.jsonl"
    assert execute(["review", str(run), "--labels", str(labels), "--labelled", str(rows), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["labels"], told["labelled"], told["labels_picked"]) == (6, 4, 0)
    said = {(one.case_id, one.rule): one.verdict for _, one in read_labels(labels)}
    assert said == {
        ("held", "short"): "pass", ("held", "no-shouting"): "pass", ("lost", "no-shouting"): "fail",
        ("grounded", None): "pass", ("part", None): "fail", ("fine", None): "fail",
    }  # fmt: skip
    out = tmp_path / "figures.json"
    assert (
        execute(["graders", "measure", "--data", str(rows), "--out", str(out), "--resamples", "100", "-q"])
        == 0
    )
    sets = json.loads(out.read_text())["sets"]
    assert set(sets) == {"review_rules", "review_grounding", "review_refusal"}
    assert (sets["review_rules"]["n"], sets["review_rules"]["accuracy"]) == (3, 1.0)
    assert sets["review_refusal"]["left_out"] == {}


@pytest.mark.browser
def test_rules_are_marked_by_digits_and_a_tag_is_no_accept(run):
    from workbench.review.app import Manner, Session, application

    playwright = pytest.importorskip("playwright.sync_api")
    store = Store(run.with_name("keys.sqlite"))
    store.fill(run_items(run))
    app = application(store, Checker([]), Session("tok"), Manner(reviewer="ann"))
    with running(app) as site, playwright.sync_playwright() as started:
        browser = chromium(playwright, started)
        page = browser.new_page(locale="zh-CN", viewport={"width": 390, "height": 800})
        faults = []
        page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
        page.goto(f"{site}/?token=tok")
        arrived(page, "lost")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        page.keyboard.press("1")
        page.keyboard.press("2")
        page.keyboard.press("2")
        page.keyboard.press("t")
        page.keyboard.type("tone")
        page.keyboard.press("Enter")
        assert store.decisions() == []
        page.keyboard.press("r")
        arrived(page, "lost", other=True)
        browser.close()
        assert not faults
    (said,) = store.decisions()
    assert (said.action, said.labels, said.tags) == (
        "reject",
        {"short": "pass", "no-shouting": "fail"},
        ("tone",),
    )
    store.close()


def test_kappa_of_labels_has_more_than_two_classes():
    """Three classes, by hand: alike 7 of 10, by chance 0.34."""
    cells = [("a", "a")] * 3 + [("b", "b")] * 2 + [("c", "c")] * 2 + [("a", "b"), ("b", "c"), ("c", "a")]
    decisions = [
        Decision(id=str(n), hash="", action="accept", reviewer=who, labels={"harm": label})
        for n, labels in enumerate(cells)
        for who, label in zip(("ann", "bo"), labels, strict=True)
    ]
    whole, labelled = agreements(decisions)
    assert (whole.about, whole.kappa) == ("", None)
    chance = (4 * 4 + 3 * 3 + 3 * 3) / 100
    assert labelled.about == "harm"
    assert labelled.kappa == pytest.approx((0.7 - chance) / (1 - chance))
    assert labelled.low < labelled.kappa < labelled.high


def test_a_database_of_an_earlier_version_keeps_its_decisions(tmp_path):
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE items (id TEXT PRIMARY KEY, place INTEGER, hash TEXT, body BLOB);"
        "CREATE TABLE decisions (number INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT, reviewer TEXT,"
        " action TEXT, text TEXT, tags TEXT, note TEXT, hash TEXT, at REAL, undone INTEGER DEFAULT 0);"
        "INSERT INTO items VALUES ('p0', 0, 'h', x'00');"
        "INSERT INTO decisions (item, reviewer, action, tags, note, hash, at)"
        " VALUES ('p0', 'ann', 'reject', '[]', '', 'h', 1);"
    )
    old.close()
    for _ in range(2):
        store = Store(path)
        assert [(one.id, one.action, one.labels) for one in store.decisions()] == [("p0", "reject", {})]
        assert store.progress("ann")["rows"] == 0
        store.close()


def test_rows_are_laid_out_once_and_checked_in_parts(tmp_path):
    out = tmp_path / "pairs.parquet"
    pairs_to_frame([pair(n, "word " * 9) for n in range(90)]).write_parquet(out)
    store = Store(tmp_path / "x.sqlite")
    seen = []

    def look(placed):
        seen.append(placed.item.id)
        return 0, (("breaks", "short"),)

    store.fill(pair_items(out), source="these")
    assert store.check(look, until=lambda: True) is False
    assert store.progress("ann")["checked"] == 20
    assert store.holds("these")
    assert not store.holds("others")
    assert store.check(look, until=lambda: False) is True
    assert sorted(seen) == sorted(f"p{n}" for n in range(90)), "each row is checked once"
    store.close()


def test_a_random_order_passes_over_what_tells_much(run):
    store = Store(run.with_name("r.sqlite"))
    placed = run_items(run)
    store.fill(placed)
    assert store.next("ann") == "lost"
    assert store.next("bo", order="random") == next(one.item.id for one in placed if one.item.id != "lost")
    store.close()
