"""Reads data sets that the `datasets` library keeps: saved folders, and those of a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError, MissingExtraError
from workbench.io.readers import Row, without_null

if TYPE_CHECKING:
    from pathlib import Path


def from_disk(path: Path) -> dict[str, list[Row]]:
    """Read the rows of a folder written by ``save_to_disk``, by split; one without splits is ``train``.

    Raises:
        InputError: the folder isn't whole.
        MissingExtraError: `datasets` isn't installed.
    """
    library = _library(f"{path}, a saved `datasets` folder")
    try:
        return _rows(library.load_from_disk(str(path)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            Finding(
                where=str(path),
                found=_first_line(error),
                expected="a folder as `Dataset.save_to_disk` writes it",
                fix="Save the data set again; a file of it is missing or cut.",
            )
        ) from error


def from_hub(name: str) -> dict[str, list[Row]]:
    """Load a data set of the hub by its id, every split of it, from the local cache where it is there.

    Raises:
        InputError: not reachable, not there, or of several configurations.
        MissingExtraError: `datasets` isn't installed.
    """
    library = _library(f"{name}, a data set of the hub")
    try:
        return _rows(library.load_dataset(name))
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            Finding(
                where=name,
                found=f"no such path here, and the hub gave: {_first_line(error)}",
                expected="a file, a directory, or the id of a data set that can be reached",
                fix="Check the path or the id; for a private one log in with `hf auth login`; without a "
                "network, save it elsewhere with `save_to_disk` and give that folder.",
            )
        ) from error


def _library(purpose: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError.of("datasets", extra="train", purpose=purpose) from error
    datasets.disable_progress_bars()
    return datasets


def _rows(loaded: Any) -> dict[str, list[Row]]:
    splits = loaded.items() if isinstance(loaded, dict) else [(str(loaded.split or "train"), loaded)]
    names = {"validation": "valid", "dev": "valid", "eval": "valid"}
    return {
        names.get(name, name): [
            Row(line=0, record=number, value=without_null(value)) for number, value in enumerate(split)
        ]
        for name, split in splits
    }


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
