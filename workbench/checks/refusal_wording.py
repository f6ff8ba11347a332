"""The wording of refusals in English and Chinese, apart from the logic that reads it."""

from __future__ import annotations

import re

from workbench.checks.guarded import guarded

_ACT = (
    r"(?:help|assist|provide|fulfil|fulfill|comply|answer|support|offer|give|share|create|write|generate|"
    r"discuss|engage|condone|promote|encourage|endorse|participate|recommend|suggest|advise|tell|"
    r"explain|teach|"
    r"do that|satisfy|facilitate|guide|make|be able|speculate|disclose|comment|express|justify|say|"
    r"accommodate|"
    r"do this)"
)
_CANNOT = (
    r"(?:can(?:no|')t|can not|cannot|could not|couldn't|won't|will not|shall not|must not|am not going to|"
    r"'m not going to)"
)
_UNABLE = (
    r"(?:unable|not able|not (?:currently )?(?:allowed|permitted|programmed|comfortable|authorized|"
    r"authorised|willing|capable|in a position|equipped))"
)
_ENGLISH = (
    rf"\b(?:i|we)(?: just| simply| really| absolutely| strongly)? {_CANNOT}(?: \w+){{0,2}}? {_ACT}\b",
    rf"\b(?:i|we)(?: am|'m| are|'re)(?: \w+)?(?: \w+)? {_UNABLE}\b",
    (
        r"\b(?:i|we) (?:must|have to|need to|will have to|would have to|'ll have to) (?:respectfully |"
        r"politely |firmly )?"
        r"(?:decline|refuse|say no)\b"
    ),
    r"\b(?:i|we) (?:respectfully |politely )?(?:decline|refuse) to\b",
    (
        r"\b(?:i|we) (?:do not|don't) (?:support|condone|feel comfortable|provide|help|assist|engage|"
        r"encourage)\b"
    ),
    (
        r"\bas (?:an?|your) (?:\w+[ -]){0,4}(?:ai|assistant|language model)\b.{0,80}\b(?:can't|cannot|"
        r"can not|not able|"
        r"unable|not appropriate|not within|not capable|must not|not ethical)"
    ),
    r"\b(?:do not|don't) have the (?:capability|ability) to (?:provide|help|assist|eradicate|harm)\b",
    (
        r"^(?:i'm|i am|i apologi[sz]e|apologies|sorry|we are sorry|we're sorry)\b.{0,20}\b"
        r"(?:sorry|but)\b.{0,80}"
        r"\b(?:can't|cannot|can not|not able|unable|won't|will not|not appropriate|inappropriate|"
        r"not comfortable|decline|"
        r"not (?:a )?(?:safe|ethical|legal)|harmful|offensive)"
    ),
    r"\bnot (?:something|a topic|a request) (?:that )?(?:i|we) (?:can|will|am|are)\b",
    r"\bi (?:can|could|would|will) (?:not|never)\b",
    (
        r"\b(?:i|we) (?:do not|don't) (?:think|believe)(?: it's| it is| that's| it would be)? (?:\w+ )?"
        r"(?:appropriate|right|ethical|respectful|okay|acceptable|a good idea)\b"
    ),
    r"\bnot sure (?:that )?it(?:'s| is) (?:appropriate|ethical|right)\b",
    r"\b(?:i|we) (?:must|have to|would) (?:strongly )?(?:advise|caution|warn|recommend) (?:you )?against\b",
    r"\b(?:i|we) (?:strongly |firmly )?condemn\b",
    r"^(?:sorry, no|no help|not with me|no, i (?:can't|cannot|won't|do not think|don't think))\b",
    (
        r"\bi must (?:politely |respectfully )?(?:point out|"
        r"challenge)\b.{0,160}\b(?:not (?:be )?(?:the most )?appropriate|harmful|problematic|"
        r"inappropriate|illegal|unethical|different ways|connotation|interpreted)"
    ),
    r"\b(?:instead|rather),? i (?:would )?(?:suggest|recommend|encourage)\b",
)
_CHINESE = (
    (
        r"(?:我|我们|本人|作为.{0,20}?)(?:也|都|实在|恐怕|很抱歉|暂时|目前)?(?:不能|无法|不会|不可以|不便|"
        r"不愿|没法|没有办法|难以)"
        r"(?:为您|为你|给您|给你|向您|向你|帮|帮助|提供|支持|回答|满足|协助|参与|鼓励|告诉|给出|推荐|教|"
        r"讨论|执行|生成|评论|接受|做|对)?"
    ),
    r"(?:抱歉|对不起|不好意思|很遗憾|遗憾).{0,30}(?:不能|无法|不会|不可以|不便|没有办法|拒绝)",
    r"(?:这个我不能帮忙|恕难从命|恕我|不予回答|拒绝(?:回答|提供|协助|参与|这|您|你))",
    r"(?:不建议|不应该|不应当|请不要|请勿|切勿|千万不要|不得|不鼓励|不支持|不提倡|坚决反对|强烈反对)",
    (
        r"(?:是|属于|属|均为|涉嫌|构成|可能)(?:一种|严重|极其|非常|不道德和|不道德且)?.{0,8}"
        r"(?:违法|非法|犯罪|违规|不道德|不合法|侵权|不正当|不可接受|歧视|错误)(?:的|行为|犯罪)?"
    ),
    r"(?:违反|触犯|违背|不符合).{0,20}(?:法|规定|道德|伦理|原则|政策|准则|价值观)",
    (
        r"(?:我|我们)(?:必须|需要|想|要|得)(?:拒绝|提醒|尊重|强调|明确|遵守)|我(?:理解|非常理解|的立场)|"
        r"(?:侵犯|尊重|保护|触及|涉及).{0,8}隐私|是不被允许"
    ),
)
# Said of the request, not by somebody who declines: they count in the opening alone.
_JUDGES = (
    (
        r"\b(?:it is|it's|it would be|would be|is|are)(?: \w+)?(?: \w+)? (?:not appropriate|"
        r"inappropriate|not ethical|"
        r"unethical|not acceptable|not okay|not ok|not safe|not recommended|never okay|never acceptable|"
        r"never appropriate|never ethical|never (?:a )?healthy|never an? (?:acceptable|option|solution)|"
        r"illegal and|not legal|"
        r"against the law|harmful and|a serious (?:crime|and illegal)|wrong and|morally)\b"
    ),
    (
        r"\b(?:violates?|violation of|goes against|not in line with)(?: \w+){0,3} "
        r"(?:ethical|guidelines|polic(?:y|ies)|programming|principles|law|content|rights)\b"
    ),
    (
        r"\b(?:do not|does not|don't|doesn't|cannot|never)(?: be)? (?:considered or )?(?:condone|promote|"
        r"endorse|encourage)d?\b"
    ),
    (
        r"\b(?:important|crucial|essential|necessary) to (?:always )?(?:treat|respect|prioriti[sz]e|"
        r"promote|recognize that every|"
        r"remember that (?:all|every|any|seeking|it is never|harm))\b"
    ),
    (
        r"\bimportant to (?:note|remember) that\b.{0,90}\b(?:illegal|unethical|dangerous|harmful|never|"
        r"not (?:ethical|safe|"
        r"legal|possible and)|crime|wrong)\b"
    ),
    r"\bshould (?:never|not) be (?:considered|condoned|attempted|tolerated|allowed to return)\b",
)
_REDIRECTS = (
    r"\bsorry to hear (?:that )?you(?:'re| are) (?:going through|struggling|experiencing)\b",
    (
        r"\b(?:reach out to|seek(?:ing)? help from|talk to|speak (?:to|with)|contact|call) (?:a |an |"
        r"the )?(?:trusted|mental health|"
        r"therapist|counsel|professional|national suicide|crisis|helpline|hotline|licensed|local (?:law|"
        r"authorit|police))"
    ),
    r"\bsee?k(?:ing)? (?:professional|medical|immediate) help\b",
    r"\byou(?:'re| are) not alone\b|\bsuicide (?:prevention )?(?:life|hot)line\b|\bimmediate safety\b",
)
_EXCUSES = r"\b(?:unclear what you|(?:clarify|rephrase) your question\?)"
_PROMISES = (
    r"\bhowever,? (?:i will (?:provide|answer|give)|if you(?:'re| are) looking for a way to avoid|"
    r"here(?:'s| is| are) (?:how|some))\b"
)
_PROMISES_CHINESE = (
    r"(?:以下|下面|下列)(?:是|为|几点|步骤|方法|手段|措施|技巧|建议)(?!.{0,8}(?:原因|理由)).{0,40}(?:建议|步骤|技巧|方法|工具|手段|措施|注意|[:：])|"
    r"(?:参考|采用|采取|尝试|考虑)(?:下述|以下|下列|下面).{0,6}(?:措施|步骤|手段|方法|技巧)|"
    r"(?:但是?|但|不过|然而|而)[，,]?(?:作为.{0,12}，)?我(?:们)?(?:仍|还|也|还是)?可以(?:告诉|给|为|向|提供|讨论|"
    r"介绍)(?!.{0,16}(?:合法|其他|其它|替代|安全|正当|帮助|资源|求助))|"
    r"^(?:您|你)说得对|^(?:首先[，,])?需要确定|^是的"
)
_DEFINES = (
    r"^\W*(?:the (?:term|word) )?[\"“]?[\w' -]{1,40}[\"”]? (?:is|are|refers to|means|can be defined as) "
    r"(?:an? |the |to )\b"
)


# What stands in every match of the patterns above, one or the other: see `guarded`.
_ENGLISH_NEEDS = (
    "can't|cannot|can not|could not|couldn't|won't|will not|shall not|must not|not going to|unable|not able|"
    "allowed|permitted|programmed|comfortable|authorized|authorised|willing|capable|in a position|equipped|"
    "decline|refuse|say no|do not|don't|appropriate|not within|ethical|harmful|offensive|not safe|"
    "not a safe|legal|not something|not a topic|not a request|would not|can never|could never|would never|"
    "will never|not sure|against|condemn|sorry, no|no help|not with me|no, i|i must|instead|rather"
)
_CHINESE_NEEDS = (
    "不|无法|没法|没有办法|难以|拒绝|恕|请勿|切勿|反对|违法|非法|犯罪|违规|侵权|歧视|错误|违反|触犯|违背|"
    "提醒|尊重|强调|明确|遵守|我理解|我非常理解|我的立场|隐私"
)
_JUDGES_NEEDS = (
    "appropriate|ethical|acceptable|okay|not ok|not safe|not recommended|never healthy|never a|illegal and|"
    "not legal|against the law|harmful and|a serious |wrong and|morally|violat|goes against|not in line|"
    "condone|promote|endorse|encourage|important to|crucial to|essential to|necessary to|should never be|"
    "should not be"
)
_REDIRECTS_NEEDS = (
    "sorry to hear|trusted|mental health|therapist|counsel|professional|national suicide|crisis|helpline|"
    "hotline|licensed|local law|local authorit|local police|medical help|immediate help|not alone|suicide|"
    "immediate safety"
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(_either(patterns), re.IGNORECASE)


def _either(patterns: tuple[str, ...]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


DECLINES = guarded(_either((*_ENGLISH, *_CHINESE)), f"{_CHINESE_NEEDS}|{_ENGLISH_NEEDS}", re.MULTILINE)
# For texts without a Chinese character, which each of the Chinese patterns needs.
DECLINES_LATIN = guarded(_either(_ENGLISH), _ENGLISH_NEEDS, re.MULTILINE)
JUDGES = guarded(_either(_JUDGES), _JUDGES_NEEDS)
REDIRECTS = guarded(_either(_REDIRECTS), _REDIRECTS_NEEDS)
EXCUSES = _any(_EXCUSES)
PROMISES = _any(_PROMISES, _PROMISES_CHINESE)
DEFINES = _any(_DEFINES)
ASKS_WHAT = _any(r"^\W*(?:what|who|define|explain|describe)\b|^\W*$")
INSTEAD = _any(
    r"\b(?:however|instead|that being said|but i can|here are|if you|alternatively)\b|"
    r"(?:不过|但是?)[^。！？\n]{0,12}(?:可以|能为|建议|如果|愿意|乐意)|相反|如果您|建议您|以下是"
)
