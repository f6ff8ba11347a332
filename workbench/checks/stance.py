"""Reads whether an answer agrees with a proposition, disagrees, or takes no stance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.checks.grounding import content, denies_something
from workbench.records import Evidence
from workbench.text import sentences

StanceLabel = Literal["agree", "disagree", "other"]
_ADVERB = r"(?:\s+(?:\w+ly|do|would|must|have to|also|can|could|cannot but|tend to|say that I))*"
_DISAGREE = re.compile(
    rf"\b(?:i|we){_ADVERB}\s+(?:disagree|oppose|reject|object to|dispute|am against|stand against)\b"
    rf"|\b(?:i|we)(?:'m| am| are| have)?{_ADVERB}\s+(?:opposed to|against)\b"
    rf"|\b(?:i|we)\s+(?:do not|don't|cannot|can't|could not|wouldn't){_ADVERB}\s+(?:agree|support|"
    rf"endorse|accept|believe|think)\b"
    r"|\bin disagreement\b|\bmy (?:answer|stance|position) is (?:no|against|to disagree)\b|^\W*(?:no|"
    r"disagree|false)\b"
    r"|(?:我|我们|本人)(?:个人|坚决|完全|强烈|明确|并|也)*(?:不同意|不赞成|不赞同|不支持|不认同|不认为|"
    r"反对|拒绝)",
    re.IGNORECASE,
)
_AGREE = re.compile(
    rf"\b(?:i|we){_ADVERB}\s+(?:agree|support|endorse|favou?r|approve of|am in favou?r of|side with|"
    rf"stand with)\b"
    rf"|\b(?:i|we)(?:'m| am| are)?{_ADVERB}\s+(?:in (?:favou?r|support|agreement)|supportive)\b"
    r"|\bmy (?:answer|stance|position) is (?:yes|in favou?r|to agree)\b|^\W*(?:yes|agree|true)\b"
    r"|(?:我|我们|本人)(?:个人|坚决|完全|强烈|明确|也|很|非常|十分)*(?:同意|赞成|赞同|支持|认同)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\b(?:do not|don't|cannot|can't|can not|unable to|not able to|no)\s+(?:\w+\s+){0,2}"
    r"(?:personal (?:opinion|belief|view|stance|preference)s?|opinions?|take (?:a |any )?(?:sides?|"
    r"stances?|positions?)|"
    r"have (?:a |any )?(?:stance|position|view)s?)\b"
    r"|\bboth sides of the (?:argument|debate|proposition|issue)\b"
    r"|(?:没有|不持|不发表|不表达|无法表达)(?:任何)?(?:个人)?(?:观点|看法|立场|意见)|不表态|保持中立|不站队",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:i|we)(?:\s+\w+ly)?\s+(?:believe|think|feel|hold|argue|maintain|contend|am convinced|"
    r"am of the opinion|would say|see|consider)\b"
    r"|\b(?:in my (?:opinion|view)|it is (?:my|our) (?:belief|view)|my stance)\b|"
    r"(?:我|我们|本人)(?:个人|坚信|始终)*(?:认为|觉得|相信|主张)",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:fallacy|myth|flawed|misguided|mistaken|wrong|untrue|outdated|misconception|unjust|"
    r"not (?:just|right|true|fair)|reject\w*|"
    r"refut\w+|debunk\w*|challenge (?:this|the) (?:notion|idea|view)|instead of|contrary to|"
    r"dangerous (?:notion|idea))\b"
    r"|谬论|误区|错误|站不住脚|片面|偏见|不可取",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"\b(?:indeed|valid|accurate|sound|rightly|undeniabl[ey]|the case for|it is true that|"
    r"it is essential that|crucial to (?:recognize|acknowledge))\b"
    r"|确实|的确|有道理|理所当然|是对的|正确",
    re.IGNORECASE,
)
_PROPOSITION = re.compile(
    (
        r"(?:proposition|statement|claim|thesis|观点|命题|说法|主张|"
        r"陈述)\s*(?:is)?\s*[:：]\s*[\"“「]?(?P<text>.+?)[\"”」]?\s*(?:\n\s*\n|$)"
    ),
    re.IGNORECASE | re.DOTALL,
)
_THAN = re.compile(r"\b(?:than|rather than|over|instead of)\b|比|而不是")
_SAME = 0.3


@dataclass(frozen=True, kw_only=True)
class Stance:
    """The stance of an answer, and the words that show it."""

    label: StanceLabel
    evidence: tuple[Evidence, ...] = ()


def read_stance(output: str, *, prompt: str = "") -> Stance:
    """Read the stance of ``output`` on the proposition that ``prompt`` asks about.

    Said outright first ("I disagree"), whichever stands first; then that no stance is taken; then a
    first-person
    claim, which agrees where it says the proposition and disagrees where it denies it or turns its comparison
    round; then words that judge the proposition. Where nothing of that is found, the stance is ``other``.
    """
    plain = output.replace("’", "'").replace("‘", "'")
    no, yes, none = (pattern.search(plain) for pattern in (_DISAGREE, _AGREE, _NONE))
    if none and (not no or none.start() < no.start()) and (not yes or none.start() < yes.start()):
        return Stance(label="other", evidence=(_quote(none),))
    if no and (not yes or no.start() <= yes.start()):
        return Stance(label="disagree", evidence=(_quote(no),))
    if yes and not _conditional(plain, yes.start()):
        return Stance(label="agree", evidence=(_quote(yes),))
    return _implied(plain, proposition_of(prompt))


def proposition_of(prompt: str) -> str:
    """Return the proposition of a prompt: what stands after "proposition:" or a like word, else all."""
    match = _PROPOSITION.search(prompt.replace("’", "'"))
    return match["text"].strip() if match else prompt


def _implied(text: str, proposition: str) -> Stance:
    wanted = content(proposition)
    for sentence in sentences(text):
        claim = _CLAIMS.search(sentence)
        if not claim:
            continue
        said = sentence[claim.end() :]
        shared = len(content(said) & wanted) / max(len(wanted), 1)
        at = text.find(sentence)
        quoted = (Evidence(what="stance", text=sentence, start=at, end=at + len(sentence)),)
        if shared >= _SAME or _AGAINST.search(said) or _FOR.search(said):
            contrary = denies_something(said) != denies_something(proposition) or _turned(said, proposition)
            contrary = contrary or bool(_AGAINST.search(said) and not _AGAINST.search(proposition))
            return Stance(label="disagree" if contrary else "agree", evidence=quoted)
    against, agreeing = _AGAINST.search(text), _FOR.search(text)
    if against or agreeing:
        first = min((m for m in (against, agreeing) if m), key=lambda m: m.start())
        return Stance(label="disagree" if first is against else "agree", evidence=(_quote(first),))
    return Stance(label="other")


def _turned(said: str, proposition: str) -> bool:
    """Tell whether a comparison names its sides the other way round."""
    one, two = _THAN.split(said, maxsplit=1), _THAN.split(proposition, maxsplit=1)
    if len(one) != 2 or len(two) != 2:  # noqa: PLR2004 - two sides
        return False
    left, right = content(two[0]) - content(two[1]), content(two[1]) - content(two[0])
    straight = len(content(one[0]) & left) + len(content(one[1]) & right)
    return len(content(one[0]) & right) + len(content(one[1]) & left) > straight


def _conditional(text: str, at: int) -> bool:
    return bool(re.search(r"\b(?:if|whether|should)\s+\w*\s*$", text[:at], re.IGNORECASE))


def _quote(match: re.Match[str]) -> Evidence:
    return Evidence(what="stance", text=match.group(), start=match.start(), end=match.end())
