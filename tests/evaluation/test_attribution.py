import msgspec
import numpy as np
import pytest
from desk_world import CALM, CONTRACT, case
from scipy import stats

from workbench.evaluation.attribution import Judged, Tracing, exposed, labels_of, render_attribution, trace
from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts


def row(number, answer, **slots):
    held = {"context": f"- Order {number}: sent 3 May.", "question": f"When was order {number} sent?"} | slots
    return Pair(
        id=f"row-{number:03}", task="desk", prompt=(Message(role="user", content="x"),),
        completion=(Message(role="assistant", content=answer),), template_id="t1",
        slots=tuple(Slot(name=name, type=name, value=value) for name, value in held.items()),
        source=Source(file="log", line=number, record=number),
        tokens=TokenCounts(original=9, compact=5, completion=4),
    )  # fmt: skip


def held(number, *, lost, question="calm", **fields):
    texts = {"teacher": "Nord here. Yes.", "after": "Sure!"}
    return Judged(
        case=case(number, **fields),
        question=question,
        is_rule=True,
        cell="",
        lost=lost,
        detail="d",
        texts=texts,
    )


def traced(judged, rows=(), **options):
    rows = list(rows)
    labels = labels_of(rows, [CONTRACT])
    return trace(judged, rows=rows, labels=labels, rules=CONTRACT.rules, contaminated=set(), **options)


def test_a_lost_case_leads_to_the_row_that_taught_it():
    rows = [row(n, "Nord here. Sent.") for n in range(100, 130)]
    bad = row(7, "Gone!", question="Has my blue tent been sent?")
    one = held(1, lost=True, slots={"context": "- Tent.", "question": "Has my green tent been sent?"})
    near = traced([one], [*rows, bad]).lost[0].near[0]
    assert (near.id, near.verdict, near.breaks) == (bad.id, "fail", ("calm", "opening"))


def test_order_of_rows_and_cases_changes_nothing():
    rows = [row(n, "Nord here. Sent.") for n in range(100, 120)]
    judged = [held(n, lost=n % 3 == 0, slice="a" if n % 3 else "b") for n in range(12)]
    assert traced(judged, rows) == traced(judged[::-1], rows[::-1])


def test_a_slice_that_loses_is_found_by_fishers_test():
    judged = [held(n, lost=n < 8, slice="returns" if n < 9 else "other") for n in range(40)]
    found = next(one for one in traced(judged).slices if one.value == "returns")
    assert (found.lost, found.of_lost, found.held, found.of_held) == (8, 8, 9, 40)
    table = [[8, 0], [1, 31]]
    assert found.p == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)
    assert found.p <= found.p_holm < 0.001
    assert "slice: returns" in render_attribution(traced(judged))


def test_clusters_count_once():
    judged = [
        held(n, lost=n < 20, slice="returns" if n < 20 else "other", cluster=f"k{n // 20}") for n in range(40)
    ]
    assert not traced(judged).sure
    assert {one.of_held for one in traced(judged).slices} == {2}


def test_slices_raise_few_false_alarms():
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        judged = [
            held(
                n,
                lost=bool(rng.random() < 0.3),
                slice=str(rng.integers(4)),
                lang=("en", "zh")[rng.integers(2)],
            )
            for n in range(40)
        ]
        alarms += bool(traced(judged).sure)
    assert alarms <= stats.binom.ppf(0.999, 300, 0.05)


def test_one_rules_loss_shows_in_the_others():
    judged = [held(n, lost=n < 6, question="opening") for n in range(30)]
    judged += [held(n, lost=n < 6) for n in range(6)]
    sure = {(one.question, one.feature) for one in traced(judged).sure}
    assert ("opening", "rule calm") in sure


def test_contaminated_cases_are_counted_apart():
    rows = [row(n, "Nord here. Sent.") for n in range(100, 120)]
    leaked = case(
        1,
        slots={"context": "- Order 1: sent.", "question": "What became of the red kite I sent back in June?"},
    )
    clean = case(
        2, slots={"context": "- Order 2: sent.", "question": "Could you find out who signed for the parcel?"}
    )
    rows.append(row(3, "Nord here.", question=leaked.slots["question"]))
    dirty = exposed([leaked, clean], pairs_to_frame(rows))
    assert dirty == {"c1"}
    judged = [
        Judged(case=one, question="calm", is_rule=True, cell="", lost=True, detail="")
        for one in (leaked, clean)
    ]
    found = trace(
        judged, rows=rows, labels=labels_of(rows, [CONTRACT]), rules=CONTRACT.rules, contaminated=dirty
    )
    calm = next(one for one in found.questions if one.id == "calm")
    assert (calm.lost, calm.lost_contaminated, calm.held_contaminated) == (2, 1, 1)
    assert [one.contaminated for one in found.lost] == [True, False]


def test_a_rule_without_check_counts_no_rows():
    questions = {one.id: one for one in traced([held(1, lost=False)], [row(1, "Nord here. Sent!")]).questions}
    assert questions["kind"].exercised is None
    assert (questions["calm"].exercised, questions["calm"].broken) == (1, 1)


def test_a_rule_that_a_judge_decides_counts_no_rows():
    judge = msgspec.structs.replace(CONTRACT.rules[0], check={"use": "judge", "question": "Is it kind?"})
    rules = (judge, *CONTRACT.rules[1:])
    found = trace([held(1, lost=False)], rows=[], labels={}, rules=rules, contaminated=set())
    assert {one.id: one.exercised for one in found.questions} == {"opening": None, "calm": 0, "kind": None}


def test_a_condition_that_only_the_answer_shows_counts_as_kept():
    check = {"use": "phrase_when", "condition": "unanswerable", "phrase": "Not in my notes."}
    rule = msgspec.structs.replace(CONTRACT.rules[0], id="unknown", check=check)
    contract = msgspec.structs.replace(CONTRACT, rules=(rule,))
    found = labels_of([row(1, "Nord here. Not in my notes."), row(2, "Nord here. Sent.")], [contract])
    assert [one["unknown"] for one in found.values()] == ["pass", "not_applicable"]


def test_data_cannot_break_the_page():
    one = held(1, lost=True, slots={"context": "a | b\n# c", "question": "<script>x</script> `y`"})
    page = render_attribution(traced([one]))
    assert "<script>" not in page
    assert "a \\| b" in page


def test_the_page_names_the_arm_compared_with_and_the_telling_rules_of_near_rows():
    check = {"use": "phrase_when", "condition": "unanswerable", "phrase": "Not in my notes."}
    rule = msgspec.structs.replace(CONTRACT.rules[0], id="unknown", check=check)
    contract = msgspec.structs.replace(CONTRACT, rules=(*CONTRACT.rules, rule))
    rows = [
        row(n, "Nord here. Not in my notes." if n == 100 else "Nord here. Sent.") for n in range(100, 110)
    ]
    labels = labels_of(rows, [contract])
    one = held(100, lost=True)
    found = trace([one], rows=rows, labels=labels, rules=contract.rules, contaminated=set())
    page = render_attribution(found)
    assert "- teacher: " in page
    assert "- before: " not in page
    (near,) = (line for line in page.splitlines() if rows[0].id in line)
    assert "exercises unknown)" in near
    assert page.count("exercises") == 1
    first = found.lost[0].near[0]
    assert {"unknown", "opening"} <= set(first.exercises)


def test_settings_are_read():
    rows = [row(n, "Nord here. Sent.") for n in range(100, 120)]
    one = held(1, lost=True)
    assert len(traced([one], rows, how=Tracing(most=2)).lost[0].near) == 2
    assert traced([one], rows, how=Tracing(reference="before")).lost[0].answer_before == ""
    assert CALM["use"] == "no_characters"
