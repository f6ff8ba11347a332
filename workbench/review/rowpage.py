"""The page of one row: what was asked, what was answered, the rules, and what a person says of them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench.review.items import PASS_OR_FAIL
from workbench.review.settling import apart_list
from workbench.review.words import known, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.review.items import Ask, Item, Why
    from workbench.review.masking import Mask
    from workbench.review.pages import Looking
    from workbench.review.store import Shown
    from workbench.review.words import Lang

_KEYS = (
    ("a", "key_accept"),
    ("r", "key_reject"),
    ("e", "key_edit"),
    ("t", "key_tag"),
    ("u", "key_undo"),
    ("s", "key_later"),
    ("1 … 9", "key_rules"),
    ("?", "key_keys"),
)
ASK = "ask:"
OPEN = "open"


def body(
    shown: Shown,
    checks: Sequence[dict[str, str]],
    lang: Lang,
    looking: Looking,
    *,
    csrf: str,
) -> str:
    """Return the body of the page; what a person marks is posted as ``ask:NAME``."""
    item, which, mask = shown.item, looking.which, looking.mask
    seen = mask.hide if mask else str
    turns = "".join(_turn(_role(lang, one.role), seen(one.content)) for one in item.prompt)
    expected = _turn(say(lang, "teacher"), seen(item.expected)) if item.expected else ""
    answer, listed = seen(item.answer), checks_list(checks, lang)
    word = {
        name: escape(say(lang, name))
        for name in ("asked", "said", "the_answer", "tags", "tags_for_example", "note", "undo")
    }
    told = hidden(csrf=csrf, id=item.id, hash=item.hash, masked="1" if mask else "")
    told += hidden(**{which: "1"}) if which else ""
    return f"""
<p class="above"><span class="task">{escape(item.task)}</span> <code>{escape(item.id)}</code>
{_whys(shown.why, lang) if not item.arm else ""}</p>
{_hidden_note(item, lang, which=which, mask=mask)}
{apart_list(looking.said, item, lang, seen) if which == "settle" else ""}
<div class="two">
<section aria-labelledby="asked"><h2 id="asked">{word["asked"]}</h2>{turns}{expected}</section>
<section aria-labelledby="said"><h2 id="said">{word["said"]}</h2>
<form method="post" action="/decide" id="decide">
{told}
<label for="text" class="unseen">{word["the_answer"]}</label>
<textarea id="text" name="text" rows="7" spellcheck="true">{_first_line(escape(answer))}</textarea>
<ul id="checks" class="checks" aria-live="polite">{listed}</ul>
{_asks(item.asks, lang)}
<div class="line"><label for="tags">{word["tags"]}</label>
<input id="tags" name="tags" autocomplete="off" placeholder="{word["tags_for_example"]}"></div>
<div class="line"><label for="note">{word["note"]}</label>
<input id="note" name="note" autocomplete="off"></div>
<div class="acts">{_buttons(lang)}</div>
</form>
{_graders(shown, lang, mask) if item.arm else ""}
<form method="post" action="/undo" id="undo">{hidden(csrf=csrf)}
<button>{word["undo"]} <kbd>u</kbd></button></form>
</section>
</div>
{_keys(lang)}"""


def _buttons(lang: Lang) -> str:
    acts = (
        ("accept", "a", ' class="good"'),
        ("edit", "Ctrl ⏎", ""),
        ("reject", "r", ' class="bad"'),
        ("later", "s", ""),
    )
    return "".join(
        f'<button name="action" value="{name}"{kind}>{escape(say(lang, name))} <kbd>{key}</kbd></button>'
        for name, key, kind in acts
    )


def _whys(why: Sequence[Why], lang: Lang) -> str:
    return " ".join(f'<span class="why">{escape(say(lang, f"why_{one[0]}", *one[1:]))}</span>' for one in why)


def _hidden_note(item: Item, lang: Lang, *, which: str, mask: Mask | None) -> str:
    """Say how much is hidden, with a way to see it, or with one to hide it again."""
    where = f"/row?id={escape(item.id, quote=True)}" + (f"&amp;{which}=1" if which else "")
    if mask is None:
        return f'<p class="masked"><a href="{where}">{escape(say(lang, "hide"))}</a></p>'
    if not mask:
        return ""
    told = escape(say(lang, "masked", n=len(mask)))
    return f'<p class="masked">{told} <a href="{where}&amp;reveal=1">{escape(say(lang, "reveal"))}</a></p>'


def _asks(asks: Sequence[Ask], lang: Lang) -> str:
    """Ask a person rule by rule, or the question of a grader's card."""
    if not asks:
        return ""
    rows = "".join(_ask(number, one, lang) for number, one in enumerate(asks, 1))
    rules = asks[0].choices == PASS_OR_FAIL
    note = f"<small>{escape(say(lang, 'verdicts_rules'))}</small>" if rules else ""
    return f'<div class="asks"><h3>{escape(say(lang, "verdicts"))}</h3>{note}{rows}</div>'


def _ask(number: int, one: Ask, lang: Lang) -> str:
    rules = one.choices == PASS_OR_FAIL
    words = (
        {"pass": "kept", "fail": "broken", OPEN: "cannot_tell"}
        if rules
        else {name: f"{one.name}_{name}" for name in one.choices}
    )
    text = one.text if rules else say(lang, f"ask_{one.name}")
    name = escape(ASK + one.name, quote=True)
    radios = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"> {escape(say(lang, word))}</label>'
        for value, word in words.items()
    )
    key = f"<kbd>{number}</kbd>" if number <= 9 else ""  # noqa: PLR2004  there are nine such keys
    return f'<fieldset data-ask="{number}"><legend>{escape(text)} {key}</legend>{radios}</fieldset>'


def _graders(shown: Shown, lang: Lang, mask: Mask | None) -> str:
    """Hold back what the graders said, and why the row came up, until it is asked for."""
    rows = [
        {
            "rule": one.name,
            "text": "",
            "label": one.label,
            "detail": mask.hide(one.detail) if mask else one.detail,
        }
        for one in shown.item.graded
        if one.label != "not_applicable"
    ]
    return (
        f'<details class="graders"><summary>{escape(say(lang, "graders_said"))}</summary>'
        f'<p class="above">{_whys(shown.why, lang)}</p>'
        f'<ul class="checks">{checks_list(rows, lang)}</ul></details>'
    )


def checks_list(checks: Sequence[dict[str, str]], lang: Lang) -> str:
    """Return the rules that apply and whether each is kept."""
    marks = {"pass": "✓", "fail": "✗"}
    return "".join(
        f'<li class="{escape(one["label"])}"><span aria-hidden="true">{marks.get(one["label"], "?")}</span> '
        f'<b>{escape(one["rule"])}</b> <span class="unseen">{escape(say(lang, one["label"]))}</span> '
        f"<small>{escape(one['detail'] or one['text'])}</small></li>"
        for one in checks
    )


def _role(lang: Lang, role: str) -> str:
    name = f"role_{role}"
    return say(lang, name) if known(name) else role


def _keys(lang: Lang) -> str:
    keys = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{escape(say(lang, does))}</dd>" for key, does in _KEYS)
    title, close = escape(say(lang, "keys")), escape(say(lang, "close"))
    return (
        f'<dialog id="keys" aria-label="{title}"><h2>{title}</h2><dl>{keys}</dl>'
        f'<form method="dialog"><button>{close}</button></form></dialog>'
    )


def _turn(name: str, text: str) -> str:
    return f'<div class="turn"><h3>{escape(name)}</h3><div class="pre">{escape(text)}</div></div>'


def _first_line(text: str) -> str:
    """Keep a line end that HTML takes off the start of a text area."""
    return f"\n{text}"


def hidden(**values: str) -> str:
    """Return hidden fields of a form."""
    return "".join(
        f'<input type="hidden" name="{k}" value="{escape(v, quote=True)}">' for k, v in values.items()
    )
