"""Compiles demands on layout: emoji, links, Markdown, headings, lists, tables, code blocks, citations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.markup import Element, Markup
from workbench.convert.compile_bounds import count_before
from workbench.convert.compile_text import NUMBER, number, unquoted

if TYPE_CHECKING:
    from workbench.contracts import SpanKind
    from workbench.convert.compile_text import Shape

_NOT = re.compile(
    r"\b(?:do not|don't|never|avoid|no|not|without|must not|should not|cannot|refrain from|exclude|omit|skip|"
    r"leave out|free of)\b|不要|不得|不能|不可|禁止|避免|切勿|请勿|勿|别|不许|不使用|不用|不加|不含|不附|"
    r"不写|无需|省略|严禁",
    re.IGNORECASE,
)
_CITATION = (
    r"\bcit(?:e|ations?)\b.{0,60}(?:\[\d|\[citation|bracket|number)|"
    r"(?:引用|标注|注明).{0,16}(?:\[\d|编号|角标)"
)
_NUMBERED = r"\bnumbered (?:list|steps|points)\b|\bordered list\b|编号列表|有序列表|数字序号|序号列表"
_ELEMENTS: tuple[tuple[Element, SpanKind, str], ...] = (
    ("emoji", "style", r"\bemojis?\b|\bemoticons?\b|表情符号|表情包|emoji|颜文字"),
    ("link", "format", r"\b(?:hyper)?links?\b|\burls?\b|超链接|链接|网址"),
    ("table", "format", r"\b(?:markdown )?tables?\b|\btabular\b|表格"),
    ("code_block", "format", r"\bcode (?:blocks?|fences?)\b|\bfenced\b|\btriple backticks\b|代码块|代码框"),
    ("heading", "format", r"\b(?:sub)?headings?\b|\bheaders\b|(?:二级|三级|一级|小|Markdown ?)标题"),
    ("numbered", "format", _NUMBERED),
    ("bullet", "format", r"\bbullet(?:s|ed)?\b|\bunordered list\b|无序列表|项目符号|短横线"),
    ("bold", "format", r"\bbold(?:face|ed)?\b|加粗|粗体"),
    ("italic", "format", r"\bitalic(?:s|i[sz]e)?\b|斜体"),
    ("citation", "grounding", _CITATION),
    ("markdown", "format", r"(?<![a-z])markdown(?![a-z])"),
)
_COMPILED = tuple((name, kind, re.compile(text, re.IGNORECASE)) for name, kind, text in _ELEMENTS)
# Such words ask for the layout; without one, a sentence only speaks of it.
_ASKS = re.compile(
    r"^\W*(?:please |always )?(?:use|format|present|write|list|give|include|add|answer|respond|output|"
    r"return|structure|"
    r"organi[sz]e|put|cite|show|begin|start)\b|使用|采用|以.{0,12}(?:形式|格式|呈现|输出)|"
    r"用.{0,12}(?:表示|呈现|输出|列出|展示)|标注|注明|"
    r"列出",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"(?P<how>at most|no more than|not more than|up to|at least|exactly|only|最多|至多|至少|"
    rf"不超过)?(?:使用|用|加|放|出现|包含)?\s*(?P<n>{NUMBER})\s*(?:个)?\s*(?:\w+ )?$",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"(?:at most|no more than|not more than|up to|最多|至多|不超过)(?:使用|用|加|放|出现|"
    rf"包含)?\s*(?:{NUMBER})"
    r"\s*(?:个)?\s*(?:\w+ )?$",
    re.IGNORECASE,
)
# Layout of a part that not every answer has ("numbered steps for instructions") is not asked of all.
_OPTIONAL = re.compile(
    r"\bfor (?:instructions|steps|procedures|processes|comparisons?|sequences|code|lists|tasks|how-to)\b|"
    r"\b(?:may|can|if (?:needed|helpful|necessary)|where (?:helpful|useful)|optional)\b|可以|必要时|可用",
    re.IGNORECASE,
)


def markup(text: str, shape: Shape) -> list[tuple[SpanKind, str, Markup]]:
    """Read every demand on layout in one sentence: forbidden, asked for, or bounded by a number."""
    plain = unquoted(text)
    out: list[tuple[SpanKind, str, Markup]] = []
    for element, kind, pattern in _COMPILED:
        match = pattern.search(plain)
        if match is None or _covered(element, out):
            continue
        # A fence stands around the whole answer, also where that is JSON.
        counted = _MOST.search(plain[: match.start()]) is not None
        path = None if element == "code_block" else shape.path("", running=True)
        bounded = None if element == "markdown" else count_before(plain[: match.start()])
        if bounded and not _OPTIONAL.search(plain):
            low, high = bounded
            name = element.replace("_", "-")
            out.append((kind, name, Markup(element=element, min=low, max=high, path=path)))
        elif (not counted and _NOT.search(plain[: match.start()][-60:])) or re.search(
            r"(?:省略|不用)", plain[match.end() : match.end() + 4]
        ):
            out.append((kind, f"no-{element.replace('_', '-')}", Markup(element=element, max=0, path=path)))
        elif element != "markdown" and (counted or _ASKS.search(plain)) and not _OPTIONAL.search(plain):
            low, high = _bounds(plain[: match.start()])
            name = element.replace("_", "-")
            out.append((kind, name, Markup(element=element, min=low, max=high, path=path)))
    return out


def _covered(element: Element, found: list[tuple[SpanKind, str, Markup]]) -> bool:
    """Tell whether "a Markdown table" has been read as a table already."""
    return element == "markdown" and bool(found)


def _bounds(before: str) -> tuple[int | None, int | None]:
    match = _COUNTED.search(before)
    if match is None:
        return 1, None
    n, how = number(match["n"]), (match["how"] or "exactly").casefold()
    if how in {"at most", "no more than", "not more than", "up to", "最多", "至多", "不超过"}:
        return None, n
    return (n, None) if how in {"at least", "至少"} else (n, n)
