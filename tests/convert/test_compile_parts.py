"""Rules in prose on parts of an answer, with answers that obey, break and do not exercise them."""

import pytest

from workbench.checks import decode_check
from workbench.convert.infer import infer_contract
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})


def rules(sentence, opening=""):
    chinese = any("\u4e00" <= character <= "\u9fff" for character in sentence)
    opening = opening or ("你是一名助手。\n\n" if chinese else "You are a bot.\n\n")
    return infer_contract(opening + sentence, template_id="t", task="t").rules


def checks(sentence, opening=""):
    return [rule.check for rule in rules(sentence, opening) if rule.check is not None]


@pytest.mark.parametrize(
    ("sentence", "obeys", "breaks"),
    [
        ("Write dates as YYYY-MM-DD.", "On 2026-03-14.", "On 14/03/2026."),
        ("Use the 24-hour clock for times.", "At 16:00.", "At 4 pm."),
        ("时间采用24小时制。", "16:00", "下午4点"),
        ("金额保留两位小数。", "共5.00元。", "共5元。"),
        ("百分比保留一位小数。", "增长4.5%。", "增长4.52%。"),
        ("Keep sentences under 5 words.", "It is open. Come in.", "It is open for you all. Come."),
        ("每句话不超过8个字。", "可以。请稍等。", "可以。请您再稍微等一下好吗。"),
        ("每条要点不超过4个字。", "- 很好用", "- 非常好用又便宜"),
        ("Points must be no longer than 3 words each.", "- one two three", "- one two three four"),
        ("Do not ask questions.", "It is open.", "It is open. Shall I go on?"),
        ("不要提问。", "好的。", "好的，还有别的吗？"),
        ("每次只问一个问题。", "您的姓名？", "您的姓名？电话？"),
        ("Use at most one exclamation mark.", "Great! Done.", "Great! Done!"),
        ("感叹号最多用一个。", "好！", "好！行！"),
        ("Use no more than one emoji.", "Hello", "Hi 🙂🙂"),
        ("最多使用一个表情符号。", "你好", "你好🙂🙂"),
        ("Do not use contractions.", "It is fine and Anna's.", "It's fine."),
        ("Write no equations in LaTeX.", "a / b", "\\frac{a}{b}"),
        ("Never apologise.", "It is late.", "I am sorry, it is late."),
        ("不要道歉。", "已处理。", "很抱歉，已处理。"),
        ("不要使用英文单词。", "好的。", "好的，OK。"),
        ("称呼客户一律用“您”，不要用“你”。", "您好。", "你好。"),
        ('Say "guests", not "customers".', "Our guests eat.", "Our customers eat."),
        ("不使用感叹号和问号。", "好。", "好？"),
        ("结尾统一写“感谢您的咨询”。", "好的。感谢您的咨询", "好的。"),
        ("Do not use quotation marks.", "It's said so.", 'He said "so".'),
        ("Keep it to three paragraphs.", "a\n\nb", "a\n\nb\n\nc\n\nd"),
        ("引用法条时用【来源】标注。", "应当支付【民法典】。", "应当支付。"),
    ],
)
def test_a_rule_is_decided_as_its_words_say(sentence, obeys, breaks):
    (raw,) = checks(sentence)
    check = decode_check(raw, "$.check")
    assert check(CASE, obeys).label == "pass"
    assert check(CASE, breaks).label == "fail"


def test_one_sentence_may_fix_several_notations():
    found = checks("Write dates as DD/MM/YYYY and amounts with two decimals.")
    assert [(one["of"], one["form"]) for one in found] == [("date", "DD/MM/YYYY"), ("amount", "0.00")]


@pytest.mark.parametrize(
    ("sentence", "asked", "lang"),
    [
        ("If the user writes in French, answer in French.", "fr", "fr"),
        ("Reply in Spanish when the customer writes in Spanish.", "es", "es"),
        ("Reply in German if the client writes in German, otherwise in English.", "de", "de"),
        ("用户用英文提问时用英文回答。", "en", "en"),
    ],
)
def test_a_language_for_a_language(sentence, asked, lang):
    assert checks(sentence) == [{"use": "language", "lang": lang, "asked": asked}]


KEYS = 'You are a bot.\n\nReturn a JSON object with the keys "score" and "note".\n'


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        ('- "score" is an integer from 1 to 10', {"type": "integer", "minimum": 1, "maximum": 10}),
        ('- "score": a number between 0 and 1', {"type": "number", "minimum": 0, "maximum": 1}),
        ("- “score”在0到1之间。", {"type": "number", "minimum": 0, "maximum": 1}),
    ],
)
def test_the_range_of_a_key(sentence, held):
    found = checks(sentence, KEYS)
    raw = {"use": "json_schema", "schema": {"type": "object", "properties": {"score": held}}}
    assert raw in found
    check = decode_check(raw, "$.check")
    assert check(CASE, '{"score": 1, "note": "x"}').label == "pass"
    assert check(CASE, '{"score": 11, "note": "x"}').label == "fail"


def test_the_length_of_a_field_is_no_range():
    assert {"use": "length", "path": "$.note", "min": 10, "max": 20} in checks(
        '- "note" has 10 to 20 words', KEYS
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Never discuss competitors or their prices.",
        "不要谈论竞品。",
        "Keep a warm, reassuring tone and avoid slang.",
        "语气要亲切，不要用网络用语。",
        "Do not speculate on how a court will rule.",
        "Write at a sixth-grade reading level.",
        "Use numbered steps for instructions.",
        "不要使用专业术语。",
        "不要使用反问句。",
        "Ask one question if the date is unclear.",
        "每条回复都要有礼貌。",
        "不要频繁使用感叹号。",
        "Do not use too many commas.",
        "用“我们”而不是“我”。",
        "Dates in the source are in MM/DD/YYYY.",
    ],
)
def test_what_no_program_decides_stays_without_a_check(sentence):
    assert checks(sentence) == []
