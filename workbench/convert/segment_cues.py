"""Scores a sentence of a prompt by its wording: how strongly it speaks of each kind of span."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.convert.lexicon import Cue, cues
from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.contracts import SpanKind

# What stands before the verb of a demand and says nothing of its kind.
_COURTESY = re.compile(
    r"^(?:[\s*_>#-]+|please|kindly|always|also|and|but|then|so|you (?:must|should|will|need to|have to|shall|"
    r"are expected to|are required to|are to)(?! (?:be|receive|see|get)\b)|remember(?: to| that)?|"
    r"make sure(?: to| that)?(?: you)?|be sure to|ensure(?: that)?(?: you)?|strictly|"
    r"it is (?:important|crucial|essential|imperative|vital) (?:to|that)(?: you)?|"
    r"(?:very )?important(?:ly)?\s?:|note\s?:|note that|"
    r"必须|请务必|请你|请|务必|一定要|你需要|你应该|你应当|你必须|你要|你会|你将|需要|需|应当|应该|应|注意[,，:：]?|"
    r"同时[,，]?|另外[,，]?|此外[,，]?|并且|并|切记[,，]?|始终|严格)[\s,，:：]*",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[a-z]{2}")
# A sentence opens with its main demand: what stands early weighs more, what stands at its end less.
_EARLY, _LATE = 0.4, 0.7
_EARLY_WEIGHT, _LATE_WEIGHT = 1.15, 0.7
# "If the text is longer than 100 words, ask": the condition says nothing of the kind, save for these.
_CONDITION = re.compile(
    r"(?:if|when|whenever|unless|should)\b[^,.;]{3,120},|(?:如果|若|当|如)[^,，。;；]{2,40}[,，]"
)
_MAIN_CLAUSE = frozenset({"length", "format", "style", "language", "fact", "role", "context"})
_FURTHER = 0.3


# Marks of Chinese typing that the lexicons write narrow; one for one, so that places stay.
_NARROW = str.maketrans("，：；！？（）“”‘’", ",:;!?()\"\"''")


def narrowed(text: str) -> str:
    """Write full-width marks narrow, and quotation marks straight; the length stays."""
    return text.translate(_NARROW)


@lru_cache(maxsize=4096)
def scores(text: str) -> Mapping[SpanKind, float]:
    """Weigh the wording of ``text`` by kind: the strongest cue, and a share of the further ones.

    Cues that stand early weigh more, since a sentence opens with its main demand.
    """
    folded = narrowed(text.lower())
    bare = without_courtesy(folded)
    condition = _CONDITION.match(bare)
    # Blanked and not cut off, so that places stay.
    main = bare if condition is None else " " * condition.end() + bare[condition.end() :]
    found: dict[SpanKind, list[float]] = defaultdict(list)
    for cue in _cues(folded):
        match = cue.find(main if cue.kind in _MAIN_CLAUSE else bare) or (
            cue.opening.match(folded) if len(bare) < len(folded) else None
        )
        if match is not None:
            found[cue.kind].append(cue.weight * _place(match.start() / len(match.string)))
    return {kind: max(hits) + _FURTHER * (sum(hits) - max(hits)) for kind, hits in found.items()}


def _place(share: float) -> float:
    if share <= _EARLY:
        return _EARLY_WEIGHT
    return _LATE_WEIGHT if share > _LATE else 1.0


def _cues(text: str) -> tuple[Cue, ...]:
    """Choose the lexicons by script; a Chinese prompt that names JSON or tags needs both."""
    chinese = cues("chinese") if has_han(text) else ()
    return (*cues("english"), *chinese) if _LATIN.search(text) else chinese


def without_courtesy(text: str) -> str:
    """Drop what stands before the verb: "Please make sure to cite" is read as "cite"."""
    while True:
        match = _COURTESY.match(text)
        if match is None or match.end() in {0, len(text)}:
            return text
        text = text[match.end() :]
