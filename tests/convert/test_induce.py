import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.templates import draw, recovered
from workbench.convert import Learning, induce, learn
from workbench.convert.naming import task_names
from workbench.convert.pattern import Pattern
from workbench.io.bundled import bundled
from workbench.io.readers import read_logs
from workbench.records import Hole, LogRecord, Message, Source, Static

PROMPT = (
    "You are the desk of Nordwind. Answer only from the context, in at most thirty words, and refuse harm.\n"
    "# Output\n- One JSON object and nothing else.\n- Never show internal numbers to a customer."
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "",
        "\n\nQuestion: x",
        "Context:\n",
        "Question:",
        "\r\n",
        "🙂‍🙂",
        "مرحبا بالعالم",
        "【问题】",
        "{slot}",
        "\0",
        "\u2028",
    ]
)


def record(*turns, file="x/log.jsonl", line=1):
    return LogRecord(
        prompt=tuple(Message(role=role, content=content) for role, content in turns),
        completion=(Message(role="assistant", content="ok"),),
        source=Source(file=file, line=line, record=line - 1),
    )


def support(context, question):
    return record(("system", PROMPT), ("user", f"Context:\n{context}\n\nQuestion: {question}"))


def rebuilt(induced):
    return [
        [(m.role, m.content) for m in induced.templates[at].render({slot.name: slot.value for slot in slots})]
        for at, slots in induced.assigned
    ]


def original(records):
    return [[(m.role, m.content) for m in record.prompt] for record in records]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12))
def test_whatever_stands_in_the_slots_the_prompt_comes_back(values):
    records = [support(context, question) for context, question in values]
    assert rebuilt(induce(records)) == original(records)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), texts), min_size=1, max_size=5
        ),
        max_size=9,
    )
)
def test_whatever_the_turns_the_prompt_comes_back(conversations):
    records = [record(*turns) for turns in conversations]
    induced = induce(records)
    assert rebuilt(induced) == original(records)
    assert sum(t.count for t in induced.templates) == len(records)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(max_size=12).filter(bool), min_size=1, max_size=3),
    st.lists(st.text(max_size=8), min_size=4, max_size=4),
)
def test_a_match_gives_the_text_back(statics, values):
    parts = []
    for i, static in enumerate(statics):
        parts += [Hole(name=str(i), type="other"), Static(text=static)]
    parts.append(Hole(name="z", type="other"))
    text = "".join(part.text if isinstance(part, Static) else values[i // 2] for i, part in enumerate(parts))
    read = Pattern(tuple(parts)).match(text)
    assert read is not None
    again = iter(read)
    assert "".join(part.text if isinstance(part, Static) else next(again) for part in parts) == text


def test_shared_prompt_and_labelled_slots():
    asked = ["When was it sent?", "who brings order 7?", "Is the lamp blue?"]
    notes = ["- order {i}: sent {i} May\n- lamp {i}", "- boots: blue, order {i}", "the lamp weighs {i} g"]
    records = [support(notes[i % 3].format(i=i), asked[i % 3] + "!" * (i % 4)) for i in range(40)]
    induced = induce(records)
    assert len(induced.templates) == 1
    template = induced.templates[0]
    assert template.system == PROMPT
    assert [(hole.name, hole.type) for hole in template.holes] == [
        ("context", "context"),
        ("question", "question"),
    ]
    assert induced.assigned[3][1][0].value == "- order 3: sent 3 May\n- lamp 3"


def test_a_record_outside_the_template_keeps_the_system_prompt_as_static_text():
    records = [support(f"note {i}", f"what {i}?") for i in range(40)] + [
        record(("system", PROMPT), ("user", "hello"))
    ]
    induced = induce(records)
    assert [t.system for t in induced.templates] == [PROMPT, PROMPT]
    assert [t.count for t in induced.templates] == [40, 1]
    assert induced.families == (0, 0), "one prompt is one task"


def test_values_in_a_system_prompt_become_slots():
    records = [
        record(
            ("system", f"{PROMPT}\nToday is 2026-0{i % 9 + 1}-1{i % 10}.\nCustomer: kim{i}"),
            ("user", ("hi", "where is it?", "my order")[i % 3] + f" {i}"),
        )
        for i in range(60)
    ]
    induced = induce(records)
    assert len(induced.templates) == 1
    assert [(h.name, h.type) for h in induced.templates[0].holes] == [
        ("today", "date"),
        ("customer", "other"),
        ("question", "question"),
    ]


def test_versions_of_a_prompt_that_differ_in_wording_stay_apart():
    other = PROMPT.replace(
        "Never show internal numbers to a customer.",
        "Greet the customer by name and thank them for the order.",
    )
    records = [record(("system", (PROMPT, other)[i % 2]), ("user", f"question {i}")) for i in range(40)]
    assert sorted(t.system for t in induce(records).templates) == sorted([PROMPT, other])


def test_history_turns_are_holes_of_that_type_and_templates_follow_the_shape():
    turns = [("user", "hi"), ("assistant", "hello")]
    records = [
        record(("system", PROMPT), *(turns * (i % 3)), ("user", f"Context:\nc{i}\n\nQuestion: q{i}"))
        for i in range(60)
    ]
    induced = induce(records)
    assert sorted(len(t.messages) for t in induced.templates) == [2, 4, 6]
    assert set(induced.families) == {0}
    longest = max(induced.templates, key=lambda t: len(t.messages))
    assert [h.type for h in longest.holes] == ["history"] * 4 + ["context", "question"]
    assert len({h.name for h in longest.holes}) == 6


def test_a_prompt_that_stands_wholly_in_the_user_turn():
    words = ["alpha", "beta", "gamma", "delta", "one", "two", "three", "four"]
    rng = random.Random(1)
    records = [
        record(("user", f"{PROMPT}\n\nText: {' '.join(rng.choices(words, k=9))}\n\nAnswer:"))
        for _ in range(40)
    ]
    template = induce(records).templates[0]
    assert template.static("user") == f"{PROMPT}\n\nText: \n\nAnswer:"
    assert [h.name for h in template.holes] == ["text"]


def test_ten_thousand_prompts_that_share_nothing_need_one_template():
    rng = random.Random(2)
    records = [
        record(("system", f"{rng.random()} {rng.random()}"), ("user", f"{rng.random()}"), line=i)
        for i in range(10_000)
    ]
    induced = induce(records)
    assert len(induced.templates) == 1
    assert [h.name for h in induced.templates[0].holes] == ["system", "question"]


def test_thousands_of_prompts_that_come_twice_are_static_each(monkeypatch):
    calls = []
    whole = Pattern.match
    monkeypatch.setattr(Pattern, "match", lambda self, text: calls.append(1) or whole(self, text))
    rng = random.Random(4)
    prompts = [f"{rng.random()} is number {rng.random()}" for _ in range(2000)]
    records = [record(("system", prompt), ("user", "hi")) for prompt in prompts * 2]
    induced = induce(records)
    assert {t.system for t in induced.templates} == set(prompts)
    assert len(calls) < 20 * len(records), "reading must not try every prompt on every record"


def test_a_single_record_keeps_its_system_prompt_as_template():
    induced = induce([record(("system", PROMPT), ("user", "hi"))])
    assert induced.templates[0].system == PROMPT
    assert [h.type for h in induced.templates[0].holes] == ["question"]


def test_equal_logs_give_equal_template_ids_in_any_order():
    records = [support(f"note {i}", f"what {i}?") for i in range(30)]
    assert {t.id for t in induce(records).templates} == {t.id for t in induce(records[::-1]).templates}


@pytest.mark.parametrize("field", ["support", "sample", "long_prompt"])
def test_fields_of_learning_change_what_is_found(field):
    rng = random.Random(3)
    brief = [
        record(("system", "Be brief."), ("user", f"Task {'ab'[i % 2]}: go on with {rng.random()}"))
        for i in range(8)
    ]
    rare = [support(f"n{i}", f"q{i}") for i in range(4)]
    late = [record(("user", f"Text: go {'on' if i % 9 == 5 else 'up'} {rng.random()}")) for i in range(600)]
    records, changed = {
        "support": (rare, Learning(support=5)),
        "long_prompt": (brief, Learning(long_prompt=2)),
        "sample": (late, Learning(sample=8)),
    }[field]
    before, after = induce(records), induce(records, learning=changed)
    assert (before.templates, before.families) != (after.templates, after.families)


def test_the_pool_bounds_the_texts_among_which_families_are_looked_for(monkeypatch):
    sizes = []
    whole = learn.families
    monkeypatch.setattr(
        learn, "families", lambda found, **options: sizes.append(len(found)) or whole(found, **options)
    )
    records = [support(f"note {i}", f"what {i}?") for i in range(400)]
    induce(records)
    assert max(sizes) == 400
    sizes.clear()
    induce(records, learning=Learning(pool=100))
    assert max(sizes) == 100


SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]


@pytest.mark.parametrize("seed", SEEDS)
def test_known_templates_are_recovered_exactly(seed):
    """The whole of 200 draws: ``python -m bench.templates``."""
    made = draw(seed)
    found, back = recovered(made.records)
    assert made.truth <= found
    assert back


SAMPLES = sorted(bundled("samples").glob("*/logs.jsonl"))


@pytest.mark.parametrize("log", SAMPLES, ids=lambda path: path.parent.name)
def test_every_sample_log_comes_back(log):
    read = read_logs([log])
    lines = [line for line in Path(log).read_bytes().splitlines() if line.strip()]
    assert len(read.records) + len(read.rejects) == len(lines)
    induced = induce(read.records)
    assert rebuilt(induced) == original(read.records)
    assert induced.templates[0].count >= 0.95 * len(read.records)
    assert len(induced.templates[0].holes) == 2
    name = log.parent.name
    files = [Counter(r.source.file for r in read.records)] * len(induced.templates)
    assert task_names(induced.templates, induced.families, files)[0] == name
    by_line = {r.source.line: r for r in read.records}
    for line, found in list(by_line.items())[:20]:
        held = json.loads(Path(log).read_bytes().split(b"\n")[line - 1])["messages"]
        assert [m["content"] for m in held[:-1]] == [m.content for m in found.prompt]
