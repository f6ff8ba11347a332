"""Writes one folder a task, ready for one adapter each, and the table that routes calls to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.checks import dump_contract
from workbench.convert.files import write_templates
from workbench.io.places import named
from workbench.io.rundir import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert.compact import CompactForm
    from workbench.convert.survey import Surveyed
    from workbench.records import Template

_ROW_GROUP = 20_000
TABLES = ("pairs.parquet", "examples.parquet")


def write_tasks(surveyed: Surveyed, contracts: dict[str, Contract], form: CompactForm, out: Path) -> None:
    """Write ``routes.json``, and of several tasks ``tasks/TASK/`` with pairs, templates and contract of each.

    Every such folder is what a conversion of that task alone would be; tasks without a contract have none.
    The tag of a task is the system message that its compact prompts start with in the form ``tag``.
    """
    own: dict[str, list[Template]] = {}
    for template in surveyed.templates:
        own.setdefault(template.task, []).append(template)
    several = len(own) > 1
    routes: dict[str, Any] = {}
    for task in sorted(own, key=lambda name: name not in contracts):
        place = f"tasks/{task}" if several else "."
        routes[task] = {
            "tag": form.tag.replace("{task}", task),
            "folder": place if task in contracts else None,
            "calls": sum(template.count for template in own[task]),
            "templates": [template.id for template in own[task]],
        }
    write_json(out / "routes.json", routes)
    if not several:
        return
    for task, contract in contracts.items():
        home = named(out / "tasks", task)
        write_templates(surveyed, form, home, task=task)
        write_text(home / "contract.yaml", dump_contract(contract))
    for name in TABLES:
        if (out / name).exists():
            _write_apart(out / name, out / "tasks", list(contracts))


def _write_apart(table: Path, folder: Path, tasks: list[str]) -> None:
    """Write the rows of each of ``tasks`` into a file of their own in one pass, in bounded memory."""
    by_task = pl.PartitionBy(
        folder,
        key="task",
        include_key=True,
        file_path_provider=lambda given: f"{given.partition_keys['task'][0]}/{table.name}",
        approximate_bytes_per_file=None,
    )
    rows = pl.scan_parquet(table, glob=False).filter(pl.col("task").is_in(tasks))
    rows.sink_parquet(by_task, row_group_size=_ROW_GROUP)
