"""What a plan holds, drawn from made traces: contradictions, losses behind others, where inputs come from."""

import json

import msgspec
import pytest

from workbench.contracts import Contract, Rule
from workbench.evaluation.attribution import Judged, labels_of, trace
from workbench.pipeline.attribution import Traced
from workbench.pipeline.improve import Drafting, Gathered, draft
from workbench.pipeline.improve.sources import gather, unanswered
from workbench.records import Case, Message, Pair, Slot, Source, TokenCounts
from workbench.verdicts import ArmFigures, Figure, RuleVerdict, TokenFigures, Verdicts

UNKNOWN = {"use": "phrase_when", "condition": "unanswerable", "phrase": "Not in my notes."}
CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(id="unknown", text="Say when it isn't there.", kind="grounding", check=UNKNOWN),
        Rule(id="calm", text="No '!'.", kind="style", check={"use": "no_characters", "characters": "!"}),
    ),
)
NONE = Figure(obeyed=0, n=0, rate=None, ci=None)
ARMS = ArmFigures(teacher=NONE, before=NONE, after=NONE)
VERDICTS = Verdicts(
    overall=ARMS, rules=(), behaviours=(), retained=None, retained_ci=None, cases=0, clusters=0, unscored=0,
    tokens=TokenFigures(original_mean=0, compact_mean=0, saved_share=0), adapter_applied=True,
)  # fmt: skip


def made(states):
    def arms(teacher, after):
        figures = (Figure(obeyed=0, n=9, rate=rate, ci=None) for rate in (teacher, 0.0, after))
        return ArmFigures(**dict(zip(("teacher", "before", "after"), figures, strict=True)))

    rules = tuple(
        RuleVerdict(
            id=name,
            text="",
            kind="style",
            severity="must",
            arms=arms(*rates),
            recovery=None,
            ci=None,
            state=state,
        )
        for name, (state, *rates) in states.items()
    )
    return msgspec.structs.replace(VERDICTS, rules=rules)


NOTHING = Gathered(inputs=(), origin={}, rejects=(), rows=0)


def row(name, question, answer):
    return Pair(
        id=name, task="desk", prompt=(Message(role="user", content=question),),
        completion=(Message(role="assistant", content=answer),), template_id="t",
        slots=(Slot(name="question", type="question", value=question),),
        source=Source(file="log", line=1, record=0), tokens=TokenCounts(original=1, compact=1, completion=1),
    )  # fmt: skip


def judged(number, question, *, rule="unknown", lost=True):
    slots = {"question": question}
    case = Case(
        id=f"c{number}", behaviour="rules", slots=slots, cluster=f"k{number}", expect={"template": "t"}
    )
    return Judged(case=case, question=rule, is_rule=True, cell="", lost=lost, detail="")


def plan(rows, cases, gathered=NOTHING, contract=CONTRACT, verdicts=VERDICTS, **settings):
    labels = labels_of(rows, [contract])
    found = trace(cases, rows=rows, labels=labels, rules=contract.rules, contaminated=set())
    traced = Traced(
        attribution=found,
        rows=sorted(rows, key=lambda pair: pair.id),
        cases=[one.case for one in cases],
        labels=labels,
        contracts=(contract,),
    )
    about = {"former": [pair.id for pair in rows], "evaluated": {}, "evaluation": "e", "data": "d"}
    return draft(traced, verdicts, gathered, **about, how=Drafting(**{"target": 1} | settings))


FILLER = [row(f"f{n}", f"How high is tower number {n} in the town of Ulm?", "It is high.") for n in range(8)]
KEPT = row("kept", "Who painted the green door of the old mill?", "Not in my notes.")
WRONG = row("wrong", "Who painted the green door of the old mill, please?", "A man called Tom.")
CASE = judged(1, "Who painted the green door of the new mill?")


def test_of_two_rows_that_contradict_each_other_near_a_lost_case_the_one_without_the_rule_goes():
    found = plan([*FILLER, KEPT, WRONG], [CASE], alike=0.7)
    assert [(one.id, one.why, one.rule, one.instead, one.near) for one in found.drop] == [
        ("wrong", "contradicts", "unknown", "kept", ("c1",))
    ]
    assert [one.source for one in found.ask] == []
    assert not plan([*FILLER, KEPT, WRONG], [CASE], alike=1.0).drop
    assert not plan([*FILLER, KEPT, WRONG], [CASE], alike=0.7, near=0.99).drop
    same = row("same", WRONG.slots[0].value, "Not in my notes. ")
    assert not plan([*FILLER, KEPT, same], [CASE], alike=0.7).drop


def test_losses_in_the_cases_of_another_rule_get_no_rows_of_their_own():
    verdict = {"unknown": ("lost", 1.0, 0.0), "calm": ("lost", 1.0, 0.8)}
    cases = [judged(n, f"Who painted door {n}?", lost=n < 6) for n in range(6)]
    cases += [judged(n, f"Who painted door {n}?", rule="calm", lost=n < 6) for n in range(40)]
    found = {one.rule: one for one in plan(FILLER, cases, verdicts=made(verdict), target=8).rules}
    assert (found["unknown"].why, found["unknown"].add) == ("lost", 8)
    assert (found["calm"].why, found["calm"].add) == ("lost", 0)
    assert "unknown" in found["calm"].note


def test_two_rules_lost_in_the_same_cases_are_not_both_left_without_rows():
    verdict = {"unknown": ("lost", 1.0, 0.0), "calm": ("lost", 1.0, 0.0)}
    rows = [row(f"r{n}", f"Who owns house {n}?", "Not in my notes.") for n in range(9)]
    cases = [judged(n, f"Who painted door {n}?", lost=n < 6) for n in range(20)]
    cases += [judged(n + 14 * (n > 5), f"Who painted door {n}?", rule="calm", lost=n < 6) for n in range(20)]
    found = plan(rows, cases, verdicts=made(verdict), target=8).rules
    assert sum(one.add > 0 for one in found) >= 1


def test_inputs_most_like_the_lost_cases_come_first_where_it_cannot_be_told():
    inputs = [unanswered(row(f"i{n}", text, "")) for n, text in enumerate(
        ["How long is the bridge?", "Who painted the green door of the barn?", "Is the mill open?"]
    )]  # fmt: skip
    gathered = Gathered(
        inputs=tuple(inputs), origin={pair.id: "traffic" for pair in inputs}, rejects=(), rows=3
    )
    found = plan(FILLER, [CASE], gathered, target=1, spare=1.0)
    assert [ask.asks for ask in found.ask] == ["Who painted the green door of the barn?"]
    assert found.rules[0].slices == ()


def test_an_input_that_a_rule_surely_does_not_speak_of_is_never_asked_for_it():
    check = {"use": "phrase_when", "condition": "missing_input", "phrase": "Which?", "what": "order"}
    contract = Contract(task="desk", rules=(Rule(id="ask", text="Ask.", kind="style", check=check),))
    texts = ["When was my order sent?", "When was order 12345 sent?", "How are you?"]
    inputs = [unanswered(row(f"i{n}", text, "")) for n, text in enumerate(texts)]
    gathered = Gathered(
        inputs=tuple(inputs), origin={pair.id: "traffic" for pair in inputs}, rejects=(), rows=3
    )
    found = plan(FILLER, [], gathered, contract=contract, target=3)
    assert found.ask[0].asks == texts[0]
    assert texts[1] not in {ask.asks for ask in found.ask}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    from loop_world import line

    from workbench.cli import execute

    place = tmp_path_factory.mktemp("gather")
    rows = [line(number, missing=False) for number in range(40)]
    rows[3]["messages"][-1]["content"] = "No!"
    (place / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    assert execute(["convert", str(place / "log.jsonl"), "--out", str(place / "convert"), "--quiet"]) == 0
    assert execute(["curate", str(place / "convert"), "--out", str(place / "curate"), "--quiet"]) == 0
    return place


def test_traffic_is_read_by_the_runs_templates_and_every_row_is_accounted_for(converted, tmp_path):
    from loop_world import line

    from workbench.io.frames import frame_to_pairs, read_pairs

    fresh = [line(number, missing=True, answered=number % 2 == 0) for number in range(100, 105)]
    strange = {"messages": [{"role": "user", "content": "Hello?"}]}
    known = line(0, missing=False, answered=False)
    log = tmp_path / "more.jsonl"
    log.write_text("".join(json.dumps(one) + "\n" for one in [*fresh, fresh[0], strange, known]) + "{}\n")
    trained = frame_to_pairs(read_pairs(converted / "convert" / "pairs.parquet"))
    dirs = {"converted": converted / "convert", "curated": converted / "curate"}
    found = gather([log], **dirs, known=[pair for pair in trained if "No!" not in pair.output])
    sources = [found.origin[pair.id] for pair in found.inputs]
    assert (sources.count("traffic"), sources.count("refused")) == (5, 1)
    assert all(not pair.completion for pair in found.inputs)
    assert len(found.rejects) == 2
    assert {one.line for one in found.rejects} == {7, 9}
    assert found.rows == 10
