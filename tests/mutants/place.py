"""Put a change in place: into functions that are loaded already, or into a module that is to be imported."""

import ast
import gc
import importlib.util
import sys
from pathlib import Path
from types import CodeType, FunctionType

from tests.mutants.known import kept_calls
from tests.mutants.mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]


def source(module: str) -> Path:
    """Return the file of a module, without importing it."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def compiled(module: str) -> bool:
    """Tell whether a module holds compiled loops."""
    return "@compiled" in source(module).read_text()


def put_in_place(mutation: Mutation) -> bool:
    """Give each loaded function the changed code; ``False``: it can't be done so, and nothing was changed."""
    file = str(source(mutation.module))
    changed = {_key(code): code for code in _codes(_changed(mutation))}
    found = [
        one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == file
    ]
    new = [(one, changed.get(_key(one.__code__))) for one in found]
    new = [(one, code) for one, code in new if code is not None and code != one.__code__]
    if not new or any(code.co_freevars != one.__code__.co_freevars for one, code in new):
        return False
    for one, code in new:
        one.__code__ = code
    for cache in kept_calls({file}):
        cache.cache_clear()
    return True


def put_before_import(mutation: Mutation) -> None:
    """Let the module come with the change when it is imported."""
    sys.meta_path.insert(0, _Finder(mutation))


def _changed(mutation: Mutation) -> CodeType:
    file = source(mutation.module)
    return compile(mutation.applied(ast.parse(file.read_text())), str(file), "exec")


def _codes(code: CodeType):
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


class _Finder:
    """Import one module of the product from a changed syntax tree."""

    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation

    def find_spec(self, name, _path=None, _target=None):
        if name != self.mutation.module:
            return None
        return importlib.util.spec_from_file_location(name, source(name), loader=_Loader(self.mutation))


class _Loader:
    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation

    def create_module(self, _spec):
        return None

    def exec_module(self, module) -> None:
        exec(_changed(self.mutation), module.__dict__)  # noqa: S102
