"""What people said of a row on which they differ, side by side for the one who settles it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench.review.items import PASS_OR_FAIL
from workbench.review.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.io.decisions import Decision
    from workbench.review.items import Ask, Item
    from workbench.review.words import Lang

_LABELS = {"pass": "kept", "fail": "broken"}


def apart_list(said: Sequence[Decision], item: Item, lang: Lang, seen: Callable[[str], str]) -> str:
    """Return a column a person; ``seen`` hides what is to be hidden of a text."""
    columns = "".join(_one(one, said, item, lang, seen) for one in said)
    title, lead = escape(say(lang, "settle_title")), escape(say(lang, "settle_lead"))
    return (
        f'<section class="apart" aria-labelledby="apart"><h2 id="apart">{title}</h2>'
        f'<p class="lead">{lead}</p><div class="said">{columns}</div></section>'
    )


def _one(one: Decision, said: Sequence[Decision], item: Item, lang: Lang, seen: Callable[[str], str]) -> str:
    settled = f" · {say(lang, 'settled')}" if one.settles else ""
    kind = "bad" if one.action == "reject" else "good"
    did = f'<span class="did {kind}">{escape(say(lang, f"did_{one.action}"))}</span>'
    text = f'<div class="pre">{escape(seen(one.text))}</div>' if one.text else ""
    asked = [ask for ask in item.asks if ask.name in one.labels]
    apart = [
        ask
        for ask in asked
        if any(other.labels.get(ask.name) not in {None, one.labels[ask.name]} for other in said)
    ]
    labels = "".join(_label(ask, one, lang) for ask in apart)
    alike = say(lang, "alike_else", n=len(asked) - len(apart)) if len(asked) > len(apart) else ""
    told = ", ".join((*one.tags, *([one.note] if one.note else ())))
    return (
        f"<article><h3>{escape(one.reviewer)}{escape(settled)}</h3><p>{did}</p>{text}"
        + (f'<ul class="checks">{labels}</ul>' if labels else "")
        + (f"<p><small>{escape(alike)}</small></p>" if alike else "")
        + (f"<p><small>{escape(seen(told))}</small></p>" if told else "")
        + "</article>"
    )


def _label(ask: Ask, one: Decision, lang: Lang) -> str:
    """Return a person's answer to a question that another answered otherwise."""
    label = one.labels[ask.name]
    rules = ask.choices == PASS_OR_FAIL
    text = ask.text if rules else say(lang, f"ask_{ask.name}")
    word = _LABELS[label] if rules else f"{ask.name}_{label}"
    kind = "fail" if label == "fail" else ""
    return f'<li class="{kind}"><b>{escape(say(lang, word))}</b> {escape(text)}</li>'
