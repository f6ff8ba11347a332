"""What is read off a prompt and what is left of it, character by character."""

import pytest

from workbench.convert.compact import CompactForm, Compactor, compact
from workbench.convert.live import Fitted, LiveTemplates
from workbench.convert.pairs import PairMaker
from workbench.convert.pattern import Pattern
from workbench.convert.versions import Drift, Era, difference, lineages, shown
from workbench.errors import InvariantError
from workbench.io.tokenizer import WordTokenizer
from workbench.records import Hole, LogRecord, Message, Source, Static, Template, TemplateMessage

KINDS = {"c": "context", "q": "question"}


def parts(*held):
    return tuple(
        Hole(name=one[1:], type=KINDS.get(one[1:2], "other")) if one.startswith("$") else Static(text=one)
        for one in held
    )


def template(*messages, name="t", task="desk"):
    held = tuple(TemplateMessage(role=role, parts=parts(*one)) for role, *one in messages)
    return Template(id=name, messages=held, task=task)


@pytest.mark.parametrize(
    ("held", "text", "values"),
    [
        (["a: ", "$x"], "a: 1", ["1"]),
        (["a: ", "$x"], "a: ", [""]),
        (["a: ", "$x"], "b: 1", None),
        (["$x", " z"], "1 z", ["1"]),
        (["$x", " z"], "1 y", None),
        (["a ", "$x", " b ", "$y", " c"], "a 1 b 2 c", ["1", "2"]),
        (["a ", "$x", " b ", "$y", " c"], "a 1 b 2 b 3 c", ["1", "2 b 3"]),
        (["a ", "$x", " b ", "$y", " c"], "a 1 2 c", None),
        (["a ", "$x", " b ", "$y", " c"], "a  b  c", ["", ""]),
        (["ab", "$x", "ba"], "aba", None),  # head and tail may not share a letter
        (["ab", "$x", "ba"], "abba", [""]),
        (["$x"], "all of it", ["all of it"]),
        (["$x", "-", "$y"], "1-2-3", ["1", "2-3"]),
        (["$x", "-", "$y"], "-", ["", ""]),
        (["a", "$x", "b", "$y", "b"], "ab", None),
        (["a", "$x", "b", "$y", "b"], "abb", ["", ""]),
        (["fixed"], "fixed", []),
        (["fixed"], "fixed ", None),
        ([], "", []),
        ([], "x", None),
    ],
)
def test_holes_are_read_off_at_the_first_place(held, text, values):
    assert Pattern(parts(*held)).match(text) == values


def test_a_pattern_knows_how_much_of_it_is_fixed():
    pattern = Pattern(parts("two words ", "$x", " three more words"), ("label",))
    assert (pattern.static_length, pattern.weight, pattern.has_holes) == (27, 5, True)
    assert (pattern.number, pattern.kin is pattern, pattern.evidence) == (-1, True, ("label",))
    assert not Pattern(parts("fixed")).has_holes


LEAST = CompactForm(form="none")
INSIDE = CompactForm(form="none", context="internalize")


@pytest.mark.parametrize(
    ("held", "kept", "inside"),
    [
        (["Context:\n", "$c", "\n\nQuestion: ", "$q"], "Context:\nC\n\nQuestion: Q", "Question: Q"),
        (["<doc>", "$c", "</doc>\nQuestion: ", "$q"], "<doc>C</doc>\nQuestion: Q", "Question: Q"),
        (["Q: ", "$q", "\nContext: ", "$c", " END"], "Q: Q\nContext: C END", "Q: Q\n"),
        (["Context: ", "$c"], "Context: C", None),
        (["$q", " Context: ", "$c"], "Q Context: C", "Q"),
        (["A: ", "$a", "; B: ", "$b"], "A: A; B: B", "A: A; B: B"),
        (
            ["Read this with care. It matters.\nNotes:\n", "$n", "\nNow answer.\n\n\nQuestion: ", "$q"],
            "Notes:\nN\n\n\nQuestion: Q", "Notes:\nN\n\n\nQuestion: Q",
        ),
        (
            ["$n", "】 One two three four five six seven. Name: ", "$m"],
            "N】  Name: M", "N】  Name: M",
        ),
        (["$n", "”\nGo on then. Do it now! 姓名：", "$m", " Bye."], "N”\n 姓名：M", "N”\n 姓名：M"),
        (["One two three four five six seven eight nine ten: ", "$q"], "Q", "Q"),
        (["$q", " Say so. "], "Q", "Q"),
        (["$q", " please"], "Q please", "Q please"),
    ],
)  # fmt: skip
def test_labels_and_closers_stay_and_all_else_goes(held, kept, inside):
    made = template(("user", *held))
    values = {hole.name: hole.name.upper() for hole in made.holes}
    assert [m.content for m in compact(made, values, LEAST)] == [kept]
    assert [m.content for m in compact(made, values, INSIDE)] == ([inside] if inside else [])


def test_the_system_messages_become_one():
    made = template(
        ("system", "You are the desk of a shop. Be kind.\nToday: ", "$d"),
        ("user", "$q"),
        ("system", "Tone: ", "$t"),
    )
    said = Compactor(made, CompactForm())(["May", "hi", "calm"])
    assert [(m.role, m.content) for m in said] == [
        ("system", "[desk]\n\nToday: May\n\nTone: calm"), ("user", "hi"),
    ]  # fmt: skip
    bare = Compactor(template(("system", "Be kind to all of them. Always."), ("user", "$q")), LEAST)(["hi"])
    assert [m.role for m in bare] == ["user"]
    with pytest.raises(InvariantError, match="slots without a value: d, t; template t needs them"):
        compact(made, {"q": "hi"}, LEAST)


# Versions -------------------------------------------------------------------------------------------------


def test_four_words_in_a_row_make_a_version_and_eight_chinese_ones():
    def alike(one, other):
        found = lineages([Era(one, 0, 1), Era(other, 2, 3)], drift=Drift(likeness=0.01))
        return found[0] == found[1]

    assert alike("a b c d", "x A b C d y")
    assert not alike("a b c x", "a b c y")
    assert alike("一二三四五六七八", "零一二三四五六七八")
    assert not alike("一二三四五六七", "一二三四五六七")
    assert not alike("a b c", "a b c")


def test_the_likest_earlier_version_gives_the_number():
    first, second = "a b c d e f g h", "q r s t u v w x"
    eras = [Era(first, 0, 1), Era(second, 2, 3), Era(f"{second} y {first[:7]}", 4, 5)]
    assert lineages(eras, drift=Drift(likeness=0.1)) == [0, 1, 1]
    assert lineages(list(reversed(eras)), drift=Drift(likeness=0.1)) == [1, 1, 0]
    half = [Era("a b c d e", 0, 1), Era("a b c d x", 2, 3)]  # one run of three is shared
    assert lineages(half, drift=Drift(likeness=1 / 3)) == [0, 0]
    assert lineages(half, drift=Drift(likeness=0.34)) == [0, 1]


def test_a_difference_is_told_by_sentence():
    old, new = "Be kind. Be brief.\r\n\nEnd.", "Be kind. Be quick.\nEnd."
    assert difference(old, new) == ["- Be brief.", "+ Be quick."]
    assert difference(old, old) == []
    assert shown(parts("a ", "$x", " b")) == "a {x} b"


# Pairs ----------------------------------------------------------------------------------------------------

SOURCE = Source(file="log.jsonl", line=1, record=0)
ASKED = template(("system", "Be kind."), ("user", "Q: ", "$q"))


def record(question, answer="ok", *, system="Be kind.", extra=None, **more):
    prompt = (Message(role="system", content=system), Message(role="user", content=f"Q: {question}"))
    said = (Message(role="assistant", content=answer, extra=extra or {}),)
    return LogRecord(prompt=prompt, completion=said, source=SOURCE, **more)


def maker(**more):
    return PairMaker(form=CompactForm(), tokenizer=WordTokenizer(), **more)


def test_equal_pairs_are_numbered_where_asked():
    make, plain = maker(), maker(numbered=False)
    ids = [make(record("a"), ASKED, ["a"]).id for _ in range(3)]
    assert ids[1:] == [f"{ids[0]}-2", f"{ids[0]}-3"]
    assert {plain(record("a"), ASKED, ["a"]).id for _ in range(3)} == {ids[0]}
    others = [make(record("b"), ASKED, ["b"]).id, make(record("a", "no"), ASKED, ["a"]).id]
    assert len({ids[0], *others}) == 3
    assert make.tasks == {"desk": 5}


def test_tokens_are_counted_and_summed():
    make, count = maker(), WordTokenizer().count
    pair = make(record("one two", "yes it is"), ASKED, ["one two"])
    assert pair.tokens.original == count(record("one two").prompt, generation_prompt=True)
    assert pair.tokens.compact == count(pair.prompt, generation_prompt=True)
    whole = count((*pair.prompt, *pair.completion), generation_prompt=False)
    assert pair.tokens.completion == whole - pair.tokens.compact
    make(record("one two", "yes it is"), ASKED, ["one two"])
    assert make.tokens == {
        "original": 2 * pair.tokens.original, "compact": 2 * pair.tokens.compact,
        "completion": 2 * pair.tokens.completion,
    }  # fmt: skip


def test_a_template_that_does_not_give_the_prompt_back_is_refused():
    for asked, values in [
        (record("a"), ["b"]), (record("a", system="Be rude."), ["a"]),
        (LogRecord(prompt=record("a").prompt[1:], completion=record("a").completion, source=SOURCE), ["a"]),
    ]:  # fmt: skip
        with pytest.raises(InvariantError, match="does not give back"):
            maker()(asked, ASKED, values)
    twice = template(("user", "$q", " and ", "$q"))
    with pytest.raises(InvariantError, match="two slots of one name"):
        maker()(record("a"), twice, ["a", "a"])


def test_what_the_log_said_beside_the_text_is_kept():
    assert maker()(record("a"), ASKED, ["a"]).meta == {}
    found = maker()(record("a", extra={"name": "x"}, id="r1", meta={"k": 1}), ASKED, ["a"])
    assert found.meta == {"log_id": "r1", "log": {"k": 1}, "extras": {"2": {"name": "x"}}}
    assert not found.completion[0].extra
    assert [(slot.name, slot.type, slot.value) for slot in found.slots] == [("q", "question", "a")]


# Live -----------------------------------------------------------------------------------------------------


KIND = ("system", "Be kind.")


def live(*messages, templates=(ASKED,)):
    prompt = tuple(Message(role=role, content=content) for role, content in messages)
    return LiveTemplates(templates, CompactForm())(prompt)


def test_the_last_user_turn_is_what_is_asked():
    found = live(("system", "Be kind."), ("user", "x"), ("assistant", "y"), ("user", "Q: z"))
    assert isinstance(found, Fitted)
    assert [(m.role, m.content) for m in found.prompt][1:] == [
        ("user", "x"),
        ("assistant", "y"),
        ("user", "Q: z"),
    ]
    assert found.slots[-1].value == "z"
    assert found.task == "desk"
    assert live(("system", "Be kind."), ("user", "Q: z")).template == "t"


def test_an_earlier_turn_is_known_under_its_own_system_prompt_alone():
    other = template(("system", "Be brief."), ("user", "Note: ", "$n"), name="o")
    turns = [("user", "Note: x"), ("assistant", "y"), ("user", "Note: z")]
    both = (ASKED, other)
    brief = live(("system", "Be brief."), *turns, templates=both)
    assert [slot.name for slot in brief.slots] == ["n", "turn", "n_2"]
    kind = live(KIND, *turns[:2], ("user", "Q: z"), templates=both)
    assert [(slot.name, slot.value) for slot in kind.slots] == [
        ("turn", "Note: x"),
        ("turn_2", "y"),
        ("q", "z"),
    ]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (
            [("system", "Be kind."), ("user", "A: z")],
            "a known system prompt, but a user turn of another form",
        ),
        ([("system", "Be rude."), ("user", "Q: z")], "a system prompt of no template"),
        ([("user", "Q: z")], "a user turn of no template"),
        (
            [("system", "Be kind."), ("system", "Be kind."), ("user", "Q: z")],
            "a system prompt of no template",
        ),
        ([("system", "Be kind."), ("assistant", "Q: z")], "no user turn"),
    ],
)
def test_what_does_not_fit_says_why(messages, reason):
    assert live(*messages).reason == reason


def test_a_template_with_a_turn_after_the_question_is_read_too():
    ended = template(("user", "Q: ", "$q"), ("assistant", "Well"), name="e")
    found = live(("user", "Q: z"), ("assistant", "Well"), templates=(ended,))
    assert isinstance(found, Fitted)
    assert [slot.value for slot in found.slots] == ["z", "Well"]
    bare = template(("assistant", "Well"), name="b")
    assert live(("user", "Q: z"), templates=(bare,)).reason == "a user turn of no template"
