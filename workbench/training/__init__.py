"""Burns behaviour into a LoRA adapter and proves that what is on disk is what was trained.

torch is imported when ``train`` is first named, not before: recipes need only ``Sft``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import MissingExtraError
from workbench.training.spec import Sft

if TYPE_CHECKING:
    from workbench.training.adapters import zeroed
    from workbench.training.run import Teaching, Trained, Watching, train

__all__ = ["Sft", "Teaching", "Trained", "Watching", "train", "zeroed"]


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for.

    Raises:
        MissingExtraError: the libraries of the extra ``train`` aren't installed.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from workbench.training import adapters, run
    except ImportError as error:
        raise MissingExtraError.of(error.name or "torch", extra="train", purpose="training") from error
    return adapters.zeroed if name == "zeroed" else getattr(run, name)
