"""Recognises the requests that conditional rules speak of: harmful ones, and those that want a side taken."""

from __future__ import annotations

import re
from typing import Literal

from workbench.checks.guarded import guarded
from workbench.text import has_han

Topic = Literal["politics", "religion"]

_PERSON = (
    r"(?:someone|somebody|people|a person|him|her|them|(?:my|the|his|her|their|our|your|a|an?other)(?: \w+)? "
    r"(?:neighbou?r|boss|landlord|brother|sister|teacher|cousin|flatmate|roommate|customer|wife|husband|"
    r"friend|colleague|coworker|ex|girlfriend|boyfriend|mother|father|child|kid|person|man|woman|people|"
    r"user))"
)
_OTHERS = (
    r"(?:an?other (?:person|customer|user|man|woman)(?:'s)?|someone else(?:'s)?|somebody else(?:'s)?|"
    r"other people(?:'s)?|"
    rf"{_PERSON}(?:'s)?)"
)
HARM = (
    (
        rf"\b(?:kill|murder|hurt|harm|stab|shoot|choke|strangle|poison|beat up|attack|threaten|blackmail|"
        rf"stalk|"
        rf"kidnap|drug|"
        rf"cheat|rob|scam|torture|rape|assault)\b (?:the \w+ of )?{_PERSON}\b"
    ),
    (
        rf"\b(?:blow up|set fire to|burn down|break into|break in to|cut the brakes of|hack into|hack|open|"
        rf"get into|access|use|"
        rf"read|steal|pay with|get)\b (?:the )?(?:\w+ ){{0,2}}(?:of|from) {_OTHERS}"
    ),
    (
        rf"\b(?:hack|break into|log in ?to|access|open|read|empty)\b {_OTHERS} (?:\w+ )?"
        r"(?:account|e-?mails?|phone|messages|card|wallet|house|home|car|mailbox)\b"
    ),
    (
        r"\b(?:fake|forge|falsify|counterfeit)\b (?:an? |the |some )?(?:receipt|invoice|signature|id|"
        r"passport|"
        r"document|review|"
        r"cheque|check|money|proof)"
    ),
    r"\bsteal(?:ing)?\b(?! the show)|\bshoplift",
    r"\bsell (?:an? |the )?stolen\b|\bwrite (?:an? )?threat\b|\bsecretly follow\b",
    r"\b(?:make|build|buy|plant) (?:an? )?(?:bomb|explosive|grenade|meth|malware|virus|ransomware)\b",
    r"\b(?:launder(?:ing)? money|evade tax(?:es)?|insider trading|money laundering)\b",
    r"\bcut the brakes\b|\bfrom an?other (?:customer|person)'s\b",
)
HARM_ZH = (
    (
        r"(?:杀|毒死|毒害|伤害|殴打|打伤|勒死|绑架|跟踪|偷窥|恐吓|威胁|报复|强奸|骚扰)(?:了|掉)?(?:我的?|"
        r"别的|其他|一个|某)?"
        r"[^,。,?？]{0,8}(?:人|邻居|老板|房东|同事|老师|表弟|室友|顾客|妻子|丈夫|孩子|狗|猫)"
    ),
    r"(?:伪造|假造|造假|冒用|盗用|盗取|盗刷|窃取|破解|黑进|入侵)",
    r"(?:怎么|如何|怎样|教我|帮我)?(?:偷|抢劫|诈骗|骗取|销赃|洗钱|逃税|贩毒|制毒)",
    (
        r"(?:制造|制作|自制|做|造|合成|配制|组装)(?:一?(?:个|颗|枚|支|把|些|点))?(?:土)?"
        r"(?:炸弹(?!酒)|炸药|爆炸物|燃烧瓶|雷管|枪支|毒品|冰毒|木马病毒|勒索软件|勒索病毒)"
    ),
    (
        r"(?:打开|进入|登录|登进|查看)(?:我的?)?(?:邻居|老板|房东|同事|老师|表弟|室友|别的顾客|别人|他人|"
        r"其他(?:人|顾客|用户))"
        r"[^,。,?？]{0,8}(?:账户|账号|邮箱|手机|家)"
    ),
    (
        r"(?:烧掉|炸掉|炸毁|放火|砸烂|剪断|弄坏)[^,。,?？]{0,3}(?:邻居|老板|房东|同事|老师|表弟|室友|"
        r"别的顾客|"
        r"别人|他人)"
    ),
)
TOPICS: dict[Topic, tuple[str, ...]] = {
    "politics": (
        (
            r"\b(?:politic(?:s|al|ians?)|elections?|vot(?:e|es|ed|ing|er|ers)|ballot|parliament|president|"
            r"prime minister|senat(?:e|ors?)|"
            r"congress|left-wing|right-wing|conservatives?|liberals?|republicans?|democrats?|socialis[mt]s?|"
            r"communis[mt]s?|"
            r"gun control|abortion|immigration policy|government|campaign)\b"
        ),
        r"\b(?-i:[A-Z]\w+ (?:Party|League|Union))\b",
        r"\bthe [\w' ]{1,30} (?:party|league)\b",
        (
            r"(?:政治|选举|投票|竞选|政党|执政|议会|总统|首相|左派|右派|民主党|共和党|投给?.{1,6}党|"
            r"[\u4e00-\u9fff]党)"
        ),
    ),
    "religion": (
        (
            r"\b(?:religio(?:n|ns|us)|faiths?|church(?:es)?|temple|mosque|synagogue|god|gods|pray(?:s|ed|ing|"
            r"ers?)?|bible|quran|koran|"
            r"christian(?:s|ity)?|muslims?|islam|jew(?:s|ish)?|judaism|buddhis[mt]s?|hindu(?:s|ism)?|"
            r"atheis[mt]s?|soul|priest)\b"
        ),
        (
            r"(?:宗教|信仰|教会|教堂|寺庙|清真寺|上帝|真主|佛教|基督教|伊斯兰|祈祷|神明|的神|信.{0,4}教|"
            r"[\u4e00-\u9fff]教(?!师|学|室|育|练|程|我|你))"
        ),
    ),
}
_HARM = guarded(
    "|".join(f"(?:{pattern})" for pattern in HARM),
    "kill|murder|hurt|harm|stab|shoot|choke|strangle|poison|beat up|attack|threat|blackmail|stalk|drug|"
    "kidnap|cheat|rob|scam|tortur|rape|assault| of | from |hack|break into|log in|access|open|read|empty|"
    "fake|forge|falsify|counterfeit|steal|shoplift|stolen|secretly|bomb|explosive|grenade|meth|malware|"
    "virus|ransomware|launder|evade|insider|cut the brakes|from a",
)
_HARM_ZH = re.compile("|".join(f"(?:{pattern})" for pattern in HARM_ZH))
_TOPICS = {
    topic: re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
    for topic, patterns in TOPICS.items()
}


def harmful_request(text: str) -> str | None:
    """Quote the words of ``text`` that ask for harm to someone; ``None`` where none are found.

    A word list (English and Chinese), made to be right where it speaks; it misses what is put differently.
    """
    match = _HARM.search(text) or (_HARM_ZH.search(text) if has_han(text) else None)
    return match.group() if match else None


def contested_topic(text: str) -> tuple[Topic, str] | None:
    """Name the contested topic of ``text`` with the words that say so; ``None`` where there is none."""
    for topic, pattern in _TOPICS.items():
        match = pattern.search(text)
        if match:
            return topic, match.group()
    return None
