"""The review page in a browser: two people at once, and what they decided back in curation."""

import html
import json
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import polars as pl
import pytest
from conftest import chat

from workbench.checks import load_contract
from workbench.cli import execute
from workbench.evaluation.labels import read_labels
from workbench.io.decisions import Decision, text_hash
from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.review.agreement import agreements
from workbench.review.items import pair_items, run_items
from workbench.review.store import Store
from workbench.review.telling import Checker, measure

CONTRACT = """
task: desk
version: 1
rules:
- {id: short, text: At most six words., kind: length, check: {use: length, unit: words, max: 6}}
"""
ANSWERS = [
    "It left today.",
    "<script>document.title='owned'</script> & 您好",
    "我们明天发货。",
    "x " * 20,
    "Soon.",
    "Now.",
]


def pair(number, answer):
    return Pair(
        id=f"p{number}",
        task="desk",
        prompt=chat(f"Where is order {number}? 在哪里？"),
        completion=(Message(role="assistant", content=answer),),
        template_id="t",
        slots=(Slot(name="question", type="question", value="q"),),
        source=Source(file="log.jsonl", line=number + 1, record=number),
        tokens=TokenCounts(original=9, compact=5, completion=3),
    )


@pytest.fixture
def converted(tmp_path):
    out = tmp_path / "converted"
    out.mkdir()
    pairs_to_frame(pair(n, text) for n, text in enumerate(ANSWERS)).write_parquet(out / "pairs.parquet")
    (out / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    return out


@contextmanager
def running(app):
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", port=0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def site(converted):
    from workbench.review.app import Manner, Session, application

    checker = Checker([load_contract(converted / "contract.yaml")])
    store = Store(converted.with_name("converted.review.sqlite"))
    filled(store, converted, checker)
    with running(application(store, checker, Session("tok"), Manner(reviewer="ann"))) as address:
        yield address
    store.close()


def filled(store, converted, checker):
    store.fill(pair_items(converted / "pairs.parquet"))
    assert store.check(lambda one: measure(one, checker), until=lambda: False)


def test_broken_rows_come_first_and_the_order_is_everybodys(converted):
    checker = Checker([load_contract(converted / "contract.yaml")])
    orders = []
    for name in ("one", "other"):
        store = Store(converted / f"{name}.sqlite", clock=lambda: 100.0)
        filled(store, converted, checker)
        orders.append([])
        while (row := store.next("ann")) is not None:
            orders[-1].append(row)
            shown = store.item(row)
            store.decide(Decision(id=row, hash=shown.item.hash, action="accept", reviewer="ann"))
        assert store.item(orders[-1][0]).why == (("breaks", "short"),)
        store.close()
    assert orders[0] == orders[1]
    assert orders[0][0] == "p3"
    assert sorted(orders[0]) == [f"p{n}" for n in range(6)]


def arrived(page, code, *, other=False):
    """Wait until the page shows that row (or another one) and its script is there: earlier keys are lost.

    By locators: what is evaluated from a string is against the page's own policy.
    """
    from playwright.sync_api import expect

    shown = expect(page.locator(".above code"))
    if other:
        shown.not_to_have_text(code)
    else:
        shown.to_have_text(code)
    page.wait_for_load_state("load")


def chromium(playwright, started):
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    try:
        return started.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
    except playwright.Error as missing:
        pytest.skip(f"no Chromium: {str(missing).splitlines()[0]}")


@pytest.mark.browser
def test_two_people_decide_at_once_by_keyboard(site, converted, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = chromium(playwright, started)
        faults, asked = [], []
        people = {}
        for name in ("ann", "bo"):
            page = browser.new_context().new_page()
            page.on(
                "console", lambda message: faults.append(message.text) if message.type == "error" else None
            )
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"{site}/?token=tok&name={name}")
            people[name] = page
        ann, bo = people["ann"], people["bo"]
        first, second = (page.locator(".above code").inner_text() for page in (ann, bo))
        assert first == "p3"
        assert second != first, "both were given the same row"
        assert "token" not in ann.url
        ann.keyboard.press("e")
        ann.locator("#text").fill("Short now.")
        ann.locator("#checks li.pass").wait_for()
        ann.keyboard.press("Control+Enter")
        arrived(ann, "p3", other=True)
        bo.keyboard.press("r")
        arrived(bo, second, other=True)
        bo.keyboard.press("u")
        arrived(bo, second)
        bo.keyboard.press("a")
        arrived(bo, second, other=True)
        ann.goto(f"{site}/row?id=p1")
        assert ann.locator("#text").input_value() == ANSWERS[1]
        assert "owned" not in ann.title()
        ann.goto(f"{site}/progress")
        assert "ann" in ann.locator("table").first.inner_text()
        assert not faults
        assert all(url.startswith(site) for url in asked)
        browser.close()
    out = tmp_path / "decisions.jsonl"
    assert execute(["review", str(converted), "--export", str(out)]) == 0
    told = {one["id"]: one for one in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    assert {name: one["action"] for name, one in told.items()} == {"p3": "edit", second: "accept"}


def test_nobody_else_gets_in(site):
    with httpx2.Client(base_url=site) as client:
        assert client.get("/").status_code == 403
        assert client.get("/?token=guess").status_code == 403
        assert client.get("/?token=tok", headers={"Host": "evil.example"}).status_code == 421
        assert client.post("/decide", data={"id": "p1", "action": "reject"}).status_code == 403
        entered = client.get("/?token=tok")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "script-src 'self'" in entered.headers["content-security-policy"]
        assert client.post("/decide", data={"id": "p1", "action": "reject"}).status_code == 403  # no mark
        assert client.post("/decide", content=b"x" * (1 << 21)).status_code == 413
        assert client.get("/static/../app.py").status_code == 404
        assert client.get("/export").text == ""


def test_what_the_browser_is_started_with_opens_the_page_once(converted, monkeypatch, capsys):
    """Others on the machine see the address in the list of processes; the browser was there before them."""
    import uvicorn

    opened, told = [], {}
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url.partition("token=")[2]))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **_: told.update(app=self.config.app))
    handler = signal.getsignal(signal.SIGINT)
    assert execute(["review", str(converted), "--json"]) == 0
    signal.signal(signal.SIGINT, handler)
    printed = json.loads(capsys.readouterr().out)["address"].partition("token=")[2]
    assert [len(opened), opened[0] == printed] == [1, False]
    from starlette.testclient import TestClient

    client = TestClient(told["app"], base_url="http://127.0.0.1", follow_redirects=False)
    codes = [client.get(f"/?token={token}").status_code for token in (opened[0], opened[0], printed, printed)]
    assert codes == [303, 403, 303, 303]


def test_a_decision_is_on_the_text_that_was_seen(converted):
    store = Store(converted / "x.sqlite", clock=lambda: 100.0)
    placed = pair_items(converted / "pairs.parquet")
    store.fill(placed)
    items = [one.item for one in placed]
    one = items[0]
    wrong = Decision(id=one.id, hash="0" * 16, action="reject", reviewer="ann")
    assert store.decide(wrong) is False
    assert store.decide(Decision(id=one.id, hash=one.hash, action="reject", reviewer="ann"))
    assert store.next("ann") != one.id
    assert store.next("bo", second=True) == one.id, "a second look is at what another decided"
    assert store.next("cy", second=True) is None, "which is claimed by now"
    store.later(items[1].id)
    assert store.item(items[1].id).item == items[1]
    store.close()


def test_agreement_is_cohens_kappa():
    """Table of Cohen (1960)-like counts: 20 and 15 alike, 5 and 10 apart: κ 0.4."""
    cells = [("accept", "accept")] * 20 + [("accept", "reject")] * 5 + [("reject", "accept")] * 10
    cells += [("reject", "reject")] * 15
    decisions = [
        Decision(id=str(n), hash="", action=action, reviewer=who)
        for n, actions in enumerate(cells)
        for who, action in zip(("ann", "bo"), actions, strict=True)
    ]
    (found,) = agreements(decisions)
    assert (found.rows, found.alike) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - 1.96 * 0.1275, abs=0.01)
    assert agreements([one for one in decisions if one.reviewer == "ann"]) == []


def test_curation_takes_over_what_was_decided(converted, tmp_path, capsys):
    rows = {n: pair(n, text) for n, text in enumerate(ANSWERS)}

    def decided(n, action, reviewer="ann", text=None, stale=False):
        seen = "f" * 16 if stale else text_hash(rows[n].prompt, rows[n].completion)
        return {
            "id": f"p{n}",
            "hash": seen,
            "action": action,
            "reviewer": reviewer,
            "text": text,
            "note": "odd",
        }

    lines = [
        decided(3, "edit", text="Short now."),
        decided(0, "reject"),
        decided(2, "accept"),
        decided(4, "reject", stale=True),
        decided(5, "accept"),
        decided(5, "reject", "bo"),
        {"id": "gone", "hash": "0", "action": "reject"},
    ]
    file = tmp_path / "decisions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out = tmp_path / "curated"
    assert (
        execute(["curate", str(converted), "--decisions", str(file), "--signals", "none", "--out", str(out)])
        == 0
    )
    summary = json.loads((out / "summary.json").read_text())
    assert summary["review"] == {
        "rejected": 1,
        "edited": ["p3"],
        "accepted": 1,
        "disputed": ["p5"],
        "stale": ["p4"],
        "unknown": ["gone"],
    }
    ledger = pl.read_parquet(out / "ledger.parquet").filter(pl.col("step") == "reviewed").row(0, named=True)
    assert (ledger["id"], ledger["reason"], ledger["rule"], ledger["detail"]) == (
        "p0",
        "review",
        "ann",
        "odd",
    )
    edits = pl.read_parquet(out / "edits.parquet").row(0, named=True)
    edited = (Message(role="assistant", content="Short now."),)
    assert (edits["id"], edits["rule"], edits["before"]) == (
        "p3",
        "ann",
        text_hash(rows[3].prompt, rows[3].completion),
    )
    assert edits["after"] == text_hash(rows[3].prompt, edited)
    assert execute(["explain", str(out), "p3"]) == 0
    assert f"edited by ann: {edits['before']} became {edits['after']} (odd)" in capsys.readouterr().out
    kept = pl.concat(pl.read_parquet(out / f"{part}.parquet") for part in ("train", "valid", "test"))
    answers = {row["id"]: row["completion"][0]["content"] for row in kept.iter_rows(named=True)}
    assert answers["p3"] == "Short now."
    assert summary["in"] == summary["kept"] + summary["dropped"]
    file.write_text(
        '{"id": "p0", "hash": "0", "action": "burn"}\n{"id": "p1", "hash": "0", "action": "edit"}\n'
    )
    assert execute(["curate", str(converted), "--decisions", str(file), "--out", str(tmp_path / "no")]) == 2


def decide(client, page, action, text):
    held = dict(re.findall(r'name="(csrf|id|hash|masked|settle)" value="([^"]*)"', page.text))
    return held["id"], client.post("/decide", data={**held, "action": action, "text": text})


def entered(site, name):
    client = httpx2.Client(base_url=site, follow_redirects=True)
    return client, client.get(f"/?token=tok&name={name}")


def test_what_is_undone_is_theirs_again_and_nobody_decides_on_a_row_another_is_at(site):
    ann, hers = entered(site, "ann")
    bo, his = entered(site, "bo")
    mine, _ = decide(ann, hers, "reject", "")
    csrf = re.search(r'name="csrf" value="([^"]*)"', hers.text)[1]
    again = ann.post("/undo", data={"csrf": csrf})
    _, given = decide(bo, his, "reject", "")
    assert f'value="{mine}"' not in given.text, "bo was given the row that ann has taken back"
    assert decide(bo, bo.get(f"/row?id={mine}"), "accept", "Soon.")[1].status_code == 409
    assert decide(ann, again, "reject", "")[1].status_code == 200


def test_the_text_says_whether_it_was_edited(site):
    ann, page = entered(site, "ann")
    first, page = decide(ann, page, "accept", "Changed by hand.")
    shown = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1])
    second, _ = decide(ann, page, "edit", shown.replace("\n", "\r\n"))
    told = {one["id"]: one for one in map(json.loads, ann.get("/export").text.splitlines())}
    assert (told[first]["action"], told[first]["text"]) == ("edit", "Changed by hand.")
    assert (told[second]["action"], told[second]["text"]) == ("accept", None)


def test_a_cookie_is_its_ports(site):
    port = site.rpartition(":")[2]
    assert httpx2.get(f"{site}/?token=tok").headers["set-cookie"].startswith(f"workbench_review_{port}=")


def test_an_id_that_stands_twice_is_refused(converted, capsys):
    rows = pl.read_parquet(converted / "pairs.parquet")
    pl.concat([rows, rows.head(1)]).write_parquet(converted / "pairs.parquet")
    assert execute(["review", str(converted), "--export", str(converted / "d.jsonl")]) == 2
    assert "p0" in capsys.readouterr().err


def test_labels_are_those_that_an_evaluation_takes(tmp_path, capsys):
    """None of held-out cases, which ask for a verdict a rule, nor of answers on which people differ."""
    run = tmp_path / "evaluated"
    run.mkdir()
    cases = {"held": "rules", "one": "harm", "both": "harm"}
    (run / "cases.jsonl").write_text(
        "".join(
            json.dumps({"id": k, "behaviour": v, "slots": {"question": "q"}}) + "\n" for k, v in cases.items()
        )
    )
    (run / "completions.jsonl").write_text(
        "".join(json.dumps({"case_id": k, "arm": "after", "text": f"answer {k}"}) + "\n" for k in cases)
    )
    grades = {"case_id": list(cases), "arm": ["after"] * 3, "label": ["pass"] * 3}
    pl.DataFrame(grades).write_parquet(run / "grades.parquet")
    store = Store(tmp_path / "evaluated.review.sqlite")
    placed = run_items(run)
    items = {one.item.id: one.item for one in placed}
    store.fill(placed)
    for who, name, action in (
        ("ann", "held", "accept"),
        ("ann", "one", "reject"),
        ("bo", "one", "edit"),
        ("ann", "both", "accept"),
        ("bo", "both", "reject"),
    ):
        said = Decision(id=name, hash=items[name].hash, action=action, text="x", reviewer=who)
        assert store.decide(said)
    store.close()
    out = tmp_path / "labels.jsonl"
    assert execute(["review", str(run), "--labels", str(out)]) == 0
    ((_, label),) = read_labels(out)
    assert (label.case_id, label.arm, label.verdict, label.text) == ("one", "after", "fail", "answer one")
    told = capsys.readouterr().out
    assert "left out: 1 verdicts on held-out cases" in told
    assert "left out: 1 labels on which people differ" in told
    assert "1 of the labels are of answers that came up because they tell much" in told


def test_ctrl_c_ends_the_verb_in_order(converted):
    """The page is there as soon as its address is printed; an interrupt ends it, and says how to go on."""
    command = [sys.executable, "-m", "workbench", "review", str(converted), "--no-open", "--reviewer", "ann"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running_verb:
        said = next(line for line in running_verb.stderr if line.startswith("review at "))
        address = said.split()[-1]
        with httpx2.Client(follow_redirects=True) as client:
            assert "What was asked" in client.get(address).text
        running_verb.send_signal(signal.SIGINT)
        out, _ = running_verb.communicate(timeout=60)
        assert running_verb.returncode == 0
    assert "0 of 6 rows decided" in out
    assert f"review {converted} --export decisions.jsonl" in " ".join(out.split())
