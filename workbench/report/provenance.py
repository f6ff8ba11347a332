"""Draws what is needed to repeat a run: commands, recipe, versions, seeds and hashes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import yaml

from workbench.report.markup import Html, element, joined, scrolling
from workbench.report.words import term
from workbench.wording import known, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.report.model import Provenance, Report, StageRecord


def provenance_section(report: Report) -> Html:
    """Draw the commands to repeat, then all that names the run's inputs and outputs by content."""
    held = report.provenance
    method = report.verdicts
    intervals = say(
        "Intervals are {confidence:.0%}; those of differences and recovery are bootstrapped "
        "over groups of cases, {resamples:,} resamples, seed {seed}.",
        confidence=method.confidence,
        resamples=method.resamples,
        seed=method.seed,
    )
    return joined(
        [
            element("p", intervals, class_="lead"),
            element("h3", say("To repeat it")),
            element("pre", commands(held), class_="pre code"),
            _details(say("Recipe (recipe.yaml)"), recipe_yaml(held)) if held.recipe else None,
            _stages(held.stages) if held.stages else None,
            _named(say("Seeds"), {name: str(seed) for name, seed in held.seeds.items()}),
            _named(say("Content of the base"), held.base),
        ]
    )


def commands(held: Provenance) -> str:
    """Give the commands that repeat the run: at once and stage by stage, or as its stages were made."""
    versions = sorted({stage.version for stage in held.stages if stage.version})
    lines = [f"# made by sft-workbench {', '.join(versions)}"] if len(versions) > 1 else []
    if len(versions) == 1:
        lines = [f"python -m pip install sft-workbench=={versions[0]}"]
    if held.recipe is not None:
        lines += [
            "# with the recipe below saved as recipe.yaml in the folder that holds run/, all at once: "
            + _chain(held.stages),
            "workbench run recipe.yaml --out run",
            *(f"#   run/{s.name}/manifest.json: key {s.key}" for s in held.stages if s.key),
            "# or stage by stage, to the same files but for the seconds and megabytes that they tell:",
            *stage_commands(held.recipe, out="again"),
        ]
    elif told := [stage.command for stage in held.stages if stage.command]:
        lines += ["# in the folder where they were given, with inputs of the content below:", *told]
    else:
        return "workbench report RUN\nworkbench gate RUN"
    return "\n".join(lines)


def stage_commands(recipe: Mapping[str, Any], *, out: str) -> list[str]:
    """Give each stage of a recipe as a verb's command; they write into the folder ``out``."""
    train = recipe.get("train") or {}
    reads_long = train.get("objective", "sft") != "sft" or train.get("probe_every")
    taught = recipe.get("teacher") is not None
    by = ("--recipe", "recipe.yaml")
    converted, pairs = f"{out}/convert", f"{out}/teacher" if taught else f"{out}/convert"
    policy = recipe.get("gate")
    told: list[tuple[str, ...]] = [
        ("convert", *by, "--out", converted),
        *([("teacher", converted, *by, "--out", pairs)] if taught else []),
        ("curate", pairs, *by, "--out", f"{out}/curate"),
        (
            *("train", f"{out}/curate", *by),
            *(("--templates", converted) if reads_long else ()),
            *("--out", f"{out}/adapter"),
        ),
        (
            *("eval", *by, "--adapter", f"{out}/adapter/adapter", "--templates", converted),
            *("--data", f"{out}/curate", "--out", f"{out}/eval"),
        ),
        ("gate", out, *(("--policy", str(policy)) if policy else ())),
        ("report", out),
    ]
    return [shlex.join(("workbench", *line)) for line in told]


def _chain(stages: tuple[StageRecord, ...]) -> str:
    return " → ".join(stage.name for stage in stages)


def recipe_yaml(held: Provenance) -> str:
    """Write the recipe as the YAML that `workbench run` reads."""
    return yaml.safe_dump(held.recipe, allow_unicode=True, sort_keys=False, width=100)


def _details(title: str, text: str) -> Html:
    return element(
        "details", element("summary", title), element("pre", text, class_="pre code"), class_="more"
    )


def _stages(stages: tuple[StageRecord, ...]) -> Html:
    head = (say("Stage"), say("Version"), say("Key"), say("Files"))
    body = (
        element(
            "tr",
            element(
                "th",
                term(stage.name),
                element("small", element("code", stage.name)) if known(stage.name) else None,
                scope="row",
            ),
            element("td", stage.version, data_label=say("Version")),
            element(
                "td",
                element("code", stage.key),
                _contents(stage.inputs, _inputs(len(stage.inputs))),
                data_label=say("Key"),
            ),
            element("td", _contents(stage.files, _files(len(stage.files))), data_label=say("Files")),
        )
        for stage in stages
    )
    table = element(
        "table",
        element("caption", say("Stages, each named by the content of what went in")),
        element("thead", element("tr", *(element("th", name, scope="col") for name in head))),
        element("tbody", *body),
        class_="stages",
    )
    return scrolling(table, label=say("Stages"))


def _files(n: int) -> str:
    return say("1 file") if n == 1 else say("{n} files", n=n)


def _inputs(n: int) -> str:
    return say("1 input") if n == 1 else say("{n} inputs", n=n)


def _contents(hashes: Mapping[str, str], title: str) -> Html | None:
    """Fold away the hash of each file or input."""
    if not hashes:
        return None
    lines = "\n".join(f"{digest}  {name}" for name, digest in hashes.items())
    return element(
        "details",
        element("summary", title),
        element("pre", lines, class_="code", tabindex="0"),
        class_="more",
    )


def _named(title: str, values: dict[str, str]) -> Html | None:
    if not values:
        return None
    pairs = (
        element("div", element("dt", term(name)), element("dd", element("code", value)))
        for name, value in values.items()
    )
    return joined([element("h3", title), element("dl", *pairs, class_="facts")])
