"""Lists of tools and runs of passages are found by their shape."""

# ruff: noqa: E501 - the cases read best as a table

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.convert.blocks import blocks, varying

WEATHER = {"name": "get_weather", "description": "The weather.", "parameters": {"type": "object"}}
WRAPPED = {"type": "function", "function": WEATHER}
SPEC = {"toolSpec": {"name": "search", "inputSchema": {"json": {}}}}

LISTS = {
    "array": json.dumps([WEATHER, WRAPPED]),
    "indented array": json.dumps([WRAPPED, SPEC], indent=2),
    "python list": str([WRAPPED, {"name": "it's", "description": "a", "parameters": None}]),
    "one schema a line": "\n".join(map(json.dumps, [WRAPPED, WEATHER, SPEC])),
    "objects and commas": ",\n".join(json.dumps(t, indent=1) for t in [WEATHER, SPEC]),
    "elements": "<tool name='a'>does a</tool>\n<tool name='b'>does b</tool>",
    "namespace": "namespace functions {\n\n// Weather.\ntype get_weather = (_: {\n  city: string,\n}) => any;\n\n} // namespace functions",
}
BELOW_A_LABEL = {
    "bullets": "- get_weather(city: str) -> dict: The weather.\n- **search** - Finds pages.\n  Only public ones.\n- `stop`",
    "numbers": "1. get_weather: The weather.\n2. search_pages: Finds pages.",
    "lines": "search_pages: Finds pages.\ncalculator(expression): Adds.",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_tools_is_one_block_whatever_its_form(name):
    text = f"You act for Nordwind.\n\n{LISTS[name]}\n\nRules:\n- Be brief."
    (block,) = blocks(text)
    assert block.kind == "tools"
    assert text[block.start : block.end] == LISTS[name]


@pytest.mark.parametrize(
    "label", ["## Tools\n", "You can call these functions:\n\n", "**Available tools:**\n", "可用工具：\n"]
)
@pytest.mark.parametrize("name", BELOW_A_LABEL)
def test_a_list_below_a_label_ends_with_its_last_item(name, label):
    text = f"You act for Nordwind.\n\n{label}{BELOW_A_LABEL[name]}\n\nRules: be brief.\nToday: 2026-01-02"
    (block,) = blocks(text)
    assert text[block.start : block.end] == BELOW_A_LABEL[name]


def test_sections_and_tags_are_taken_from_the_inside():
    sections = "### get_weather\nThe weather.\n- city: where\n\n### search\nFinds pages."
    text = f"## Tools\n{sections}\n\n## Rules\n- Be brief."
    (block,) = blocks(text)
    assert text[block.start : block.end] == sections
    text = "within <tools></tools> tags:\n<tools>\nanything at all\n</tools>\nend"
    (block,) = blocks(text)
    assert text[block.start : block.end] == "anything at all"


@pytest.mark.parametrize(
    "text",
    [
        'Call like this: {"name": "get_weather", "arguments": {"city": "Oslo"}}',
        '{"name": "Kim", "description": "a customer"}',
        "Use tools:\nRules: be brief.\nDate: today",
        "The tools\n\n- Be kind to customers.\n- Never guess.",
        "## Tone\n- warm: always\n- short: mostly",
        "<tools>\n\n</tools>",
    ],
)
def test_what_only_looks_like_a_list_of_tools_is_none(text):
    assert blocks(text) == []


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[1] One.\nstill one\n[2] Two.", 2),
        ('<document index="1">\nOne.\n</document>\n<document index="2">Two.</document>', 2),
        ("Passage 1:\nOne.\n\nPassage 2:\nTwo.", 2),
        ("【资料1】甲。\n【资料2】乙。\n【资料3】丙。", 3),
        ("### Document 1:\nOne.\n### Document 2:\nTwo.", 2),
    ],
)
def test_runs_of_passages_are_blocks_with_their_number(text, items):
    (block,) = blocks(f"Context:\n{text}\n\nQuestion: [why] does it say so?")
    assert (block.kind, block.items) == ("passages", items)
    assert f"Context:\n{text}\n\nQuestion: [why] does it say so?"[block.start : block.end] == text


def test_numbers_that_do_not_count_up_are_no_run():
    assert blocks("[7] a line\n[9] another") == []
    assert [b.items for b in blocks("[1] a\n[2] b\n[5] c")] == [2]


def test_passages_count_where_their_number_varies():
    one, two, three = (blocks("\n".join(f"[{k}] p" for k in range(1, n + 1))) for n in (1, 2, 3))
    assert varying([two, three, []])
    assert not varying([two, two, []])
    assert not varying([one, []])


pieces = st.lists(
    st.sampled_from(
        [*LISTS.values(), *BELOW_A_LABEL.values(), "<tools>", "</tools>", "[1] a\n", "[2]", "{", "[", '"name"',
         "'name'", "{'", '[{"', "## Tools\n", "<doc>", "</doc>", "\r\n", "\n", "Passage 1:", "x", " "]
    ),
    max_size=14,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(pieces)
def test_blocks_are_apart_and_within_the_text(parts):
    text = "".join(parts)
    found = blocks(text)
    places = [0, *(at for block in found for at in (block.start, block.end)), len(text)]
    assert places == sorted(places)
    assert all(block.start < block.end for block in found)


@pytest.mark.parametrize(
    "piece", ['[{"name": ', "{'name': ", "<tools>", "<doc>", "## Tools\n- a: b\n", "[1] ", "Tools "]
)
def test_hostile_repetition_takes_time_in_proportion(piece):
    import time

    begun = time.process_time()
    blocks(piece * (200_000 // len(piece)))
    assert time.process_time() - begun < 5
