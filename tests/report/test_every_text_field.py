"""An attacker's text in every text field of every page, one field at a time: it stays text."""

import dataclasses
import typing
from html.parser import HTMLParser

import made_data
import made_run
import msgspec
import pytest
from markdown_it import MarkdownIt

from workbench.corpus import contracts_beside, difference, profile
from workbench.io.dataset import read_dataset
from workbench.report import build_report, render_html
from workbench.report.card import render_card
from workbench.report.cardmarkdown import render_card_markdown
from workbench.report.cardmodel import build_card
from workbench.report.comparison import compare_runs
from workbench.report.comparisonfaces import comparison_html, comparison_markdown
from workbench.report.markdown import render_markdown
from workbench.report.versions import render_difference
from workbench.report.versionspage import difference_html

ATTACK = (
    '</textarea></title></style></script><script>stolen=1</script><img src=x onerror="stolen=2">'
    "' onmouseover='stolen=3' \" onfocus=\"stolen=4\" `<marquee>` [x](javascript:stolen=5) "
    "![y](http://evil.test/z) <http://evil.test> http://evil.test | \x1b[31m\x9b31m\u202e\n\n# head\n"
    "<iframe src=//evil.test>"
)
_OUR_OWN = ("#", "data:,", "report.", "card.", "comparison.", "difference.")
_FOREIGN = {"img", "iframe", "object", "embed", "marquee"}


class Tags(HTMLParser):
    """What a page does beyond showing text: handlers, addresses, scripts and what is fetched."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        for name, value in attrs:
            away = name in {"href", "src", "action"} and not (value or "").startswith(_OUR_OWN)
            if name.startswith("on") or away:
                self.found.append((tag, name, value))
        if tag in _FOREIGN:
            self.found.append((tag, attrs))


def places(value, hint, at=()):
    """Yield the address of each text below a value that isn't one of a closed list of words."""
    if isinstance(value, str):
        if "Literal" not in str(hint):
            yield at
    elif isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
        hints = typing.get_type_hints(type(value))
        for name in (
            [f.name for f in (*msgspec.structs.fields(value),)]
            if isinstance(value, msgspec.Struct)
            else [f.name for f in dataclasses.fields(value)]
        ):
            yield from places(getattr(value, name), hints[name], (*at, name))
    elif isinstance(value, dict):
        for key, held in value.items():
            yield (*at, ("key", key))
            yield from places(held, hint, (*at, ("value", key)))
    elif isinstance(value, tuple | list):
        for number, held in enumerate(value):
            yield from places(held, hint, (*at, number))


def put(value, at, text):
    """Return the value with a text at an address."""
    if not at:
        return text
    here, rest = at[0], at[1:]
    if isinstance(here, tuple):
        kind, name = here
        if kind == "key":
            return {(text if key == name else key): held for key, held in value.items()}
        return {key: put(held, rest, text) if key == name else held for key, held in value.items()}
    if isinstance(here, int):
        made = [put(held, rest, text) if number == here else held for number, held in enumerate(value)]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    change = {here: put(getattr(value, here), rest, text)}
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **change)
    return dataclasses.replace(value, **change)


def fields(value):
    """Return one address for each text field, whatever row or key it stands in."""
    found = {}
    for at in places(value, type(value)):
        name = tuple(part if isinstance(part, str) else type(part).__name__ + str(part)[:5] for part in at)
        name = tuple("#" if part.startswith("int") else part for part in name)
        found.setdefault(name, at)
    return found.values()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    runs = [made_run.run(place / name / "run", cases=12) for name in ("monday", "friday")]
    old = read_dataset(made_data.curated(place / "old", rows=21, hostile=False))
    new = read_dataset(made_data.curated(place / "new", hostile=False))
    change = difference(old, new)
    card = build_card(profile(new, contracts=contracts_beside(new)), home=new.home, change=change)
    return {"report": build_report(runs[0]), "comparison": compare_runs(runs), "card": card, "diff": change}


PAGES = {
    "report": (render_html, render_markdown),
    "comparison": (comparison_html, comparison_markdown),
    "card": (render_card, render_card_markdown),
    "diff": (lambda found: difference_html(found, examples=9), render_difference),
}


@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_any_field_becomes_markup(models, name):
    model, (page, markdown) = models[name], PAGES[name]
    whole = Tags(page(model))
    assert whole.found == []
    tried = shown = 0
    for at in fields(model):
        try:
            poisoned = put(model, at, ATTACK)
            text, said = page(poisoned), markdown(poisoned)
        except (KeyError, ValueError):
            continue  # a name that has to be one of those there are
        tried += 1
        seen = Tags(text)
        assert (seen.found, seen.scripts) == ([], whole.scripts), at
        assert not set("\x1b\x9b\u202e") & set(text + said), at
        made = Tags(MarkdownIt("gfm-like", {"linkify": False}).render(said))
        assert (made.found, made.scripts) == ([], 0), at
        shown += "stolen=1" in text
    assert tried > 10
    assert shown > 5
