"""Rows on which people differ: who settles them sees what was said; that word alone counts afterwards."""

import json

import pytest
from accessibility import grave
from test_review import arrived, chromium, pair, running
from test_review_blind import KEY, MAIL, decide, run, serve  # noqa: F401 - a fixture among them

from workbench.cli import execute
from workbench.errors import InputError
from workbench.io.decisions import Decision, differ, standing
from workbench.io.frames import pairs_to_frame, read_pairs
from workbench.review.agreement import agreements, apart
from workbench.review.items import pair_items, run_items
from workbench.review.labels import eval_labels
from workbench.review.store import Store
from workbench.review.telling import Checker
from workbench.steps import Reviewed


@pytest.fixture
def pairs(tmp_path):
    out = tmp_path / "pairs.parquet"
    pairs_to_frame([pair(n, f"Answer {n}, by {MAIL}.") for n in range(4)]).write_parquet(out)
    return out


@pytest.fixture
def store(pairs, tmp_path):
    held = Store(tmp_path / "x.sqlite")
    held.fill(pair_items(pairs))
    yield held
    held.close()


def say(store, name, action, who, *, text=None, settles=False, **labels):
    seen = store.item(name).item.hash
    assert store.decide(
        Decision(id=name, hash=seen, action=action, text=text, reviewer=who, labels=labels, settles=settles)
    )


def test_what_differing_is():
    def said(action, text=None, **labels):
        return Decision(id="a", hash="h", action=action, text=text, labels=labels)

    assert not differ([])
    assert not differ([said("accept"), said("edit", "x")])
    assert differ([said("accept"), said("reject")])
    assert differ([said("edit", "x"), said("edit", "y")])
    assert differ([said("accept", short="pass"), said("accept", short="fail")])
    last = Decision(id="a", hash="h", action="reject", settles=True)
    assert standing([said("accept"), last]) == [last]
    assert len(standing([said("accept"), said("reject")])) == 2


def test_only_open_disputes_wait_and_one_person_has_each(store):
    for name in ("p0", "p1", "p2"):
        say(store, name, "accept", "ann")
    say(store, "p0", "reject", "bo")
    say(store, "p1", "accept", "bo")
    say(store, "p2", "edit", "bo", text="Other.")
    assert store.disputed() == ["p0"]
    assert store.next_disputed("cy") == "p0"
    assert store.next_disputed("ann") is None, "cy is at it"
    assert {one.reviewer for one in store.said("p0")} == {"ann", "bo"}
    assert store.said("p3") == []
    before = agreements(store.decisions())
    say(store, "p0", "reject", "cy", settles=True)
    assert store.disputed() == []
    assert agreements(store.decisions()) == before, "what is said in sight of others is no agreement"
    assert len(apart(store.decisions(), "ann")) == 1
    assert store.undo("cy") == "p0"
    assert store.disputed() == ["p0"]


def test_a_settled_row_is_decided_by_that_word_alone(store, pairs, tmp_path):
    say(store, "p0", "accept", "ann")
    say(store, "p0", "reject", "bo")
    say(store, "p1", "edit", "ann", text="One.")
    say(store, "p1", "edit", "bo", text="Two.")
    path = tmp_path / "decisions.jsonl"

    def applied():
        path.write_text("".join(json.dumps({**one}) + "\n" for one in told()))
        return Reviewed(decisions=str(path))(read_pairs(pairs))

    def told():
        import msgspec

        return msgspec.to_builtins(store.decisions())

    assert applied().notes["review"]["disputed"] == ["p0", "p1"]
    say(store, "p0", "reject", "ann", settles=True)
    say(store, "p1", "edit", "cy", text="Three.", settles=True)
    found = applied()
    assert found.notes["review"]["disputed"] == []
    assert found.dropped["id"].to_list() == ["p0"]
    kept = found.kept.filter(id="p1")["completion"].to_list()[0]
    assert kept[-1]["content"] == "Three."


def test_the_page_shows_what_was_said_where_a_row_is_settled_and_nowhere_else(store):
    client = serve(store, Checker([]))
    ann, bo, cy = client("ann"), client("bo"), client("cy")
    decide(ann, ann.get("/row?id=p0"), "edit", "Ask ⟦email 1⟧ or x@y.example.")
    decide(bo, bo.get("/row?id=p0&second=1"), "reject", "")
    for page in (cy.get("/row?id=p0"), cy.get("/row?id=p0&second=1"), cy.get("/row?id=p1")):
        assert "Where people differ" not in page.text
    assert cy.get("/row?id=p1&settle=1").status_code == 409
    assert "Settle the rows on which people differ: 1 wait" in cy.get("/progress").text
    page = cy.get("/?settle=1")
    assert "Where people differ" in page.text
    assert "<h3>ann</h3>" in page.text
    assert "x@y.example" not in page.text, "what an edit says is hidden as all else"
    assert "⟦email 2⟧" in page.text
    decide(cy, page, "edit", "Ask ⟦email 2⟧.")
    (last,) = [one for one in store.decisions() if one.settles]
    assert (last.reviewer, last.text) == ("cy", "Ask x@y.example.")
    assert "Nobody differs on any row" in cy.get("/?settle=1").text


def test_a_settled_label_takes_the_place_of_those_that_differ(run, tmp_path, capsys):  # noqa: F811
    held = Store(run.with_name("eval.teacher.review.sqlite"))
    held.fill(run_items(run, arm="teacher"))
    assert {held.item(name).item.arm for name in ("held", "lost")} == {"teacher"}
    assert held.item("lost").item.expected == ""
    say(held, "held", "accept", "ann", short="pass")
    say(held, "held", "reject", "bo", short="fail")
    assert eval_labels(held).lines == []
    say(held, "held", "reject", "cy", settles=True, short="fail")
    (line,) = eval_labels(held).lines
    assert (line["arm"], line["rule"], line["verdict"]) == ("teacher", "short", "fail")
    held.close()
    out = tmp_path / "labels.jsonl"
    assert execute(["review", str(run), "--arm", "teacher", "--labels", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == 1
    with pytest.raises(InputError, match="no answer of the arm 'before'"):
        run_items(run, arm="before")


def test_pairs_have_no_arm(pairs, capsys):
    assert execute(["review", str(pairs), "--arm", "teacher", "--export", "x"]) == 2
    assert "--arm" in capsys.readouterr().err


@pytest.mark.browser
def test_settling_shuts_nobody_out(run):  # noqa: F811
    from workbench.review.app import Manner, Session, application

    playwright = pytest.importorskip("playwright.sync_api")
    held = Store(run.with_name("settle.sqlite"))
    held.fill(run_items(run))
    say(held, "held", "accept", "ann", short="pass")
    say(held, "held", "reject", "bo", short="fail")
    app = application(held, Checker([]), Session("tok"), Manner(reviewer="cy"))
    found = []
    with running(app) as site, playwright.sync_playwright() as started:
        browser = chromium(playwright, started)
        for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
            )
            page = context.new_page()
            page.goto(f"{site}/?token=tok")
            page.goto(f"{site}/?settle=1")
            arrived(page, "held")
            assert page.locator(".said article").count() == 2
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            found += [f"{width} {scheme} {one}" for one in grave(page)]
            context.close()
        browser.close()
    held.close()
    assert found == []
