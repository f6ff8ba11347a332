import pytest

from workbench.backends import FakeBackend, ReplayBackend, prompt_key, record
from workbench.errors import InputError
from workbench.ports import Backend, Sampling
from workbench.records import Completion, Message

HELLO = (Message(role="user", content="你好"),)
OTHER = (Message(role="system", content="Be brief"), Message(role="user", content="Other"))
GREEDY = Sampling()


def test_a_fake_answers_from_a_table_by_the_last_message():
    backend = FakeBackend({"你好": "Hello there"})
    answers = backend.generate([HELLO, OTHER, HELLO], GREEDY)
    assert [(a.text, a.finish) for a in answers] == [
        ("Hello there", "stop"),
        ("", "error"),
        ("Hello there", "stop"),
    ]
    assert answers[0].prompt_tokens == 2
    assert backend.calls == [((HELLO, OTHER, HELLO), GREEDY)]


def test_a_fake_answers_from_a_function_and_keeps_the_limit():
    backend = FakeBackend(lambda prompt: f"{len(prompt)} messages, and more" if len(prompt) > 1 else None)
    short, cut = backend.generate([HELLO, OTHER], Sampling(max_new_tokens=2))
    assert short.finish == "error"
    assert (cut.text, cut.finish, cut.completion_tokens) == ("2 messages", "length", 2)


def test_a_recording_gives_the_same_answers_again(tmp_path):
    answers = [
        Completion(text="嗨\n\u2028x", prompt_tokens=3, completion_tokens=2),
        Completion(text="cut", prompt_tokens=9, completion_tokens=1, finish="length"),
    ]
    record(tmp_path / "r.jsonl", zip([HELLO, OTHER], answers, strict=True))
    backend = ReplayBackend.read(tmp_path / "r.jsonl")
    assert backend.generate([OTHER, HELLO], GREEDY) == answers[::-1]


def test_a_prompt_that_was_never_recorded_is_an_error_not_a_gap():
    assert [c.finish for c in ReplayBackend({}).generate([HELLO, OTHER], GREEDY)] == ["error", "error"]


def test_the_key_of_a_prompt_knows_roles_and_borders():
    joined = (Message(role="user", content="ab"),)
    parted = (Message(role="user", content="a"), Message(role="user", content="b"))
    assistant = (Message(role="assistant", content="ab"),)
    assert len({prompt_key(p) for p in (joined, parted, assistant)}) == 3


def test_a_broken_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "r.jsonl"
    record(path, [(HELLO, Completion(text="x", prompt_tokens=1, completion_tokens=1))])
    path.write_text(path.read_text() + "\n{oops\n")
    with pytest.raises(InputError) as caught:
        ReplayBackend.read(path)
    assert caught.value.findings[0].where == f"{path}:3"


def test_both_are_backends():
    assert isinstance(FakeBackend({}), Backend)
    assert isinstance(ReplayBackend({}), Backend)
