"""Reads YAML as plain values that JSON has too, so that one schema holds both."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml

from workbench.io.yamlfile import ShallowLoader

if TYPE_CHECKING:
    from collections.abc import Hashable

# An alias may stand for so many values in all; more is a bomb ("billion laughs").
_MOST = 100_000


def read_yaml(text: str) -> tuple[Any, str]:
    """Read one YAML document (1.2, core schema): value and problem.

    Problems are a key that stands twice, a tag of a language's own, ``.nan`` and ``.inf``, and aliases that
    refer to themselves or stand for too much. A date or ``12:30`` is text, ``no`` and ``on`` are text, and
    keys are written as text: what reads like JSON is what JSON would hold.
    """
    try:
        value = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derives from SafeLoader
        return _plain(value, _Budget(_MOST), ()), ""
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return None, f"{error.problem or 'not YAML'}{where}"
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return None, " ".join(str(error).split())


class _Budget:
    """Counts values down."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"aliases stand for more than {_MOST:,} values")


def _plain(value: Any, budget: _Budget, above: tuple[int, ...]) -> Any:
    """Copy a value out of its aliases.

    Raises:
        ValueError: a value that JSON has not, or aliases without end.
    """
    budget.take()
    if id(value) in above:
        raise ValueError("an alias refers to itself")
    if isinstance(value, dict):
        return {name: _plain(one, budget, (*above, id(value))) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, budget, (*above, id(value))) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} isn't a value of JSON")
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    """Join halves of a character that were escaped one by one, as JSON does.

    Raises:
        ValueError: a half without its other.
    """
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _name(key: Any) -> str:
    """Write a key that is no text as YAML would."""
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)


def _refused(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


class _StrictLoader(ShallowLoader):
    """Refuses keys that stand twice, and resolves plain scalars by the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in SafeLoader

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping whose keys are texts unlike each other: ``1`` and ``"1"`` are alike."""
        out: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise _refused("a key that is a list or a mapping", key_node)
            name = _whole(key) if isinstance(key, str) else _name(key)
            if name in out:
                raise _refused(f"key {name!r} stands twice", key_node)
            out[name] = self.construct_object(value_node, deep=deep)
        return out

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Read an integer of YAML 1.2: decimal, 0o octal, 0x hexadecimal."""
        text = str(self.construct_scalar(node))
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """Read a float of YAML 1.2."""
        text = str(self.construct_scalar(node)).lower()
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_yaml_int)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _StrictLoader.construct_yaml_float)
for _own in ("binary", "timestamp", "omap", "pairs", "set"):
    _StrictLoader.yaml_constructors = {
        tag: make
        for tag, make in _StrictLoader.yaml_constructors.items()
        if tag != f"tag:yaml.org,2002:{_own}"
    }
