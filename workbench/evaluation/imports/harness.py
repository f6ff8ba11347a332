"""Reads a task of lm-evaluation-harness: its YAML with simple templates, over documents in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding, InputError
from workbench.evaluation.imports.values import (
    Imported,
    NoMappingError,
    Refused,
    Wanted,
    filled,
    lettered,
    make_case,
    rows_of,
    text_of,
)
from workbench.io.config import read_text
from workbench.io.yamlfile import YamlError, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.records import Case

_READ = frozenset(
    {"task", "task_alias", "tag", "group", "dataset_path", "dataset_name", "dataset_kwargs", "test_split"}
    | {"validation_split", "training_split", "fewshot_split", "output_type", "doc_to_text", "doc_to_target"}
    | {"generation_kwargs", "metric_list", "metadata", "target_delimiter", "repeats", "should_decontaminate"}
    | {"description", "num_fewshot", "doc_to_decontamination_query"}
)
_CHOICE = "multiple_choice"
_METRICS = {"generate_until": {"exact_match"}, _CHOICE: {"acc", "acc_norm"}}
_FILES = frozenset({".jsonl", ".json", ".csv"})


def read_harness(path: Path, wanted: Wanted) -> Imported:
    """Read a task whose answers are generated and compared as a whole (``exact_match``), or multiple choice.

    The harness ranks choices by their likelihood; here they are shown as A) …, and the answer picks one.

    Raises:
        InputError: the task or its documents can't be read.
        ConfigError: the task as a whole has no plain mapping; all reasons at once.
    """
    task = _load(path)
    findings = [
        Finding(where=f"{path} $.{key}", found=found, expected=want, fix=fix)
        for key, found, want, fix in _unfit(task)
    ]
    if findings:
        raise ConfigError(findings)
    found = Imported(format="lm-eval")
    name = str(task.get("task") or path.stem)
    docs = rows_of(_docs(path, task, wanted), what="documents of the task")
    for number, (where, doc) in enumerate(docs, start=1):
        try:
            found.cases.append(_case(f"{name}-{number:03}", task, doc, wanted))
        except NoMappingError as error:
            found.refused.append(Refused(where=where, reason=str(error)))
    return found


def _case(name: str, task: dict[str, Any], doc: dict[str, Any] | None, wanted: Wanted) -> Case:
    if doc is None:
        raise NoMappingError("no JSON object")
    asked = str(task.get("description") or "") + _said(task["doc_to_text"], doc)
    metadata = {key: value for key, value in doc.items() if key in {wanted.slice, wanted.cluster}}
    slot = wanted.slots.get("input", "question")
    if task["output_type"] == _CHOICE:
        choices = _choices(task["doc_to_choice"], doc)
        asked, asserted, reference = lettered(asked, choices, [_right(task["doc_to_target"], doc, choices)])
        return make_case(name, {slot: asked}, [asserted], wanted, reference=reference, metadata=metadata)
    target = _said(task["doc_to_target"], doc).strip()
    if not target:
        raise NoMappingError("an empty target")
    metric = (task.get("metric_list") or [{}])[0]
    kind = "iequals" if isinstance(metric, dict) and metric.get("ignore_case") else "equals"
    return make_case(
        name,
        {slot: asked},
        [{"type": kind, "value": [target]}],
        wanted,
        reference=target,
        metadata=metadata,
        until=_until(task),
    )


def _choices(template: Any, doc: dict[str, Any]) -> list[str]:
    """Return the choices: a list of templates, or the field (``{{field.key}}`` too) that holds a list."""
    if isinstance(template, list):
        return [filled(str(one), doc).strip() for one in template]
    found: Any = doc
    for part in template.strip().removeprefix("{{").removesuffix("}}").strip().split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise NoMappingError(f"choices by {template!r}, which this row doesn't hold as a list")
    return [text_of(one).strip() for one in found]


def _right(template: Any, doc: dict[str, Any], choices: list[str]) -> int:
    """Return the place of the right choice: a number counted from 0, or the choice's own words."""
    said = str(template) if isinstance(template, int) else _said(template, doc).strip()
    if said in choices:
        return choices.index(said)
    if said.isdecimal():
        return int(said)
    raise NoMappingError(f"the target {said!r} is none of the choices")


def _load(path: Path) -> dict[str, Any]:
    text = read_text(path, what="a task of lm-evaluation-harness (YAML)")
    try:
        task = read_yaml(text)
    except YamlError as error:
        mark, found = error.problem_mark, str(error.problem)
        raise InputError(
            Finding(
                where=f"{path}:{mark.line + 1}" if mark else str(path),
                found=f"a function of Python ({found})" if "!function" in found else f"not YAML: {found}",
                expected="a task whose templates are text",
                fix="Write its documents out as JSON Lines, and import them as those of inspect_ai.",
            )
        ) from error
    if not isinstance(task, dict):
        raise InputError(
            Finding(where=str(path), found="no mapping", expected="a task", fix="Give the task's YAML file.")
        )
    return task


def _unfit(task: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    out = "Write the documents out as JSON Lines of input and target, and import those."
    kind = task.get("output_type", "loglikelihood")
    if kind not in _METRICS:
        yield (
            "output_type",
            repr(kind),
            " or ".join(_METRICS),
            "Tasks scored by likelihood have no answer to grade.",
        )
    for key in ("doc_to_text", "doc_to_target"):
        if not isinstance(task.get(key), str | int if (kind, key) == (_CHOICE, "doc_to_target") else str):
            yield key, repr(task.get(key)), "a template such as {{question}}, or the name of a field", out
    if kind == _CHOICE and not isinstance(task.get("doc_to_choice"), str | list):
        yield (
            "doc_to_choice",
            repr(task.get("doc_to_choice")),
            "a list, or the name of a field that holds one",
            out,
        )
    yield from _unfit_metrics(task, out)
    if task.get("num_fewshot"):
        yield "num_fewshot", repr(task["num_fewshot"]), "0", "Examples in the prompt are no part of a case."
    read = _READ | {"doc_to_choice"} if kind == _CHOICE else _READ
    for key in sorted(set(task) - read, key=str):
        yield (
            str(key),
            repr(task[key])[:80],
            "a key that has a plain mapping",
            "Leave it out, if that changes nothing.",
        )


def _unfit_metrics(task: dict[str, Any], out: str) -> Iterator[tuple[str, str, str, str]]:
    for key, form in (("metric_list", list), ("dataset_kwargs", dict), ("generation_kwargs", dict)):
        if not isinstance(task.get(key), form | None):
            yield key, repr(task[key])[:80], f"a {form.__name__}", "Mend the task."
            return
    stops = (task.get("generation_kwargs") or {}).get("until")
    if not isinstance(stops, str | list | None):
        yield "generation_kwargs.until", repr(stops)[:80], "a text, or a list of texts", "Mend the task."
    metrics = [one.get("metric") if isinstance(one, dict) else one for one in task.get("metric_list") or []]
    allowed = _METRICS.get(str(task.get("output_type")), {"exact_match"})
    if not all(isinstance(one, str) and one in allowed for one in metrics):
        yield "metric_list", repr(metrics), f"{' and '.join(sorted(allowed))} alone", out
    for one in task.get("metric_list") or []:
        for key in ("regexes_to_ignore", "ignore_punctuation", "ignore_numbers"):
            if isinstance(one, dict) and one.get(key):
                yield "metric_list", key, "answers compared as they stand", out


def _docs(path: Path, task: dict[str, Any], wanted: Wanted) -> Path:
    """Find the documents: ``--docs``, or the local file that the task names for its test split."""
    if wanted.docs is not None:
        return wanted.docs
    files = (task.get("dataset_kwargs") or {}).get("data_files")
    split = str(task.get("test_split") or task.get("validation_split") or "test")
    named = files.get(split) if isinstance(files, dict) else files
    file = path.parent / named if isinstance(named, str) else None
    if file is None or file.suffix not in _FILES or not file.is_file():
        raise InputError(
            Finding(
                where=f"{path} $.dataset_kwargs.data_files",
                found=repr(named) if named else f"a data set of the hub ({task.get('dataset_path')!r})",
                expected="the documents as a local .jsonl, .json or .csv file",
                fix="Save them as JSON Lines and name the file with --docs.",
            )
        )
    return file


def _said(template: str, doc: dict[str, Any]) -> str:
    """Fill a template; as the harness has it, a template that is a field's name means its value."""
    return filled("{{" + template + "}}" if template.isidentifier() else template, doc)


def _until(task: dict[str, Any]) -> list[str]:
    stops = (task.get("generation_kwargs") or {}).get("until") or ["\n\n"]
    return [stops] if isinstance(stops, str) else [str(one) for one in stops]
