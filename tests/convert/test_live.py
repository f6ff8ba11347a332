import json

import pytest

from workbench.cli import execute
from workbench.convert import CompactForm, Fitted, LiveTemplates, compact, induce
from workbench.records import LogRecord, Message, Source

PROMPT = (
    "You are the desk of Nordwind. Answer only from the context, in at most thirty words, and refuse harm.\n"
    "Today is {}.\n- Never show internal numbers to a customer."
)


def prompt(i, *between, context="", question=""):
    asked = (
        f"Context:\n{context or f'- order {i} for kim' * (i % 3 + 1)}\n\nQuestion: {question or f'q {i}?'}"
    )
    turns = [("system", PROMPT.format(f"2026-03-{i % 28 + 1:02}")), *between, ("user", asked)]
    return tuple(Message(role=role, content=content) for role, content in turns)


def log(n=40):
    source = Source(file="x/log.jsonl", line=1, record=0)
    return [
        LogRecord(prompt=prompt(i), completion=(Message(role="assistant", content="ok"),), source=source)
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def live():
    return LiveTemplates(induce(log()).templates, CompactForm())


def test_a_live_request_gets_the_pair_s_own_compact_prompt(live):
    induced = induce(log())
    for record, (at, slots) in zip(log(), induced.assigned, strict=True):
        found = live(record.prompt)
        assert found.template == induced.templates[at].id
        assert found.slots == slots
        values = {slot.name: slot.value for slot in slots}
        assert found.prompt == compact(induced.templates[at], values, CompactForm())


def test_values_never_seen_fit(live):
    found = live(prompt(99, context="无资料\n\nContext:\nx", question=""))
    assert isinstance(found, Fitted)
    assert "无资料" in found.prompt[-1].content
    assert not any("internal numbers" in m.content for m in found.prompt)


def test_a_conversation_longer_than_any_in_the_log_fits_and_keeps_its_turns(live):
    call = Message(role="assistant", content="", extra={"tool_calls": [{"id": "c1"}]})
    answer = Message(role="tool", content="42", extra={"tool_call_id": "c1"})
    asked = prompt(1)
    found = live((asked[0], Message(role="user", content="hi"), call, answer, asked[1]))
    assert [m.role for m in found.prompt] == ["system", "user", "assistant", "tool", "user"]
    assert found.prompt[2].extra == call.extra
    assert found.prompt[3] == answer
    longer = induce([*log(), LogRecord(**{**_fields(log()[0]), "prompt": prompt(1, *_turns())})])
    assert live(prompt(1, *_turns())).template in {t.id for t in longer.templates}


@pytest.mark.parametrize("beside", [True, False])
def test_an_earlier_turn_of_the_form_is_read_as_the_conversion_reads_it(beside):
    """Compact prompts of conversations must be served as they were trained."""
    talks = []
    for i in range(40):
        said = Message(role="assistant", content=f"answer {i}")
        talk = (*prompt(i), said, prompt(i + 50)[-1])
        talks.append(LogRecord(**{**_fields(log()[0]), "prompt": talk}))
    records = [*log(), *talks] if beside else talks
    induced = induce(records)
    live = LiveTemplates(induced.templates, CompactForm())
    for record, (at, slots) in zip(records, induced.assigned, strict=True):
        found = live(record.prompt)
        assert found.template == induced.templates[at].id
        assert found.slots == slots
        values = {slot.name: slot.value for slot in slots}
        assert found.prompt == compact(induced.templates[at], values, CompactForm())
    longer = (*talks[0].prompt, Message(role="assistant", content="so"), prompt(7)[-1])
    read = {slot.name: slot.value for slot in live(longer).slots}
    assert (read["question"], read["question_2"], read["question_3"]) == ("q 0?", "q 50?", "q 7?")


def _turns():
    return ("user", "hello"), ("assistant", "hello, what is it?")


def _fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([("system", "You translate."), ("user", "hi")], "a system prompt of no template"),
        ([("user", "hi")], "a user turn of no template"),
        ([("system", PROMPT.format("2026-03-01")), ("user", "hi")], "a user turn of another form"),
        ([("system", PROMPT.format("2026-03-01"))], "no user turn"),
    ],
)
def test_what_fits_nothing_says_why(live, turns, reason):
    assert reason in live(tuple(Message(role=r, content=c) for r, c in turns)).reason


def test_a_template_without_text_of_its_own_fits_nothing():
    source = Source(file="x", line=1, record=0)
    free = [
        LogRecord(
            prompt=(Message(role="user", content=text),),
            completion=(Message(role="assistant", content="ok"),),
            source=source,
        )
        for text in ("hello", "what is the time", "a poem please")
    ]
    found = LiveTemplates(induce(free).templates, CompactForm())((Message(role="user", content="hey"),))
    assert "no template" in found.reason


def as_json(messages):
    return [{"role": m.role, "content": m.content} for m in messages]


def test_the_filter_answers_every_line_and_names_the_bad_ones(tmp_path, capsys):
    rows = [{"messages": [*as_json(r.prompt), {"role": "assistant", "content": "ok"}]} for r in log()]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "converted"
    assert execute(["convert", str(tmp_path / "log.jsonl"), "--out", str(out), "--quiet"]) == 0
    requests = [
        {"model": "m", "temperature": 0, "messages": as_json(prompt(7))},
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    ]
    lines = [json.dumps(requests[0]), "{cut", "", json.dumps(requests[1]), '{"messages": 3}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    capsys.readouterr()
    assert execute(["compact", str(out), "--in", str(tmp_path / "in.jsonl")]) == 2
    shown = capsys.readouterr()
    first, second = map(json.loads, shown.out.splitlines())
    assert first["workbench"]["fits"]
    assert first["workbench"]["slots"]["question"] == "q 7?"
    assert (first["model"], first["temperature"]) == ("m", 0)
    assert "Nordwind" not in json.dumps(first["messages"])
    assert second == {**requests[1], "workbench": {"fits": False, "reason": second["workbench"]["reason"]}}
    assert "in.jsonl:2" in shown.err
    assert "in.jsonl:5" in shown.err


def test_the_template_with_more_text_of_its_own_is_tried_first():
    from workbench.convert import CompactForm
    from workbench.convert.live import LiveTemplates
    from workbench.records import Hole, Message, Static, Template, TemplateMessage

    def made(name, *parts):
        system = TemplateMessage(role="system", parts=(Static(text="You are the desk."),))
        held = tuple(Hole(name="q", type="question") if p is None else Static(text=p) for p in parts)
        return Template(id=name, messages=(system, TemplateMessage(role="user", parts=held)), task=name)

    loose, strict = made("a", "Q: ", None), made("b", "Q: It is about ", None)
    asked = (
        Message(role="system", content="You are the desk."),
        Message(role="user", content="Q: It is about tents"),
    )
    for order in ([loose, strict], [strict, loose]):
        assert LiveTemplates(order, CompactForm())(asked).task == "b"
