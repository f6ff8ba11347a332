"""Gives the tables with which a verb ends in the terminal; the command line prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from workbench.records import ARMS
from workbench.report.words import ARM_NAMES, RULE_STATES, bounds, named, percent
from workbench.text import excerpt

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.verdicts import ArmFigures, Figure, RuleState, Verdicts

_STYLES: dict[RuleState, str] = {
    "kept": "green",
    "gained": "green",
    "lost": "bold red",
    "never_held": "yellow",
    "undecided": "yellow",
    "not_identifiable": "dim",
    "unscored": "dim",
}


def verdict_tables(verdicts: Verdicts) -> list[RenderableType]:
    """Return rich tables: the arms with behaviours, and the rules where there are any."""
    tables: list[RenderableType] = [_arms(verdicts)]
    if verdicts.rules:
        tables.append(_rules(verdicts))
    return tables


def _arms(verdicts: Verdicts) -> Table:
    table = _table("", right=tuple(ARM_NAMES.values()))
    _row(table, "[bold]all rules[/]", verdicts.overall)
    for found in verdicts.behaviours:
        _row(table, escape(named(found.behaviour).lower()), found.arms)
    return table


def _rules(verdicts: Verdicts) -> Table:
    table = _table("rule", right=(*ARM_NAMES.values(), "recovered"))
    table.add_column("")
    for rule in verdicts.rules:
        table.add_row(
            escape(excerpt(rule.text, limit=60)),
            *(percent(getattr(rule.arms, arm).rate) for arm in ARMS),
            percent(rule.recovery),
            f"[{_STYLES[rule.state]}]{RULE_STATES[rule.state]}[/]",
        )
    return table


def _table(first: str, *, right: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first)
    for name in right:
        table.add_column(name.lower(), justify="right", no_wrap=True)
    return table


def _row(table: Table, name: str, arms: ArmFigures) -> None:
    table.add_row(name, *(_figure(getattr(arms, arm)) for arm in ARMS))


def _figure(found: Figure) -> str:
    ci = bounds(found.ci)
    return f"{percent(found.rate)} [dim]{ci}[/]" if ci else percent(found.rate)
