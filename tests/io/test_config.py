from typing import Annotated

import msgspec
import pytest

from workbench.errors import ConfigError, InputError
from workbench.io import config
from workbench.records import Value


class Inner(Value, frozen=True, kw_only=True):
    threshold: float = 0.8


class Outer(Value, frozen=True, kw_only=True):
    steps: tuple[Inner, ...] = ()
    name: str = ""


def load(tmp_path, text, **options):
    path = tmp_path / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return config.load(path, Outer, what="a test file", **options)


def test_loads_into_the_type(tmp_path):
    assert load(tmp_path, "steps: [{threshold: 0.5}]\nname: 中文") == Outer(
        steps=(Inner(threshold=0.5),), name="中文"
    )


def test_unknown_key_names_the_nearest_and_its_path(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "steps:\n- treshold: 0.5")
    (finding,) = caught.value.findings
    assert "treshold" in finding.found
    assert "'threshold'" in finding.fix
    assert "$.steps[" in finding.where


def test_wrong_type_names_its_path(tmp_path):
    with pytest.raises(ConfigError, match=r"\$\.name"):
        load(tmp_path, "name: [1]")


def test_broken_yaml_names_the_line(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.yaml:2"):
        load(tmp_path, "name: x\n  bad: [")


@pytest.mark.parametrize(
    ("raw", "found"), [(b"", "an empty file"), (b"name: \xd6\xd0\xce\xc4", "0xd6"), (b"\xff\xfe", "0xff")]
)
def test_unreadable_text(tmp_path, raw, found):
    with pytest.raises(InputError, match=found):
        load(tmp_path, raw)


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        config.read_text(tmp_path / "none", what="x")
    with pytest.raises(InputError, match="a directory"):
        config.read_text(tmp_path, what="x")


def test_yaml_tags_are_refused(tmp_path):
    with pytest.raises(ConfigError):
        load(tmp_path, "!!python/object/apply:os.system ['true']")


def test_convert_is_strict():
    with pytest.raises(ConfigError):
        config.convert({"name": 3}, Outer, where="x")
    assert msgspec.to_builtins(config.convert({}, Outer, where="x")) == {"steps": (), "name": ""}


class Tuned(msgspec.Struct, kw_only=True):
    r: Annotated[int, msgspec.Meta(ge=1)] = 8
    names: tuple[str, ...] = ()


def test_a_wrong_value_is_shown_with_what_was_expected():
    with pytest.raises(ConfigError) as said:
        config.convert({"names": ["a", 5]}, Tuned, where="recipe.yaml")
    finding = said.value.findings[0]
    assert (finding.where, finding.found, finding.expected) == ("recipe.yaml $.names[1]", "5", "`str`")


def test_an_option_is_called_by_its_name_on_the_command_line():
    with pytest.raises(ConfigError) as said:
        config.convert({"r": 0}, Tuned, where="the options", options=lambda field: f"--{field}")
    finding = said.value.findings[0]
    assert (finding.where, finding.found, finding.expected) == ("--r", "0", "`int` >= 1")
