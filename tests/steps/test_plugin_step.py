from functools import cache

import pytest
from made_pairs import frame

from workbench.errors import ConfigError, InvariantError
from workbench.io.frames import ledger_frame
from workbench.records import Split
from workbench.steps import PluginStep


@cache
def rows():
    """Return the rows, made when a test first asks: gathering starts no thread."""
    return frame(("a", "b"), ("c", "d"))


def test_a_named_plugin_is_asked_with_its_options(monkeypatch):
    asked = []

    def offered(rows, **options):
        asked.append(options)
        return Split(kept=rows, dropped=ledger_frame([]))

    monkeypatch.setattr(
        "workbench.steps.plugin.load", lambda group, name: {("workbench.steps", "mine"): offered}[group, name]
    )
    assert PluginStep(name="mine", options={"k": 1})(rows()).kept.height == 2
    assert asked == [{"k": 1}]


def test_what_loses_rows_or_is_no_partition_is_refused(monkeypatch):
    monkeypatch.setattr(
        "workbench.steps.plugin.load",
        lambda *_: lambda rows: Split(kept=rows.head(1), dropped=ledger_frame([])),
    )
    with pytest.raises(InvariantError):
        PluginStep(name="mine")(rows())
    monkeypatch.setattr("workbench.steps.plugin.load", lambda *_: lambda rows: rows)
    with pytest.raises(ConfigError, match="Split"):
        PluginStep(name="mine")(rows())
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="mine"):
        PluginStep(name="mine")(rows())
