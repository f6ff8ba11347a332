import msgspec
import pytest
from conftest import SPECIAL, make_frame, make_pair, make_tokenizer

from workbench.errors import InputError
from workbench.io.frames import pairs_to_frame
from workbench.records import Message
from workbench.rendering import IGNORE, Renderer
from workbench.training import Sft
from workbench.training.batches import Collator
from workbench.training.rows import collect, refusal

RENDERER = Renderer(make_tokenizer(), name="tiny")


def rendered(frame, spec=None, context=512):
    rows = collect(frame, spec or Sft(), renderer=RENDERER, context=context, part="train")
    if rows.findings:
        raise refusal(rows.findings)
    return rows


def test_every_row_is_rendered_and_counted():
    rows = rendered(make_frame(5))
    assert len(rows.examples) == 5
    assert rows.dropped == []
    assert rows.trained == 5 * (len('{"id": 123}') + 1)
    assert rows.tokens == sum(len(e.input_ids) for e in rows.examples)


def test_earlier_answers_of_a_chat_are_learned_where_asked():
    """Of a prompt with an answer in it: by default what the call said, with ``chat`` the earlier one too."""
    pair = make_pair(0, "Hi", "Two")
    said = (*pair.prompt, Message(role="assistant", content="One"), Message(role="user", content="More"))
    frame = pairs_to_frame([msgspec.structs.replace(pair, prompt=said)])
    trained = {}
    for turns in ("all", "last", "chat"):
        (example,) = rendered(frame, Sft(turns=turns)).examples
        trained[turns] = RENDERER.raw_text([label for label in example.labels if label != IGNORE])
    assert trained == {"all": "Two<|end|>", "last": "Two<|end|>", "chat": "One<|end|>Two<|end|>"}


def test_a_control_token_in_an_earlier_answer_is_refused_where_that_is_learned():
    pair = make_pair(0, "Hi", "Two")
    said = (*pair.prompt, Message(role="assistant", content="One<|end|>"), *pair.prompt)
    frame = pairs_to_frame([msgspec.structs.replace(pair, prompt=said)])
    assert rendered(frame).flagged
    with pytest.raises(InputError, match="control tokens in the answer"):
        rendered(frame, Sft(turns="chat"))


def test_a_teacher_with_another_prompt_hears_the_same_earlier_answers():
    pair = make_pair(0, "Hi", "Two")
    said = (*pair.prompt, Message(role="assistant", content="One"), Message(role="user", content="More"))
    long = (Message(role="system", content="Be brief."), *said)
    rows = collect(
        pairs_to_frame([msgspec.structs.replace(pair, prompt=said)]), Sft(turns="chat"), renderer=RENDERER,
        context=512, part="train", long=lambda _: long,
    )  # fmt: skip
    assert not rows.findings
    assert rows.teachers[0].trained == rows.examples[0].trained == 8


def test_long_rows_stop_the_training_and_are_listed():
    users = ("Hi", "x" * 90, "y" * 99)
    frame = pairs_to_frame(make_pair(number, user, "Yes") for number, user in enumerate(users))
    with pytest.raises(InputError) as caught:
        rendered(frame, Sft(max_length=60))
    assert [f.where for f in caught.value.findings] == [
        "train row pair-1 (log.jsonl:2)",
        "train row pair-2 (log.jsonl:3)",
    ]
    assert caught.value.findings[0].expected == "at most 60"


def test_long_rows_are_dropped_and_named_where_asked_never_cut():
    frame = pairs_to_frame([make_pair(0, "Hi", "Yes"), make_pair(1, "x" * 90, "Yes")])
    rows = rendered(frame, Sft(max_length=60, overlong="drop"))
    assert len(rows.examples) == 1
    assert [row["id"] for row in rows.dropped] == ["pair-1"]
    assert rows.dropped[0]["tokens"] > 90


def test_a_row_of_exactly_the_limit_stays():
    size = len(rendered(make_frame(1)).examples[0].input_ids)
    assert len(rendered(make_frame(1), Sft(max_length=size)).examples) == 1
    assert rendered(make_frame(1), Sft(max_length=size - 1, overlong="drop")).examples == []


def test_the_base_bounds_what_the_spec_allows():
    with pytest.raises(InputError, match="at most 40"):
        rendered(pairs_to_frame([make_pair(0, "x" * 50, "Yes")]), Sft(max_length=400), context=40)


def test_many_faults_are_counted_and_the_first_listed():
    frame = pairs_to_frame(make_pair(n, "x" * 90, "Yes") for n in range(30))
    with pytest.raises(InputError) as caught:
        rendered(frame, Sft(max_length=60))
    assert len(caught.value.findings) == 21
    assert caught.value.findings[-1].found == "10 more such rows"


def test_control_tokens_in_an_answer_are_refused():
    with pytest.raises(InputError, match=r"control tokens in the answer \(<\|end\|>\)"):
        rendered(pairs_to_frame([make_pair(0, "Hi", f"Yes{SPECIAL[4]}no")]))


def test_a_row_with_nothing_to_learn_is_refused():
    pair = msgspec.structs.replace(make_pair(0, "Hi", ""), completion=(Message(role="tool", content="x"),))
    with pytest.raises(InputError, match="without an assistant turn"):
        rendered(pairs_to_frame([pair]))


def test_padding_is_masked_and_never_trained():
    batch = Collator(pad=0)(
        [
            {"input_ids": [5, 6, 7], "labels": [IGNORE, 6, 7], "row": 4},
            {"input_ids": [8], "labels": [8], "row": 2},
        ]
    )
    assert batch["rows"].tolist() == [4, 2]
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [[IGNORE, 6, 7], [8, IGNORE, IGNORE]]


def test_short_rows_share_a_line_and_positions_start_anew():
    rows = [
        {"input_ids": [n] * size, "labels": [IGNORE] + [n] * (size - 1), "row": n}
        for n, size in ((7, 2), (8, 5), (9, 3))
    ]
    batch = Collator(pad=0, packing=True)(rows)
    assert batch["input_ids"].tolist() == [[8] * 5, [9] * 3 + [7] * 2]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 0, 1]]
    assert batch["rows"].tolist() == [8, 9, 7]
    assert "attention_mask" not in batch
