import json

import pytest

from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.measure import measure_contract, read_labelled
from workbench.errors import InputError


def read(prompt):
    return {one.id: one.arguments for one in read_instructions(prompt)}


@pytest.mark.parametrize(
    ("prompt", "name", "arguments"),
    [
        ("Tell a tale without any commas.", "punctuation:no_comma", {}),
        ("A tale that doesn't use commas.", "punctuation:no_comma", {}),
        (
            "Write at least 30 words.",
            "length_constraints:number_words",
            {"relation": "at least", "num_words": 30},
        ),
        (
            "Write a 300+ word tale.",
            "length_constraints:number_words",
            {"relation": "at least", "num_words": 300},
        ),
        (
            "Use 50 words or less.",
            "length_constraints:number_words",
            {"relation": "less than", "num_words": 51},
        ),
        (
            "Use more than 50 words.",
            "length_constraints:number_words",
            {"relation": "at least", "num_words": 51},
        ),
        (
            "Use fewer than six sentences.",
            "length_constraints:number_sentences",
            {"relation": "less than", "num_sentences": 6},
        ),
        (
            "Italicize at least 2 parts, like *this*.",
            "detectable_format:number_highlighted_sections",
            {"num_highlights": 2},
        ),
        ("Give exactly 4 bullet points.", "detectable_format:number_bullet_lists", {"num_bullets": 4}),
        (
            "Put in 3 placeholders such as [name].",
            "detectable_content:number_placeholders",
            {"num_placeholders": 3},
        ),
        ("End it with a P.P.S", "detectable_content:postscript", {"postscript_marker": "P.P.S"}),
        ("Add a title in double angular brackets.", "detectable_format:title", {}),
        ("Wrap your whole answer in double quotation marks.", "startend:quotation", {}),
        ("Answer in JSON format.", "detectable_format:json_format", {}),
        ("Use all capital letters.", "change_case:english_capital", {}),
        ("Everything in lowercase letters please.", "change_case:english_lowercase", {}),
        (
            "At least 5 words should be in all caps.",
            "change_case:capital_word_frequency",
            {"capital_relation": "at least", "capital_frequency": 5},
        ),
        ("Give two answers set apart by ******.", "combination:two_responses", {}),
        (
            "Write 3 paragraphs set apart by ***",
            "length_constraints:number_paragraphs",
            {"num_paragraphs": 3},
        ),
        (
            "Write 3 paragraphs with two line breaks between. Paragraph 2 must start with the word oak.",
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "oak"},
        ),
        (
            "Write 4 sections, each marked SECTION X.",
            "detectable_format:multiple_sections",
            {"section_spliter": "SECTION", "num_sections": 4},
        ),
        ('Finish with the phrase "So be it."', "startend:end_checker", {"end_phrase": "So be it."}),
        ("Answer only in German, no other language.", "language:response_language", {"language": "de"}),
        ('Include the keywords "oak" and "elm".', "keywords:existence", {"keywords": ["oak", "elm"]}),
        ("Do not use the words oak or elm.", "keywords:forbidden_words", {"forbidden_words": ["oak", "elm"]}),
        (
            'Use the word "oak" at least twice.',
            "keywords:frequency",
            {"relation": "at least", "keyword": "oak", "frequency": 2},
        ),
        (
            "The letter q must appear at most 3 times.",
            "keywords:letter_frequency",
            {"let_relation": "less than", "letter": "q", "let_frequency": 4},
        ),
        (
            "Name a tree.\nFirst repeat the request above, then answer.",
            "combination:repeat_prompt",
            {"prompt_to_repeat": "Name a tree."},
        ),
        ('Say "My answer is yes." or "My answer is no."', "detectable_format:constrained_response", {}),
    ],
)
def test_an_instruction_is_read_and_nothing_else(prompt, name, arguments):
    assert read(prompt) == {name: arguments}


@pytest.mark.parametrize(
    "prompt",
    ["Write a tale about a lamp.", "What is the capital of France?", "Who won, and by how many words?"],
)
def test_a_plain_request_gives_none(prompt):
    assert read(prompt) == {}


def test_figures():
    rows = [
        {
            "prompt": "Use no commas.",
            "instruction_id_list": ["punctuation:no_comma"],
            "kwargs": [{}],
            "output": "a, b",
            "label": [False],
        },
        {
            "prompt": "Use no commas.",
            "instruction_id_list": ["detectable_format:title"],
            "kwargs": [{}],
            "output": "a",
            "label": [True],
        },
        {
            "prompt": "Use at least 9 words.",
            "instruction_id_list": ["length_constraints:number_words"],
            "kwargs": [{"relation": "at least", "num_words": 8}],
        },
    ]
    found = measure_contract(rows)
    assert found["ids"] == {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3}
    assert found["arguments"] == {"accuracy": 0.5, "n": 2}
    assert found["verdicts"] == {"agreement": 0.5, "n": 2}
    assert [one["instruction"] for one in found["disagreements"]] == ["detectable_format:title"]


def test_nothing_measured_is_no_figure():
    assert measure_contract([])["ids"]["f1"] is None


def test_rows_are_read_and_a_bad_line_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    row = {"prompt": "p", "instruction_id_list": [], "kwargs": []}
    path.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert read_labelled(path) == [row]
    path.write_text(json.dumps(row) + '\n{"prompt": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"rows\.jsonl:2"):
        read_labelled(path)
