"""What is learnt of a log, how prompts are read by it and counted, and that nothing is lost on the way."""

import msgspec
import polars as pl
import pytest

from workbench.convert import CompactForm, Learning, LiveTemplates, induce
from workbench.convert.induce import Patterns, Tally, check_lossless, slots_of, template_of
from workbench.convert.live import Fitted
from workbench.convert.pairs import PairMaker
from workbench.convert.pattern import Pattern
from workbench.convert.tasks import _write_apart
from workbench.convert.versions import Drift, Era, lineages
from workbench.errors import InvariantError
from workbench.io.tokenizer import WordTokenizer
from workbench.records import Hole, LogRecord, Message, Source, Static, Template, TemplateMessage

DESK = (
    "You are the desk of a shop for tents and lamps. Answer only from the context, in at most thirty words, "
    "and refuse what does harm."
)
NOTES = (
    "You turn the rough notes of reporters into three points. Use nothing but facts from the notes and keep "
    "every name as it is written."
)


def turns(*held):
    return tuple(Message(role=role, content=content) for role, content in held)


def record(*held, file="x/log.jsonl", line=1):
    return LogRecord(
        prompt=turns(*held),
        completion=turns(("assistant", "ok")),
        source=Source(file=file, line=line, record=line - 1),
    )


def asked(i):
    return f"Context:\norder {i} for kim {'x' * (i % 5)}\n\nQuestion: when is {i * 7}?"


def desk(n=12):
    return [record(("system", DESK), ("user", asked(i)), line=i + 1) for i in range(n)]


def patterns(records, **more):
    found = Patterns(Learning(**more))
    found.learn([one.prompt for one in records])
    return found


# Nothing is lost ------------------------------------------------------------------------------------------


def test_a_prompt_that_would_not_come_back_is_an_error_that_names_it(monkeypatch):
    """Whatever goes wrong in reading: no slots are handed out that don't give the prompt back."""
    match = Pattern.match

    def short(self, text):
        found = match(self, text)
        return [value[:-1] for value in found] if found else found

    monkeypatch.setattr(Pattern, "match", short)
    with pytest.raises(InvariantError, match=r"template t[0-9a-f]{12} does not give back .*log\.jsonl"):
        induce(desk())


def test_losslessness_is_held_against_roles_and_text():
    one = record(("system", DESK), ("user", "Q: a"))
    asking = Pattern((Static(text="Q: "), Hole(name="q", type="other")))
    template = template_of((("system", Pattern((Static(text=DESK),))), ("user", asking)), 1)
    check_lossless(template, slots_of(template, ["a"]), one)
    for other in (
        record(("system", DESK), ("user", "Q: b")), record(("system", DESK), ("assistant", "Q: a")),
        record(("system", DESK)), record(("system", DESK), ("user", "Q: a"), ("user", "Q: a")),
    ):  # fmt: skip
        with pytest.raises(InvariantError, match="does not give back"):
            check_lossless(template, slots_of(template, ["a"]), other)
    with pytest.raises(ValueError, match="zip"):
        slots_of(template, ["a", "b"])


# What is learnt -------------------------------------------------------------------------------------------


def test_learning_says_whether_it_brought_anything():
    found = Patterns()
    prompts = [one.prompt for one in desk()]
    assert found.learn(prompts) is True
    assert found.learn(prompts) is False
    # Under a system prompt that is known, turns of a new form bring something too.
    fresh = [
        turns(("system", DESK), ("user", f"Please sum this up:\n{i} and {i * 3}\n\nTone: {i}"))
        for i in range(9)
    ]
    assert found.learn(fresh) is True
    assert found.learn(fresh) is False
    assert found.read(fresh[0]).known
    # And a system prompt over turns of no form.
    assert found.learn([turns(("system", NOTES), ("user", f"{'abcdefgh'[i] * 4}")) for i in range(3)]) is True
    assert found.learn([]) is False


def test_every_pattern_has_the_number_of_its_place():
    found = patterns(desk())
    assert [one.number for one in found.every] == list(range(len(found.every)))
    key = found.read(desk()[0].prompt).key
    assert [role for role, _ in key] == ["system", "user"]
    assert [one.number for _, one in found.patterned(key)] == [number for _, number in key]


def test_a_system_text_is_counted_in_the_whole_log():
    """A text that stands once here and often elsewhere is a prompt; one that stands once in all is not."""
    prompts = [turns(("system", text), ("user", "hi")) for text in (DESK, NOTES)]
    found = Patterns()
    found.learn(prompts, count={DESK: 9, NOTES: 1}.__getitem__)
    assert [found.read(prompt).known for prompt in prompts] == [False, False]
    assert [found.read(prompt).values for prompt in prompts] == [["hi"], [NOTES, "hi"]]
    alone = Patterns()
    alone.learn(prompts)
    assert [alone.read(prompt).values for prompt in prompts] == [[DESK, "hi"], [NOTES, "hi"]]


# How a prompt is read -------------------------------------------------------------------------------------


def test_known_means_that_neither_system_nor_question_is_open():
    found = patterns(desk())
    assert found.read(turns(("system", DESK), ("user", asked(99)))).known
    assert found.read(turns(("system", DESK), ("user", "so?"), ("assistant", "y"), ("user", asked(9)))).known
    assert not found.read(turns(("system", NOTES), ("user", asked(99)))).known
    assert not found.read(turns(("system", DESK), ("user", "something else"))).known
    assert not found.read(turns(("system", NOTES), ("user", "something else"))).known


def test_the_question_is_the_last_user_turn_wherever_it_stands():
    found = patterns(desk())

    def holes(*held):
        read = found.read(turns(*held))
        return [hole.name for hole in template_of(found.patterned(read.key), 1).holes], read.values

    assert holes(("user", "a"), ("assistant", "b"), ("user", "c")) == (
        ["turn", "turn_2", "question"],
        ["a", "b", "c"],
    )
    assert holes(("user", "a"), ("assistant", "b")) == (["question", "turn"], ["a", "b"])
    assert holes(("system", "s"), ("user", "a"), ("assistant", "b"), ("tool", "c")) == (
        ["system", "question", "turn", "turn_2"], ["s", "a", "b", "c"],
    )  # fmt: skip
    assert holes(("assistant", "a")) == (["turn"], ["a"])
    assert holes(("assistant", "a"), ("system", "s")) == (["turn", "system"], ["a", "s"])
    assert holes(("system", "s")) == (["system"], ["s"])
    assert holes() == ([], [])


def test_user_turns_tell_tasks_apart_below_a_short_system_prompt_alone():
    other = "Please sum up what follows in three points:\n{}\n\nTone: {}"
    kinds = (asked, lambda i: other.format(f"{i} is {i * 3}", f"t{i}"))

    def families(*above, **more):
        records = [record(*above, ("user", kind(i))) for i in range(30) for kind in kinds]
        induced = induce(records, learning=Learning(**more))
        assert len(induced.templates) == 2
        return induced.families

    assert families() == (0, 1)
    assert families(("system", "Be kind.")) == (0, 1)
    assert families(("system", DESK)) == (0, 0)
    weight = Pattern((Static(text=DESK),)).weight
    assert families(("system", DESK), long_prompt=weight) == (0, 0)
    assert families(("system", DESK), long_prompt=weight + 1) == (0, 1)


# What is counted ------------------------------------------------------------------------------------------


def counted(found, prompts, *, file="a"):
    tally = Tally()
    for prompt in prompts:
        tally.add(found.read(prompt), file=file)
    return tally


def held(tally):
    return {
        key: (one.family, one.first, one.last, one.count, dict(one.files), one.values)
        for key, one in tally.keys.items()
    }


def test_counts_of_parts_add_up_to_those_of_the_whole():
    found = patterns(desk())
    known = [one.prompt for one in desk()]
    free = [turns(("user", f"hello {'abcdefg'[i]}")) for i in range(6)]
    order = [
        free[0],
        known[0],
        known[1],
        free[1],
        free[2],
        known[2],
        known[3],
        free[3],
        known[4],
        free[4],
        free[5],
    ]
    whole = counted(found, order)
    of_known, of_free = (next(one for one in whole.keys.values() if one.first == i) for i in (1, 0))
    assert (of_known.count, of_known.first, of_known.last) == (5, 1, 8)
    assert (of_free.count, of_free.first, of_free.last) == (6, 0, 10)
    assert of_free.values == [["hello a"], ["hello b"], ["hello c"]]
    assert of_free.files == {"a": 6}
    for cut in range(len(order) + 1):
        parts = counted(found, order[:cut])
        parts.take(counted(found, order[cut:]))
        assert held(parts) == held(whole)
        assert parts.rows == whole.rows == 11
    third = Tally()
    for start in (0, 4, 8):
        third.take(counted(found, order[start : start + 4]))
    assert held(third) == held(whole)


def test_the_commonest_template_comes_first():
    found = patterns(desk())
    free = [turns(("user", "hello")), turns(("user", "hi"), ("assistant", "x"), ("user", "y"))]
    tally = counted(found, [free[0], *[one.prompt for one in desk(3)], free[1]])
    ranked = [template for _, template in tally.ranked(found)]
    assert [template.count for template in ranked] == [3, 1, 1]
    assert ranked[1].id < ranked[2].id
    assert all(template.task == "" for template in ranked)


def test_holes_of_one_name_are_numbered_over_all_messages():
    def pattern(*names):
        return Pattern(tuple(Hole(name=name, type="other") for name in names))

    template = template_of(
        (("system", pattern("a", "b")), ("user", pattern("a")), ("user", pattern("a", "b"))), 7
    )
    assert [hole.name for hole in template.holes] == ["a", "b", "a_2", "a_3", "b_2"]
    assert template.count == 7
    again = template_of(
        (("system", pattern("a", "b")), ("user", pattern("a")), ("user", pattern("a", "b"))), 1
    )
    assert again.id == template.id
    other = template_of(
        (("system", pattern("a", "b")), ("tool", pattern("a")), ("user", pattern("a", "b"))), 7
    )
    assert other.id != template.id


# Live, tasks and versions ---------------------------------------------------------------------------------


def test_earlier_turns_are_known_by_the_system_prompt_above_them():
    made = [
        record(("system", text), ("user", f"{label}:\n{i} for {i * 3}\n\nTone: {i}"))
        for text, label in ((DESK, "Order"), (NOTES, "Draft"))
        for i in range(12)
    ]
    live = LiveTemplates(induce(made).templates, CompactForm())

    def names(first):
        found = live(
            turns(("system", DESK), ("user", first), ("assistant", "b"), ("user", "Order:\nx\n\nTone: y"))
        )
        assert isinstance(found, Fitted)
        return [slot.name for slot in found.slots]

    assert names("Order:\n1\n\nTone: 2") == ["order", "tone", "turn", "order_2", "tone_2"]
    assert names("Draft:\n1\n\nTone: 2") == ["turn", "turn_2", "order", "tone"]


def test_rows_of_each_task_go_to_its_own_file_whole(tmp_path):
    rows = pl.DataFrame({"task": ["b", "a", "b", "c", "a"], "n": [1, 2, 3, 4, 5]})
    table = tmp_path / "pairs.parquet"
    rows.write_parquet(table)
    for task in "ab":
        (tmp_path / "tasks" / task).mkdir(parents=True)
    _write_apart(table, tmp_path / "tasks", ["a", "b"])
    for task in "ab":
        written = pl.read_parquet(tmp_path / "tasks" / task / "pairs.parquet", hive_partitioning=False)
        assert written.to_dicts() == rows.filter(pl.col("task") == task).to_dicts()
    assert sorted(p.name for p in (tmp_path / "tasks").iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "other", "overlap", "versions"),
    [
        ((0, 9), (9, 18), 0.1, True),  # one row of ten
        ((0, 9), (9, 18), 0.09, False),
        ((5, 9), (9, 98), 0.2, True),  # one row of five
        ((5, 9), (9, 98), 0.19, False),
        ((5, 94), (94, 98), 0.2, True),
        ((5, 94), (94, 98), 0.19, False),
        ((10, 99), (30, 39), 0.99, False),  # wholly within the other's
        ((10, 99), (30, 39), 1.0, True),
        ((0, 9), (10, 18), 1e-9, True),
        ((0, 9), (50, 58), 1e-9, True),
    ],
)
def test_what_follows_is_a_version_and_what_runs_beside_is_not(one, other, overlap, versions):
    texts = "a b c d e f g", "a b c d e f x"
    eras = [Era(text, *span) for text, span in zip(texts, (one, other), strict=True)]
    found = lineages(eras, drift=Drift(likeness=0.5, overlap=overlap))
    assert found == ([0, 0] if versions else [0, 1])


def test_a_pair_s_id_follows_what_it_says_and_nothing_else():
    """Equal ids are equal rows for every later step: slots, their names, answer and template count."""

    def made(question="a", answer="ok", *, name="q", role="assistant", task="desk", template="t", line=1):
        maker = PairMaker(form=CompactForm(), tokenizer=WordTokenizer(), numbered=False)
        parts = (Static(text="Q: "), Hole(name=name, type="question"))
        asked = Template(id=template, task=task, messages=(TemplateMessage(role="user", parts=parts),))
        source = Source(file=f"{line}.jsonl", line=line, record=0)
        said = turns((role, answer))
        one = LogRecord(prompt=turns(("user", f"Q: {question}")), completion=said, source=source)
        return maker(one, asked, [question]).id

    apart = [made(), made("b"), made(answer="no"), made(name="r"), made(role="tool"), made(template="u")]
    assert len(set(apart)) == len(apart)
    assert made(task="other", line=7) == apart[0]


def test_a_run_in_more_prompts_than_the_limit_says_nothing():
    eras = [
        Era("a b c d", 0, 1), Era("p q r s t u v w x y z a b c d", 2, 3), Era("a b c d e", 4, 5),
    ]  # fmt: skip
    assert lineages(eras, drift=Drift(boilerplate=2)) == [0, 1, 0]
    assert lineages(eras, drift=Drift(boilerplate=1)) == [0, 1, 2]


@pytest.mark.parametrize("order", [1, -1])
def test_an_earlier_turn_is_read_by_the_form_with_most_text(order):
    def user(*parts):
        return Template(
            id=f"t{len(parts)}",
            task="desk",
            messages=(
                TemplateMessage(role="system", parts=(Static(text=DESK),)),
                TemplateMessage(role="user", parts=parts),
            ),
        )

    question, tone = Hole(name="q", type="question"), Hole(name="tone", type="other")
    made = [
        user(Static(text="Q: "), question),
        user(Static(text="Q: "), question, Static(text=" Tone: "), tone),
        user(question, Static(text=" T")),
    ]
    live = LiveTemplates(made[::order], CompactForm())
    said = live(
        turns(("system", DESK), ("user", "Q: a Tone: b"), ("assistant", "c"), ("user", "Q: d Tone: e"))
    )
    assert [(slot.name, slot.value) for slot in said.slots] == [
        ("q", "a"), ("tone", "b"), ("turn", "c"), ("q_2", "d"), ("tone_2", "e"),
    ]  # fmt: skip


def test_a_shorter_talk_than_the_template_s_has_the_slots_of_its_own_shape():
    """Numbers behind slot names count within one conversation, and are told apart anew for each."""

    def asked_for(i):
        return f"Order:\n{i} for {i * 3}\n\nTone: {i}"

    one = [(("system", DESK), ("user", asked_for(i))) for i in range(12)]
    two = [(*one[i], ("assistant", f"yes {i}"), ("user", asked_for(i * 5))) for i in range(12)]
    by_size = {len(t.messages): t for t in induce([record(*held) for held in one + two]).templates}
    live = LiveTemplates([by_size[4]], CompactForm())
    said = live(turns(*one[3]))
    assert [slot.name for slot in said.slots] == ["order", "tone"]
    assert said.template == by_size[2].id
    said = live(turns(*two[3], ("assistant", "yes"), ("user", asked_for(9))))
    assert [slot.name for slot in said.slots] == [
        "order", "tone", "turn", "order_2", "tone_2", "turn_2", "order_3", "tone_3",
    ]  # fmt: skip
    assert live(turns(*two[3])).template == by_size[4].id


@pytest.mark.parametrize("name", ["likeness", "overlap", "twin"])
def test_shares_of_drift_lie_above_nothing_and_up_to_all(name):
    for share in (0.01, 0.5, 1):
        assert getattr(msgspec.convert({name: share}, Drift), name) == share
    for share in (0, -0.1, 1.01):
        with pytest.raises(msgspec.ValidationError, match=name):
            msgspec.convert({name: share}, Drift)


@pytest.mark.parametrize("name", ["boilerplate", "recalled"])
def test_counts_of_drift_are_one_or_more(name):
    assert getattr(msgspec.convert({name: 1}, Drift), name) == 1
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert({name: 0}, Drift)


def test_system_prompts_are_told_apart_however_short_a_long_one_is_said_to_be():
    """The limit is for what stands above user turns: nothing stands above a system prompt."""
    kinds = ("Please answer as the kind desk of {0}{1}.", "Sum up all you are told of {0}{1} now.")
    records = [
        record(("system", kind.format(name, i)), ("user", f"{'abcdefgh'[i]} {name}"))
        for kind in kinds
        for i, name in enumerate(("Oslo", "Lima", "Rome", "Bonn", "Graz", "Bath", "Nice", "York"))
    ]

    def systems(**more):
        found = patterns(records, **more)
        return [found.every[found.read(one.prompt).key[0][1]].parts for one in records]

    assert len(set(systems())) == 2
    assert systems(long_prompt=1) == systems()


def test_versions_are_told_by_the_limits_of_the_schema():
    assert Drift() == Drift(likeness=0.5, overlap=0.2, twin=0.85, boilerplate=64, recalled=64)


def test_an_empty_log_has_no_templates():
    found = induce([])
    assert (found.templates, found.assigned, found.families) == ((), [], ())
