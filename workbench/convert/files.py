"""Writes a conversion to disk and reads its templates back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks import dump_contract
from workbench.convert.compact import CompactForm  # noqa: TC001 - msgspec reads it
from workbench.errors import Finding, InputError
from workbench.io.frames import pairs_to_frame
from workbench.io.rundir import write_json, write_text
from workbench.records import Template, Value

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert.run import Converted, Counts

TEMPLATES = "templates.json"
TEMPLATES_VERSION = 1


class TemplateFile(Value, frozen=True, kw_only=True):
    """The content of ``templates.json``."""

    version: int
    compact: CompactForm
    templates: tuple[Template, ...]


def write_converted(converted: Converted, out: Path) -> dict[str, Any]:
    """Write pairs, templates, contracts, rejects and summary into ``out``, and return the summary."""
    out.mkdir(parents=True, exist_ok=True)
    pairs_to_frame(converted.pairs).write_parquet(out / "pairs.parquet")
    held = TemplateFile(version=TEMPLATES_VERSION, compact=converted.form, templates=converted.templates)
    write_json(out / TEMPLATES, msgspec.to_builtins(held))
    _write_contracts(converted.contracts, out)
    lines = [msgspec.json.encode(reject).decode() + "\n" for reject in converted.rejects]
    write_text(out / "rejects.jsonl", "".join(lines))
    summary = _summary(converted.counts)
    write_json(out / "summary.json", summary)
    return summary


def read_templates(path: Path) -> tuple[CompactForm, dict[str, Template]]:
    """Read ``templates.json`` (or the one in the folder ``path``).

    Raises:
        InputError: missing, or not as `workbench convert` writes it.
    """
    file = path / TEMPLATES if path.is_dir() else path
    found = None
    try:
        held = msgspec.json.decode(file.read_bytes(), type=TemplateFile)
    except OSError as error:
        found = error.strerror or str(error)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        found = str(error)
    else:
        if held.version == TEMPLATES_VERSION:
            return held.compact, {template.id: template for template in held.templates}
        found = f"version {held.version}"
    raise InputError(
        Finding(
            where=str(file),
            found=found,
            expected=f"templates of version {TEMPLATES_VERSION}, as `workbench convert` writes them",
            fix="Run `workbench convert` on your log again.",
        )
    )


def _write_contracts(contracts: dict[str, Contract], out: Path) -> None:
    """Write the commonest task's contract as ``contract.yaml``, and of several tasks each under its name."""
    for i, (task, contract) in enumerate(contracts.items()):
        text = dump_contract(contract)
        if i == 0:
            write_text(out / "contract.yaml", text)
        if len(contracts) > 1:
            write_text(out / "contracts" / f"{task}.yaml", text)


def _summary(counts: Counts) -> dict[str, Any]:
    return {
        "in": counts.rows,
        "pairs": counts.pairs,
        "rejected": counts.rejected,
        "templates": counts.templates,
        "tasks": counts.tasks,
        "rejected_by": counts.rejected_by,
        "formats": counts.formats,
        "duplicate_ids": counts.duplicate_ids,
        "tokens": {
            "original_mean": round(counts.original_mean, 2),
            "compact_mean": round(counts.compact_mean, 2),
            "completion_mean": round(counts.completion_mean, 2),
            "saved_share": round(counts.saved_share, 4),
            "exact": counts.exact,
            "tokenizer": counts.tokenizer,
        },
    }
