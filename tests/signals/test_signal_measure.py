import json
import random
from pathlib import Path
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rows import frame, measured

from workbench.backends import FakeBackend
from workbench.errors import ConfigError
from workbench.io.frames import PAIR_SCHEMA
from workbench.ports import Scored
from workbench.records import Completion
from workbench.signals import (
    DEFAULT,
    AnySignal,
    Boilerplate,
    Judge,
    Likelihood,
    Tools,
    columns_of,
    measure,
    table,
)

DOC = Path(__file__).resolve().parent.parent.parent / "docs" / "signals.md"
EVERY = [kind() for kind in get_args(AnySignal)]
ROWS = [
    {"question": f"what is {n}", "answer": f"It is {n}, says jo{n}@example.com. 明天。"} for n in range(9)
]


def test_every_column_has_a_name_of_its_own_and_is_documented():
    names = [column.name for column in columns_of(EVERY)]
    assert len(names) == len(set(names))
    assert not set(names) & {*PAIR_SCHEMA, "cluster"}
    text = DOC.read_text(encoding="utf-8")
    assert table() in text, "run: workbench curate --list-signals, and put the table into docs/signals.md"


def test_types_are_the_declared_ones_with_rows_and_without():
    for rows in (ROWS, []):
        found = measure(frame(*rows), DEFAULT)
        assert dict(found.schema) == {c.name: c.dtype for c in columns_of(DEFAULT)}
        assert found.height == len(rows)


def test_columns_that_are_never_null_never_are():
    rows = [{}, {"answer": "\x00😀"}, {"question": "？", "answer": "。"}, {"answer": "a" * 5000}, *ROWS]
    found = measure(frame(*rows), DEFAULT)
    for column in columns_of(DEFAULT):
        if column.null == "never":
            assert found[column.name].null_count() == 0, column.name


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_measured_and_shares_are_shares(question, answer):
    question, answer = (text.encode("utf-8", "ignore").decode() for text in (question, answer))
    found = measured_all(question, answer)
    for name in ("script_mix", "repeated_ngrams", "repeated_lines", "overlap", "copied", "grounding"):
        assert found[name] is None or 0 <= found[name] <= 1


def measured_all(question, answer):
    rows = measure(frame({"question": question, "answer": answer, "context": question}), DEFAULT)
    return rows.row(0, named=True)


def test_neither_row_order_nor_the_number_of_processes_decides_a_value(monkeypatch):
    monkeypatch.setattr("workbench.signals.run._CHUNK", 3)
    rows = frame(*ROWS)
    once = measure(rows, DEFAULT)
    order = random.Random(0).sample(range(rows.height), rows.height)
    again = measure(rows.select(pl.all().gather(order)), DEFAULT)
    assert again.equals(once.select(pl.all().gather(order)))
    monkeypatch.setattr("workbench.signals.run._WORTH_A_PROCESS", 1)
    assert measure(rows, DEFAULT, workers=2).equals(once)


def test_rows_with_nulls_are_measured():
    rows = frame(*ROWS).with_columns(
        completion=pl.Series([None] * len(ROWS), dtype=PAIR_SCHEMA["completion"]),
        slots=pl.Series([None] * len(ROWS), dtype=PAIR_SCHEMA["slots"]),
    )
    assert measure(rows, DEFAULT)["answer_chars"].to_list() == [0] * len(ROWS)


def test_boilerplate_is_what_many_answers_of_a_task_say():
    rows = [{"answer": f"Thank you for asking. Number {n} it is."} for n in range(4)]
    shares = measure(frame(*rows), [Boilerplate()])["boilerplate"]
    assert shares.to_list() == [pytest.approx(21 / 36)] * 4
    assert measure(frame(*rows), [Boilerplate(least=5)])["boilerplate"].max() == 0
    assert measure(frame(*rows), [Boilerplate(common=1.0)])["boilerplate"].max() == 0
    apart = [{**row, "task": f"task {n}"} for n, row in enumerate(rows)]
    assert measure(frame(*apart), [Boilerplate()])["boilerplate"].max() == 0
    assert measured(Boilerplate())["boilerplate"] is None


class Scorer:
    """Finds an answer twice as likely a token after a prompt that isn't empty; "long" doesn't fit."""

    def score(self, rows, *, progress):
        del progress
        return [
            Scored(nll=0.0, tokens=0)
            if answer[0].content == "long"
            else Scored(nll=4.0 if prompt[0].content else 8.0, tokens=4)
            for prompt, answer in rows
        ]


def test_likelihood_with_prompt_and_without():
    found = measure(
        frame({"question": "q", "answer": "a"}, {"answer": "long"}),
        [Likelihood()],
        tools=Tools(scorer=Scorer()),
    )
    first, second = found.iter_rows(named=True)
    e = 2.71828
    assert first["perplexity"] == pytest.approx(e, rel=1e-4)
    assert first["perplexity_alone"] == pytest.approx(e * e, rel=1e-4)
    assert first["ifd"] == pytest.approx(1 / e, rel=1e-4)
    assert set(second.values()) == {None}
    with pytest.raises(ConfigError, match="--base"):
        measure(frame({}), [Likelihood()])


def test_a_judge_gives_a_score_or_a_reply_for_quarantine():
    replies = {
        "fine": '{"score": 0.75}',
        "fenced": '```json\n{"score": 1}\n```',
        "chatty": "I would say 0.9",
        "high": '{"score": 7}',
        "true": '{"score": true}',
    }

    def answer(prompt):
        return next(reply for name, reply in replies.items() if f"<answer>\n{name}\n" in prompt[0].content)

    seen = []

    class Backend:
        def generate(self, prompts, sampling, *, progress):
            del progress
            seen.append((prompts, sampling))
            return [Completion(text=answer(p), prompt_tokens=1, completion_tokens=1) for p in prompts]

    rows = frame(*({"answer": name} for name in replies))
    found = measure(rows, [Judge(rubric="Be strict.", max_new_tokens=9)], tools=Tools(judge=Backend()))
    assert found["judge"].to_list() == [0.75, 1.0, None, None, None]
    assert found["judge_reply"].to_list() == [None, None, *list(replies.values())[2:]]
    [(prompts, sampling)] = seen
    assert prompts[0][0].content.startswith("Be strict.")
    assert (sampling.max_new_tokens, sampling.temperature) == (9, 0.0)
    with pytest.raises(ConfigError, match="--judge"):
        measure(frame({}), [Judge()])


def test_a_fake_backend_can_judge():
    tools = Tools(judge=FakeBackend(lambda prompt: json.dumps({"score": len(prompt) / 2})))
    assert measure(frame({}), [Judge()], tools=tools)["judge"].to_list() == [0.5]
