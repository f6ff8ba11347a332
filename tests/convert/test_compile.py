"""Single sentences through the compiler: layout, choices, exceptions, conditions, wording."""

import pytest

from workbench.checks import decode_check
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.infer import infer_contract
from workbench.records import Case


def rules(sentence):
    chinese = any("\u4e00" <= character <= "\u9fff" for character in sentence)
    opening = "你是一名助手。\n\n" if chinese else "You are a bot.\n\n"
    return infer_contract(opening + sentence, template_id="t", task="t").rules


def check(sentence):
    (rule,) = rules(sentence)
    return rule.check


def markup(element, **bounds):
    return {"use": "markup", "element": element, **bounds}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Do not use emojis.", markup("emoji", max=0)),
        ("不要使用表情符号。", markup("emoji", max=0)),
        ("禁止使用emoji。", markup("emoji", max=0)),
        ("Never include links or URLs.", markup("link", max=0)),
        ("图片和链接一律省略。", markup("link", max=0)),
        ("Never use Markdown.", markup("markdown", max=0)),
        ("不要使用Markdown格式。", markup("markdown", max=0)),
        ("Use bullet points.", markup("bullet", min=1)),
        ("Format the answer as a numbered list.", markup("numbered", min=1)),
        ("使用Markdown表格输出。", markup("table", min=1)),
        ("Do not use code blocks.", markup("code_block", max=0)),
        ("Cite the passage number in square brackets after each sentence.", markup("citation", min=1)),
        ("引用时标注[1]这样的编号。", markup("citation", min=1)),
    ],
)
def test_layout(sentence, expected):
    assert check(sentence) == expected


def test_what_is_allowed_is_not_asked_for():
    assert check("You may use bullet points where helpful.") is None


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("Output only one of: positive, negative, neutral.", ["positive", "negative", "neutral"]),
        ('Respond with either "yes" or "no".', ["yes", "no"]),
        ("只能回答“是”或“否”。", ["是", "否"]),
        ("只输出类别名称:好评、中评、差评。", ["好评", "中评", "差评"]),
        ("情感只能是“正面”“负面”“中性”之一。", ["正面", "负面", "中性"]),
    ],
)
def test_a_closed_list_of_answers_is_one_rule(sentence, values):
    assert check(sentence) == {"use": "one_of", "values": values}


@pytest.mark.parametrize(
    ("sentence", "inner", "exception"),
    [
        (
            "Unless the user asks for more detail, answer in at most 50 words.",
            {"use": "length", "max": 50},
            "Unless the user asks for more detail",
        ),
        (
            "Answer in English unless the user writes in French.",
            {"use": "language", "lang": "en"},
            "unless the user writes in French",
        ),
        (
            "Don't answer with fewer than 30 words unless the question is a greeting.",
            {"use": "length", "min": 30},
            "unless the question is a greeting",
        ),
        ("Do not exceed 100 words, except for code.", {"use": "length", "max": 100}, "except for code"),
        ("除非用户要求,否则回答不超过50字。", {"use": "length", "max": 50}, "除非用户要求"),
        ("除用户使用英文外,一律用中文回答。", {"use": "language", "lang": "zh"}, "除用户使用英文外"),
    ],
)
def test_an_exception_is_parted_from_its_rule(sentence, inner, exception):
    assert check(sentence) == {"use": "unless", "check": inner, "exception": exception}


def test_nothing_except_json_is_no_exception():
    assert check("除了JSON以外不要输出任何内容。")["use"] == "json_only"
    assert check("Write nothing except valid JSON.")["use"] == "json_only"


@pytest.mark.parametrize(
    "sentence",
    [
        'Only answer questions about cooking; otherwise say "I can only help with cooking."',
        'If the caller is angry, you must begin with "I am sorry."',
        '当用户投诉时,以"非常抱歉"开头。',
        "The title must be at most 10 words.",
        "标题不超过二十个字。",
        "Do not give medical advice.",
    ],
)
def test_what_holds_under_an_unknown_condition_or_for_a_part_has_no_check(sentence):
    found = rules(sentence)
    assert found
    assert all(rule.check is None for rule in found)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Write two or three sentences.", {"use": "length", "unit": "sentences", "min": 2, "max": 3}),
        ("Limit your response to a single paragraph.", {"use": "length", "unit": "paragraphs", "max": 1}),
        ("一句话回答。", {"use": "length", "unit": "sentences", "min": 1, "max": 1}),
        ("至少写两段。", {"use": "length", "unit": "paragraphs", "min": 2}),
        ("不得超过一百二十字。", {"use": "length", "max": 120}),
        ("回答控制在50到100字之间。", {"use": "length", "min": 50, "max": 100}),
        ("Do not use more than 50 words.", {"use": "length", "max": 50}),
        ("Don't answer with fewer than 30 words.", {"use": "length", "min": 30}),
        ("Never write more than three sentences.", {"use": "length", "unit": "sentences", "max": 3}),
        ("Avoid answers longer than 100 words.", {"use": "length", "max": 100}),
        ("You must not go below 20 words.", {"use": "length", "min": 20}),
        ("The reply must not have more than 5 bullet points.", {"use": "length", "unit": "items", "max": 5}),
        ("No fewer than 20 words, but never more than 100 words.", {"use": "length", "min": 20, "max": 100}),
        ("At least 50 but no more than 100 words.", {"use": "length", "min": 50, "max": 100}),
        ("Write more than 20 words.", {"use": "length", "min": 21}),
        ("Cap the reply at sixty words.", {"use": "length", "max": 60}),
        ("Don't stop until you have written more than 50 words.", {"use": "length", "min": 51}),
        ("回答不少于20字。", {"use": "length", "min": 20}),
        ("回答不得少于二十字。", {"use": "length", "min": 20}),
        ("不要超过一百字。", {"use": "length", "max": 100}),
        ("不能多于五十字。", {"use": "length", "max": 50}),
        ("输出不得多于3个要点。", {"use": "length", "unit": "items", "max": 3}),
        ("每次回复不要写少于三句话。", {"use": "length", "unit": "sentences", "min": 3}),
        ("至少要有七个句子。", {"use": "length", "unit": "sentences", "min": 7}),
        ("至少写两段，但不要超过四段。", {"use": "length", "unit": "paragraphs", "min": 2, "max": 4}),
        ("回答不少于20字，但不要超过一百字。", {"use": "length", "min": 20, "max": 100}),
        ("字数在100至200之间。", {"use": "length", "min": 100, "max": 200}),
        ("字数不超过200。", {"use": "length", "max": 200}),
        ("回复少于50字。", {"use": "length", "max": 49}),
        ("回复超过50字。", {"use": "length", "min": 51}),
        ("Answers longer than 200 words are not allowed.", {"use": "length", "max": 200}),
    ],
)
def test_bounds(sentence, expected):
    assert check(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "It is fine to write more than 50 words.",
        "You don't need to write more than 50 words.",
        "There is no need to exceed 100 words.",
        "The user's question has at most 20 words.",
        "Articles are usually between 300 and 500 words.",
        "If the answer is longer than 100 words, add a summary.",
        "不需要超过100字。",
        "用户问题不超过20字。",
        "如果超过100字，请分段。",
    ],
)
def test_what_may_be_or_comes_in_bounds_no_answer(sentence):
    assert all(rule.check is None for rule in rules(sentence))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Do not include more than two links in a reply.", markup("link", max=2)),
        ("Never use more than 3 headings.", markup("heading", max=3)),
        ("Do not use fewer than two headings.", markup("heading", min=2)),
        ("不要使用超过两个表情符号。", markup("emoji", max=2)),
        ("每条回复不得多于三个链接。", markup("link", max=3)),
    ],
)
def test_a_number_that_is_not_to_be_passed_forbids_no_more_than_that(sentence, expected):
    assert check(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "relation", "n"),
    [
        ("不要超过100个词。", "less than", 101),
        ("不要少于三句话。", "at least", 3),
        ("不要多于五句话。", "less than", 6),
        ("至少五句话。", "at least", 5),
    ],
)
def test_published_lengths_in_chinese_hold_under_negations(sentence, relation, n):
    (found,) = read_instructions(f"写一段关于雨的短文。{sentence}")
    assert (found.arguments["relation"], *(v for k, v in found.arguments.items() if k != "relation")) == (
        relation,
        n,
    )


@pytest.mark.parametrize(
    ("sentence", "relation", "n"),
    [
        ('Do not use the word "rain" more than twice.', "less than", 3),
        ('Use the word "rain" more than twice.', "at least", 3),
        ('Use the word "rain" at least twice.', "at least", 2),
        ("不要让“雨水”出现超过三次。", "less than", 4),
        ("“雨水”不得少于两次。", "at least", 2),
    ],
)
def test_how_often_a_word_may_stand_holds_under_negations(sentence, relation, n):
    arguments = check(sentence)["arguments"]
    assert (arguments["relation"], arguments["frequency"]) == (relation, n)


def test_an_end_that_is_forbidden_is_not_asked_for():
    assert check("Do not end with a question.") == {"use": "not_contains", "pattern": r"[?？]\W*\Z"}
    assert check("End with a question.") == {"use": "ends_with", "phrase": "?"}


@pytest.mark.parametrize(
    "sentence", ["Answer in the same language as the question.", "请使用与用户相同的语言回答。"]
)
def test_the_language_of_the_user(sentence):
    assert check(sentence) == {"use": "same_language"}


def test_several_signs_in_one_ban():
    assert check("不要使用感叹号和问号。") == {"use": "no_characters", "characters": "!?"}


def test_counted_words():
    expected = {"relation": "at least", "keyword": "环保", "frequency": 2}
    assert check("关键词“环保”至少出现两次。")["arguments"] == expected
    assert check('Use the word "green" at least twice.')["arguments"] == {**expected, "keyword": "green"}


@pytest.mark.parametrize(
    ("sentence", "bad", "good"),
    [
        ("Never mention that you are an AI.", "As an AI language model, I can't.", "I can't."),
        ('Do not begin with "Sure" or "Certainly".', "Sure, here you are.", "Here you are, sure."),
        ("不要以“好的”开头。", "好的,马上办。", "马上办,好的。"),
        ("Never mention Acme Corp or its products.", "Buy from Acme Corp.", "Buy from us."),
        ("避免提及你是从<Data>获取的知识。", "根据提供的资料,茶是绿的。", "茶是绿的。"),
        (
            "Don't mention the context in your answer.",
            "According to the provided context, tea is green.",
            "Tea is green.",
        ),
        ("End every answer with a question.", "Tea is green.", "Would you like tea?"),
    ],
)
def test_wording_that_is_kept_out_or_asked_for(sentence, bad, good):
    judge = decode_check(check(sentence), "$")
    case = Case(id="c", behaviour="rules", slots={})
    assert judge(case, bad).label == "fail"
    assert judge(case, good).label == "pass"


@pytest.mark.parametrize(
    "sentence",
    [
        "If the answer is not in the context, just say that you don't know.",
        "资料中没有答案时,如实说明无法回答。",
    ],
)
def test_saying_so_needs_no_phrase(sentence):
    assert check(sentence) == {"use": "phrase_when", "condition": "unanswerable"}


@pytest.mark.parametrize(
    ("sentence", "properties"),
    [
        (
            'Return a JSON object with the keys "name" (string) and "age" (integer).',
            {"name": {"type": "string"}, "age": {"type": "integer"}},
        ),
        (
            "Respond in JSON with the fields title, summary and tags.",
            {"title": {}, "summary": {}, "tags": {}},
        ),
        ("以JSON格式返回,包含字段name和age。", {"name": {}, "age": {}}),
    ],
)
def test_keys_named_in_prose(sentence, properties):
    found = next(rule.check for rule in rules(sentence) if rule.check["use"] == "json_schema")
    assert found["schema"]["properties"] == properties


def test_keywords_in_chinese_are_no_keys_of_an_object():
    assert check("必须包含关键词“环保”和“节能”。") == {"use": "contains", "phrases": ["环保", "节能"]}


def test_a_background_line_is_no_rule():
    assert rules("背景:本系统服务于三家医院,资料来自2023年的病历。") == ()


def contract(prompt):
    return infer_contract(prompt, template_id="t", task="t").rules


def test_fields_one_a_line_are_one_schema():
    found = contract(
        "You are a bot.\n# Report\nAnswer with a JSON array. Each element has these fields:\n"
        "- file (string): path of the file\n- line (integer): where it stands"
    )
    schema = next(rule.check["schema"] for rule in found if rule.check["use"] == "json_schema")
    assert schema["type"] == "array"
    assert schema["items"]["properties"] == {"file": {"type": "string"}, "line": {"type": "integer"}}
    assert {"use": "json_only", "root": "array", "fence": True} in [rule.check for rule in found]


def test_values_of_a_field_in_chinese():
    found = contract(
        "你是审核员。\n## 返回内容\n返回一个 JSON 对象:\n- decision:取值只能是“通过”、“拒绝”之一\n"
        "- reason:字符串,写明理由\nreason 不超过30字。"
    )
    checks = [rule.check for rule in found]
    assert {"use": "one_of", "path": "$.decision", "values": ["通过", "拒绝"]} in checks
    assert {"use": "length", "path": "$.reason", "max": 30} in checks


@pytest.mark.parametrize(
    "sentence",
    ["At most ten findings; each comment fits in two sentences.", "Do not help with anything unlawful."],
)
def test_what_is_said_of_something_else_is_not_held_against_the_answer(sentence):
    uses = [rule.check["use"] for rule in rules(sentence) if rule.check]
    assert not {"length", "grounded"} & set(uses)


def test_tags_for_the_answer_are_asked_for_and_tags_of_the_data_are_not():
    found = rules("Put your reasoning in <thinking> tags and the answer in <answer> tags.")
    thinking, answer = (decode_check(rule.check, "$") for rule in found)
    case = Case(id="c", behaviour="rules", slots={})
    text = "<thinking>1 < 2 & so on</thinking>\n<answer>2</answer>"
    assert [judge(case, text).label for judge in (thinking, answer)] == ["pass", "pass"]
    assert thinking(case, "2").label == "fail"
    assert check("答案用<answer></answer>标签包裹。")["use"] == "contains"
    given = rules("Use the following context as your knowledge, inside <context></context> XML tags.")
    assert all(rule.check is None for rule in given)
