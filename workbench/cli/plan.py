"""What `workbench train --explain` shows: every setting as resolved, what it does, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.cli.produce import Face, screen_for

if TYPE_CHECKING:
    from workbench.training import Sft


def show_plan(spec: Sft, *, base: str, data: str, face: Face) -> None:
    """Print the plan of a training, or the whole of it as JSON."""
    plan = explained(spec, base=base, data=data)
    with screen_for(face) as screen:
        screen.show(plan, _table(plan), _totals(plan), then="the same command without --explain trains")


def explained(spec: Sft, *, base: str, data: str) -> dict[str, Any]:
    """Return every setting with its value, whether it is the default, and why the default is what it is.

    Raises:
        UserError: as the audit: data that can't be trained has no plan.
    """
    import msgspec

    from workbench.io.parts import read_parts
    from workbench.rendering.opening import open_text, resolved
    from workbench.training import Sft
    from workbench.training.audit import examine
    from workbench.training.estimate import estimate
    from workbench.training.reasons import REASONS
    from workbench.training.rows import refusal

    text = open_text(base)
    audited = examine(spec, text=text, train=read_parts(data).train, valid=None)
    if audited.findings:
        raise refusal(audited.findings)
    values, usual = msgspec.to_builtins(spec), msgspec.to_builtins(Sft())
    if spec.dtype == "auto":
        values["dtype"] = f"auto: {resolved('auto')}"
    settings = {
        name: {"value": values[name], "default": values[name] == usual[name], "reason": reason}
        for name, reason in REASONS.items()
    }
    settings["dtype"]["default"] = spec.dtype == "auto"
    cost = msgspec.to_builtins(estimate(spec, text=text, rows=audited.train))
    return {
        "base": text.name,
        "rows": len(audited.train.examples),
        "tokens": audited.train.tokens,
        "trained_tokens": audited.train.trained,
        "steps": audited.audit.steps,
        "rows_per_step": spec.batch_size * spec.grad_accumulation,
        "scale": spec.alpha / (spec.r**0.5 if spec.rslora else spec.r),
        "settings": settings,
        "estimate": cost,
    }


def _table(plan: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table("setting", "value", "what it does, and why this default", box=None, pad_edge=False)
    for name, setting in plan["settings"].items():
        style = "" if setting["default"] else "bold"
        table.add_row(name, str(setting["value"]), setting["reason"], style=style)
    return table


def _totals(plan: dict[str, Any]) -> str:
    cost = plan["estimate"]
    memory = sum(cost["memory_gb"].values())
    return (
        f"\n{plan['rows']} rows ({plan['trained_tokens']} of {plan['tokens']} tokens trained), "
        f"{plan['steps']} steps of {plan['rows_per_step']} rows; {cost['trainable']:,} of "
        f"{cost['parameters']:,} parameters; about {memory:.2f} GB; "
        f"{cost['seconds_at_least']:.0f} s or more here\n"
        "bold: not the default"
    )
