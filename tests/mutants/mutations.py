"""What may be changed in a module: one small, meaningful change of its syntax tree at a time.

Operators after Offutt et al. (1996) and mutmut: comparisons, arithmetic, boolean connectives, negation of a
condition, numbers and truth values, a statement left out, a value not returned, `min` for `max`. Texts,
docstrings, annotations and what only type checkers read stay as they are.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
LEFT_OUT = (ast.Expr, ast.AugAssign, ast.Continue, ast.Break, ast.Raise)

Change = Callable[[ast.AST], ast.AST]


@dataclass(frozen=True)
class Mutation:
    """One change: of the ``place``-th node of a module.

    ``lines`` are those whose running shows that the node is reached; none: it stands outside functions, and
    runs when the module is imported.
    """

    module: str
    place: int
    line: int
    lines: tuple[int, ...]
    what: str
    change: Change

    def applied(self, tree: ast.Module) -> ast.Module:
        """Return a copy of the tree with the change made."""
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[self.place]
        new = ast.copy_location(self.change(node), node)
        for parent in ast.walk(changed):
            for name, value in ast.iter_fields(parent):
                if value is node:
                    setattr(parent, name, new)
                elif isinstance(value, list):
                    value[:] = [new if item is node else item for item in value]
        return ast.fix_missing_locations(changed)


def mutations(module: str, tree: ast.Module) -> Iterator[Mutation]:
    """Yield every change of a module, in the order of its nodes."""
    untouched = set(_untouched(tree))
    statements = dict(_statements(tree))
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in untouched:
            continue
        for what, change in _changes(node):
            yield Mutation(module, place, node.lineno, _lines(node, statements.get(id(node))), what, change)


def _untouched(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        for part in _left_alone(node):
            if part is not None:
                yield from map(id, ast.walk(part))


def _left_alone(node: ast.AST) -> list[ast.AST | None]:
    out: list[ast.AST | None] = []
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            out = [*node.decorator_list, node.returns]
        case ast.arg() | ast.AnnAssign():
            out = [node.annotation]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Expr(value=ast.Constant()):
            out = [node]
        case ast.ClassDef():
            out = [*node.decorator_list, *(keyword.value for keyword in node.keywords)]
        case ast.Raise():
            out = [node.exc, node.cause]
        case ast.Call(func=ast.Name(id="cast")):
            out = [node.args[0]]
        case ast.keyword(arg="strict" | "ensure_ascii"):
            # `zip` of what has one length always, and two spellings of one JSON.
            out = [node]
    return out


def _statements(tree: ast.Module) -> Iterator[tuple[int, ast.stmt]]:
    """Map each node in a function to the statement that it is part of, the innermost one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # From the outer to the inner ones: the last that holds a node stands.
            for inner in (part for first in node.body for part in ast.walk(first)):
                if isinstance(inner, ast.stmt):
                    yield from ((id(part), inner) for part in ast.walk(inner))


def _lines(node: ast.AST, statement: ast.stmt | None) -> tuple[int, ...]:
    if statement is None:
        return ()
    told = node.test if isinstance(node, ast.If | ast.While) else node
    return tuple(sorted({statement.lineno, *range(told.lineno, told.end_lineno + 1)}))


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield from _condition(node)
        case ast.Compare() | ast.BinOp() | ast.BoolOp() | ast.UnaryOp():
            yield from _operators(node)
        case ast.Constant(value=bool()):
            yield f"{node.value} → {not node.value}", lambda n: ast.Constant(not n.value)
        case ast.Constant(value=int() | float()):
            yield f"{node.value} → {node.value + 1}", lambda n: ast.Constant(n.value + 1)
        case ast.Return(value=value) if value is not None and not _nothing(value):
            yield "returns None", lambda _: ast.Return(ast.Constant(None))
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            yield f"{name} → {CALLED[name]}", _called_otherwise
        case _ if isinstance(node, LEFT_OUT):
            yield f"{type(node).__name__.lower()} left out", lambda _: ast.Pass()


def _operators(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            other = COMPARISONS[type(op)]
            yield _turned(op, other), lambda n: ast.Compare(n.left, [other()], n.comparators)
        case ast.BinOp(op=op) if type(op) in ARITHMETIC and not _text(node):
            turned = ARITHMETIC[type(op)]
            yield _turned(op, turned), lambda n: ast.BinOp(n.left, turned(), n.right)
        case ast.BoolOp(op=ast.And()):
            yield "and → or", lambda n: ast.BoolOp(ast.Or(), n.values)
        case ast.BoolOp(op=ast.Or()):
            yield "or → and", lambda n: ast.BoolOp(ast.And(), n.values)
        case ast.UnaryOp(op=ast.Not()):
            yield "not left out", lambda n: n.operand
        case ast.UnaryOp(op=ast.USub()):
            yield "minus left out", lambda n: n.operand


def _turned(op: ast.AST, other: type[ast.AST]) -> str:
    return f"{type(op).__name__} → {other.__name__}"


def _called_otherwise(node: ast.Call) -> ast.Call:
    return ast.Call(ast.Name(CALLED[node.func.id], ast.Load()), node.args, node.keywords)


def _condition(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.If):
        yield (
            "condition negated",
            lambda n: ast.If(ast.UnaryOp(ast.Not(), n.test), n.body, n.orelse),
        )
    elif isinstance(node, ast.IfExp):
        yield (
            "condition negated",
            lambda n: ast.IfExp(ast.UnaryOp(ast.Not(), n.test), n.body, n.orelse),
        )
    elif not isinstance(node.test, ast.Constant):
        yield "loop never entered", lambda n: ast.While(ast.Constant(False), n.body, n.orelse)


def _nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr | ast.Constant) and _is_text(side) for side in (node.left, node.right)
    )


def _is_text(side: ast.expr) -> bool:
    return isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
