import pytest

from bench.templates import draw, recovered
from workbench.convert import induce
from workbench.convert.learn import settled
from workbench.convert.pattern import Pattern
from workbench.convert.wording import by_wording, without_wording
from workbench.records import Hole, LogRecord, Message, Source, Static

LONG = " ".join(["Be kind and say what you know of the order at hand."] * 3)


@pytest.mark.parametrize(
    ("segments", "kept"),
    [
        (["Where is order ", None, "?"], [None]),
        (["Context:\norder ", None, " went out\n\nQuestion: where is ", None, "?"],
         ["Context:\n", None, "\n\nQuestion: ", None]),
        (["<doc>\n", None, "\n</doc>\nQuestion: ", None], ["<doc>\n", None, "\n</doc>\nQuestion: ", None]),
        (["【资料】订单", None, "已寄出\n【问题】什么时候到", None], ["【资料】", None, "\n【问题】", None]),
        (["Text: ", None, "\n\nAnswer in one sentence."], ["Text: ", None, "\n\nAnswer in one sentence."]),
        ([LONG + " ", None, " " + LONG], [LONG + " ", None, " " + LONG]),
        (["Name: ", None, ", city: ", None], ["Name: ", None, ", city: ", None]),
        ([None], [None]),
    ],
)  # fmt: skip
def test_what_callers_wrote_goes_into_the_slot_and_labels_stay(segments, kept):
    assert without_wording(segments) == kept


def record(i, user):
    system = "You are the desk of Nordwind. " + LONG
    return LogRecord(
        prompt=(Message(role="system", content=system), Message(role="user", content=user)),
        completion=(Message(role="assistant", content="ok"),),
        source=Source(file="x/log.jsonl", line=i + 1, record=i),
    )


@pytest.mark.parametrize(
    ("user", "values"),
    [
        ("When will my order {} be here?", ["When will my order 3 be here?"]),
        ("Context:\nOrder {0} is on its way.\n\nQuestion: Where is order {0}?",
         ["Order 3 is on its way.", "Where is order 3?"]),
        ("【资料】\n订单{0}已寄出。\n【问题】订单{0}在哪里？", ["订单3已寄出。", "订单3在哪里？"]),
    ],
)  # fmt: skip
def test_where_all_users_word_their_question_alike_the_slot_holds_the_question(user, values):
    induced = induce([record(i, user.format(i)) for i in range(40)])
    assert len(induced.templates) == 1
    assert [slot.value for slot in induced.assigned[3][1]] == values
    assert induced.assigned[3][1][-1].type == "question"


def test_a_few_long_wordings_of_several_texts_each_are_versions():
    parts = (Static(text="Be kind. "), Hole(name="a", type="other"), Static(text=" Today: "))
    pattern = Pattern((*parts, Hole(name="b", type="date")))
    old, new = "Never tell the customer what it costs us.", "Always tell the customer what it costs us."
    texts = [f"Be kind. {wording} Today: {i}" for i in range(6) for wording in (old, new)]
    assert by_wording(pattern, texts) == [texts[::2], texts[1::2]]
    assert by_wording(pattern, [*texts, f"Be kind. {LONG} Today: 7"]) is None
    assert by_wording(pattern, [f"Be kind. {'ab'[i % 2]} Today: {i}" for i in range(9)]) is None


def test_wordings_that_share_a_word_by_chance_are_versions_all_the_same():
    first, second = Hole(name="a", type="other"), Hole(name="b", type="other")
    parts = (Static(text="Be kind. "), first, Static(text=" the "), second, Static(text="\nToday: "))
    pattern = Pattern((*parts, Hole(name="c", type="date")))
    old, new = "Never tell the customer what it costs.", "Always name the right prices, and gladly."
    texts = [f"Be kind. {wording}\nToday: {i}" for i in range(6) for wording in (old, new)]
    assert by_wording(pattern, texts) == [texts[::2], texts[1::2]]
    # Two values that change each by itself are slots, and so are those that a label sets apart.
    pairs = [
        f"Be kind. {a} the {b}\nToday: 1" for a in ("Tell us all", "Say it") for b in ("good man", "big dog")
    ]
    assert by_wording(pattern, pairs * 2) is None
    labelled = Pattern((*parts[:2], Static(text=" to: "), *parts[3:], Hole(name="c", type="date")))
    rows = [
        f"Be kind. {a}\nToday: {i}"
        for i in range(4)
        for a in ("Ann Lee to: Oslo town", "Bo Ek to: Bonn city")
    ]
    assert by_wording(labelled, rows) is None


def test_what_never_varies_where_the_segments_fit_is_static():
    segments = ["Be kind. ", None, " the ", None, "\nToday: ", None]
    old, new = "Never tell the customer anything.", "Always name prices. The"
    texts = [f"Be kind. {wording}\nToday: {i}" for i in range(6) for wording in (old, new)]
    assert settled(segments, texts) == [f"Be kind. {old}\nToday: ", None]
    assert settled(segments, texts[::2]) == segments
    assert settled([None], texts) == [None]


@pytest.mark.parametrize("seed", [770073, 770180])
def test_versions_whose_sentences_share_a_word_are_found(seed):
    made = draw(seed)
    found, back = recovered(made.records)
    assert back
    assert made.truth <= found
