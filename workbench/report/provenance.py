"""Draws what is needed to repeat a run: commands, recipe, versions, seeds and hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from workbench.report.markup import Html, element, joined, scrolling

if TYPE_CHECKING:
    from workbench.report.model import Provenance, Report, StageRecord


def provenance_section(report: Report) -> Html:
    """Draw the commands to repeat, then all that names the run's inputs and outputs by content."""
    held = report.provenance
    method = report.verdicts
    intervals = (
        f"Intervals are {method.confidence:.0%}; those of differences and recovery are bootstrapped over "
        f"groups of cases, {method.resamples:,} resamples, seed {method.seed}."
    )
    return joined(
        [
            element("p", intervals, class_="lead"),
            element("h3", "To repeat it"),
            element("pre", commands(held), class_="pre code"),
            _details("Recipe (recipe.yaml)", recipe_yaml(held)) if held.recipe else None,
            _stages(held.stages) if held.stages else None,
            _named("Seeds", {name: str(seed) for name, seed in held.seeds.items()}),
            _named("Content of the base", held.base),
        ]
    )


def commands(held: Provenance) -> str:
    """Give the commands that repeat the run, or, where it has no recipe, its pages and its gate."""
    if held.recipe is None:
        return "workbench report RUN\nworkbench gate RUN"
    versions = sorted({stage.version for stage in held.stages if stage.version})
    lines = [f"# made by sft-workbench {', '.join(versions)}"] if len(versions) > 1 else []
    if len(versions) == 1:
        lines = [f"python -m pip install sft-workbench=={versions[0]}"]
    lines += [
        "# with the recipe below saved as recipe.yaml: " + " → ".join(stage.name for stage in held.stages),
        "workbench run recipe.yaml --out run",
        *(f"#   run/{s.name}/manifest.json: key {s.key}" for s in held.stages if s.key),
    ]
    if held.stages:
        lines.append("# one stage again, those before it standing:")
        lines.append(f"rm -r run/{held.stages[-1].name} && workbench run recipe.yaml --out run")
    return "\n".join(lines)


def recipe_yaml(held: Provenance) -> str:
    """Write the recipe as the YAML that `workbench run` reads."""
    return yaml.safe_dump(held.recipe, allow_unicode=True, sort_keys=False, width=100)


def _details(title: str, text: str) -> Html:
    return element(
        "details", element("summary", title), element("pre", text, class_="pre code"), class_="more"
    )


def _stages(stages: tuple[StageRecord, ...]) -> Html:
    head = ("Stage", "Version", "Inputs", "Files")
    body = (
        element(
            "tr",
            element("th", stage.name, scope="row"),
            element("td", stage.version, data_label="Version"),
            element("td", element("code", stage.key), data_label="Inputs"),
            element("td", _files(stage), data_label="Files"),
        )
        for stage in stages
    )
    table = element(
        "table",
        element("caption", "Stages, each named by the content of what went in"),
        element("thead", element("tr", *(element("th", name, scope="col") for name in head))),
        element("tbody", *body),
        class_="stages",
    )
    return scrolling(table, label="Stages")


def _files(stage: StageRecord) -> Html:
    lines = "\n".join(f"{digest}  {name}" for name, digest in stage.files.items())
    return element(
        "details",
        element("summary", "1 file" if len(stage.files) == 1 else f"{len(stage.files)} files"),
        element("pre", lines, class_="code", tabindex="0"),
        class_="more",
    )


def _named(title: str, values: dict[str, str]) -> Html | None:
    if not values:
        return None
    pairs = (
        element("div", element("dt", name), element("dd", element("code", value)))
        for name, value in values.items()
    )
    return joined([element("h3", title), element("dl", *pairs, class_="facts")])
