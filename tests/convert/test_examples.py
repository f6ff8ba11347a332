import json

import polars as pl
import pytest

from workbench.convert import convert
from workbench.convert.examples import ORIGIN, Worked, worked_examples
from workbench.io.frames import frame_to_pairs, read_pairs, read_with_examples
from workbench.io.tokenizer import WordTokenizer
from workbench.steps import ClusterSplit

HEAD = "You are the desk of a shop for tents and lamps and you label reviews of customers for the buyers.\n"


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("Examples:\nInput: It broke.\nOutput: negative\n\nInput: Warm and light.\nOutput: positive\n",
         [("It broke.", "negative"), ("Warm and light.", "positive")]),
        ("## Examples\n<input>a\nb</input>\n<output>c</output>\n", [("a\nb", "c")]),
        ("## 示例\n用户：订单在哪里？\n助手：您好，已寄出。\n\n用户：多少钱？\n助手：共366元。\n",
         [("订单在哪里？", "您好，已寄出。"), ("多少钱？", "共366元。")]),
        ("Examples:\n### Example 1\n**Q:** x?\n**A:** y\n### Example 2\n**Q:** z?\n**A:** w\n",
         [("x?", "y"), ("z?", "w")]),
        ('Examples:\n- "It broke." -> negative\n- "Warm." -> positive\n',
         [("It broke.", "negative"), ("Warm.", "positive")]),
        ("Example:\nContext: sent 3 May\nQuestion: when?\nAnswer: 3 May\n\nKeep it short.",
         [("Context: sent 3 May\nQuestion: when?", "3 May")]),
    ],
)  # fmt: skip
def test_examples_of_many_shapes_are_found(block, found):
    assert worked_examples(HEAD + "\n" + block) == [Worked(*one) for one in found]


def test_a_prompt_without_example_blocks_has_none():
    assert worked_examples(HEAD + "Input: a review. Output: one word, positive or negative.") == []


PROMPT = HEAD + (
    "Keep the reply to at most two words.\n\nExamples:\nInput: The lamp broke after a day.\n"
    "Output: negative\n\nInput: The boots are warm.\nOutput: These boots are surely positive\n"
)


@pytest.fixture
def converted(tmp_path):
    said = ("good", "bad", "fine and warm")
    reviews = [f"Item {i} is {said[i % 3]} {'indeed ' * (i % 4)}" for i in range(40)]
    reviews[5] = "The lamp broke after a day."
    lines = [
        {"messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": text}]}
        for text in reviews
    ]
    for line, text in zip(lines, reviews, strict=True):
        label = "negative" if "b" in text else "positive"
        line["messages"].append({"role": "assistant", "content": label})
    (tmp_path / "shop.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    summary = convert([tmp_path / "shop.jsonl"], tmp_path / "out", tokenizer=WordTokenizer())
    return tmp_path / "out", summary


def test_examples_become_pairs_and_those_that_break_the_contract_do_not(converted):
    out, summary = converted
    assert summary["examples"] == {"found": 2, "pairs": 1, "broken": 1}
    assert (summary["in"], summary["pairs"]) == (40, 40), "examples are no rows of the log"
    (pair,) = frame_to_pairs(read_pairs(out / "examples.parquet"))
    assert pair.meta == {"origin": ORIGIN}
    assert (pair.prompt[-1].content, pair.output) == ("The lamp broke after a day.", "negative")
    listed = [json.loads(line) for line in (out / "examples.jsonl").read_text().splitlines()]
    assert [bool(one["breaks"]) for one in listed] == [False, True]
    assert read_with_examples(out / "pairs.parquet").height == 41


def test_no_case_that_equals_an_example_is_held_out(converted):
    out, _ = converted
    frame = read_with_examples(out / "pairs.parquet")
    for seed in range(8):
        parts = ClusterSplit(test=0.45, valid=0.45, seed=seed)(frame)
        held = pl.concat([parts.valid, parts.test])
        texts = held.select(pl.col("prompt").list.last().struct.field("content")).to_series()
        assert "The lamp broke after a day." not in texts.to_list()
        assert held.height > 0
