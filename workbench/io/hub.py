"""Asks the hub what it holds, and reads the data sets of `datasets`: saved folders, and those of the hub."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import Finding, InputError, MissingExtraError
from workbench.io.places import named
from workbench.io.readers import Row, without_null

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_FILES = frozenset({".jsonl", ".json", ".csv", ".parquet", ".ndjson", ".txt", ".gz", ".zip"})
_PATIENCE_SECONDS = 10.0


class Withheld(NamedTuple):
    """Why the hub gives nothing under a name, and whether it was ``reached`` at all."""

    reached: bool
    why: str


@lru_cache(maxsize=64)
def withheld_by_hub(name: str, *, dataset: bool = False) -> Withheld | None:
    """Ask the hub, once a process and for seconds at most, whether it knows a model (or ``dataset``).

    Its own library tries again for most of a minute before it says that nobody answers. None: it knows it.
    """
    import httpx2
    from huggingface_hub import HfApi, constants, errors

    kind = "data set" if dataset else "model"
    if constants.is_offline_mode():
        return Withheld(reached=False, why=f"HF_HUB_OFFLINE is set while the hub's {kind} isn't kept here")
    try:
        (HfApi().dataset_info if dataset else HfApi().model_info)(name, timeout=_PATIENCE_SECONDS)
    except errors.HFValidationError:
        return Withheld(reached=True, why="it is no name that the hub could hold")
    except errors.RepositoryNotFoundError:
        return Withheld(
            reached=True, why=f"the hub knows no such {kind}, or shows it to nobody without its rights"
        )
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        return Withheld(reached=False, why=f"{constants.ENDPOINT} doesn't answer ({type(error).__name__})")
    return None


def looks_like_hub_id(source: str) -> bool:
    """Tell ``owner/name`` from a path that isn't there: no file's suffix, and no such folder here."""
    path = Path(source)
    a_file = path.suffix.lower() in _FILES or path.parent.is_dir()
    return bool(_HUB_ID.fullmatch(source)) and not a_file


def is_saved(path: Path) -> bool:
    """Tell whether a folder was written by ``save_to_disk``."""
    return (path / "dataset_dict.json").is_file() or (path / "state.json").is_file()


@contextmanager
def as_files(sources: Sequence[Path]) -> Iterator[dict[Path, str]]:
    """Yield the files that hold the rows of ``sources``, each with the name to show for it.

    Files are as they are; every split of a saved folder or of a data set of the hub becomes a Parquet file,
    written a batch at a time and gone at the end.

    Raises:
        InputError, MissingExtraError: as ``from_disk`` and ``from_hub`` do.
    """
    with tempfile.TemporaryDirectory() as scratch:
        files: dict[Path, str] = {}
        for number, source in enumerate(sources):
            if not is_kept_by_library(source):
                files[source] = str(source)
                continue
            place = Path(scratch) / str(number) / source.name
            files |= {file: f"{source}, split {file.stem}" for file in write_splits(source, place)}
        yield files


def is_kept_by_library(source: Path) -> bool:
    """Tell whether `datasets` reads a source: a saved folder, or what isn't here and may be a hub id."""
    return is_saved(source) if source.exists() else looks_like_hub_id(str(source))


def write_splits(source: Path, place: Path) -> list[Path]:
    """Write each split of a saved folder or of a data set of the hub as ``SPLIT.parquet``, in their order.

    Raises:
        InputError, MissingExtraError: as ``from_disk`` and ``from_hub`` do.
    """
    loaded = _from_disk(source) if source.exists() else _from_hub(str(source))
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for name, split in _splits(loaded):
        written.append(named(place, name, ".parquet"))
        split.to_parquet(str(written[-1]))
    return written


def from_disk(path: Path) -> dict[str, list[Row]]:
    """Read the rows of a folder written by ``save_to_disk``, by split; one without splits is ``train``.

    Raises:
        InputError: the folder isn't whole.
        MissingExtraError: `datasets` isn't installed.
    """
    return _rows(_from_disk(path))


def _from_disk(path: Path) -> Any:
    library = _library(f"{path}, a saved `datasets` folder")
    try:
        return library.load_from_disk(str(path))
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
    return _rows(_from_hub(name))


def _from_hub(name: str) -> Any:
    library = _library(f"{name}, a data set of the hub")
    withheld = withheld_by_hub(name, dataset=True)
    kept = Path(library.config.HF_DATASETS_CACHE) / name.replace("/", "___")
    if withheld and (withheld.reached or not kept.is_dir()):
        raise InputError(_absent(name, withheld.why))
    try:
        return library.load_dataset(name)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(_absent(name, f"the hub gave: {_first_line(error)}")) from error


def _absent(name: str, why: str) -> Finding:
    return Finding(
        where=name,
        found=f"no such path here, and {why}",
        expected="a file, a directory, or the id of a data set that can be had",
        fix="Check the path or the id; for a private one log in with `hf auth login`; without a "
        "network, save it elsewhere with `save_to_disk` and give that folder.",
    )


def _library(purpose: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError.of("datasets", extra="train", purpose=purpose) from error
    datasets.disable_progress_bars()
    return datasets


def _splits(loaded: Any) -> list[tuple[str, Any]]:
    return list(loaded.items()) if isinstance(loaded, dict) else [(str(loaded.split or "train"), loaded)]


def _rows(loaded: Any) -> dict[str, list[Row]]:
    names = {"validation": "valid", "dev": "valid", "eval": "valid"}
    return {
        names.get(name, name): [
            Row(line=0, record=number, value=without_null(value)) for number, value in enumerate(split)
        ]
        for name, split in _splits(loaded)
    }


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
