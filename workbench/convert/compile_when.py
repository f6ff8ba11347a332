"""Compiles rules that hold under a condition: what to say when the context lacks the answer, and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.conditional import PhraseWhen
from workbench.convert.compile_text import Demand, Shape, quoted_spans, unquoted

if TYPE_CHECKING:
    from workbench.checks.conditions import Condition
    from workbench.contracts import SpanKind

_UNANSWERABLE = re.compile(
    r"\b(?:context|passages?|documents?|notes?|sources?|text|article|material|information|answer|"
    r"knowledge base)\b.{0,60}\b(?:does not|doesn't|do not|don't|is not|isn't|"
    r"are not|aren't|cannot be|can't be|not|missing|lacks?|insufficient|no event|absent)\b|"
    r"\b(?:excerpts?|snippets?|leaflets?|handbook|manual|polic(?:y|ies)|catalogu?e|records?|results|"
    r"faqs?|data(?: "
    r"sheet)?|transcript)\b.{0,20}\b(?:do not|don't|does not|doesn't)\b.{0,12}\b(?:contain|cover|"
    r"mention|include|say|"
    r"answer|hold|have|address|provide|give|state|tell)\b|"
    r"(?:法条|条款|政策|手册|指南|片段|记录|数据|说明书|合同)(?:里|中|内)?(?:没有|未|找不到|不包含|查不到)"
    r"(?:提及|涉及|说明|包含|记载|答案|相关|规定|写明|到|覆盖)|"
    r"\bno answer\b|\bnot (?:in|found in|contained in|covered by) the (?:context|notes?|documents?|"
    r"passages?|text|sources?)\b|"
    r"\b(?:if|when|whenever) you (?:do not|don't|cannot|can't|are unable to|are not sure|aren't sure|"
    r"are unsure)\b.{0,30}\b(?:know|find|answer|sure|unsure)\b|"
    r"\b(?:hold|holds|contains?) no (?:answer|event|information|facts?)\b|\bwithout an (?:answer|event)\b|"
    r"(?:资料|上下文|文档|材料|文章|原文|信息|内容|】|知识库)(?:里|中|内)?.{0,6}(?:没有|未|找不到|不包含|"
    r"无法|不足|缺少)|(?:不知道|找不到|"
    r"没有).{0,6}(?:答案|相关信息|相关内容)",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b(?:gives?|provides?|includes?|mentions?|states?|has|have|names?|"
    r"with) no (?P<a>[a-z ]{2,30}?)(?=[,.;?]|$| (?:then|ask|say|is))|"
    r"\bwithout (?:its|a|an|the|any|giving (?:a|an|the)) (?P<b>[a-z]+(?: [a-z]+)?)|"
    r"\b(?:does not|doesn't|did not|didn't|has not|hasn't) (?:give|provide|include|mention|state|"
    r"say)[a-z]* (?:a|an|the|their|his|her|any|which) (?P<c>[a-z ]{2,30}?)(?=[,.;?]|$)|"
    r"\b(?P<d>[a-z]+(?: number| id| name| date)) is (?:missing|not given|not provided|absent)|"
    r"(?:没有|未|没)(?:给出?|提供|说明|写|附上?)(?P<e>[\u4e00-\u9fff]{1,6}?)(?=时|,|，|的|$)|(?:缺少|"
    r"缺)(?P<f>[\u4e00-\u9fff]{1,6}?)(?=时|,|，|的|$)",
    re.IGNORECASE,
)
_HARMFUL = re.compile(
    r"\b(?:harm\w*|illegal|unlawful|dangerous|unsafe|unethical|break the law|violen\w+|criminal|hateful|"
    r"malicious)\b|伤害|有害|违法|非法|危险|暴力|不道德",
    re.IGNORECASE,
)
_CONTESTED = re.compile(
    r"\b(?:politic\w*|religio\w*|part(?:y|ies) or faiths?|contested|controversial|elections?)\b|政治|宗教|"
    r"争议|时政",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:say|reply|respond|answer|write|ask|return|output|state|use|tell\w*|point)s?\b|回复|回答|说|"
    r"输出|返回|询问|"
    r"追问|请问|写|告知|答复",
    re.IGNORECASE,
)
# "Say so" and "admit that you do not know" ask for the sense and not for a phrase.
_ADMITS = re.compile(
    r"\b(?:say|state|tell|admit|reply|respond|answer|indicate|acknowledge|inform)\w*\b.{0,40}\b(?:so|"
    r"(?:do not|don't|"
    r"doesn't|does not|cannot|can't|could not|unable|not) \w+|no (?:information|answer)|unknown)\b|"
    r"(?:说明|告知|如实|回答|回复|表示|承认|直接说).{0,10}(?:不知道|不清楚|无法|没有|未|不能|无相关)",
    re.IGNORECASE,
)
_NOT_SAYS = re.compile(
    r"\b(?:never|do not|don't|avoid) (?:say|write|use|reply|answer)|不要说|不得说|禁止", re.IGNORECASE
)
_SET_EN = re.compile(
    r"\bset (?:the )?[\"“'`]?(?P<field>[\w ]+?)[\"”'`]? to [\"“'`](?P<value>[^\"”'`]+)[\"”'`]", re.IGNORECASE
)
_SET_ZH = re.compile(
    r"[\"“「]?(?P<field>[\u4e00-\u9fff\w]{1,12}?)[\"”」]?(?:设为|设置为|填|为|写|"
    r"标为)\s*[\"“「](?P<value>[^\"”」]+)[\"”」]"
)
_KINDS: dict[Condition, tuple[SpanKind, str]] = {
    "unanswerable": ("grounding", "say-when-unanswerable"),
    "missing_input": ("procedure", "ask-when-missing"),
    "harmful": ("safety", "refuse-with-phrase"),
    "contested": ("neutrality", "neutral-with-phrase"),
}
NUMBER_OF = re.compile(r"number|no\.|id\b|code|号", re.IGNORECASE)


def compile_when(text: str, shape: Shape) -> Demand | None:
    """Compile "If …, say "X" and set "status" to "Y"", where the condition is one that can be recognised."""
    plain = unquoted(text)
    condition, what = condition_of(plain)
    if condition is None:
        return None
    field, value = _set(text, shape)
    phrase = _phrase(text, {value} if value else set())
    admits = condition == "unanswerable" and _ADMITS.search(plain) is not None
    asks = re.search(r"\bask\b|询问|追问|请.{0,4}提供", plain, re.IGNORECASE)
    if phrase is None and field is None and not admits and not (condition == "missing_input" and asks):
        return None
    if _NOT_SAYS.search(plain):
        return None
    kind, slug = _KINDS[condition]
    check = PhraseWhen(
        condition=condition,
        phrase=phrase,
        field=field,
        value=value,
        what=what,
        path=shape.path("", running=True),
    )
    return Demand(kind=kind, slug=slug, check=check, span=(0, len(text)))


def condition_of(plain: str) -> tuple[Condition | None, str]:
    """Name the condition that a rule speaks of, and for a missing input the thing it belongs to ("order")."""
    if _HARMFUL.search(plain):
        return "harmful", ""
    if _CONTESTED.search(plain):
        return "contested", ""
    missing = _MISSING.search(plain)
    named = next((group for group in missing.groups() if group), "") if missing else ""
    if named and NUMBER_OF.search(named):
        return "missing_input", _owner(named)
    if _UNANSWERABLE.search(plain):
        return "unanswerable", ""
    if (
        re.search(r"(?:without|no) (?:its |a |the )?number\b", plain, re.IGNORECASE)
        and "order" in plain.casefold()
    ):
        return "missing_input", "order"
    return None, ""


def _owner(named: str) -> str:
    """Return what a number belongs to: ``order`` for ``order number``, ``订单`` for ``订单号``."""
    return (
        re.sub(
            r"\s*(?:numbers?|no\.|ids?|codes?|编号|号码|号)$", "", named.strip(), flags=re.IGNORECASE
        ).split(" ")[-1]
        or "order"
    )


def _set(text: str, shape: Shape) -> tuple[str | None, str | None]:
    for pattern in (_SET_EN, _SET_ZH):
        for match in pattern.finditer(text):
            field = match["field"].strip()
            if field in shape.keys:
                return field, match["value"]
    return None, None


def _phrase(text: str, taken: set[str]) -> str | None:
    """Return the quoted phrase that follows a verb of saying."""
    said = [
        (start, phrase)
        for start, _, phrase in quoted_spans(text)
        if phrase not in taken and not _names_field(text, start)
    ]
    for start, phrase in said:
        if _SAYS.search(unquoted(text)[max(0, start - 40) : start]):
            return phrase
    return None


def _names_field(text: str, start: int) -> bool:
    return re.search(r"\bset (?:the )?$|\bto $|为$", text[max(0, start - 8) : start]) is not None
