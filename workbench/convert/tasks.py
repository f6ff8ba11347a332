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
            frame = pl.read_parquet(out / name)
            for (task,), part in frame.partition_by("task", as_dict=True, maintain_order=True).items():
                part.write_parquet(out / "tasks" / str(task) / name)
