"""Finds the data that travels with the package, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import InvariantError

_PACKAGE = Path(__file__).resolve().parent.parent


def bundled(name: str) -> Path:
    """Return the path of ``samples/…``, ``evals/…`` or ``schemas/…``.

    Raises:
        InvariantError: the package was built without its data.
    """
    for root in (_PACKAGE / "bundled", _PACKAGE.parent):
        if (root / name).exists():
            return root / name
    raise InvariantError(f"{name} isn't part of this installation; reinstall the package")


def here_or_bundled(path: Path) -> Path:
    """Return ``path``; an ``evals/…`` that isn't here is that of this installation, if it has one."""
    if path.exists() or path.parts[:1] != ("evals",):
        return path
    try:
        return bundled(path.as_posix())
    except InvariantError:
        return path
