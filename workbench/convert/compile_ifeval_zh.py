"""Reads the instruction kinds of IFEval out of Chinese prompts, as compile_ifeval does out of English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.convert.compile_lengths import Instruction
from workbench.convert.compile_polarity import unwanted
from workbench.convert.compile_text import NUMBER, number
from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Iterator

_N = rf"(?P<n>{NUMBER})"
_GAP = r"[^。！？!?;；\n]"
_LEAST = r"至少|最少|起码|不少于|不低于|不得少于|不能少于|不应少于|多于|超过"
_MOST = r"最多|至多|不超过|不得超过|不能超过|不多于|不得多于|少于|低于|不到|不足"
_HOW = rf"(?P<how>{_LEAST}|{_MOST}|恰好|正好|刚好|必须有|要有|有|用|含|包含|出现|控制在|限制在)?"
_AFTER = r"(?P<after>以上|及以上|以下|以内|之内|或更多|或以上|或更少)?"
_NOT = r"(?:不要|不得|不能|不可|不可以|禁止|避免|切勿|请勿|勿|别|不许|不允许|不使用|不用|不含|没有|严禁|杜绝)"
_QUOTE = "[\"'“”‘’「」]"
_WORDS = rf"{_QUOTE}([^\"'“”‘’「」\n]{{1,40}}){_QUOTE}"
_LIST = r"(?P<list>[A-Za-z\"'“”‘’「」][\w \"'“”‘’「」、,，/和与及或-]{0,160})"
_CODED = (
    "中文 zh 汉语 zh 德语 de 德文 de 法语 fr 法文 fr 日语 ja 日文 ja 韩语 ko 韩文 ko 俄语 ru "
    "西班牙语 es 意大利语 it 葡萄牙语 pt 阿拉伯语 ar 印地语 hi 泰语 th 越南语 vi 波斯语 fa "
    "芬兰语 fi 瑞典语 sv 孟加拉语 bn 乌尔都语 ur 旁遮普语 pa 古吉拉特语 gu 泰米尔语 ta "
    "泰卢固语 te 卡纳达语 kn 马拉地语 mr 尼泊尔语 ne 斯瓦希里语 sw 保加利亚语 bg 希伯来语 he "
    "土耳其语 tr 荷兰语 nl 波兰语 pl"
)
_NAMED = dict(re.findall(r"(\S+) (\S+)", _CODED))
_SIMPLE = {
    "punctuation:no_comma": (
        rf"{_NOT}{_GAP}{{0,12}}逗号|逗号{_GAP}{{0,8}}(?:不能|不得|不要|不许|禁止|都不)|(?:不含|无|没有)逗号"
    ),
    "detectable_format:title": (
        rf"标题{_GAP}{{0,20}}(?:<<|双尖括号|双角括号|双尖角括号)|(?:<<|双尖括号|双角括号){_GAP}{{0,20}}标题"
    ),
    "startend:quotation": (
        rf"(?:用|以|放在|置于){_GAP}{{0,6}}双引号{_GAP}{{0,6}}(?:括|包|围|里|内|中|引)|"
        rf"双引号{_GAP}{{0,4}}(?:括|包|围)|"
        rf"以双引号开头{_GAP}{{0,8}}双引号(?:结尾|结束)"
    ),
    "detectable_format:json_format": (
        rf"(?:用|以|按|按照|写成|使用|采用|输出|返回|转成|格式为|必须是|"
        rf"是){_GAP}{{0,8}}json(?:\s?(?:格式|形式|对象|字符串|块))?"
    ),
    "combination:two_responses": (
        rf"(?:两|二|2)\s?(?:个|种|份|条){_GAP}{{0,8}}(?:回答|答案|回复|版本|答复|"
        rf"响应){_GAP}{{0,20}}(?:\*{{6}}|六个星号|6个星号)"
    ),
    "change_case:english_capital": (
        rf"(?:全部|全文|全|都|所有字母|所有英文|一律|只|仅){_GAP}{{0,8}}大写|{_NOT}{_GAP}{{0,8}}小写"
    ),
    "change_case:english_lowercase": (
        rf"(?:全部|全文|全|都|所有字母|所有英文|一律|只|仅){_GAP}{{0,8}}小写|英文小写|小写字母书写|"
        rf"{_NOT}{_GAP}{{0,8}}大写"
    ),
    "combination:repeat_prompt": (
        rf"(?:先|首先|之前|前|开头){_GAP}{{0,12}}(?:重复|复述|照抄|抄写){_GAP}{{0,12}}(?:要求|请求|"
        rf"问题|指令|提示|上面|上述|原文)|"
        rf"(?:逐字|一字不差|原样|原封不动){_GAP}{{0,4}}(?:地)?(?:重复|复述|照抄)"
    ),
}
_READ = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _SIMPLE.items())
_FILLER = r"(?:[要须需]?(?:写|为|在|是|有|用|含|包含)?)"
_WORD_UNIT = r"(?:英文单词|单词|词(?!语|汇|组|性)|汉?字(?!母|符|段|体|典|面|样|眼|数|节))"
_SENTENCE_UNIT = r"(?:句话|句子|句(?!号|型|式))"
_WORDS_COUNTED = re.compile(
    rf"(?:字数|词数|单词数)?{_GAP}{{0,4}}?{_HOW}{_FILLER}\s?{_N}\s?(?:个)?{_WORD_UNIT}"
    rf"{_AFTER}|(?:词数|单词数){_GAP}{{0,4}}?(?P<how2>{_LEAST}|{_MOST})(?:于)?\s?(?P<n2>{NUMBER})"
)
_SENTENCES_COUNTED = re.compile(rf"{_HOW}{_FILLER}\s?{_N}\s?(?:个)?{_SENTENCE_UNIT}{_AFTER}")
_COUNTED = (("words", _WORDS_COUNTED), ("sentences", _SENTENCES_COUNTED))
_RANGE = re.compile(
    rf"(?<![-.\d第])(?P<low>{NUMBER})\s?(?:个)?(?:{_WORD_UNIT}|{_SENTENCE_UNIT})?\s?(?:到|至|-|~|～|—|–)\s?"
    rf"(?P<high>{NUMBER})\s?(?:个)?(?:(?P<words>{_WORD_UNIT})|(?P<sentences>{_SENTENCE_UNIT}))"
)
_TIMES = rf"(?P<n>{NUMBER})\s?次{_AFTER}"
_OFTEN = re.compile(
    rf"{_WORDS}(?:这个|一)?(?:词|单词|关键词)?{_GAP}{{0,6}}?(?P<how>{_LEAST}|{_MOST})?(?:出现|使用|"
    rf"提到|用)?(?:的)?"
    rf"(?P<how2>{_LEAST}|{_MOST})?\s?{_TIMES}"
)
_OFTEN_RANGE = re.compile(
    rf"{_WORDS}(?:这个|一)?(?:词|单词|关键词)?{_GAP}{{0,10}}?(?P<low>{NUMBER})\s?次?(?:到|至|-|~|"
    rf"～)(?P<high>{NUMBER})\s?次"
)
_OFTEN_BEFORE = re.compile(
    rf"(?P<how>{_LEAST}|{_MOST}){_TIMES}{_GAP}{{0,6}}?(?:提到|使用|出现|包含|写出){_GAP}{{0,6}}?{_WORDS}"
)
_LETTER = re.compile(
    rf"字母\s?{_QUOTE}?(?P<w>[A-Za-z]){_QUOTE}?(?:{_GAP}{{0,10}}?(?P<how>{_LEAST}|"
    rf"{_MOST}){_GAP}{{0,2}}?|{_GAP}{{0,8}}?)\s?{_TIMES}"
)
_CAPITALS = re.compile(
    rf"(?:大写{_GAP}{{0,6}}(?:单词|词){_GAP}{{0,8}}?(?P<how>{_LEAST}|{_MOST})?(?:有|要有|"
    rf"要)?\s?(?P<n>{NUMBER})\s?(?:个|次)?)"
    rf"|(?P<how2>{_LEAST}|{_MOST})\s?(?P<n2>{NUMBER})\s?(?:个)?{_GAP}{{0,6}}?(?:(?:单词|"
    rf"词){_GAP}{{0,8}}大写|大写{_GAP}{{0,8}}(?:单词|词))"
)
_HOLES = re.compile(
    rf"(?P<n>{NUMBER})\s?(?:个|处)?(?:或更多|以上)?{_GAP}{{0,14}}?(?:占位符|\[[^\]\n]{{1,12}}\]|"
    rf"方括号{_GAP}{{0,8}}(?:空|占位|位置))"
)
_MARKED = re.compile(
    rf"(?P<n>{NUMBER})\s?(?:个|处|段)?{_GAP}{{0,14}}?\*[^*\n]{{1,20}}\*|(?:突出|高亮|标出|强调|加粗|"
    rf"斜体){_GAP}{{0,14}}?"
    rf"(?P<n2>{NUMBER})\s?(?:个|处|段)"
)
_BULLETS = re.compile(
    rf"(?P<n>{NUMBER})\s?(?:个|条|项){_GAP}{{0,10}}?(?:要点|项目符号|列表项|条目)|"
    rf"(?P<n2>{NUMBER})\s?(?:条|项)要点"
)
_LISTED = re.compile(r"markdown|列表|\*|项目符号|星号", re.IGNORECASE)
_SECTION = re.compile(r"(?P<s>[A-Z][A-Za-z]+) ?(?:X|1|加编号)|[\"“](?P<z>第)\s?[Xx]\s?[章节部]")
_PARTS = re.compile(rf"(?P<n>{NUMBER})\s?(?:个|大)?(?:部分|章节|小节|节|章)")
_PARAGRAPHS = re.compile(rf"(?P<n>{NUMBER})\s?(?:个)?(?:自然)?段(?:落|话)?")
_NTH = re.compile(
    rf"第\s?(?P<n>{NUMBER})\s?(?:个)?段(?:落)?{_GAP}{{0,6}}?(?:的)?(?:以|首词|第一个词|首个单词|"
    rf"用){_GAP}{{0,8}}?"
    rf"{_QUOTE}?(?P<w>[A-Za-z一-鿿]+?){_QUOTE}?(?:开头|开始|起头|为首|[。;；]|$)"
)
_NTH_IS = re.compile(
    rf"第\s?(?P<n>{NUMBER})\s?(?:个)?段(?:落)?{_GAP}{{0,4}}?(?:的)?(?:首词|第一个词|首个单词|"
    rf"第一个单词){_GAP}{{0,4}}?(?:为|是)"
    rf"\s?(?:单词)?{_QUOTE}?(?P<w>\w+)"
)
_LANGUAGE = re.compile(
    rf"(?:用|使用|以|说|语言(?:为|是|[:：])|写成|只(?:能|准)?(?:用|"
    rf"使用))\s?(?P<l>{'|'.join(_NAMED)})(?!{_GAP}{{0,3}}(?:词|标点|引号))"
)
_LANGUAGE_ALONE = re.compile(
    rf"除(?:了)?\s?(?P<l>{'|'.join(_NAMED)})(?:以|之)?外{_GAP}{{0,4}}{_NOT}{_GAP}{{0,4}}(?:其他|其它|"
    rf"别的|任何){_GAP}{{0,4}}语"
)
# "不可缺少", "别忘了写": the two denials ask for it.
_UNDONE = (
    r"(?:(?:不可|不能|不要|不得|不许|切勿|请勿|勿|别)(?:缺少|缺|少了?|遗漏|漏掉?|省略|忘(?:记|了)?|"
    r"略去|没有)|必不可少|不可不)"
)
_REQUIRED = re.compile(
    rf"(?:{_UNDONE}(?:使用|出现|提到|包含|写|用)?|包含|出现|使用|用到|用上|提到|含有|加入|写到|写进|"
    rf"带上|[要须]有|必须有)(?:有)?{_GAP}{{0,6}}?(?P<noun>关键词|词语|单词|词)?\s?[:：]?\s?{_LIST}"
)
_FORBIDDEN = re.compile(
    rf"(?!{_UNDONE}){_NOT}(?:使用|出现|提到|包含|用|提及|写)?{_GAP}{{0,6}}?(?P<noun>词语|单词|关键词|"
    rf"词)?\s?[:：]?\s?{_LIST}"
)
_END = re.compile(
    rf"(?:结尾|最后一句|末尾|末句|最后|收尾){_GAP}{{0,8}}?(?:是|为|写|用){_GAP}{{0,3}}?{_WORDS}|"
    rf"(?:以|用){_GAP}{{0,3}}?{_WORDS}{_GAP}{{0,6}}?(?:结束|结尾|收尾|作结)"
)


def read_chinese(prompt: str) -> Iterator[Instruction]:
    """Find the instructions that a Chinese prompt gives."""
    if not has_han(prompt):
        return
    capitals = list(_CAPITALS.finditer(prompt))
    for name, pattern in _READ:
        match = pattern.search(prompt)
        if match and not (name.startswith("change_case") and capitals):
            yield Instruction(
                id=name, arguments=_repeated(prompt, match) if "repeat" in name else {}, span=match.span()
            )
    for match in capitals:
        relation, n = _bound(match, least=True)
        arguments = {"capital_relation": relation, "capital_frequency": n}
        yield Instruction(id="change_case:capital_word_frequency", arguments=arguments, span=match.span())
    yield from _lengths(prompt)
    yield from _layout(prompt)
    yield from _words(prompt)
    choices = list(re.finditer(r"My answer is (?:yes|no|maybe)\.", prompt))
    if len(choices) > 1:
        yield Instruction(id="detectable_format:constrained_response", span=choices[0].span())


def _lengths(prompt: str) -> Iterator[Instruction]:
    taken: list[tuple[int, int]] = []
    for match in _RANGE.finditer(prompt):
        taken.append(match.span())
        unit = "words" if match["words"] else "sentences"
        for relation, n in (("at least", number(match["low"])), ("less than", number(match["high"]) + 1)):
            arguments = {"relation": relation, f"num_{unit}": n}
            yield Instruction(id=f"length_constraints:number_{unit}", arguments=arguments, span=match.span())
    for unit, pattern in _COUNTED:
        for match in pattern.finditer(prompt):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            if not _first(match, "how") and not match["after"]:
                continue
            relation, n = _bound(match, least=False)
            if relation and _denied(prompt, match):
                relation = "less than" if relation == "at least" else "at least"
            if relation:
                yield Instruction(
                    id=f"length_constraints:number_{unit}",
                    arguments={"relation": relation, f"num_{unit}": n},
                    span=match.span(),
                )


def _denied(prompt: str, match: re.Match[str]) -> bool:
    """Tell "不要超过100个词" from "超过100个词"; 不得少于 and its like are relations themselves."""
    if _first(match, "how") not in {"多于", "超过", "少于", "低于"}:
        return False
    if unwanted(prompt[match.end() :]):
        return True
    at = match.start("how" if match["how"] else "how2")
    return re.search(rf"{_NOT}[^，,。；;]{{0,8}}$", prompt[max(0, at - 14) : at]) is not None


def _layout(prompt: str) -> Iterator[Instruction]:
    holes = _HOLES.search(prompt)
    if holes and ("占位" in prompt or "方括号" in prompt):
        name, n = "detectable_content:number_placeholders", number(holes["n"])
        yield Instruction(id=name, arguments={"num_placeholders": n}, span=holes.span())
    marked = _MARKED.search(prompt)
    if (
        marked
        and re.search(r"\*|markdown", prompt, re.IGNORECASE)
        and not re.search("段落|要点|\\*{3}", prompt)
    ):
        n = number(marked["n"] or marked["n2"])
        name = "detectable_format:number_highlighted_sections"
        yield Instruction(id=name, arguments={"num_highlights": n}, span=marked.span())
    bullets = _BULLETS.search(prompt)
    if bullets and _LISTED.search(prompt):
        n = number(bullets["n"] or bullets["n2"])
        yield Instruction(
            id="detectable_format:number_bullet_lists", arguments={"num_bullets": n}, span=bullets.span()
        )
    after = re.search(r"P\.\s?P\.\s?S|P\.\s?S\.?", prompt)
    if after and re.search("附言|附|补充|结尾|末尾|最后", prompt):
        marker = "P.P.S" if re.match(r"P\.\s?P", after.group()) else "P.S."
        yield Instruction(
            id="detectable_content:postscript", arguments={"postscript_marker": marker}, span=after.span()
        )
    yield from _paragraphs(prompt)


def _paragraphs(prompt: str) -> Iterator[Instruction]:
    section, parts = _SECTION.search(prompt), _PARTS.search(prompt)
    if section and parts:
        arguments = {"section_spliter": section["s"] or section["z"], "num_sections": number(parts["n"])}
        yield Instruction(id="detectable_format:multiple_sections", arguments=arguments, span=parts.span())
    # "写一段…" asks for a text, and "第二段" names one of several.
    counted = next(
        (m for m in _PARAGRAPHS.finditer(prompt) if number(m["n"]) > 1 and prompt[: m.start()][-1:] != "第"),
        None,
    )
    if counted is None:
        return
    n = number(counted["n"])
    nth = list(_NTH_IS.finditer(prompt)) or list(_NTH.finditer(prompt))
    for match in nth:
        arguments = {
            "num_paragraphs": n,
            "nth_paragraph": number(match["n"]),
            "first_word": match["w"].lower(),
        }
        yield Instruction(
            id="length_constraints:nth_paragraph_first_word", arguments=arguments, span=match.span()
        )
    if not nth and re.search(r"(?<!\*)\*{3}(?!\*)", prompt):
        yield Instruction(
            id="length_constraints:number_paragraphs", arguments={"num_paragraphs": n}, span=counted.span()
        )


def _often(prompt: str) -> Iterator[Instruction]:
    taken: list[tuple[int, int]] = []
    for match in _OFTEN_RANGE.finditer(prompt):
        taken.append(match.span())
        for relation, n in (("at least", number(match["low"])), ("less than", number(match["high"]) + 1)):
            arguments = {"relation": relation, "keyword": match[1].lower(), "frequency": n}
            yield Instruction(id="keywords:frequency", arguments=arguments, span=match.span())
    for match in (*_OFTEN.finditer(prompt), *_OFTEN_BEFORE.finditer(prompt)):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        relation, n = _bound(match, least=True)
        arguments = {
            "relation": relation,
            "keyword": match[1 if match.re is _OFTEN else match.re.groups].lower(),
            "frequency": n,
        }
        taken.append(match.span())
        yield Instruction(id="keywords:frequency", arguments=arguments, span=match.span())


def _words(prompt: str) -> Iterator[Instruction]:
    counted = list(_often(prompt))
    yield from counted
    taken = [one.span for one in counted]
    letter = _LETTER.search(prompt)
    if letter:
        relation, n = _bound(letter, least=True)
        arguments = {"let_relation": relation, "letter": letter["w"].lower(), "let_frequency": n}
        yield Instruction(id="keywords:letter_frequency", arguments=arguments, span=letter.span())
    for name, key, pattern in (
        ("keywords:forbidden_words", "forbidden_words", _FORBIDDEN),
        ("keywords:existence", "keywords", _REQUIRED),
    ):
        for match in pattern.finditer(prompt):
            words = _listed(match["list"], named=match["noun"] is not None)
            if words and not any(a < match.end() and match.start() < b for a, b in taken):
                taken.append(match.span())
                yield Instruction(id=name, arguments={key: words}, span=match.span())
                break
    spoken = _LANGUAGE.search(prompt) or _LANGUAGE_ALONE.search(prompt)
    if spoken:
        yield Instruction(
            id="language:response_language", arguments={"language": _NAMED[spoken["l"]]}, span=spoken.span()
        )
    end = _END.search(prompt)
    if end:
        phrase = (end[1] or end[2]).strip()
        yield Instruction(id="startend:end_checker", arguments={"end_phrase": phrase}, span=end.span())


def _listed(text: str, *, named: bool) -> list[str]:
    """Split a list of words: quoted ones, or bare foreign ones where ``named`` as words."""
    quoted = re.findall(_WORDS, text)
    if quoted:
        return [one.strip().lower() for one in quoted]
    bare = named and re.match(r"[A-Za-z][\w-]*(?:\s?[、,，/和与及或]\s?[A-Za-z][\w-]*)*", text)
    return [one.lower() for one in re.split(r"\s?[、,，/和与及或]\s?", bare.group())] if bare else []


def _first(match: re.Match[str], name: str) -> str:
    groups = match.groupdict()
    return groups.get(name) or groups.get(f"{name}2") or ""


def _bound(match: re.Match[str], *, least: bool) -> tuple[str, int]:
    """Read a relation as IFEval writes it; without one, "at least" if ``least``, else empty."""
    how = _first(match, "how") + (match.groupdict().get("after") or "")
    n = number(_first(match, "n"))
    if re.search("少于|低于|不到|不足", how) and not re.search(
        "不少于|不低于|不得少于|不能少于|不应少于", how
    ):
        return "less than", n
    if re.search("最多|至多|不超过|不得超过|不能超过|不多于|不得多于|以下|以内|之内|更少", how):
        return "less than", n + 1
    if re.search("多于|超过", how):
        return "at least", n + 1
    if re.search(f"{_LEAST}|以上|更多", how):
        return "at least", n
    return ("at least", n) if least else ("", n)


def _repeated(prompt: str, match: re.Match[str]) -> dict[str, str]:
    """Return the text above the sentence that asks to repeat it."""
    stop = max(prompt.rfind(mark, 0, match.start()) for mark in "。！？\n")
    return {"prompt_to_repeat": prompt[: stop + 1].strip()}
