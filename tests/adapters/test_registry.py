"""Adapters entered, chosen and proven through the real command, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import make_base, make_tokenizer
from made_adapters import call, enter, refused, save_adapter, told

from workbench.adapters import adapters_of, find_adapter, read_registry
from workbench.cli import execute
from workbench.errors import EXIT_USER, ConfigError

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def world(tiny_base, tmp_path_factory):
    """A base and three adapters in one folder, none entered."""
    place = tmp_path_factory.mktemp("world")
    shutil.copytree(tiny_base, place / "base")
    for seed, name in enumerate(("one", "two", "three")):
        save_adapter(place / "base", place / name, seed=seed)
    return place


@pytest.fixture
def here(world, tmp_path, monkeypatch):
    shutil.copytree(world, tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def test_three_adapters_are_entered_chosen_and_proven(here, capsys):
    enter("one", "two", "three")
    assert call("use", "two", "--json") == 0
    listed = told(capsys, "list")
    assert [one["name"] for one in listed["adapters"]] == ["one", "two", "three"]
    assert listed["default"] == "two"
    found = told(capsys, "verify", "--rows", "3")
    assert found["ok"]
    assert [one["name"] for one in found["adapters"]] == ["one", "two", "three"]
    for one in found["adapters"]:
        assert one["changed"] == one["rows"] == 3
        assert one["effect"] > 0
        assert (one["restored"], one["switched"]) == (0, 0)
        assert one["switch_ms"] > 0
    shown = told(capsys, "show", "two")
    assert (shown["r"], shown["default"], shown["vllm"]) == (4, True, [])
    assert shown["spec"]["r"] == 4
    assert set(adapters_of(here / "adapters.json", base="base")) == {"one", "two", "three"}


def test_names_and_the_default_lead_to_folders(here):
    enter("one", "two")
    file = here / "adapters.json"
    (here / "sub").mkdir()
    assert find_adapter(None, file=file) is None
    assert call("use", "two", "--json") == 0
    assert find_adapter(None, file=file) == here / "two"
    assert find_adapter("none", file=file) is None
    assert find_adapter("one", file=file) == Path("one")
    with pytest.raises(ConfigError, match="no adapter 'nobody'"):
        find_adapter("nobody", file=file)
    (here / "two").rename(here / "second")
    assert find_adapter("two", file=file) == here / "two"
    assert call("remove", "two", "--json") == 0
    assert read_registry(file).default is None
    assert list(read_registry(file).adapters) == ["one"]


@pytest.mark.usefixtures("here")
def test_a_registry_moves_with_its_folder(tmp_path, monkeypatch, capsys):
    enter("one")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").rename(tmp_path / "elsewhere")
    assert told(capsys, "verify", "--quick", "--registry", "elsewhere/adapters.json")["ok"]


def test_an_adapter_for_another_base_is_refused_with_both_hashes(here, other_base, capsys):
    from workbench.rendering.opening import base_hashes, open_text

    error = refused(capsys, "add", "one", "one", "--base", other_base)
    for base in ("base", other_base):
        assert base_hashes(base, open_text(base)).weights in error
    assert not (here / "adapters.json").exists()


def test_a_tokenizer_with_another_vocabulary_is_refused(here, capsys):
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["extra"])
    tokenizer.save_pretrained(here / "base")
    assert "vocabulary" in refused(capsys, "add", "one", "one", "--base", "base")


def test_a_base_without_chat_template_is_refused(here, capsys):
    (here / "base" / "chat_template.jinja").unlink()
    error = refused(capsys, "add", "one", "one", "--base", "base")
    assert "chat template" in error
    assert "base" in error


def test_damaged_weights_are_named(here, capsys):
    weights = here / "one" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    error = refused(capsys, "add", "one", "one", "--base", "base")
    assert "one/adapter_model.safetensors" in error
    assert "damaged" in error


def test_pickled_weights_are_refused_unread(here, capsys):
    (here / "one" / "adapter_model.safetensors").unlink()
    (here / "one" / "adapter_model.bin").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    error = refused(capsys, "add", "one", "one", "--base", "base")
    assert "one/adapter_model.bin" in error
    assert "safetensors" in error
    assert not (here / "ran").exists()


def test_code_that_comes_with_a_base_is_not_run(here, capsys):
    config = json.loads((here / "base" / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
    (here / "base" / "config.json").write_text(json.dumps(config))
    (here / "base" / "own.py").write_text("open('ran', 'w').close()\nclass Own: pass\n")
    assert "base" in refused(capsys, "add", "one", "one", "--base", "base")
    assert not (here / "ran").exists()


@pytest.mark.parametrize("name", ["../one", "a b", "a.b", "-x", "none", "名", "x" * 65, ""])
def test_names_are_plain_words(here, capsys, name):
    error = refused(capsys, "add", "--base", "base", "--", name, "one")
    assert "adapter " in error
    assert not (here / "adapters.json").exists()


def test_what_is_taken_absent_or_absolute_is_named(here, capsys):
    assert "adapters.json" in refused(capsys, "list")
    enter("one")
    assert "taken" in refused(capsys, "add", "one", "two", "--base", "base")
    assert "no adapter 'two'" in refused(capsys, "use", "two")
    file = here / "adapters.json"
    held = json.loads(file.read_text())
    held["adapters"]["one"]["path"] = "/somewhere/one"
    file.write_text(json.dumps(held))
    assert "$.adapters.one.path" in refused(capsys, "list")
    file.write_text("[]")
    assert "adapters.json" in refused(capsys, "list")


def test_verify_fails_when_disk_says_otherwise(here, capsys):
    from safetensors.torch import load_file, save_file

    enter("one", "two", "three")
    weights = here / "one" / "adapter_model.safetensors"
    save_file({k: v + 1 for k, v in load_file(weights).items()}, weights)
    shutil.rmtree(here / "two")
    found = told(capsys, "verify", "--quick", code=1)
    assert found["failed"] == ["one", "two"]
    assert "content" in found["adapters"][0]["problems"][0]
    make_base(here / "base", seed=5)
    found = told(capsys, "verify", "three", code=1)
    assert "another base" in found["adapters"][0]["problems"][0]


def test_verify_sees_an_adapter_without_effect_and_lost_parameters(here, capsys):
    from safetensors.torch import load_file, save_file

    for name, change in (
        ("one", lambda held: {k: v * ("lora_A" in k) for k, v in held.items()}),
        ("two", lambda held: dict(list(held.items())[1:])),
    ):
        weights = here / name / "adapter_model.safetensors"
        save_file(change(load_file(weights)), weights)
    enter("one", "two", "three")
    found = told(capsys, "verify", "--rows", "2", code=1)
    problems = {one["name"]: one["problems"] for one in found["adapters"]}
    assert "changes no logits" in problems["one"][0]
    assert "missing" in problems["two"][0]
    assert problems["three"] == []


def test_another_chat_template_is_a_mismatch(here, capsys):
    enter("one")
    template = here / "base" / "chat_template.jinja"
    template.write_text(template.read_text().replace("{%- for", "{# changed #}{%- for", 1))
    found = told(capsys, "verify", code=1)
    assert "chat template" in found["adapters"][0]["problems"][0]


def test_without_a_registry_it_is_said_how_one_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for verb in (["list"], ["show", "desk"], ["use", "desk"], ["verify"]):
        assert execute(["adapters", *verb]) == EXIT_USER
        said = " ".join(capsys.readouterr().err.split())
        assert "workbench adapters add NAME DIR --base MODEL --registry adapters.json" in said
