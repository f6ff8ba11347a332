"""Whether a place may be written to: ``--force`` replaces what the workbench made, and nothing else."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError, OutputError
from workbench.io.fingerprint import file_hash
from workbench.io.manifest import MANIFEST, files_made, read_manifest
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What verbs write into the finished output of others, and what file managers leave anywhere.
_BESIDE = frozenset(
    {
        "report.html",
        "report.md",
        "report.json",
        "gate.json",
        "gate.md",
        "junit.xml",
        MANIFEST,
        ".DS_Store",
        "Thumbs.db",
    }
)
_SYSTEM = ("/dev", "/proc", "/sys")
_SHOWN = 3
# As pathlib leaves an address: of two slashes one.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_LONGEST = 200


def spare_inputs(path: Path, inputs: Iterable[Path | str]) -> None:
    """Refuse an output place that is, or holds, an input: ``--force`` would delete what is being read.

    Raises:
        OutputError: with the input that would go.
    """
    place = resolved(path)
    for name in inputs:
        given = Path(os.path.realpath(name))
        if given.exists() and (given == place or place in given.parents):
            raise OutputError(
                Finding(
                    where=str(path),
                    found=f"the input {name}"
                    if given == place
                    else f"a directory that holds the input {name}",
                    expected="an output place apart from every input",
                    fix="Choose another --out.",
                )
            )


def spare_inside(path: Path, inputs: Iterable[Path | str], *, verb: str) -> None:
    """Refuse a filled output place inside an input directory, unless ``verb`` itself made it.

    Raises:
        OutputError: with the input that would lose a part of itself.
    """
    place = resolved(path)
    if not place.is_dir() or not any(place.iterdir()) or (read_manifest(place) or {}).get("verb") == verb:
        return
    for name in inputs:
        given = Path(os.path.realpath(name))
        if given.is_dir() and given in place.parents:
            raise OutputError(
                Finding(
                    where=str(path),
                    found=f"a part of the input {name}",
                    expected="an output place that holds nothing of an input",
                    fix="Choose another --out.",
                )
            )


def spare_made(path: Path) -> None:
    """Refuse a file as output that is a part of a finished output: it would be damaged, whatever is forced.

    Raises:
        OutputError: with the output it belongs to.
    """
    place = resolved(path)
    for home in place.parents if place.is_file() else ():
        if place.relative_to(home).as_posix() in (MANIFEST, *(files_made(home) or ())) and files_made(home):
            raise OutputError(
                Finding(
                    where=str(path),
                    found=f"a part of the finished output {home}",
                    expected="a file of its own",
                    fix="Choose another name.",
                )
            )


def resolved(path: Path) -> Path:
    """Return where ``path`` leads to when all links are followed.

    Raises:
        OutputError: links that lead in a circle.
    """
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OutputError(
            Finding(
                where=str(path),
                found="a link that leads back to itself",
                expected="a place that can be written",
                fix="Choose another --out, or remove the link.",
            )
        )
    return place


def refuse_foreign(path: Path, *, verb: str, force: bool, carries: bool = False) -> None:
    """Refuse a directory for the output of ``verb`` that holds something else.

    With ``force`` a finished output of the workbench may be replaced, as long as nothing stands in it that no
    verb put there. With ``carries`` the new output keeps whatever the old one holds.

    Raises:
        OutputError: with what is in the way.
    """
    refuse_odd(path)
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise OutputError(_finding(path, "a file", verb, "Choose another --out."))
    if force:
        _refuse_precious(path)
    if not any(path.iterdir()):
        return
    made = files_made(path)
    if not force:
        told = (read_manifest(path) or {}).get("verb")
        held = f"the finished output of `workbench {told}`" if made is not None else "something else"
        held += f", of which {gone[0]} is missing" if (gone := missing(path)) else ""
        fix = "Choose another --out, or pass --force to replace it."
        raise OutputError(_finding(path, held, verb, fix if made is not None else _BY_HAND))
    if made is None:
        raise OutputError(_finding(path, "files that the workbench did not make", verb, _BY_HAND))
    strays = [] if carries else list(itertools.islice(_strays(path, made), _SHOWN + 1))
    if strays:
        named = ", ".join(strays[:_SHOWN]) + (", …" if len(strays) > _SHOWN else "")
        fix = "Move that away: --force replaces what a verb wrote, and no file of yours."
        raise OutputError(_finding(path, f"an output, and in it what no verb wrote: {named}", verb, fix))


_BY_HAND = "Choose another --out; what isn't wanted there has to be removed by hand, --force leaves it alone."


def edited(path: Path) -> list[str]:
    """Name the files of a finished output that were changed after it was finished."""
    made = files_made(path)
    if not made:
        return []
    finished = (path / MANIFEST).stat().st_mtime_ns
    return [
        name
        for name, held in made.items()
        if _inside(name)
        and (path / name).is_file()
        and not (path / name).is_symlink()
        and (path / name).stat().st_mtime_ns > finished
        and file_hash(path / name) != (held.get("blake2b") if isinstance(held, dict) else None)
    ]


def refuse_odd(path: Path) -> None:
    """Refuse an address of the network as a place: it would become a folder of that name.

    Raises:
        OutputError: with what was taken for an address.
    """
    if _ADDRESS.match(str(path)):
        raise OutputError(
            Finding(
                where=str(path),
                found="an address of the network",
                expected="a place on this machine",
                fix="Write it here, and send it there by the tool of that service.",
            )
        )


def missing(path: Path) -> list[str]:
    """Name the files of a finished output that aren't there any more."""
    return [name for name in files_made(path) or () if not (_inside(name) and (path / name).is_file())]


def refuse_special(path: Path) -> None:
    """Refuse to write a file in the place of a directory, a device or a pipe, or among the system's.

    Raises:
        OutputError: with what stands there.
    """
    refuse_odd(path)
    place = os.path.abspath(path)  # noqa: PTH100  a link isn't followed: it is what would be replaced
    system = any(place == one or place.startswith(one + "/") for one in _SYSTEM)
    if not system and (path.is_symlink() or not path.exists() or path.is_file()):
        return
    what = "a directory" if path.is_dir() else "a device, a pipe or a file of the system"
    fix = "Name a file in it." if path.is_dir() else "Name a file; with --json the summary comes on stdout."
    raise OutputError(Finding(where=str(path), found=what, expected="the name of a file to write", fix=fix))


def named(place: Path, name: str, suffix: str = "") -> Path:
    """Return the place of a file or folder in ``place`` whose name came with data (a part, a task, a split).

    Raises:
        InputError: a name that would lie elsewhere, or that no file may have.
    """
    file = name + suffix
    odd = name in {"", ".", ".."} or not name.isprintable() or {"/", "\\"} & set(name)
    if odd or len(file.encode("utf-8", "replace")) > _LONGEST:
        raise InputError(
            Finding(
                where=str(place),
                found=f"the name {excerpt(name)!r} in the data, for a file to be made here",
                expected="a name without / and \\, of at most 200 bytes",
                fix="Rename it in the data: no file is ever written outside the output.",
            )
        )
    return place / file


def own(file: Path, *, of: Path) -> Path:
    """Return a file of a directory, to be copied from there.

    Raises:
        InputError: it is a link that leads out of the directory ``of``: what is copied may be published.
    """
    place = os.path.realpath(file)
    if place.startswith(os.path.realpath(of) + os.sep):
        return file
    raise InputError(
        Finding(
            where=str(file),
            found=f"a link to {place}",
            expected=f"a file of {of} itself",
            fix="Put the file there in the link's place, if it is meant to be copied.",
        )
    )


def copy_own(source: Path, out: Path, names: Iterable[str]) -> None:
    """Copy the files and folders of these names, those that there are, without following a link out.

    Raises:
        InputError: there is such a link.
    """
    for name in names:
        held = source / name
        for file in sorted(held.rglob("*")) if held.is_dir() else [held]:
            if os.path.lexists(file) and not file.is_dir():
                place = out / file.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(own(file, of=source), place)


def _inside(name: str) -> bool:
    """Tell whether a name in a manifest stays within the directory of the manifest."""
    return not name.startswith("/") and ".." not in name.split("/")


def _strays(path: Path, made: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands in an output and isn't named by its manifest; outputs in it speak for themselves."""
    open_ = [(path, path, made)]
    while open_:
        place, of, known = open_.pop()
        for one in sorted(place.iterdir()):
            if one.is_dir() and not one.is_symlink():
                inner = files_made(one)
                open_.append((one, of, known) if inner is None else (one, one, inner))
            elif not (
                one.relative_to(of).as_posix() in known or one.name in _BESIDE or _unfinished(one.name)
            ):
                yield one.relative_to(path).as_posix()


def _unfinished(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def _refuse_precious(path: Path) -> None:
    """Keep ``--force`` from what nobody means to replace by an output: a slip of the finger is enough."""
    place = path.resolve()
    what = (
        "the directory that you are in, or one that holds it"
        if Path.cwd().is_relative_to(place)
        else "your home directory, or one that holds it"
        if Path(os.path.expanduser("~")).is_relative_to(place)  # noqa: PTH111  pathlib fails without a home
        else "a directory under version control"
        if (place / ".git").exists()
        else ""
    )
    if what:
        raise OutputError(
            Finding(
                where=str(path),
                found=what,
                expected="a place that --force may empty",
                fix="Choose another --out; what isn't wanted there has to be removed by hand.",
            )
        )


def _finding(path: Path, found: str, verb: str, fix: str) -> Finding:
    expected = f"an empty or absent place for the output of `workbench {verb}`"
    return Finding(where=str(path), found=found, expected=expected, fix=fix)
