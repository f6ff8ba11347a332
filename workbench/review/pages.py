"""The pages of a review: every text of the data is escaped, nothing is inline or comes from afar."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.review.agreement import Agreed
    from workbench.review.items import Item

_KEYS = (
    ("a", "accept"),
    ("r", "reject"),
    ("e", "edit"),
    ("t", "tag"),
    ("u", "undo"),
    ("s", "later"),
    ("?", "keys"),
)


def row_page(
    item: Item,
    checks: Sequence[dict[str, str]],
    *,
    counts: dict[str, int],
    csrf: str,
    reviewer: str,
    second: bool,
) -> str:
    """Return the page on which one row is decided."""
    turns = "".join(_turn(one.role, one.content) for one in item.prompt)
    why = "".join(f'<span class="why">{escape(one)}</span>' for one in item.why)
    expected = _turn("teacher", item.expected) if item.expected else ""
    return _page(
        f"{counts['done']} of {counts['rows']} decided",
        f"""
<p class="above"><span class="task">{escape(item.task)}</span> <code>{escape(item.id)}</code> {why}</p>
<div class="two">
<section aria-labelledby="asked"><h2 id="asked">What was asked</h2>{turns}{expected}</section>
<section aria-labelledby="said"><h2 id="said">What was answered</h2>
<form method="post" action="/decide" id="decide">
{_hidden(csrf=csrf, id=item.id, hash=item.hash, second="1" if second else "")}
<label for="text" class="unseen">The answer</label>
<textarea id="text" name="text" rows="7" spellcheck="true">{_first_line(escape(item.answer))}</textarea>
<ul id="checks" class="checks" aria-live="polite">{checks_list(checks)}</ul>
<div class="line"><label for="tags">Tags</label>
<input id="tags" name="tags" autocomplete="off" placeholder="tone, outdated"></div>
<div class="line"><label for="note">Note</label><input id="note" name="note" autocomplete="off"></div>
<div class="acts">
<button name="action" value="accept" class="good">Accept <kbd>a</kbd></button>
<button name="action" value="edit">Save the edit <kbd>Ctrl ⏎</kbd></button>
<button name="action" value="reject" class="bad">Reject <kbd>r</kbd></button>
<button name="action" value="later">Later <kbd>s</kbd></button>
</div>
</form>
<form method="post" action="/undo" id="undo">{_hidden(csrf=csrf)}
<button>Undo my last <kbd>u</kbd></button></form>
</section>
</div>
{_keys()}""",
        reviewer=reviewer,
        counts=counts,
    )


def _keys() -> str:
    keys = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in _KEYS)
    return (
        f'<dialog id="keys"><h2>Keys</h2><dl>{keys}</dl>'
        '<form method="dialog"><button>Close</button></form></dialog>'
    )


def _turn(name: str, text: str) -> str:
    return f'<div class="turn"><h3>{escape(name)}</h3><div class="pre">{escape(text)}</div></div>'


def checks_list(checks: Sequence[dict[str, str]]) -> str:
    """Return the rules that apply and whether each is kept."""
    marks = {"pass": "✓", "fail": "✗"}
    return "".join(
        f'<li class="{escape(one["label"])}"><span aria-hidden="true">{marks.get(one["label"], "?")}</span> '
        f'<b>{escape(one["rule"])}</b> <span class="unseen">{escape(one["label"])}</span> '
        f"<small>{escape(one['detail'] or one['text'])}</small></li>"
        for one in checks
    )


def done_page(*, counts: dict[str, int], reviewer: str, second: bool) -> str:
    """Return the page shown when nothing waits."""
    other = (
        "" if second else '<p><a href="/?second=1">Look at what others decided, without seeing how</a></p>'
    )
    told = f"{counts['mine']} of {counts['rows']} rows are yours."
    body = f'<h2>Nothing waits for you</h2><p class="lead">{told}</p>{other}'
    return _page("Nothing waits", body, reviewer=reviewer, counts=counts)


def progress_page(
    found: Sequence[Agreed], people: dict[str, int], *, counts: dict[str, int], reviewer: str
) -> str:
    """Return who decided how much, and how far people agree."""
    by = "".join(f"<tr><td>{escape(name)}</td><td>{n}</td></tr>" for name, n in sorted(people.items()))
    agreed = "".join(
        f"<tr><td>{escape(one.first)}, {escape(one.second)}</td><td>{one.rows}</td><td>{one.alike:.0%}</td>"
        f"<td>{_kappa(one)}</td></tr>"
        for one in found
    )
    return _page(
        "Progress",
        f"""<h2>Progress</h2>
<table><caption>Rows decided</caption><thead><tr><th>person</th><th>rows</th></tr></thead>
<tbody>{by}</tbody></table>
<table><caption>Agreement on keeping or rejecting: Cohen's κ, 95 %</caption>
<thead><tr><th>people</th><th>rows both decided</th><th>alike</th><th>κ</th></tr></thead>
<tbody>{agreed}</tbody></table>
<p><a href="/export" download="decisions.jsonl">All decisions as JSON Lines</a></p>""",
        reviewer=reviewer,
        counts=counts,
    )


def message_page(title: str, text: str) -> str:
    """Return a page that only says something."""
    return _page(
        title, f'<h2>{escape(title)}</h2><p class="lead">{escape(text)}</p>', reviewer="", counts=None
    )


def _kappa(one: Agreed) -> str:
    if one.kappa is None or one.low is None or one.high is None:
        return "one of them always said the same"
    return f"{one.kappa:.2f} ({one.low:.2f} to {one.high:.2f})"


def _first_line(text: str) -> str:
    """Keep a line end that HTML takes off the start of a text area."""
    return f"\n{text}"


def _hidden(**values: str) -> str:
    return "".join(
        f'<input type="hidden" name="{k}" value="{escape(v, quote=True)}">' for k, v in values.items()
    )


def _page(title: str, body: str, *, reviewer: str, counts: dict[str, int] | None) -> str:
    told = ""
    if counts:
        told = (
            f'<progress max="{max(counts["rows"], 1)}" value="{counts["done"]}" '
            f'aria-label="rows decided"></progress>'
            f'<nav aria-label="Review"><a href="/">Queue</a> <a href="/progress">Progress</a>'
            f"<span>{escape(reviewer)}: {counts['mine']}</span></nav>"
        )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · review</title><link rel="stylesheet" href="/static/review.css">
<script src="/static/review.js" defer></script></head>
<body><header><h1>Review</h1>{told}</header><main>{body}</main></body></html>"""
