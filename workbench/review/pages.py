"""The pages of a review: every text of the data is escaped, nothing is inline or comes from afar."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from workbench.review import rowpage
from workbench.review.words import Lang, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.io.decisions import Decision
    from workbench.review.agreement import Agreed
    from workbench.review.masking import Mask
    from workbench.review.store import Shown

# The queue that a page belongs to: the plain one, the blind second look, or what is to be settled.
Which = Literal["", "second", "settle"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page: the language, whose it is, and how far the review is."""

    lang: Lang
    reviewer: str = ""
    counts: Mapping[str, int] | None = None
    csrf: str = ""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """How a row is looked at: from which queue, behind which ``mask`` (``None`` shows all).

    ``said`` are the decisions of others, to be shown where a row is to be settled and nowhere else.
    """

    which: Which = ""
    mask: Mask | None = None
    said: Sequence[Decision] = ()


def row_page(shown: Shown, checks: Sequence[dict[str, str]], frame: Frame, looking: Looking) -> str:
    """Return the page on which one row is decided."""
    body = rowpage.body(shown, checks, frame.lang, looking, csrf=frame.csrf)
    counts = frame.counts or {"done": 0, "rows": 0}
    return page(say(frame.lang, "decided", **counts), body, frame)


def done_page(frame: Frame, *, which: Which, then: Sequence[str] = ()) -> str:
    """Return the page shown when nothing waits in a queue; ``then`` are the commands that go on from it."""
    lang = frame.lang
    other = "" if which else f'<p><a href="/?second=1">{escape(say(lang, "second"))}</a></p>'
    told = escape(say(lang, "yours", **(frame.counts or {})))
    title = escape(say(lang, "nothing_apart" if which == "settle" else "nothing"))
    commands = "\n".join(escape(command) for command in then)
    heading = escape(say(lang, "then"))
    onward = (
        f'<h2 class="onward">{heading}</h2><pre class="pre">{commands}</pre>' if then and not which else ""
    )
    here = f'<p><a href="/progress">{escape(say(lang, "then_progress"))}</a></p>'
    return page(title, f'<h2>{title}</h2><p class="lead">{told}</p>{other}{here}{onward}', frame)


def progress_page(
    found: Sequence[Agreed],
    people: Mapping[str, int],
    apart: Sequence[tuple[Decision, Decision]],
    frame: Frame,
    *,
    disputed: int,
) -> str:
    """Return who decided how much, how far people agree, and where the reader and another differ.

    ``apart`` holds the reader's decision beside another's, of rows that the reader has decided; ``disputed``
    counts the rows that wait to be settled.
    """
    lang = frame.lang
    by = "".join(f"<tr><td>{escape(name)}</td><td>{n}</td></tr>" for name, n in sorted(people.items()))
    agreed = "".join(
        f"<tr><td>{escape(one.first)}, {escape(one.second)}</td>"
        f"<td>{escape(one.about or say(lang, 'keeping'))}</td><td>{one.rows}</td><td>{one.alike:.0%}</td>"
        f"<td>{_kappa(one)}</td></tr>"
        for one in found
    )
    unknown = any(one.kappa is None for one in found)
    note = f'<p class="lead">{escape(say(lang, "same"))}</p>' if unknown else ""
    heads = ("people", "about", "both", "alike")
    columns = "".join(f"<th>{escape(say(lang, name))}</th>" for name in heads)
    return page(
        say(lang, "progress"),
        f"""<h2>{escape(say(lang, "progress"))}</h2>
<table><caption>{escape(say(lang, "rows_decided"))}</caption>
<thead><tr><th>{escape(say(lang, "person"))}</th><th>{escape(say(lang, "rows"))}</th></tr></thead>
<tbody>{by}</tbody></table>
{_disputed(disputed, lang)}
<div class="wide" tabindex="0" role="region" aria-label="{escape(say(lang, "agreement"))}"><table>
<caption>{escape(say(lang, "agreement"))}</caption>
<thead><tr>{columns}<th>κ</th></tr></thead><tbody>{agreed}</tbody></table></div>
{note}
{_apart(apart, lang)}
<p><a href="/export" download="decisions.jsonl">{escape(say(lang, "export"))}</a></p>
<p class="lead">{escape(say(lang, "export_all"))}</p>""",
        frame,
    )


def _apart(apart: Sequence[tuple[Decision, Decision]], lang: Lang) -> str:
    if not apart:
        return ""
    rows = "".join(
        f'<tr><td><a href="/row?id={escape(mine.id, quote=True)}"><code>{escape(mine.id)}</code></a></td>'
        f"<td>{escape(say(lang, mine.action))}</td><td>{escape(say(lang, other.action))}</td></tr>"
        for mine, other in apart
    )
    heads = "".join(f"<th>{escape(say(lang, name))}</th>" for name in ("row", "you", "other"))
    return (
        f"<table><caption>{escape(say(lang, 'apart'))}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _disputed(rows: int, lang: Lang) -> str:
    if not rows:
        return ""
    return f'<p class="lead"><a href="/?settle=1">{escape(say(lang, "settle_them", n=rows))}</a></p>'


def message_page(title: str, text: str, lang: Lang) -> str:
    """Return a page that only says something; both are names of ``words``."""
    said = escape(say(lang, title))
    body = f'<h2>{said}</h2><p class="lead">{escape(say(lang, text))}</p>'
    return page(say(lang, title), body, Frame(lang=lang))


def _kappa(one: Agreed) -> str:
    if one.kappa is None or one.low is None or one.high is None:
        return "–"
    return f"{one.kappa:.2f} ({one.low:.2f}–{one.high:.2f})"


def page(title: str, body: str, frame: Frame) -> str:
    """Return a whole page."""
    lang, counts, told = frame.lang, frame.counts, ""
    if counts:
        mine = say(lang, "mine", who=frame.reviewer, n=counts["mine"])
        told = (
            f'<progress max="{max(counts["rows"], 1)}" value="{counts["done"]}" '
            f'aria-label="{escape(say(lang, "rows_decided"))}"></progress>'
            f'<nav aria-label="{escape(say(lang, "review"))}"><a href="/">{escape(say(lang, "queue"))}</a> '
            f'<a href="/?second=1">{escape(say(lang, "second_look"))}</a> '
            f'<a href="/?settle=1">{escape(say(lang, "settle"))}</a> '
            f'<a href="/progress">{escape(say(lang, "progress"))}</a><span>{escape(mine)}</span></nav>'
        )
        if counts["checked"] < counts["rows"]:
            told += f'<p class="checking">{escape(say(lang, "checking", **counts))}</p>'
    name = escape(say(lang, "review"))
    return f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {name}</title><link rel="stylesheet" href="/static/review.css">
<script src="/static/review.js" defer></script></head>
<body><header><h1>{name}</h1>{told}</header><main>{body}</main></body></html>"""
