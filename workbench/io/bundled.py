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
    for root in bundled_roots():
        if (root / name).exists():
            return root / name
    raise InvariantError(f"{name} isn't part of this installation; reinstall the package")


def bundled_roots() -> tuple[Path, ...]:
    """Return the folders that hold ``samples/``, ``evals/`` and ``schemas/``: of a wheel, of a checkout."""
    return (_PACKAGE / "bundled", _PACKAGE.parent)


def here_or_bundled(path: Path) -> Path:
    """Return ``path``; an ``evals/…`` or ``samples/…`` that isn't here is that of this installation."""
    if path.exists() or path.parts[:1] not in {("evals",), ("samples",)}:
        return path
    try:
        return bundled(path.as_posix())
    except InvariantError:
        return path
