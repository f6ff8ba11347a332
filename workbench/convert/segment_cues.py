"""The wording by which the parts of a prompt are told apart, in English and Chinese."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.contracts import SpanKind

# A match adds its weight to the kind; the kind with the greatest sum wins.
TEXT_CUES: tuple[tuple[SpanKind, float, str], ...] = (
    ("role", 3, (r"^(?:you are|you're|act as|i want you to act as|assume the role|imagine you are|"
                r"your name is)\b")),
    ("role", 2.5, (r"^(?:你是|您是|你现在是|请你?扮演|作为(?:一名|一个|一位)?|假设你是|你的名字|你将扮演|"
                  r"我希望你(?:扮演|充当))")),
    ("role", 2, (r"^you (?:help|work|assist|support|specialis|specializ|have (?:deep|extensive|years|"
                r"expert))|\byears of experience\b")),
    ("role", 2, (r"^(?:your (?:goal|purpose|mission|role|job|expertise|audience) (?:is|are))\b|^(?:they|"
                r"users|customers) (?:read|are|want|expect)\b")),
    ("role", 2, r"(?:擅长|精通|具备|拥有.{0,12}经验|你的(?:目标|任务|使命|职责|角色)是|善于|熟悉)"),
    ("format", 3, r"\b(?:json|xml|yaml|csv|html|markdown|latex)\b"),
    ("format", 2.5, (r"\b(?:code fence|code block|bullet(?:s|ed)?|numbered list|table|heading|headings|"
                    r"columns?|bold|italic|plain text|"
                    r"key|keys|field|fields|object|array|schema|tags?|line breaks?|links?|urls?|emojis?|"
                    r"format(?:ted)?|output format)\b")),
    ("format", 2.5, (r"(?:格式|代码块|对象|字段|键|列表|表格|标题|加粗|分点|分段|序号|链接|标签|排版|换行|"
                    r"纯文本|层级)")),
    ("format", 1.5, (r"^[\"“'`<]\w+[\"”'`>] (?:is|must be|holds|contains|should)\b|"
                     r"^[\"“]\S{1,12}[\"”](?:只能|"
                    r"必须|是|为|取值)")),
    ("format", 1.5, (r"\bexclamation marks?\b|感叹号|^(?:begin|start|end|close|finish) (?:the|your|every|"
                     r"each|"
                    r"with)\b|以.{1,20}(?:开头|结尾|结束)")),
    ("length", 4, (r"\b(?:(?:at most|at least|no more than|no fewer than|fewer than|less than|more than|"
                  r"up to|under|within|maximum of|minimum of|"
                  r"between|around|about|exactly|only|in) (?:one|a single) (?:\w+ )?(?:words?|sentences?|"
                  r"paragraphs?|lines?)\b|"
                  r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten)(?:\s?[-–to]+\s?\w+)? ?"
                  r"(?:\w+ )?(?:words?|sentences?|paragraphs?|characters?|points?|items?|lines?|bullets?|"
                  r"bullet points?))\b")),
    ("length", 3.5, (r"(?:(?:不超过|不少于|至少|至多|最多|控制在|大约|约|少于|多于|只用|"
                     r"仅用).{0,4}[\d一二三四五六七八九十百千两]+|\d+|"
                    r"[二三四五六七八九十百千两]+)(?:\s?[-~—至到]\s?\d+)?\s?(?:个)?(?:字|词|句|段|条|点|"
                    r"行)(?:话|以内|左右|之内|之间)?")),
    ("length", 2.5, (r"\b(?:concise|concisely|be brief|briefly|kept? short|keep \w+ (?:\w+ )?(?:short|"
                    r"brief)|short (?:answers?|replies|sentences|and)|succinct|lengthy|verbose|detailed|"
                    r"in detail|word count|length)\b(?! (?:list|briefing|note))|(?:简洁|简短|简明|精简|"
                    r"详细|详尽|篇幅|"
                    r"字数)(?!清楚)")),
    ("grounding", 3.5, (r"\b(?:only|solely|exclusively|strictly)\b.{0,50}\b(?:context|passages?|documents?|"
                       r"notes?|sources?|information|facts|text|article|"
                       r"material|provided|given)\b")),
    ("grounding", 3, (r"\b(?:context|passages?|documents?|notes?|sources?|text|article|material|"
                     r"information)\b.{0,40}\b(?:does not|doesn't|do not|don't|"
                     r"not (?:hold|contain|mention|say|include)|is missing|lacks?|isn't|cannot be found|"
                     r"insufficient)\b")),
    ("grounding", 3.5, (r"\b(?:context|passages?|documents?|notes?|sources?|text|"
                       r"material)\b.{0,20}\b(?:holds?|has|contains?|gives?) no\b")),
    ("grounding", 3, (r"\b(?:never|do not|don't|without|avoid|not)\b.{0,25}\b(?:invent|make (?:up|things)|"
                     r"fabricat|hallucinat|guess|speculat|assume|assumptions|"
                     r"add (?:a |any )?(?:number|fact|information|date)|outside knowledge|prior knowledge)")),
    ("grounding", 3, (r"\b(?:cite|citations?|citing|reference numbers?|footnotes?|quote the source|"
                     r"add no (?:number|fact))\b|\b(?:if|when) you (?:do not|don't) know\b")),
    ("grounding", 3.5, (r"(?:只|仅|严格)(?:能|可以)?(?:根据|依据|使用|基于|参考|从)|(?:不得|不要|禁止|"
                        r"避免|切勿|不能|不可)(?:编造|虚构|杜撰|臆测|猜测|"
                       r"捏造|添加)|"
                       r"(?:没有|未|找不到|不包含|无法从).{0,10}(?:答案|提及|信息|相关)|(?:引用|标注|"
                       r"注明)(?:来源|出处|资料)|(?:资料|上下文|文档|"
                       r"材料)(?:里|中)?(?:没有|未)")),
    ("safety", 3.5, (r"\b(?:refuse|decline|harm(?:ful)?|illegal|unlawful|dangerous|unsafe|break the law|"
                    r"off-topic|out of scope|unrelated to|personal data|"
                    r"privacy|private|confidential|reveal|disclose|system prompt|these instructions|"
                    r"internal|passwords?|sensitive|medical advice|"
                    r"legal advice|inappropriate|violen\w+|hate speech)\b")),
    ("safety", 3.5, (r"(?:拒绝|有害|违法|非法|危险|伤害|隐私|泄露|透露|保密|敏感|无关的?问题|"
                    r"超出.{0,6}范围|系统提示|提示词|内部|暴力|色情)")),
    ("neutrality", 4.5, (r"\b(?:neutral|neutrality|unbiased|impartial|bias(?:es)?|take (?:no )?sides?|"
                        r"political(?:ly)?|politics|religio\w+|objective(?:ly)?|"
                        r"personal opinions?|own opinions?|balanced|stance|even-handed)\b")),
    ("neutrality", 4.5, r"(?:中立|客观|偏见|立场|公正|政治|宗教|不偏不倚|个人观点|个人意见|表态|平衡)"),
    ("style", 3, (r"\b(?:tone|style|voice|polite|friendly|formal|informal|casual|professional|warm|"
                 r"empath\w+|humou?r\w*|playful|enthusias\w+|cheerful|calm|"
                 r"jargon|wording|vocabulary|plain (?:language|english|words)|first person|second person|"
                 r"third person|greeting|apolog\w+|exclamation marks?|"
                 r"slang|sentences short|simple language|active voice|contractions|engaging|persona|"
                 r"sound like)\b")),
    ("style", 3, (r"(?:语气|口吻|风格|礼貌|友好|亲切|正式|口语|幽默|热情|专业术语|通俗|易懂|措辞|语调|人称|"
                 r"称呼|文风|温和|感叹号|生动|委婉)")),
    ("style", 2.5, (r"\b(?:never|do not|don't|avoid) (?:say|use|mention|write|begin|start|refer)\b|"
                    r"(?:不要|避免|"
                   r"不得|禁止)(?:说|使用|出现|提及|提到)")),
    ("language", 5, (r"\b(?:in|language is|language of|language:|use|into|speak|"
                    r"write) (?:only )?(?:the )?(?:simplified |traditional |british |american )?"
                    r"(?:english|chinese|mandarin|german|french|spanish|italian|portuguese|japanese|korean|"
                    r"russian|arabic|hindi)\b|\b(?:same language|language of the (?:user|question))\b")),
    ("language", 5, (r"(?:用|使用|以|默认)(?:简体|繁体)?(?:中文|汉语|英文|英语|日语|法语|德语|"
                     r"韩语)(?:回答|回复|输出|作答|书写|交流|撰写)?|语言[:：]|"
                    r"(?:相同|一致)的?语言|(?:回答|输出)语言")),
    ("fact", 2.5, (r"\b(?:today is|current date|today's date|the date is|knowledge cut-?off|is open|"
                  r"opening hours|costs?|was founded|located (?:in|at)|"
                  r"our (?:shop|company|product|store|office)s? (?:is|are|has|have|offers?|sells?))\b|"
                  r"当前(?:日期|时间)|今天是|营业时间|成立于|位于|知识截止")),
    ("context", 3, (r"\b(?:each|every|the|a) (?:message|input|user message|request|prompt) (?:holds|"
                   r"contains|has|consists|includes|gives)\b|"
                   r"\b(?:the|a|each|every)(?: \w+){0,3} (?:context|notes|passages?|documents?|"
                   r"line)\b.{0,20} (?:is|are|holds?|contains?|comes?)\b|"
                   r"\b(?:here (?:is|are) the|below (?:is|are)|the following) (?:\w+ ){0,2}(?:context|"
                   r"passages?|documents?|notes|article|text|data|history)\b")),
    ("context", 3, (r"(?:以下是|下面是|如下)(?:.{0,6})(?:资料|上下文|文档|材料|文章|对话|内容)|(?:每条|"
                   r"输入)消息(?:包含|含有)")),
    ("example", 4, (r"^(?:example|for example|sample|input|output|q|a|user|assistant|question|"
                   r"answer)\s?\d*\s?[:：]|^(?:例如|示例|样例|输入|输出|问|答)\s?\d*\s?[:：]")),
    ("procedure", 1.5, (r"^(?:first|then|next|finally|step \d+|read|look|find|identify|analy[sz]e|check|"
                       r"determine|compare|classify|extract|summari[sz]e|"
                       r"translate|rewrite|review|take|match|consider|think|go through|follow|ask|use the|"
                       r"call|decide|choose|rate|score)\b")),
    ("procedure", 1.5, (r"^(?:首先|然后|接着|最后|第[一二三四五]步|阅读|找到|分析|判断|检查|确定|对比|提取|"
                       r"总结|翻译|改写|理解|识别|根据|按照|思考|生成|完成)")),
    ("procedure", 1.5, (r"\b(?:your task is|the task is|you will|you must|you should)\b|你(?:需要|的任务)|"
                       r"请(?:你)?(?:根据|对|将|把|帮)")),
)  # fmt: skip
HEADING_CUES: tuple[tuple[SpanKind, str], ...] = (
    ("example", r"\bexamples?\b|few-?shot|\bsamples?\b|示例|样例|例子|范例"),
    ("safety", r"safety|guardrails?|limits?\b|restrictions?|boundar|prohibit|delicate|安全|限制|禁止|边界"),
    ("grounding", (r"\bground|facts\b|sources?\b|citations?|what you may say|accuracy|truth|content|事实|"
                   r"依据|"
                  r"引用|来源")),
    ("neutrality", r"neutral|bias|中立|立场"),
    ("length", r"length|长度|篇幅|字数"),
    ("language", r"^languages?$|语言"),
    ("style", r"style|tone|voice|wording|the reply|persona|points|风格|语气|口吻|措辞"),
    ("format", r"format|output|shape|structure|layout|response|^form$|schema|格式|输出|结构"),
    ("procedure", (r"steps?|process|workflow|procedure|task|instructions?|how to|criteria|rubric|method|"
                  r"tools?|流程|步骤|任务|工作流|方法|标准|workflow|initiali[sz]ation|初始化")),
    ("role", (r"role|profile|identity|about you|who you are|persona|background of you|skills?|purpose|"
             r"audience|goals?|角色|身份|简介|技能|目标|定位|能力|人设")),
    ("context", (r"context|documents?|passages?|knowledge|data|history|notes|background|上下文|资料|背景|"
                 r"文档|知识|材料|"
                r"历史")),
    ("input", r"^(?:input|question|query|user(?: input| message| question)?|request)$|输入|问题|提问"),
    ("fact", r"company|product info|about us|information|dates?|公司|产品信息|信息"),
)  # fmt: skip
HARD_HEADINGS: frozenset[str] = frozenset({"example"})
SLOT = re.compile(
    r"\{\{?\s*(?P<name>[A-Za-z_][\w. -]{0,40})\s*\}?\}|\$\{(?P<dollar>\w+)\}|"
    r"<(?P<angle>[a-z_]+)>\s*</(?P=angle)>|\[(?:insert )?(?P<square>[A-Z_ ]{3,30})\]"
)
INPUT_NAMES = re.compile(
    r"question|query|user|request|message|input|prompt|utterance|问题|提问|输入", re.IGNORECASE
)
COMPILED_TEXT = tuple(
    (kind, weight, re.compile(pattern, re.IGNORECASE)) for kind, weight, pattern in TEXT_CUES
)
COMPILED_HEADINGS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in HEADING_CUES)
