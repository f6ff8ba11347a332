"""Compiles rules on wording: how an answer begins and ends, what it says and what it never says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.ifeval import Ifeval
from workbench.checks.phrases import Contains, EndsWith, NoCharacters, NotContains, StartsWith
from workbench.convert.compile_text import NUMBER, Shape, number, quoted, unquoted

if TYPE_CHECKING:
    from workbench.checks import AnyCheck
    from workbench.contracts import SpanKind

    Found = tuple[SpanKind, str, AnyCheck | None]

_NOT = re.compile(
    r"\b(?:leave out|omit|drop|do not|don't|never|avoid|no|not|without|must not|should not|may not|cannot|"
    r"refrain from|exclude)\b|不要|不得|不能|不可|禁止|避免|切勿|请勿|别|不许|不使用|不用|不出现|不含|不加",
    re.IGNORECASE,
)
_BEGIN = re.compile(
    r"\b(?:begin|start|open)s?\b(?! of| from)|\bfirst (?:words?|sentence|line)\b.{0,30}\b(?:is|are|must be|"
    r"should be)\b|以.{0,3}[\"“「·].{0,60}(?:开头|开始|起始)|开头(?:为|是|用|必须)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:end|finish|close|conclude)s?\b|\blast (?:words?|sentence|line)\b.{0,30}\b(?:is|are|must be|"
    r"should be)\b|以.{0,3}[\"“「·].{0,60}(?:结尾|结束)|结尾(?:处)?(?:为|是|用|必须|统一|固定|请|要|都|"
    r"应|需){0,3}(?:写|说|加上|附上|使用|用|为|是)?.{0,2}[\"“「]",
    re.IGNORECASE,
)
_SAY = re.compile(
    r"\bsign off with\b|\b(?:say|include|mention|contain|use|write|add|state|insert|have)s?\b|包含|"
    r"包括|写明|注明|必须有|"
    r"带上|附上|使用|提到|说|"
    r"出现|提及",
    re.IGNORECASE,
)
_CHARACTERS = (
    (re.compile(r"exclamation (?:marks?|points?)|感叹号", re.IGNORECASE), "!", "exclamation"),
    (
        re.compile(r"\b(?:brackets|parentheses)\b|括号", re.IGNORECASE), "()[]（）", "brackets",
    ),
    (re.compile(r"question marks?|问号", re.IGNORECASE), "?", "question-mark"),
    (re.compile(r"\bcommas?\b|逗号", re.IGNORECASE), ",，、", "comma"),
    (re.compile(r"semicolons?|分号", re.IGNORECASE), ";", "semicolon"),
    (re.compile(r"quotation marks?|引号", re.IGNORECASE), '"“”「」『』', "quotation-mark"),
    (re.compile(r"\bem[- ]dash(?:es)?\b|破折号", re.IGNORECASE), "—", "dash"),
)  # fmt: skip
# "No more than one" allows one.
_SOME = re.compile(
    r"\b(?:no|not) more than\b|\bat most\b|最多|至多|不超过|过多|太多|频繁|过度|sparing|\btoo many\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:no|never|not|avoid|without)\b.{0,30}\bfirst[- ]person\b|(?:不要|不得|避免|禁止).{0,6}第一人称",
    re.IGNORECASE,
)
_FIRST_PERSON_EN = r"\b(?:I|[Ww]e|[Mm]e|[Uu]s|[Mm]y|[Oo]ur|[Mm]ine|[Oo]urs|[Mm]yself|[Oo]urselves)\b"
_COUNT_FOLLOWS = re.compile(
    rf"(?P<how>at least|at most|no more than|exactly|more than|fewer than|less than|不少于|不得少于|至少|"
    rf"最多|不超过|不得超过|超过|多于|少于)?\s*(?:出现|使用|提到|"
    rf"包含)?\s*(?P<n>{NUMBER}|once|twice)\s*"
    r"(?:times|次|遍|(?<=once)|(?<=twice))",
    re.IGNORECASE,
)
_AN_AI = re.compile(
    r"\b(?:you are|you're|being|as) an? (?:ai|artificial intelligence|language model|chatbot|bot)\b|"
    r"你是(?:一个)?(?:AI|人工智能|"
    r"机器人|语言模型)|(?:自己是|AI|人工智能)身份",
    re.IGNORECASE,
)
_AI_SAID = (
    r"(?i)\b(?:as an? (?:ai|artificial intelligence|language model)|i(?:'m| am) (?:just |only )?an? (?:ai|"
    r"artificial "
    r"intelligence|language model|chatbot|bot))\b|(?:作为|我是)(?:一个|一名|一款)?(?:AI|人工智能|语言模型|"
    r"机器人)"
)
_SOURCE = re.compile(
    r"\b(?:mention|refer(?:ring)? to|say|phrases? like|mentioning)\b.{0,40}\b(?:contexts?|documents?|"
    r"passages?|sources?|excerpts?|"
    r"provided information|knowledge base|data sheet|search results|looked (?:something|it) up|obtained)\b|"
    r"(?:提及|提到|透露|说).{0,14}(?:资料|上下文|文档|知识库|已知信息|<\w+>|数据|获取的?知识)",
    re.IGNORECASE,
)
_SOURCE_SAID = (
    r"(?i)\b(?:according to|based on|in|from) (?:the|this|these|your) "
    r"(?:provided |given |supplied |retrieved |above )?(?:contexts?|documents?|passages?|sources?|excerpts?|"
    r"information|knowledge base|data sheet|search results)\b|"
    r"(?:根据|依据|从)(?:上述|以上|已知|提供的|给定的|现有的|现有)?(?:资料|信息|上下文|文档|知识库|内容|数据)"
)
_NAMED = re.compile(
    r"\b(?:mention|discuss|talk about|refer to|promote|recommend|name|"
    r"cite)(?:ing)?\s+(?P<name>[A-Z][\w&'’-]*(?:\s+[A-Z][\w&'’-]*)*)"
)


def starts(text: str, shape: Shape) -> Found | None:
    """Read rules like: Begin the reply with "X"."""
    phrases = quoted(text)
    if not phrases or not _BEGIN.search(unquoted(text)):
        return None
    if _NOT.search(_before(text, _BEGIN)):
        pattern = r"(?i)\A\W*(?:" + "|".join(re.escape(one) for one in phrases) + ")"
        return "style", "no-opening", NotContains(pattern=pattern, path=shape.path(text, running=True))
    if len(phrases) != 1:
        return None
    return "format", "opening", StartsWith(phrase=phrases[0], path=shape.path(text, running=True))


def ends(text: str, shape: Shape) -> Found | None:
    """Read rules like: End every reply with "X"."""
    plain = unquoted(text)
    if _END.search(plain) and re.search(
        r"\b(?:with|by) (?:a|one|another) question\b|以.{0,4}问(?:句|题)(?:结尾|结束)|结尾(?:处)?(?:提|"
        r"问|抛出|留)(?:出|下)?一?个问题",
        plain,
    ):
        path = shape.path(text, running=True)
        if _NOT.search(_before(text, _END)):
            return "style", "no-closing-question", NotContains(pattern=r"[?？]\W*\Z", path=path)
        return "format", "closing-question", EndsWith(phrase="?", path=path)
    phrases = quoted(text)
    if len(phrases) != 1 or not _END.search(plain) or _NOT.search(_before(text, _END)):
        return None
    return "format", "closing", EndsWith(phrase=phrases[0], path=shape.path(text, running=True))


def characters(text: str, shape: Shape) -> Found | None:
    """Read rules like: Do not use exclamation marks."""
    plain = unquoted(text)
    named = [(signs, name) for pattern, signs, name in _CHARACTERS if pattern.search(plain)]
    if not named or not _NOT.search(plain) or _SOME.search(plain):
        return None
    signs = "".join(one for one, _ in named)
    slug = "no-" + "-or-".join(name for _, name in named)
    return "style", slug, NoCharacters(characters=signs, path=shape.path(text, running=False))


def impersonal(text: str, shape: Shape) -> Found | None:
    """Read rules like: No first person."""
    if not _FIRST_PERSON.search(unquoted(text)):
        return None
    pattern = f"{_FIRST_PERSON_EN}|我们|我"
    return "style", "no-first-person", NotContains(pattern=pattern, path=shape.path("", running=True))


def phrases(text: str, shape: Shape) -> Found | None:
    """Read rules like: Never say "X"" and "Include the words "X"."""
    found = tuple(quoted(text))
    plain = unquoted(text)
    # A note on a field ("`date`: …") names it and asks for no phrase.
    if (
        not found
        or not _SAY.search(plain)
        or (found[0] in shape.keys and re.match(r"\W{0,3}[\w·]+\W?\s*[:：]", plain))
    ):
        return None
    path = shape.path(plain, running=False)
    counted = _COUNT_FOLLOWS.search(plain)
    if counted is not None:
        return _counted(found, counted, denied=_NOT.search(plain[: counted.start()]) is not None)
    if _NOT.search(plain):
        # One character of a list ("“最”“第一”等词") stands in too many other words.
        longer = tuple(one for one in found if len(one) > 1)
        found = longer or found
        return "style", "avoid-phrases", NotContains(phrases=found, path=path)
    either = re.search(r"[\"”」] or [\"“「]|one of|any of|或|之一", text) is not None
    return "style", "include-phrases", Contains(phrases=found, any=either and len(found) > 1, path=path)


def unmentioned(text: str, shape: Shape) -> Found | None:
    """Read rules like: Never mention that you are an AI", "… the context", "… Acme Corp"."""
    plain = unquoted(text)
    if not _NOT.search(plain):
        return None
    path = shape.path("", running=True)
    if _AN_AI.search(plain):
        return "style", "no-ai-talk", NotContains(pattern=_AI_SAID, path=path)
    if _SOURCE.search(plain) and _NOT.search(_before(text, _SOURCE)):
        return "style", "hide-source", NotContains(pattern=_SOURCE_SAID, path=path)
    named = _NAMED.search(plain)
    if named is not None and _NOT.search(plain[: named.start()]):
        return "safety", "not-mentioned", NotContains(phrases=(named["name"],), path=path)
    return None


def _counted(found: tuple[str, ...], match: re.Match[str], *, denied: bool) -> Found | None:
    """Compile "the word X at least twice"; IFEval's check counts one word, in any language."""
    n = {"once": 1, "twice": 2}.get(match["n"].casefold()) or number(match["n"])
    how = (match["how"] or "").casefold()
    if len(found) != 1 or how == "exactly" or (denied and not how):
        return None
    more, less = how in {"more than", "超过", "多于"}, how in {"fewer than", "less than", "少于"}
    if how in {"at most", "no more than", "最多", "不超过", "不得超过"} or (more and denied):
        relation, bound = "less than", n + 1
    elif less and not denied:
        relation, bound = "less than", n
    else:
        relation, bound = "at least", n + (more and not denied)
    arguments = {"relation": relation, "keyword": found[0], "frequency": bound}
    return "style", "count-words", Ifeval(instruction="keywords:frequency", arguments=arguments)


def _before(text: str, pattern: re.Pattern[str]) -> str:
    match = pattern.search(unquoted(text))
    return text[: match.start()][-25:] if match else ""
