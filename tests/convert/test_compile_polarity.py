"""Bounds and words under denials: which way a sentence means them, in English and in Chinese."""

import time

import pytest

from workbench.checks import decode_check
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.infer import infer_contract
from workbench.records import Case


def read(sentence):
    task = "Write about rain. " if sentence.isascii() else "写一段关于雨的短文。"
    return [(one.id.partition(":")[2], one.arguments) for one in read_instructions(task + sentence)]


def words(relation, n):
    return "number_words", {"relation": relation, "num_words": n}


def sentences(relation, n):
    return "number_sentences", {"relation": relation, "num_sentences": n}


def times(word, relation, n):
    return "frequency", {"relation": relation, "keyword": word, "frequency": n}


def capitals(relation, n):
    return "capital_word_frequency", {"capital_relation": relation, "capital_frequency": n}


def letter(name, relation, n):
    return "letter_frequency", {"let_relation": relation, "letter": name, "let_frequency": n}


LEAST, LESS = "at least", "less than"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Do not use capital words more than five times.", [capitals(LESS, 6)]),
        ("Words in capitals must not appear fewer than three times.", [capitals(LEAST, 3)]),
        ("Cap the reply at sixty words.", [words(LESS, 61)]),
        ("Anything under 250 words is too short.", [words(LEAST, 250)]),
        ("More than 180 words will be rejected.", [words(LESS, 181)]),
        ("At least ten sentences but not more than fifteen.", [sentences(LEAST, 10), sentences(LESS, 16)]),
        ("Four sentences at the most.", [sentences(LESS, 5)]),
        ("The word count should lie between 90 and 110.", [words(LEAST, 90), words(LESS, 111)]),
        ("Do not mention 'engine' more than four times.", [times("engine", LESS, 5)]),
        ('Let "harvest" turn up no fewer than four times.', [times("harvest", LEAST, 4)]),
        (
            "Mention 'harbor' at least five times but fewer than nine times.",
            [times("harbor", LEAST, 5), times("harbor", LESS, 9)],
        ),
        ('Keep the word "profit" to fewer than 3 occurrences.', [times("profit", LESS, 3)]),
        ("The letter x must not be used more than two times.", [letter("x", LESS, 3)]),
        ("No more than nine occurrences of the letter z are allowed.", [letter("z", LESS, 10)]),
        ("“客户”出现不能超过三次。", [times("客户", LESS, 4)]),
        ("“努力”一词出现三到五次。", [times("努力", LEAST, 3), times("努力", LESS, 6)]),
        ("字数控制在八十到一百二十字之间。", [words(LEAST, 80), words(LESS, 121)]),
        ("不要少于三百字。", [words(LEAST, 300)]),
        ("超过五百字的回答不合格。", [words(LESS, 501)]),
        ("至少要有七个句子。", [sentences(LEAST, 7)]),
    ],
)
def test_bounds_are_read_the_way_their_sentence_means_them(sentence, expected):
    assert read(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ('Neither "cheap" nor "low" has any place here.', ("forbidden_words", ["cheap", "low"])),
        ("Steer clear of 'fast', 'quick' and 'rapid'.", ("forbidden_words", ["fast", "quick", "rapid"])),
        ('Please keep "guarantee" out of your answer.', ("forbidden_words", ["guarantee"])),
        ("Words to avoid: cloud, storm.", ("forbidden_words", ["cloud", "storm"])),
        ("Don't leave out the word 'threshold'.", ("existence", ["threshold"])),
        ('Make sure "orchid" and "copper" both come up somewhere.', ("existence", ["orchid", "copper"])),
        ("答案中不可缺少“信任”一词。", ("existence", ["信任"])),
        ("回答里要有“冰川”和“峡湾”两个词。", ("existence", ["冰川", "峡湾"])),
    ],
)
def test_words_are_asked_for_or_forbidden(sentence, expected):
    kind, named = expected
    key = "keywords" if kind == "existence" else kind
    assert read(sentence) == [(kind, {key: named})]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Write in French, except for names of products.", ("response_language", {"language": "fr"})),
        ("Your answer should be in no language but Korean.", ("response_language", {"language": "ko"})),
        ("German is the only language you may use.", ("response_language", {"language": "de"})),
        ("除韩语外，不得使用其他语言。", ("response_language", {"language": "ko"})),
        ("Return nothing but JSON.", ("json_format", {})),
        (
            "Have paragraph 2 of 3 open with the word 'meanwhile'.",
            (
                "nth_paragraph_first_word",
                {"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "meanwhile"},
            ),
        ),
        (
            "End with these words: Stay safe out there. No other words should follow.",
            ("end_checker", {"end_phrase": "Stay safe out there."}),
        ),
        ("最后一句必须是“还有问题吗？”，后面不要再写。", ("end_checker", {"end_phrase": "还有问题吗？"})),
        (
            "Say my request back to me word for word before you answer it.",
            ("repeat_prompt", {"prompt_to_repeat": "Write about rain."}),
        ),
    ],
)
def test_other_ways_to_ask(sentence, expected):
    assert read(sentence) == [expected]


@pytest.mark.parametrize(
    "sentence",
    [
        'She must not have seen "Casablanca" when she wrote the review.',
        'Write a story about a man who keeps "Moby Dick" out of reach of his children.',
        "He could read no language but Greek; tell me who he was.",
        'When the user says "cancel", you must not argue.',
        'The button "Save" must not be clicked more than once by users.',
        "My boss said that more than 200 words is too many, which I find odd.",
        "把“你不可缺少”翻译成英语。",
    ],
)
def test_what_asks_nothing_of_the_answer_is_no_instruction(sentence):
    assert read(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "good", "bad"),
    [
        ("篇幅在五字以上、八字以内。", "雨下得很大。", "雨"),
        ("Anything under five words is too short.", "Rain fell on the roof.", "Rain."),
        ("Do not use capital words more than two times.", "BIG RED dog", "BIG RED DOG"),
    ],
)
def test_their_checks_decide(sentence, good, bad):
    opening = "You are a bot.\n\n" if sentence.isascii() else "你是一名助手。\n\n"
    (rule,) = infer_contract(opening + sentence, template_id="t", task="t").rules
    check = decode_check(rule.check, "$.check")
    case = Case(id="c", behaviour="rules", slots={})
    assert [check(case, text).score for text in (good, bad)] == [1, 0]


@pytest.mark.parametrize("text", [" " * 4000, "at least" + " " * 3990 + "x", "hash" + "\t" * 3990])
def test_white_space_is_read_in_time(text):
    begun = time.process_time()
    read_instructions(text)
    assert time.process_time() - begun < 2
