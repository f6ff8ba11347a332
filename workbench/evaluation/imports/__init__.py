"""Turns case files of other tools into suites; what has no plain mapping is rejected with its reason."""

from workbench.evaluation.imports.read import FORMATS, Wanted, import_cases
from workbench.evaluation.imports.values import Imported, Refused

__all__ = ["FORMATS", "Imported", "Refused", "Wanted", "import_cases"]
