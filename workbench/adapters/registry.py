"""Keeps which adapters there are, each bound to its base by content, in one file beside them."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import ConfigError, Finding, InputError, ModelError
from workbench.io.config import read_text
from workbench.io.fingerprint import fingerprint
from workbench.io.rundir import write_json
from workbench.records import Value
from workbench.rendering.adapters import check_adapter
from workbench.rendering.opening import BaseHashes, base_hashes, open_text

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_FILE = Path("adapters.json")
BARE = "none"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_RESERVED = {BARE, "base", "default"}


class BoundBase(Value, frozen=True, kw_only=True):
    """The base an adapter belongs to: a folder relative to the registry or a hub id, and its content."""

    folder: str | None = None
    hub: str | None = None
    hashes: BaseHashes


class Entry(Value, frozen=True, kw_only=True):
    """One adapter: its folder relative to the registry, the hash of its files, and its base."""

    path: str
    content: str
    base: BoundBase


class Registry(Value, frozen=True, kw_only=True):
    """What ``adapters.json`` holds; ``default`` is the adapter that is taken where none is named."""

    format: int = 1
    default: str | None = None
    adapters: dict[str, Entry] = msgspec.field(default_factory=dict)


def read_registry(file: Path, *, needed: bool = True) -> Registry:
    """Read a registry; an absent one is empty unless ``needed``.

    Raises:
        InputError: ``needed``, and not there.
        ConfigError: not a registry, names with other characters, or absolute paths.
    """
    if not file.exists():
        if not needed:
            return Registry()
        raise InputError(
            Finding(
                where=str(file),
                found="no such file",
                expected="a registry of adapters: adapters.json here, or the file that --registry names",
                fix="Enter an adapter: workbench adapters add NAME DIR --base MODEL --registry "
                + shlex.quote(str(file)),
            )
        )
    text = read_text(file, what="a registry of adapters")
    try:
        registry = msgspec.json.decode(text, type=Registry)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(
            Finding(
                where=str(file),
                found=str(error),
                expected="a registry as `workbench adapters add` writes it",
                fix="Mend the file, or add the adapters anew.",
            )
        ) from error
    _check(registry, file)
    return registry


def write_registry(registry: Registry, file: Path) -> None:
    """Write a registry whole or not at all."""
    write_json(file, msgspec.to_builtins(registry))


def add(file: Path, name: str, folder: Path, *, base: str, force: bool = False) -> Entry:
    """Enter an adapter under ``name`` after checking its files and that it belongs to ``base``.

    Raises:
        ConfigError: a name with other characters or (without ``force``) one that is taken.
        ModelError: no adapter there, damaged, pickled, or for another base (with both hashes).
    """
    registry = read_registry(file, needed=False)
    check_name(name)
    if name in registry.adapters and not force:
        raise ConfigError(
            Finding(
                where=f"{file} $.adapters.{name}",
                found="a name that is taken",
                expected="each name once",
                fix="Choose another name, or pass --force to replace it.",
            )
        )
    text = open_text(base)
    hashes = base_hashes(base, text)
    check_adapter(folder, name=text.name, hashes=hashes)
    local = Path(base).is_dir()
    entry = Entry(
        path=_relative(folder, file),
        content=fingerprint(folder),
        base=BoundBase(
            folder=_relative(Path(base), file) if local else None,
            hub=None if local else base,
            hashes=hashes,
        ),
    )
    write_registry(
        msgspec.structs.replace(registry, adapters={**registry.adapters, name: entry}),
        file,
    )
    return entry


def remove(file: Path, name: str) -> None:
    """Take an adapter out of the registry; its files stay.

    Raises:
        ConfigError: it isn't there.
    """
    registry = read_registry(file)
    entry_of(registry, name, file=file)
    rest = {other: entry for other, entry in registry.adapters.items() if other != name}
    default = None if registry.default == name else registry.default
    write_registry(msgspec.structs.replace(registry, adapters=rest, default=default), file)


def use(file: Path, name: str | None) -> None:
    """Make ``name`` the adapter that is taken where none is named (``None``: the bare base).

    Raises:
        ConfigError: it isn't there.
    """
    registry = read_registry(file)
    if name is not None:
        entry_of(registry, name, file=file)
    write_registry(msgspec.structs.replace(registry, default=name), file)


def entry_of(registry: Registry, name: str, *, file: Path) -> Entry:
    """Return an adapter's entry.

    Raises:
        ConfigError: it isn't there, with those that are.
    """
    if name not in registry.adapters:
        raise ConfigError(
            Finding(
                where=str(file),
                found=f"no adapter {name!r}",
                expected=f"one of {', '.join(registry.adapters) or 'none: the registry is empty'}",
                fix="Enter it with `workbench adapters add NAME DIR --base MODEL`.",
            )
        )
    return registry.adapters[name]


def folder_of(entry: Entry, file: Path) -> Path:
    """Return where an adapter stands."""
    return _placed(entry.path, file)


def base_of(entry: Entry, file: Path) -> str:
    """Return an adapter's base: a folder or a hub id."""
    if entry.base.folder is not None:
        return str(_placed(entry.base.folder, file))
    return str(entry.base.hub)


def find_adapter(named: str | None, *, file: Path = DEFAULT_FILE) -> Path | None:
    """Return the adapter's folder that a verb is to take: a folder, a registered name, or the default.

    ``none`` and, without a default, ``None`` are the bare base. A folder goes before a name.

    Raises:
        ConfigError: neither a folder nor a registered name.
    """
    if named == BARE:
        return None
    if named is not None and (Path(named).exists() or not file.exists()):
        return Path(named)
    registry = read_registry(file, needed=False)
    name = named or registry.default
    return folder_of(entry_of(registry, name, file=file), file) if name else None


def adapters_of(file: Path, *, base: str) -> Mapping[str, Path]:
    """Return the registered adapters of one base, by name: what a server of that base can load.

    Raises:
        ModelError: the base can't be read.
    """
    return adapters_on(file, base_hashes(base, open_text(base)))


def adapters_on(file: Path, hashes: BaseHashes) -> Mapping[str, Path]:
    """Return the registered adapters of the base with these hashes, by name."""
    return {
        name: folder_of(entry, file)
        for name, entry in read_registry(file).adapters.items()
        if entry.base.hashes.weights == hashes.weights
    }


def folder_on(file: Path, name: str, *, hashes: BaseHashes) -> Path:
    """Return the folder of a registered adapter, which must be bound to the base with these hashes.

    Raises:
        ConfigError: it isn't there.
        ModelError: it is bound to another base.
    """
    entry = entry_of(read_registry(file), name, file=file)
    if entry.base.hashes.weights != hashes.weights:
        raise ModelError(
            Finding(
                where=f"{file} $.adapters.{name}",
                found=f"an adapter for another base (weights {entry.base.hashes.weights})",
                expected=f"one for weights {hashes.weights}",
                fix=f"Load the base it is bound to: {base_of(entry, file)}",
            )
        )
    return folder_of(entry, file)


def check_name(name: str) -> None:
    """Refuse names that are no plain word.

    Raises:
        ConfigError: with what a name may hold.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise ConfigError(
            Finding(
                where=f"adapter {name!r}",
                found="a reserved word" if name in _RESERVED else "a name with other characters",
                expected="up to 64 of A-Z, a-z, 0-9, _ and -, a letter or _ first; not "
                + ", ".join(sorted(_RESERVED)),
                fix="Choose another name.",
            )
        )


def _check(registry: Registry, file: Path) -> None:
    for name, entry in registry.adapters.items():
        check_name(name)
        for key, path in (("path", entry.path), ("base.folder", entry.base.folder)):
            if path is not None and Path(path).is_absolute():
                raise ConfigError(
                    Finding(
                        where=f"{file} $.adapters.{name}.{key}",
                        found=f"the absolute path {path}",
                        expected="a path relative to the registry, so that both can be moved together",
                        fix="Write it relative to the registry's folder.",
                    )
                )
        if (entry.base.folder is None) == (entry.base.hub is None):
            raise ConfigError(
                Finding(
                    where=f"{file} $.adapters.{name}.base",
                    found="not exactly one of folder and hub",
                    expected="where the base is",
                    fix="Enter the adapter anew with --force.",
                )
            )
    if registry.default is not None:
        entry_of(registry, registry.default, file=file)


def _relative(path: Path, file: Path) -> str:
    return Path(os.path.relpath(path.resolve(), file.parent.resolve())).as_posix()


def _placed(path: str, file: Path) -> Path:
    return Path(os.path.normpath(file.parent / path))
