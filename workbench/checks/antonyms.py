"""Knows pairs of words of opposite sense, so that a rise told as a fall is seen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.checks.grounding import stem

if TYPE_CHECKING:
    from collections.abc import Collection

_PAIRS = (
    "increase/decrease rise/fall rose/fell up/down high/low higher/lower more/less more/fewer many/few "
    "before/after first/last early/late earlier/later begin/end start/finish start/end open/close "
    "buy/sell accept/reject accept/refuse agree/disagree agree/refuse allow/forbid allow/deny "
    "approve/reject like/dislike love/hate happy/sad happy/unhappy happy/upset good/bad better/worse "
    "best/worst positive/negative strong/weak success/failure succeed/fail win/lose won/lost gain/loss "
    "profit/loss growth/decline grow/shrink improve/worsen expand/reduce include/exclude add/remove "
    "give/take give/receive send/receive borrow/lend arrive/leave come/go enter/leave remember/forget "
    "true/false right/wrong always/never all/none everyone/nobody everything/nothing with/without "
    "inside/outside indoor/outdoor above/below over/under public/private male/female man/woman boy/girl "
    "brother/sister mother/father mom/dad son/daughter husband/wife boyfriend/girlfriend uncle/aunt "
    "cheap/expensive easy/difficult easy/hard fast/slow quick/slow large/small big/small long/short "
    "old/new old/young hot/cold warm/cold day/night morning/evening today/tomorrow today/yesterday "
    "tomorrow/yesterday north/south east/west left/right near/far single/married alone/together "
    "possible/impossible able/unable likely/unlikely certain/uncertain sure/unsure confident/worried "
    "excited/nervous optimistic/pessimistic support/oppose encourage/discourage praise/criticize "
    "confirm/deny save/spend free/paid major/minor maximum/minimum exceed/below outperform/underperform "
    "strengthen/weaken optional/mandatory voluntary/mandatory permanent/temporary active/passive "
    "domestic/international local/global offer/request ask/tell ask/answer suggest/demand invite/decline "
    "interested/uninterested busy/free sick/healthy rich/poor safe/dangerous clean/dirty full/empty "
    "awake/asleep present/absent same/different similar/different simple/complex ahead/behind lack/have "
    "despite/because monthly/yearly weekly/daily annual/quarterly unique/common rare/common "
)


def opposes(word: str, known: Collection[str]) -> bool:
    """Tell whether the opposite of a stemmed word is among the stems ``known``."""
    return any(other in known for other in _opposites().get(word, ()))


@lru_cache(maxsize=1)
def _opposites() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for pair in _PAIRS.split():
        one, other = (stem(word) for word in pair.split("/"))
        out[one] = (*out.get(one, ()), other)
        out[other] = (*out.get(other, ()), one)
    return out
