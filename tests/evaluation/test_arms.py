import msgspec
import pytest
from desk_world import FORM, LONG, TEMPLATE, case

from workbench.errors import InputError
from workbench.evaluation.arms import choose, fill, fitting, render
from workbench.evaluation.cases import cases_from_pairs
from workbench.io.frames import pairs_to_frame
from workbench.records import Hole, Message, Pair, Slot, Source, TemplateMessage, TokenCounts

TEMPLATES = {"t1": TEMPLATE}


def other(name, count, *holes):
    parts = tuple(Hole(name=n, type=t) for n, t in holes)
    message = TemplateMessage(role="user", parts=parts)
    return msgspec.structs.replace(TEMPLATE, id=name, count=count, messages=(message,))


def test_only_the_teacher_gets_the_long_prompt():
    long = render(case(1), "teacher", templates=TEMPLATES, form=FORM)
    assert [message.content for message in long] == [
        LONG,
        "Context:\n- Order 1: sent 3 May.\n\nQuestion: When was order 1 sent?",
    ]
    for arm in ("before", "after"):
        short = render(case(1), arm, templates=TEMPLATES, form=FORM)
        assert short[0] == Message(role="system", content="[desk]")
        assert short[1] == long[1]


def test_slots_go_to_holes_by_name_then_by_type():
    template = other("t2", 1, ("notes", "context"), ("question", "other"))
    assert fill(template, {"context": "c", "question": "q"}) == {"notes": "c", "question": "q"}
    two = other("t3", 1, ("a", "context"), ("b", "context"))
    assert fill(two, {"context": "c"}) == {}


def test_a_case_without_a_template_takes_the_commonest_that_fits():
    free = case(1, expect={})
    rare = other("t0", 2, ("context", "context"), ("question", "question"))
    unfit = other(
        "t9",
        99,
        ("notes_of_day", "other"),
    )
    templates = {"t9": unfit, "t0": rare, "t1": TEMPLATE}
    assert choose(free, templates)[0].id == "t1"
    assert choose(case(1, expect={"template": "t0"}), templates)[0].id == "t0"


def test_what_does_not_fit_is_told_for_all_cases_with_holes_and_slots():
    bad = [case(1, expect={}, slots={"ask": "x"}), case(2), case(3, expect={"template": "gone"})]
    with pytest.raises(InputError) as error:
        fitting(bad, TEMPLATES)
    first, second = (str(finding) for finding in error.value.findings)
    assert "slots ask" in first
    assert "context (context), question (question)" in first
    assert "'gone'" in second
    with pytest.raises(InputError, match="no templates at all"):
        fitting(bad[:1], {})


def test_heldout_pairs_become_cases_that_remember_their_template_and_cluster():
    pair = Pair(
        id="p1", task="desk", prompt=(Message(role="user", content="x"),),
        completion=(Message(role="assistant", content="订单已发货。"),), template_id="t1",
        slots=(Slot(name="question", type="question", value="几点？"),),
        source=Source(file="a", line=1, record=0), tokens=TokenCounts(original=9, compact=3, completion=2),
    )  # fmt: skip
    frame = pairs_to_frame([pair])
    (made,) = cases_from_pairs(frame)
    assert (made.cluster, made.lang, made.reference, made.slice) == ("p1", "zh", "订单已发货。", "desk")
    assert made.expect == {"template": "t1"}
    assert made.slots == {"question": "几点？"}
    import polars as pl

    (made,) = cases_from_pairs(frame.with_columns(cluster=pl.lit("k7")))
    assert made.cluster == "k7"
