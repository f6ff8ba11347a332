"""Writes one folder a task, ready for one adapter each, and the table that routes calls to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.checks import dump_contract
from workbench.convert.files import write_templates
from workbench.io.rundir import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert.compact import CompactForm
    from workbench.convert.survey import Surveyed

_ROW_GROUP = 20_000
TABLES = ("pairs.parquet", "examples.parquet")


def write_tasks(surveyed: Surveyed, contracts: dict[str, Contract], form: CompactForm, out: Path) -> None:
    """Write ``routes.json``, and of several tasks ``tasks/TASK/`` with pairs, templates and contract of each.

    Every such folder is what a conversion of that task alone would be. The tag of a task is the system
    message that its compact prompts start with in the form ``tag``.
    """
    several = len(contracts) > 1
    routes: dict[str, Any] = {}
    for task in contracts:
        own = [template for template in surveyed.templates if template.task == task]
        routes[task] = {
            "tag": form.tag.replace("{task}", task),
            "folder": f"tasks/{task}" if several else ".",
            "calls": sum(template.count for template in own),
            "templates": [template.id for template in own],
        }
    write_json(out / "routes.json", routes)
    if not several:
        return
    for task, contract in contracts.items():
        place = out / "tasks" / task
        place.mkdir(parents=True, exist_ok=True)
        write_templates(surveyed, form, place, task=task)
        write_text(place / "contract.yaml", dump_contract(contract))
    for name in TABLES:
        if (out / name).exists():
            _write_apart(out / name, out / "tasks")


def _write_apart(table: Path, folder: Path) -> None:
    """Write the rows of every task into a file of their own in one pass, in memory that hardly grows."""
    by_task = pl.PartitionBy(
        folder,
        key="task",
        include_key=True,
        file_path_provider=lambda given: f"{given.partition_keys['task'][0]}/{table.name}",
        approximate_bytes_per_file=None,
    )
    pl.scan_parquet(table, glob=False).sink_parquet(by_task, row_group_size=_ROW_GROUP)
