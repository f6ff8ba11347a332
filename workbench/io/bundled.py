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
