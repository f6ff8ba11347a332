"""An attacker's text in each text that the pages of a review show: rows, rules, people and notes."""

import dataclasses
import typing
from html.parser import HTMLParser

import pytest
from test_every_text_field import ATTACK, fields, put

pytest.importorskip("fastapi")

from workbench.io.decisions import Decision
from workbench.records import Message
from workbench.review import pages
from workbench.review.agreement import Agreed
from workbench.review.items import PASS_OR_FAIL, Ask, Graded, Item
from workbench.review.store import Shown

_OWN = ("/", "?", "#", "data:,")


class Seen(HTMLParser):
    """The shape of a page: its tags, and attributes that do something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.does = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            away = name in {"href", "src", "action", "formaction"} and not (value or "").startswith(_OWN)
            if name.startswith("on") or name in {"style", "srcdoc"} or away or (value or "").startswith("//"):
                self.does.append((tag, name, value))


@dataclasses.dataclass(frozen=True)
class Told:
    """All that the pages show."""

    shown: Shown
    checks: typing.Any
    said: typing.Any
    agreed: typing.Any
    people: typing.Any
    reviewer: str
    then: typing.Any


def told():
    words = Message(role="user", content="Where is it?")
    item = Item(
        id="p0", hash="0" * 16, task="desk", prompt=(words,), answer="It left.", slots={"question": "Where?"},
        expected="It left today.", reference="It left.", expect={"answer": "It left."},
        asks=(
            Ask(name="short", choices=PASS_OR_FAIL, text="At most six words."),
            Ask(name="harm", choices=("none", "full")),
        ),
        graded=(Graded(name="short", label="fail", detail="nine words"),),
    )  # fmt: skip
    said = tuple(
        Decision(id="p0", hash="0" * 16, action=action, text=text, tags=("tone",), note="rude", reviewer=who)
        for action, text, who in (("edit", "It has left.", "ann"), ("reject", None, "bo"))
    )
    check = {"rule": "short", "label": "fail", "detail": "nine words", "text": "At most six words."}
    return Told(
        shown=Shown(item, ()), checks=(check,), said=said,
        agreed=(Agreed("ann", "bo", 9, 0.5, 0.1, 0.0, 0.2, "short"),),
        people={"ann": 3}, reviewer="ann", then=("workbench review a --export b", "workbench curate a"),
    )  # fmt: skip


def page(held, which, *, arm=""):
    """Write one of the pages; of a row once as a pair, once as an answer of an arm, once to be settled."""
    frame = pages.Frame(
        lang="en", reviewer=held.reviewer, counts={"rows": 9, "done": 3, "mine": 1, "checked": 9}, csrf="c"
    )
    if which == "done":
        return pages.done_page(frame, which="", then=held.then)
    if which == "progress":
        return pages.progress_page(held.agreed, held.people, [held.said], frame, disputed=1)
    import msgspec

    shown = held.shown._replace(item=msgspec.structs.replace(held.shown.item, arm=arm))
    looking = pages.Looking(which=which, said=held.said if which == "settle" else ())
    return pages.row_page(shown, held.checks, frame, looking)


@pytest.mark.parametrize(
    ("which", "arm"),
    [("", ""), ("", "after"), ("second", ""), ("settle", ""), ("done", ""), ("progress", "")],
)
def test_no_text_of_a_review_becomes_markup(which, arm):
    held = told()
    whole = Seen(page(held, which, arm=arm))
    assert whole.does == []
    tried = shown = 0
    for at in fields(held):
        poisoned = put(held, at, ATTACK)
        try:
            text = page(poisoned, which, arm=arm)
        except (KeyError, ValueError):
            continue  # a word that has to be one of those there are
        seen = Seen(text)
        tried += 1
        assert seen.does == [], at
        assert set(seen.tags) == set(whole.tags), at
        shown += "stolen=1" in text
    assert tried > 15
    assert shown > (0 if which in {"done", "progress"} else 3)
