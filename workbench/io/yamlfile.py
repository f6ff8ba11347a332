"""Reads YAML that a stranger may have written: plain values, no key twice, and no more than it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable

# An alias stands for all that its anchor holds: ten lines can mean a billion values. These bound what a
# document means, not how it is written.
MAX_VALUES, MAX_DEPTH = 1_000_000, 100


class YamlError(yaml.MarkedYAMLError):
    """A document that isn't YAML, or that the bounds refuse; ``problem`` and ``problem_mark`` say where."""


class ShallowLoader(yaml.SafeLoader):
    """Refuses what is nested too deeply where it opens: PyYAML looks at every open level for each token."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # noqa: N803 - as in PyYAML
        """Open a list or a mapping in brackets."""
        self._open()
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        """Open a list or a mapping by indentation."""
        self._open()
        return bool(super().add_indent(column))

    def _open(self) -> None:
        if self.flow_level + len(self.indents) > MAX_DEPTH:
            raise YamlError(None, None, f"nested deeper than {MAX_DEPTH} levels", self.get_mark())


class _Loader(ShallowLoader):
    """Builds plain values only, and refuses keys that stand twice: the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping whose keys are unlike each other."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise YamlError(None, None, "a key that is no plain value", key_node.start_mark)
            if key in seen:
                raise YamlError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str) -> Any:
    """Return the one document in ``text`` as plain values; ``None`` where it is empty.

    Raises:
        YamlError: no YAML, a key twice, a value that holds itself, nested deeper than ``MAX_DEPTH``, or more
            than ``MAX_VALUES`` values when its aliases are written out.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, {}, depth=1)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise YamlError(error.context, error.context_mark, error.problem, error.problem_mark) from error
    except yaml.YAMLError as error:
        raise YamlError(None, None, " ".join(str(error).split()), None) from error
    except RecursionError as error:
        raise YamlError(None, None, f"nested too deeply (at most {MAX_DEPTH} levels)", None) from error
    except (ValueError, OverflowError) as error:  # a date or a number that there can't be
        raise YamlError(None, None, str(error), None) from error


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]], *, depth: int) -> tuple[int, int]:
    """Return how many values and levels a node means, each anchor's counted anew for every alias."""
    if id(node) in known:
        values, levels = known[id(node)]
        if not values:
            raise YamlError(None, None, "a value that holds itself", node.start_mark)
    else:
        known[id(node)] = (0, 0)
        inner = [_measure(child, known, depth=depth + 1) for child in _children(node)]
        values = 1 + sum(one for one, _ in inner)
        levels = 1 + max((deep for _, deep in inner), default=0)
        known[id(node)] = (values, levels)
    if depth + levels > MAX_DEPTH + 1:
        raise YamlError(None, None, f"nested deeper than {MAX_DEPTH} levels", node.start_mark)
    if values > MAX_VALUES:
        raise YamlError(None, None, f"aliases that mean more than {MAX_VALUES} values", node.start_mark)
    return values, levels


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
