"""Reads a run's files, telling apart what must be there from what may be missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.contracts import Contract
from workbench.errors import Finding, InputError
from workbench.io.config import convert
from workbench.io.frames import read_parquet
from workbench.io.yamlfile import YamlError, read_yaml
from workbench.verdicts import Verdicts
from workbench.wording import LANGS

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from workbench.wording import Lang

_SEVERAL = 2


def read_verdicts(evaluated: Path) -> Verdicts:
    """Read the verdicts of an evaluation.

    Raises:
        InputError: there are none, or they can't be read.
    """
    path = evaluated / "verdicts.json"
    raw = optional_json(path)
    if raw is None:
        raise InputError(
            Finding(
                where=str(path),
                found="no such file",
                expected="the verdicts of a finished evaluation",
                fix="Run `workbench eval` first, or give the run directory that holds `eval/`.",
            )
        )
    verdicts: Verdicts = convert(raw, Verdicts, where=str(path))
    return verdicts


def read_lang(run: Path) -> Lang:
    """Return the language that a run's recipe asks for its faces; English where it says none.

    Raises:
        InputError: the run's own description is there but isn't JSON.
    """
    held = optional_json(run / "run.json") or {}
    said = (held.get("recipe") or {}).get("lang")
    return next((lang for lang in LANGS if lang == said), "en")


def optional_json(path: Path) -> Any:
    """Return the JSON of a file, or ``None`` where there is no such file.

    Raises:
        InputError: the file is there but isn't JSON.
    """
    text = optional_text(path)
    return None if text is None else _decoded(path, 1, text)


def optional_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a JSON Lines file, none where there is no such file.

    Raises:
        InputError: a line isn't a JSON object.
    """
    text = optional_text(path) or ""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    decoded = [(number, _decoded(path, number, line)) for number, line in lines]
    for number, value in decoded:
        if not isinstance(value, dict):
            raise InputError(_unreadable(f"{path}:{number}", type(value).__name__))
    return [value for _, value in decoded]


def optional_frame(path: Path, columns: list[str]) -> pl.DataFrame | None:
    """Return the named columns of a Parquet file, or ``None`` where there is no such file.

    Raises:
        InputError: the file is there but can't be read, or lacks a column.
    """
    if not path.exists():
        return None
    frame = read_parquet(path)
    missing = sorted(set(columns) - set(frame.columns))
    if missing:
        raise InputError(_unreadable(str(path), f"no column {', '.join(missing)}"))
    return frame.select(columns)


def read_contracts(converted: Path) -> tuple[Contract, ...]:
    """Read the contracts of a conversion: one, or those of several tasks; none where there is no file.

    Of several, each rule's id stands after its task, as evaluation names it.

    Raises:
        InputError: a file isn't YAML.
        ConfigError: it isn't a contract.
    """
    several = sorted((converted / "contracts").glob("*.yaml"))
    if len(several) < _SEVERAL:
        held = _contract(converted / "contract.yaml")
        return () if held is None else (held,)
    return tuple(_prefixed(held) for path in several if (held := _contract(path)) is not None)


def _contract(path: Path) -> Contract | None:
    text = optional_text(path)
    if text is None:
        return None
    try:
        raw = read_yaml(text)
    except YamlError as error:
        raise InputError(_unreadable(str(path), str(error))) from error
    contract: Contract = convert(raw, Contract, where=str(path))
    return contract


def _prefixed(contract: Contract) -> Contract:
    replace = msgspec.structs.replace
    rules = tuple(replace(rule, id=f"{contract.task}/{rule.id}") for rule in contract.rules)
    return replace(contract, rules=rules)


def optional_text(path: Path) -> str | None:
    """Return the text of a file, or ``None`` where there is no such file.

    Raises:
        InputError: the file is there but isn't UTF-8 text, or isn't a plain file.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise InputError(_unreadable(str(path), "no plain file"))
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_unreadable(str(path), str(error))) from error


def _decoded(path: Path, number: int, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        # The standard library also reads lone surrogates and NaN, which a model's output may have brought in.
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(_unreadable(f"{path}:{number}", str(error))) from error


def _unreadable(where: str, found: str) -> Finding:
    return Finding(
        where=where,
        found=found,
        expected="a file as the workbench writes it",
        fix="Run the stage that makes this file again.",
    )
