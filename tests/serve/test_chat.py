import io

import pytest
from conftest import chat
from serve_world import adapter_folders, make_service

from workbench.errors import ConfigError

__all__ = ["adapter_folders", "make_service"]  # fixtures


@pytest.fixture
def talk(make_service):
    from workbench.serve.chat import Conversation, Manner

    engine = make_service().engine
    yield Conversation(engine, manner=Manner(max_new_tokens=12), long_prompt="Be brief.")
    engine.close()


def expected(talk, adapter, messages):
    from workbench.ports import Sampling

    with talk._engine.backend.using(adapter) as backend:
        return backend.generate([messages], Sampling(max_new_tokens=12))[0].text.rstrip("\ufffd")


def test_a_switch_changes_who_answers_at_once_and_back(talk):
    said = {}
    for name in ("base", "one", "two", "base"):
        talk.switch(name)
        talk.reset()
        text = "".join(talk.say("Where?"))
        assert said.setdefault(name, text) == text
        assert text == expected(talk, None if name == "base" else name, chat("Where?"))
    assert len(set(said.values())) == 3


def test_turns_are_remembered_until_a_reset(talk):
    first = "".join(talk.say("a"))
    second = "".join(talk.say("a"))
    talk.reset()
    assert "".join(talk.say("a")) == first
    assert second != first


def test_compare_shows_three_and_leaves_the_conversation(talk):
    talk.switch("one")
    sides = talk.compare("Where?")
    assert [side.title for side in sides] == ["base, long prompt", "base", "one"]
    assert [side.text for side in sides] == [
        expected(talk, None, chat("Where?", system="Be brief.")),
        expected(talk, None, chat("Where?")),
        expected(talk, "one", chat("Where?")),
    ]
    assert sides[0].prompt_tokens > sides[1].prompt_tokens
    with pytest.raises(ConfigError, match="no question"):
        talk.compare()
    "".join(talk.say("Where?"))
    assert talk.compare() == sides


def test_a_conversation_that_is_too_long_says_so_and_goes_on(talk):
    with pytest.raises(ConfigError, match="/reset"):
        "".join(talk.say("long " * 300))
    assert "".join(talk.say("a"))


def piped(text, base, folders, monkeypatch):
    from workbench.cli import execute

    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    options = [f"--adapter={name}={folder}" for name, folder in folders.items()]
    return execute(["chat", str(base), *options, "--max-new-tokens", "8"])


def test_lines_can_be_piped_in(tiny_base, adapter_folders, monkeypatch, capsys):
    lines = (
        "/adapters",
        "Where?",
        "/adapter base",
        "/system [b]Be brief.[/b]",
        "/compare Where?",
        "/reset",
        "/help",
    )
    text = "\n".join([*lines, "/quit", "never"])
    assert piped(text, tiny_base, adapter_folders, monkeypatch) == 0
    out = capsys.readouterr().out
    assert "* one" in out
    assert "now answering: base" in out
    assert "system: [b]Be brief.[/b]" in out
    assert "--- base (" in out
    assert "/compare [TEXT]" in out
    assert "\x1b" not in out


def test_wrong_commands_are_told_and_the_rest_is_done(tiny_base, adapter_folders, monkeypatch, capsys):
    text = "/adapter nobody\n/nonsense\n/adapter two\n"
    assert piped(text, tiny_base, adapter_folders, monkeypatch) == 2
    told = capsys.readouterr()
    assert "'nobody'" in told.err
    assert "'/nonsense'" in told.err
    assert "now answering: two" in told.out


def test_any_registered_adapter_answers_at_a_word(tiny_base, adapter_folders, tmp_path, monkeypatch, capsys):
    from workbench.adapters import registry as kept
    from workbench.cli import execute

    file = tmp_path / "adapters.json"
    for name, folder in adapter_folders.items():
        kept.add(file, name, folder, base=str(tiny_base))
    kept.use(file, "two")
    lines = (
        "/adapters",
        "Where?",
        "/adapter three",
        "Where?",
        "/strength 0",
        "/reset",
        "Where?",
        "/strength x",
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert execute(["chat", str(tiny_base), "--registry", str(file), "--max-new-tokens", "8"]) == 2
    told = capsys.readouterr()
    assert "* two\n" in told.out
    assert "  three\n" in told.out
    assert "now answering: three" in told.out
    assert "three: strength 0" in told.out
    assert "'x'" in told.err
    answers = told.out.split("\n")
    base, two = (told_by(tiny_base, adapter_folders, name) for name in (None, "two"))
    assert base != two
    assert two.rstrip("\ufffd") in told.out
    assert base.rstrip("\ufffd") in "\n".join(answers[-3:])


def told_by(base, folders, name):
    """Return what the local backend answers for an adapter."""
    from workbench.backends.local import LocalBackend
    from workbench.ports import Sampling

    with LocalBackend.open(base, adapters=folders).using(name) as backend:
        return backend.generate([chat("Where?")], Sampling(max_new_tokens=8))[0].text


def test_the_base_has_no_strength(talk):
    with pytest.raises(ConfigError, match="the base, which has none"):
        talk.strengthen(0.5)
