"""Reads whether a sentence asks for what it names or forbids it: denials before, after, and of denials."""

from __future__ import annotations

import re

_REACH = 60
_DENIED = re.compile(
    r"(?:\b(?:not|never|cannot|avoid\w*|without|no|nothing|neither|nor|reject|refuse|discard|ignore)\b|"
    r"n['’]t\b)"
    r"[^.\n]{0,40}$",
    re.IGNORECASE,
)
# "Never say", "neither", "steer clear of the words".
_FORBIDDEN = re.compile(
    r"(?:(?:\b(?:do not|must not|may not|should not|shall not|not|never|cannot|without|avoid\w*|refrain|"
    r"nor|no)\b|n['’]t\b)[^.;\n]{0,25}\b(?:us(?:e|es|ing)|say\w*|mention\w*|writ(?:e|ing)|includ\w+|"
    r"contain\w*|see|find|utter\w*|employ\w*|words?|terms?|phrases?|expressions?)\b|\bneither\b|"
    r"\b(?:steer|stay|keep|remain) (?:well )?(?:clear|away|free)\b|"
    r"\b(?:ban|forbid|outlaw|omit|drop|avoid|avoiding|leave out|keep out|cut out|do without)\b)"
    r"[^.;\n]{0,20}$",
    re.IGNORECASE,
)
# "Keep … out of it".
_KEPT = re.compile(r"\b(?:keep|leave|cut|take|strike)\b[^.;\n]{0,25}$", re.IGNORECASE)
_OUT = re.compile(r"\s*(?:out|off)\b", re.IGNORECASE)
# "Don't leave it out", "do not forget to use": the two undo each other.
_UNDONE = re.compile(
    r"(?:\b(?:do not|never|not|cannot|must not|may not)\b|n['’]t\b)[^.;,\n]{0,20}\b(?:leave|leaving|miss|"
    r"skip\w*|omit\w*|forget\w*|fail|drop\w*|neglect\w*|overlook\w*|exclud\w+|without|avoid\w*)\b"
    r"[^.;\n]{0,30}$",
    re.IGNORECASE,
)
_FORBIDDEN_AFTER = re.compile(
    r"[^.;\n]{0,25}?(?:\b(?:must|may|should|shall|can) (?:not|never)\b|\bcannot\b|"
    r"\b(?:must|should|can|shall)n['’]t\b|\bcan['’]t\b|\b(?:has|have) no (?:\w+ )?(?:place|business|room)\b|"
    r"\b(?:is|are) (?:\w+ )?(?:forbidden|banned|prohibited|off[- ]limits|out of bounds|taboo|unwelcome)\b|"
    r"\bis not to\b|\bare not to\b|\b(?:stay|stays|be kept|be left) out\b)",
    re.IGNORECASE,
)
# "Anything under 200 words is too short": what is so is not to be.
_UNWANTED_AFTER = re.compile(
    r"[^.;\n]{0,25}?(?:\btoo (?:short|long|few|many|much|little|brief)\b|\b(?:not|isn['’]t) enough\b|"
    r"\b(?:be|is|are|gets?) (?:rejected|refused|discarded|returned|ignored|marked down|penali[sz]ed|"
    r"sent back|unacceptable|insufficient|forbidden|prohibited|banned)\b|"
    r"\b(?:will not|would not|won['’]t) (?:do|be accepted)\b|"
    r"\b(?:is|are|be) (?:not|never) (?:be )?(?:allowed|accepted|acceptable|permitted|wanted)\b)|"
    r"[^,，。；\n]{0,10}?(?:不(?:算)?合格|不够|不行|不可|太短|太长|太少|太多|(?:会|将)被?(?:退回|拒绝|"
    r"拒收|扣分))",
    re.IGNORECASE,
)


def denied(before: str) -> bool:
    """Tell whether a bound behind ``before`` is denied: "do not write", "nothing"."""
    return _DENIED.search(before[-_REACH:]) is not None


def forbidden(before: str, after: str) -> bool:
    """Tell whether what stands between ``before`` and ``after`` in a sentence is not to be said."""
    if _KEPT.search(before[-_REACH:]) and _OUT.match(after):
        return True
    return not undone(before) and bool(_FORBIDDEN.search(before[-_REACH:]) or _FORBIDDEN_AFTER.match(after))


def undone(before: str) -> bool:
    """Tell whether two denials in ``before`` ask for what follows: "don't leave out"."""
    return _UNDONE.search(before[-_REACH:]) is not None


def unwanted(after: str) -> bool:
    """Tell whether ``after`` says of the bound before it that what keeps it is not wanted: "is too short"."""
    return _UNWANTED_AFTER.match(after) is not None
