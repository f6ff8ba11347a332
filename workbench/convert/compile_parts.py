"""Compiles rules on parts of an answer: each sentence, questions, dates, sums of money, forms of address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.counts import Length, Part
from workbench.checks.language import NAMES, Language
from workbench.checks.markup import Element, Markup
from workbench.checks.notation import Notation
from workbench.checks.phrases import Contains, NotContains
from workbench.convert.compile_bounds import bounds
from workbench.convert.compile_text import NUMBER, Demand, Shape, number, quoted_spans, unquoted

if TYPE_CHECKING:
    from workbench.checks import AnyCheck
    from workbench.contracts import SpanKind

    Found = tuple[SpanKind, str, AnyCheck | None]

_EACH_EN = re.compile(
    r"^\W*(?:(?:keep|make|limit|write|use) )?(?P<each>(?:each|every|all|the|your) )?(?:(?:short|single|"
    r"bulleted|"
    r"numbered) )?(?P<part>sentence|bullet point|bullet|list item|item|point|"
    r"paragraph)(?P<many>s)?\b(?!\s*\d)",
    re.IGNORECASE,
)
_EACH_ZH = re.compile(
    r"每(?:一)?个?(?P<part>句话?|句子|条(?!回复|回答|消息|信息|短信|评论|推文)|要点|点|段落?)"
)
_PARTS: tuple[tuple[str, Part], ...] = (
    ("sentence句", "sentence"), ("paragraph段", "paragraph"), ("bullet pointlist item条要点", "item"),
)  # fmt: skip
_NO_QUESTION = re.compile(
    r"^\W*(?:please )?(?:do not|don't|never|avoid|no) ?(?:ask(?:ing)? )?(?:any |the \w+ )?(?:follow-up |"
    r"clarifying )?questions\W*$|^\W*(?:请)?(?:不要|不得|禁止|避免|请勿)(?:向用户|向客户|主动)?(?:提问|反问|"
    r"提出?(?:任何)?问题)\W*$",
    re.IGNORECASE,
)
_ONE_QUESTION = re.compile(
    r"^\W*(?:please |only )?ask (?:only |exactly |just |at most |no more than )?(?:one|a single) question\b"
    r"(?P<at>(?: at a time| per (?:turn|message|reply))?)|"
    r"(?:每次|一次|每轮)(?:只|仅|最多)?(?:能|可以|可)?(?:只)?(?:问|提|提出)(?:一|1)个问题",
    re.IGNORECASE,
)
_IF = re.compile(r"\b(?:if|when|unless|until|where)\b|如果|若|时[,，]", re.IGNORECASE)
_MOST_MARKS = re.compile(
    rf"(?:at most|no more than|not more than|up to|only|最多|至多|不超过)(?:使用|用|出现|有|写|加)?\s*"
    rf"(?P<a>{NUMBER})\s*个?\s*(?:exclamation (?:mark|point)|感叹号)|"
    rf"感叹号(?:最多|至多|不超过|不得超过)(?:使用|用|出现)?(?P<b>{NUMBER})个",
    re.IGNORECASE,
)
_DATE = re.compile(r"\bdates?\b|日期|(?<!\w)时间格式", re.IGNORECASE)
_OF_INPUT = re.compile(r"\bin the (?:sources?|inputs?|data|context|documents?|notes?)\b", re.IGNORECASE)
_DATE_FORM = re.compile(
    r"(?<![A-Za-z])(?:(?i:YYYY)[-/.](?:MM|mm)[-/.](?i:DD)|(?:DD|dd)[-/.](?:MM|mm)[-/.](?i:YYYY|YY)(?!Y)|"
    r"(?:MM|mm)[-/.](?:DD|dd)[-/.](?i:YYYY)|(?i:YYYY)\s?年\s?(?i:MM|M)\s?月\s?(?i:DD|D)\s?日)(?![A-Za-z])"
)
_CLOCK_24 = re.compile(r"\b24[- ]?hours?\b|24\s?小时制", re.IGNORECASE)
_CLOCK_12 = re.compile(r"\b12[- ]?hour (?:clock|format|time)\b|12\s?小时制", re.IGNORECASE)
_DECIMALS = re.compile(
    rf"(?:\bwith|\bto|\buse|\bin|\bhave)\s+(?:exactly )?(?P<a>{NUMBER}) (?:decimal places?|decimals?)\b|"
    rf"保留(?:到)?(?:小数点后)?(?P<b>{NUMBER})位(?:小数)?|精确到小数点后(?P<c>{NUMBER})位",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\b(?:amounts?|prices?|sums?|costs?|fees?|currency)\b|金额|价格|费用|货币", re.IGNORECASE
)
_PERCENT = re.compile(r"\bpercent(?:age)?s?\b|百分比|百分数|百分率", re.IGNORECASE)
_NOT = r"(?:do not|don't|never|avoid|no|not|without|must not|should not|free of)"
_CONTRACTIONS = re.compile(rf"\b{_NOT}\b(?: use| using| any)*\s+contractions\b", re.IGNORECASE)
_CONTRACTED = (
    r"(?i)\b\w+(?:n['’]t|['’](?:re|ve|ll|m))\b|\b(?:it|that|there|what|who|he|she|let|here|how|where)['’]s\b|"
    r"\b(?:i|you|he|she|we|they)['’]d\b"
)
_LATEX = re.compile(
    rf"\b{_NOT}\b.{{0,40}}\blatex\b|(?:不要|不得|禁止|避免|请勿)(?:使用|用|输出)?\s*latex", re.IGNORECASE
)
_LATEX_SEEN = r"\$\$|\\\(|\\\[|\\begin\{|\\(?:frac|sqrt|times|cdot|text|sum|int|left|right)\b"
_APOLOGY = re.compile(
    rf"^\W*(?:please )?{_NOT} (?:apologi[sz]e|apologi[sz]ing|apologies)\W*$|^\W*(?:不要|不得|禁止|避免|"
    rf"请勿)道歉\W*$",
    re.IGNORECASE,
)
_APOLOGISED = r"(?i)\b(?:apolog(?:y|ies|i[sz]e[sd]?|i[sz]ing)|sorry)\b|抱歉|对不起|不好意思|致歉|道歉|歉意"
_NO_LATIN = re.compile(
    r"(?:不要|不得|禁止|避免|不能|请勿)(?:使用|出现|夹杂|混用|混入|用|包含|夹带)(?:任何)?英文(?:单词|"
    r"词汇|词语|字母|缩写)?\W*$"
)
_PRONOUN = re.compile(
    r"\b(?:use|say|refer to|address|call)\b.{0,60}?(?P<q1>[\"“])[^\"”]+[\"”].{0,14}?\b(?:never|not|"
    r"rather than|"
    r"instead of)\b(?: as| use| say)?\s*(?P<en>[\"“][^\"”]+[\"”])\W*$|"
    r"(?:用|使用|称呼?|说)[\"“「][^\"”」]+[\"”」]\W{0,2}(?:而不是|而非|不要用|不用|不要说|不得用|"
    r"禁止用|不能用|别用)"
    r"(?P<zh>[\"“「][^\"”」]+[\"”」])\W*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"(?:用|以|使用)\s*(?P<mark>【[^】\d]{1,12}】)\s*(?:的形式|的格式)?(?:来)?(?:标注|注明|标明|引用)"
)
_SUBJECT = re.compile(
    r"^\W*(?:always )?(?:include|add|write|start with|begin with) (?:a|the) subject line\b", re.IGNORECASE
)


def parts(text: str, shape: Shape) -> Found | None:
    """Read rules like: Each bullet has at most 20 words", "每句话不超过20个字"."""
    plain = unquoted(text)
    match = _EACH_EN.search(plain) or _EACH_ZH.search(plain)
    if match is None:
        return None
    alone = "many" in match.re.groupindex and not match["each"] and not match["many"]
    found = bounds(plain[match.end() :])
    if alone or found is None or found[2] not in {"words", "characters", "sentences"}:
        return None
    low, high, unit = found
    each = next(part for names, part in _PARTS if match["part"].casefold().rstrip("话子落") in names)
    if unit == "sentences" and each == "sentence":
        return None
    slug = "-".join([*(["min"] if low is not None else []), *(["max"] if high is not None else []), unit])
    check = Length(unit=unit, min=low, max=high, each=each, path=shape.path("", running=True))
    return "length", f"{slug}-a-{each}", check


def marks(text: str, shape: Shape) -> Found | None:
    """Read rules like: Ask one question at a time", "不要提问", "At most one exclamation mark"."""
    plain, path = unquoted(text), shape.path("", running=True)
    counted = _MOST_MARKS.search(plain)
    if counted is not None:
        high = number(counted["a"] or counted["b"])
        return "style", "max-exclamation", Markup(element="exclamation", max=high, path=path)
    element: Element = "question"
    if _NO_QUESTION.search(plain):
        return "style", "no-question", Markup(element=element, max=0, path=path)
    if _ONE_QUESTION.search(plain) and not _IF.search(plain):
        least = 1 if re.search(r"\bexactly\b", plain, re.IGNORECASE) else None
        return "procedure", "one-question", Markup(element=element, min=least, max=1, path=path)
    return None


def notation(text: str, shape: Shape) -> list[Found]:
    """Read rules like: Dates as YYYY-MM-DD, amounts with two decimals", "时间采用24小时制"."""
    plain, path = unquoted(text), shape.path(text, running=True)
    out: list[Found] = []
    # The form may well be quoted, so the whole text is read for it.
    form = _DATE_FORM.search(text)
    if form is not None and _DATE.search(plain) and not _OF_INPUT.search(plain):
        made = re.sub(r"[ymd]", lambda one: one.group().upper(), form.group()).replace(" ", "")
        out.append(("format", "date-form", Notation(of="date", form=made, path=path)))
    clock = "24h" if _CLOCK_24.search(plain) else "12h" if _CLOCK_12.search(plain) else None
    if clock is not None and re.search(r"\b(?:clock|format|times?|notation)\b|制", plain, re.IGNORECASE):
        out.append(("format", "clock", Notation(of="time", form=clock, path=path)))
    decimals = _DECIMALS.search(plain)
    if decimals is not None:
        n = number(next(group for group in decimals.groups() if group))
        form_of = "0." + "0" * n if n else "0"
        if _AMOUNT.search(plain):
            out.append(("format", "decimals", Notation(of="amount", form=form_of, path=path)))
        elif _PERCENT.search(plain):
            out.append(("format", "percent-decimals", Notation(of="percent", form=form_of, path=path)))
    return out


def wording(text: str, shape: Shape) -> Found | None:
    """Read rules like: No contractions", "Never apologise", "用“您”,不要用“你”"."""
    plain, path = unquoted(text), shape.path("", running=True)
    for pattern, slug, seen in (
        (_CONTRACTIONS, "no-contractions", _CONTRACTED),
        (_LATEX, "no-latex", _LATEX_SEEN),
        (_APOLOGY, "no-apology", _APOLOGISED),
        (_NO_LATIN, "no-latin-words", r"[A-Za-z]{2,}"),
    ):
        if pattern.search(plain):
            return "style", slug, NotContains(pattern=seen, path=path)
    said = [phrase for _, _, phrase in quoted_spans(text)]
    # "我" stands in "我们": nothing tells the one from the other.
    if _PRONOUN.search(text) and not any(said[-1] in one for one in said[:-1]):
        refused = said[-1]
        return "style", "not-said", NotContains(phrases=(refused,), path=path)
    bracketed = _BRACKETED.search(plain)
    if bracketed is not None:
        return "grounding", "citation-form", Contains(pattern=r"【[^】\n]{1,80}】", path=path)
    if _SUBJECT.search(plain):
        return "format", "subject-line", Contains(pattern=r"(?im)^\W*subject\b", path=path)
    return None


_EN = "|".join(n for names in NAMES.values() for n in names if n.isascii())
_ZH = "|".join(n for names in NAMES.values() for n in names if not n.isascii())
_ASKED = (
    re.compile(
        rf"\b(?:if|when|whenever|where)\b[^,.;]{{0,40}}\b(?:in|speaks?|uses?)\s+(?P<a>{_EN})\b"
        rf"[^.;]{{0,40}}?\b(?:in|use)\s+(?P<b>{_EN})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:answer|reply|respond|write)\b[^.,;]{{0,20}}\bin (?P<b>{_EN}),? (?:if|when|whenever)\b"
        rf"[^.;]{{0,40}}\b(?:in|speaks?|uses?) (?P<a>{_EN})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:用户|客户|玩家|对方|学生|读者|顾客|对话者|访客)?.{{0,4}}?(?:用|使用|以|说|讲|"
        rf"是)(?P<a>{_ZH})[^,，。;；]{{0,8}}?"
        rf"(?:时|的话|[,，])\W?.{{0,6}}?(?:用|使用|以)(?P<b>{_ZH})(?:来)?(?:回答|回复|作答|答复|输出)"
    ),
)
_NEVER = re.compile(r"\b(?:not|never|don't|unless|except)\b|不要|不得|禁止|除非", re.IGNORECASE)


def language_when(text: str, shape: Shape) -> list[Demand]:
    """Read rules like: If the user writes in French, answer in French."""
    plain = unquoted(text)
    if _NEVER.search(plain):
        return []
    plain = re.split(r"\b(?:otherwise|else)\b|否则", plain, maxsplit=1, flags=re.IGNORECASE)[0]
    out: list[Demand] = []
    for match in next((found for p in _ASKED if (found := list(p.finditer(plain)))), []):
        asked, lang = (_code(match[name]) for name in ("a", "b"))
        check = Language(lang=lang, asked=asked, path=shape.path(text, running=True))
        out.append(Demand(kind="language", slug=f"language-{lang}-when", check=check, span=(0, len(text))))
    return out


def _code(name: str) -> str:
    return next(code for code, names in NAMES.items() if name.casefold() in names)
