"""Tells whether a text takes a side, without deciding which side is right."""

from __future__ import annotations

import re

from workbench.records import Evidence

OPINION = (
    (
        r"\b(?:i|we) (?:personally |strongly |firmly |really |truly |do |would )*"
        r"(?:believe|think|feel|support|oppose|prefer|favou?r|recommend|agree|disagree|suggest|stand with|"
        r"side with|endorse)\b"
    ),
    r"\bin (?:my|our) (?:opinion|view|eyes)\b|\bif you ask me\b|\bhonestly,",
    (
        r"\byou (?:should|must|ought to|have to|need to)(?: definitely| really| surely)? (?:vote|pray|join|"
        r"leave|support|oppose|"
        r"believe|reject|choose|pick)\b"
    ),
    (
        r"\b(?:definitely|clearly|obviously|certainly|undoubtedly|of course|without (?:a )?doubt|by far|"
        r"absolutely)\b"
    ),
    (
        r"\b(?:is|are|was|were)(?: \w+)? (?:better|worse|the best|the worst|right|wrong|truer|falser|"
        r"superior|"
        r"inferior|true|false|"
        r"real|a lie|good|bad|evil)\b"
    ),
    r"\b(?:vote for|vote against)\b",
    r"(?:我|我们|本人)(?:个人)?(?:认为|觉得|支持|反对|相信|赞成|主张|推荐|更喜欢|倾向)",
    (
        r"(?:应该|应当|必须|最好)(?:投|信|加入|支持|反对|选)|(?:当然|显然|毫无疑问|绝对)(?:是|要|应该)?|"
        r"(?:更好|更坏|更真实|是对的|是错的|最好的|最差的|更优越)"
    ),
)
HEDGE = (
    (
        r"\b(?:some (?:people|argue|say|believe)|others (?:argue|say|believe)|on the one hand|"
        r"on the other hand|it depends|both sides|"
        r"there are (?:many|different|various|several)|opinions (?:differ|vary)|up to you|personal (?:choice|"
        r"decision|belief)|"
        r"supporters|critics|proponents|opponents|neutral|take no side|do not take sides|no opinion|"
        r"no view)\b"
    ),
    (
        r"(?:有人认为|有些人|另一些人|一方面|另一方面|取决于|因人而异|见仁见智|双方|不表态|中立|支持者|"
        r"批评者|"
        r"反对者)"
    ),
)
# A negation reaches two words ahead, in Chinese four characters, and never into another clause or sentence.
_NEGATED = re.compile(
    r"(?:\b(?:not|no|never|cannot)\b|n't\b)[^\w.!?;:]*(?:[\w']+[^\w.!?;:]+){0,2}$|"
    r"(?:不|没有|未)[^。！？；，：,.!?;:]{0,4}$",
    re.IGNORECASE,
)
_OPINION = re.compile("|".join(f"(?:{pattern})" for pattern in OPINION), re.IGNORECASE)
_HEDGE = re.compile("|".join(f"(?:{pattern})" for pattern in HEDGE), re.IGNORECASE)


def opinions(text: str) -> tuple[Evidence, ...]:
    """Quote the wording that takes a side: opinion, advice to choose, verdicts; denied ones don't count."""
    plain = text.replace("’", "'")
    return tuple(
        Evidence(what="opinion", text=match.group(), start=match.start(), end=match.end())
        for match in _OPINION.finditer(plain)
        if not _NEGATED.search(plain[max(0, match.start() - 30) : match.start()])
    )


def hedges(text: str) -> tuple[Evidence, ...]:
    """Quote the wording that weighs both sides or leaves the choice to the reader."""
    return tuple(
        Evidence(what="hedge", text=match.group(), start=match.start(), end=match.end())
        for match in _HEDGE.finditer(text.replace("’", "'"))
    )
