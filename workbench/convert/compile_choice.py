"""Compiles "answer with one of these": a closed list of labels that is the whole answer."""

from __future__ import annotations

import re

from workbench.convert.compile_text import quoted_spans

_LEAD = re.compile(
    r"\b(?:output|return|respond|reply|answer|write|say|print|choose|select|label|classify|classified|"
    r"categori[sz]e)\b.{0,60}?"
    r"(?:\b(?:only |exactly |just )?(?:one|any) of(?: the (?:following|labels|words|values|"
    r"categories))?(?: \w+)?|"
    r"\beither\b|\bonly with\b|\bas\b|\bwith (?!either|one of|any of)(?:only |exactly )?(?:one word|"
    r"the word)?)\s*[:：]?\s*|"
    r"(?:只能?|仅|必须)(?:能|可以|需|需要|要)?(?:输出|回答|返回|回复|选择|填写|写|是|为)(?:类别名称|标签|"
    r"以下|下列|其中)?.{0,8}?[:：]?\s*(?=[“\"「'‘]|\S{1,8}[、/])|"
    r"(?:输出|回答|返回|回复|选择|分类为|判断为|归为|标签为|类别为).{0,12}?[:：]\s*|只能?(?:是|为)\s*",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\b(?:only|exactly|just|one of|any of|either|nothing else|single|no other)\b|只|仅|之一|其中一|"
    r"必须(?:是|为)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^[A-Za-z][\w-]*(?: [\w-]+)?(?:\s*,\s*(?:or |and )?[A-Za-z][\w-]*(?: [\w-]+)?)*(?:,? (?:or|"
    r"and) [A-Za-z][\w-]*(?: [\w-]+)?)?(?=[.;。]|$)"
)
_BARE_ZH = re.compile(r"^[\w\u4e00-\u9fff]{1,8}(?:[、/|][\w\u4e00-\u9fff]{1,8})+(?=[。.;；，,]|$)")
_SPLIT = re.compile(r"\s*(?:,\s*(?:or|and)\b|,|\bor\b|\band\b|、|/|\||或|和)\s*", re.IGNORECASE)
_LEAST, _MOST_CHARACTERS = 2, 40


def choices(text: str) -> tuple[str, ...]:
    """Return the labels that a sentence lists as the only answers; none where it lists none."""
    if not _ONLY.search(text):
        return ()
    for lead in _LEAD.finditer(text):
        found = _listed(text, lead.end())
        if len(found) >= _LEAST and all(len(one) <= _MOST_CHARACTERS for one in found):
            return found
    return ()


def _listed(text: str, at: int) -> tuple[str, ...]:
    """Read the list that begins at ``at``: quoted labels side by side, or bare words up to the stop."""
    out: list[str] = []
    for start, end, label in quoted_spans(text):
        if start < at:
            continue
        if (
            re.fullmatch(r"\s*(?:,|、|，|/|\||或者?|和|以及|or|and|,\s*or|,\s*and)?\s*", text[at:start])
            is None
        ):
            break
        out.append(label)
        at = end
    if out:
        return tuple(dict.fromkeys(out))
    bare = _BARE.match(text[at:]) or _BARE_ZH.match(text[at:])
    return tuple(dict.fromkeys(one for one in _SPLIT.split(bare.group().strip()) if one)) if bare else ()
