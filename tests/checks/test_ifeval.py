import pytest

from workbench.checks import decode_check
from workbench.checks.ifeval import ARGUMENTS, JUDGES, Ifeval
from workbench.checks.ifeval_text import capital_words, count_sentences, detect
from workbench.errors import ConfigError
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})
TURNS = [
    ("keywords:existence", {"keywords": ["lamp", "tent"]}, "A Lamp in a tent.", "A lamp."),
    (
        "keywords:frequency",
        {"relation": "at least", "keyword": "lamp", "frequency": 2},
        "lamp, lamps",
        "lamp",
    ),
    ("keywords:frequency", {"relation": "less than", "keyword": "lamp", "frequency": 2}, "lamp", "lamp lamp"),
    ("keywords:forbidden_words", {"forbidden_words": ["lamp"]}, "Lamplight.", "A Lamp."),
    ("keywords:letter_frequency", {"let_relation": "at least", "letter": "q", "let_frequency": 2}, "Qq", "q"),
    ("language:response_language", {"language": "de"}, "Das ist nicht die Lampe.", "This is not the lamp."),
    (
        "length_constraints:number_sentences",
        {"relation": "less than", "num_sentences": 3},
        "A. B.",
        "It is. He is. So.",
    ),
    ("length_constraints:number_words", {"relation": "at least", "num_words": 3}, "one two three", "one two"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n***\n***\nb"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "so"},
        'a\n\n"So, b',
        "so\n\na",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] and [b]", "[a]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Hi\nP.S. you", "Hi"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Hi\nP.P.S you", "Hi\nP.S. you"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a"),
    ("detectable_format:constrained_response", {}, "My answer is yes.", "Yes."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* **b**", "*a*"),
    (
        "detectable_format:multiple_sections",
        {"num_sections": 2, "section_spliter": "Part"},
        "Part 1\nPart 2",
        "Part 1",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "a: 1"),
    ("detectable_format:title", {}, "<<A>> b", "<A> b"),
    ("combination:two_responses", {}, "a\n******\nb", "a\n******\na"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Do it."}, "do it. Done.", "Done."),
    ("startend:end_checker", {"end_phrase": "Bye."}, 'So. Bye."', "Bye. So."),
    ("startend:quotation", {}, '"all"', '"all" of it'),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": "at least", "capital_frequency": 2},
        "GO NOW ok",
        "GO now",
    ),
    ("change_case:english_capital", {}, "THIS IS THE LAMP", "This is the lamp"),
    ("change_case:english_lowercase", {}, "this is the lamp", "This is the lamp"),
    ("punctuation:no_comma", {}, "a; b", "a, b"),
]


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), TURNS)
def test_each_instruction_turns(name, arguments, good, bad):
    check = Ifeval(instruction=name, arguments=arguments)
    assert check(CASE, good).label == "pass"
    assert check(CASE, bad).label == "fail"
    assert check(CASE, " ").label == "fail"


def test_every_instruction_is_tested_and_declares_its_arguments():
    assert {name for name, *_ in TURNS} == set(JUDGES) == set(ARGUMENTS)
    assert all(set(ARGUMENTS[name]) == set(arguments) for name, arguments, *_ in TURNS)
    assert len(JUDGES) == 25


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"use": "ifeval", "instruction": "keywords:existance"}, "keywords:existence"),
        ({"use": "ifeval", "instruction": "keywords:existence"}, "no keywords"),
    ],
)
def test_a_wrong_instruction_is_refused(raw, said):
    with pytest.raises(ConfigError, match=said):
        decode_check(raw, "$.rules[0].check")


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("One. Two.", 2),
        ("Mr. Smith went to Mt. Ash. He left.", 2),
        ("It costs 3.50. Really?! Yes...", 3),
        ("no stop at all", 1),
        ("Wait... what is it? Fine.", 2),
        ("", 0),
        ("You are in *o*. It is *n* degrees in *o*. Stay.", 3),
        ("Ask J. Moor. He knows.", 2),
    ],
)
def test_sentences_are_counted_as_the_reference_does(text, n):
    assert count_sentences(text) == n


def test_capital_words():
    assert capital_words("I DON'T know the BBC, e.g. U.S. rules") == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("यह एक अच्छा दिन है और हम खुश हैं", "hi"),
        ("माझे नाव आहे आणि मी येथे आहे", "mr"),
        ("این یک چیز گرم است و ما پنج کتاب داریم", "fa"),
        ("یہ ایک اچھا دن ہے اور ہم خوش ہیں", "ur"),
        ("Це є добрий день і ми її любимо", "uk"),
        ("To jest dobry dzień i nie ma się o co martwić, ale jak to", "pl"),
        ("This is a good day and we do it by the book", "en"),
        ("今天天气很好", "zh"),
    ],
)
def test_languages_are_told_apart(text, code):
    assert detect(text) == code
