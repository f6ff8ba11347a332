"""All targets by name; each module is loaded only for its own, as some bring a model."""

import importlib

MODULES = {
    "files": (
        "log", "log-parquet", "convert", "pairs", "yaml", "configuration", "contract", "suite", "suite-yaml",
        "import", "of-runs", "documents",
    ),
    "prompts": ("prompt", "templates", "mask", "terminal"),
    "answers": (
        "answer-json", "answer-yaml", "answer-csv", "answer-markdown", "answer-xml", "checks", "pattern",
        "schema", "signals", "reply", "markup",
    ),
    "servers": ("serve", "review"),
}  # fmt: skip
NAMES = tuple(name for names in MODULES.values() for name in names)


def target(name: str):
    """Load one target."""
    module = next(module for module, names in MODULES.items() if name in names)
    [found] = [one for one in importlib.import_module(f"tests.fuzz.{module}").TARGETS if one.name == name]
    return found
