import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.convert import CompactForm, compact
from workbench.errors import InvariantError
from workbench.records import Hole, Static, Template, TemplateMessage
from workbench.text import sentences

SYSTEM = "You are the desk. Reply with JSON only. Never show internal numbers.\n\nToday is "
RULES = "。\n只输出JSON。不得编造数字。"


def message(role, *parts):
    made = [Hole(name=p[1:], type="other") if p.startswith("$") else Static(text=p) for p in parts]
    return TemplateMessage(role=role, parts=tuple(made))


def template(*messages, task="support"):
    return Template(id="t", messages=messages, task=task)


LABELLED = template(
    message("system", SYSTEM.split("\n\n", maxsplit=1)[0]),
    message("user", "Context:\n", "$context", "\n\nQuestion: ", "$question"),
)


def shown(template, form="tag", **slots):
    return [(m.role, m.content) for m in compact(template, slots, CompactForm(form=form))]


@pytest.mark.parametrize(
    ("form", "system"),
    [("none", []), ("tag", [("system", "[support]")]), ("short", [("system", "Task: support.")])],
)
def test_the_form_stands_for_the_prompt_and_labels_stay(form, system):
    assert shown(LABELLED, form, context="a", question="b?") == [
        *system,
        ("user", "Context:\na\n\nQuestion: b?"),
    ]


def test_tag_and_short_may_be_worded_otherwise():
    slots = {"context": "", "question": ""}
    assert compact(LABELLED, slots, CompactForm(form="tag", tag="<{task}>"))[0].content == "<support>"
    assert compact(LABELLED, slots, CompactForm(form="short", short="客服"))[0].content == "客服"


def test_longer_user_text_goes_and_its_labels_stay():
    long = template(
        message(
            "user",
            "Use only the passages below to answer, and cite them. Be kind.\n\nPassages:\n",
            "$passages",
            "\n</passages>\n\nNow answer this question in English, as shortly as you can.\nQuestion: ",
            "$question",
            "\nRemember that you must answer with JSON only!",
        )
    )
    assert shown(long, "none", passages="P", question="Q?") == [
        ("user", "Passages:\nP\n</passages>\n\nQuestion: Q?")
    ]


def test_values_in_the_system_prompt_stay_with_their_labels():
    dated = template(message("system", SYSTEM, "$date", RULES), message("user", "$question"))
    assert shown(dated, date="3 May", question="hi") == [
        ("system", "[support]\n\nToday is 3 May"),
        ("user", "hi"),
    ]


def test_turns_of_the_history_stay_turns():
    talk = template(
        message("system", SYSTEM),
        message("user", "$turn"),
        message("assistant", "$turn_2"),
        message("user", "$q"),
    )
    assert [role for role, _ in shown(talk, turn="a", turn_2="b", q="c")] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_a_short_sentence_is_no_label():
    brief = template(message("user", "Be brief.\n", "$text"))
    assert shown(brief, "none", text="x") == [("user", "x")]


def test_a_chinese_label_counts_by_words_not_characters():
    chinese = template(
        message("user", "请仔细阅读以下内容并回答。\n【客户参考资料】", "$a", "【问题】", "$b")
    )
    assert shown(chinese, "none", a="甲", b="乙") == [("user", "【客户参考资料】甲【问题】乙")]


sentence = st.lists(
    st.sampled_from(
        ["Never", "always", "show", "reply", "numbers", "kindly", "JSON", "within", "thirty", "words"]
    ),
    min_size=5,
    max_size=9,
).map(lambda found: " ".join(found) + ".")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(sentence, min_size=1, max_size=3), min_size=2, max_size=4),
    st.sampled_from(["none", "tag", "short"]),
)
def test_no_sentence_of_the_prompt_is_left(groups, form):
    parts = []
    for i, group in enumerate(groups):
        parts += ["\n".join(group) + "\n\nNotes:\n", f"${i}"]
    made = template(message("system", " ".join(groups[0])), message("user", *parts))
    slots = {str(i): "v" for i in range(len(groups))}
    text = "\n".join(m.content for m in compact(made, slots, CompactForm(form=form)))
    prompt = made.static("system", "user")
    assert not [s for s in sentences(prompt) if len(s.split()) >= 5 and s in text]
    assert text.count("Notes:\nv") == len(groups)


def test_a_missing_slot_is_refused():
    with pytest.raises(InvariantError, match="question"):
        compact(LABELLED, {"context": "x"}, CompactForm())
