"""Writes a conversion to disk and reads its templates back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.checks import dump_contract
from workbench.convert.compact import CompactForm  # noqa: TC001 - msgspec reads it
from workbench.convert.survey import Version  # noqa: TC001 - msgspec reads it
from workbench.errors import Finding, InputError
from workbench.io.places import named
from workbench.io.rundir import write_json, write_text
from workbench.records import Template, Value

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert.survey import Surveyed

TEMPLATES = "templates.json"
TEMPLATES_VERSION = 1


class TemplateFile(Value, frozen=True, kw_only=True):
    """The content of ``templates.json``.

    ``evidence`` says by template and slot why the slot has its type; ``versions`` are those of each prompt.
    """

    version: int
    compact: CompactForm
    templates: tuple[Template, ...]
    evidence: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    versions: tuple[Version, ...] = ()


def write_templates(surveyed: Surveyed, form: CompactForm, out: Path, *, task: str | None = None) -> None:
    """Write the templates (of one task, or of all) with evidence and versions."""
    own = tuple(t for t in surveyed.templates if task is None or t.task == task)
    held = TemplateFile(
        version=TEMPLATES_VERSION,
        compact=form,
        templates=own,
        evidence={t.id: surveyed.evidence[t.id] for t in own},
        versions=tuple(v for v in surveyed.versions if task is None or v.task == task),
    )
    write_json(out / TEMPLATES, msgspec.to_builtins(held))


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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


def write_contracts(contracts: dict[str, Contract], out: Path) -> None:
    """Write the commonest task's contract as ``contract.yaml``, and of several tasks each under its name."""
    for i, (task, contract) in enumerate(contracts.items()):
        text = dump_contract(contract)
        if i == 0:
            write_text(out / "contract.yaml", text)
        if len(contracts) > 1:
            write_text(named(out / "contracts", task, ".yaml"), text)
