"""Writes the reference out of the code itself: every verb, every error and exit code, every schema.

    python scripts/reference.py --write DIR     # the pages as Markdown files
    python scripts/reference.py --check         # exit 2 if a verb, error or schema has no entry

The documentation site makes these pages anew whenever it is built (``scripts/site_hooks.py``), so that they
can't be stale.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKUP = re.compile(r"\[/?(?:bold|dim|italic|green|yellow|red|cyan)?\]")
_SHOWN = 60  # characters of a default; longer ones would make the table unreadable
_EXIT_CODES = (
    ("EXIT_OK", "passed, or done"),
    ("EXIT_GATE_FAILED", "a gate, a check or a guard says no"),
    ("EXIT_USER", "something given is wrong: where, what was found, what was expected, what to do"),
    ("EXIT_UNDECIDED", "too few cases, a run that isn't whole, nothing to compare with"),
    ("EXIT_BUG", "a bug of the workbench; `--debug` shows its trace"),
    ("EXIT_INTERRUPTED", "interrupted; the same command goes on"),
)


def pages() -> dict[str, str]:
    """Return every page of the reference by its file name."""
    return {
        "verbs.md": verbs_page(),
        "errors.md": errors_page(),
        "schemas.md": schemas_page(),
        "specs.md": specs_page(),
    }


def verbs() -> Iterator[tuple[str, Any]]:
    """Yield each verb's name with its command, those of groups as ``group verb``."""
    import typer.main

    from workbench.cli.verbs import app

    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        if inner:
            yield from ((f"{name} {sub}", leaf) for sub, leaf in inner.items())
        else:
            yield name, command


def verbs_page() -> str:
    """Describe every verb with its arguments, options, defaults and example."""
    found = list(verbs())
    listed = "\n".join(f"- [`{name}`](#{_anchor(name)}): {_first(command.help)}" for name, command in found)
    head = (
        "# Verbs\n\nEvery verb has `--help`. Before the verb: `--version`, `--debug` (the trace of a bug), "
        "`--install-completion`.\n\n"
    )
    return head + listed + "\n\n" + "\n".join(_verb(name, command) for name, command in found)


def _verb(name: str, command: Any) -> str:
    said, example = _plain(command.help).partition("Example:")[::2]
    lines = [f"## workbench {name} {{: #{_anchor(name)} }}", "", _paragraphs(said), ""]
    if example.strip():
        lines += ["```sh", *(line.strip() for line in example.strip().splitlines()), "```", ""]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    if arguments:
        lines += ["| argument | |", "|---|---|"]
        lines += [f"| `{_cell(_placed(p))}` | {_cell(_plain(p.help))} |" for p in arguments]
        lines.append("")
    if options:
        lines += ["| option | | default |", "|---|---|---|"]
        lines += [f"| {_spelled(p)} | {_cell(_plain(p.help or ''))} | {_default(p)} |" for p in options]
        lines.append("")
    return "\n".join(lines)


def _placed(argument: Any) -> str:
    """Name an argument as the help does."""
    return str(argument.metavar or str(argument.name).upper())


def _spelled(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if getattr(option, "is_flag", False):
        return names
    return f"{names} {_cell(option.metavar or _kind(option.type_descriptor.annotation))}"


def _kind(annotation: Any) -> str:
    """Say what an option takes: its choices, or the kind of its value."""
    if typing.get_origin(annotation) is typing.Literal:
        return "one of " + ", ".join(map(str, typing.get_args(annotation)))
    inner = [one for one in typing.get_args(annotation) if one is not type(None)]
    if inner:
        return _kind(inner[0])
    return {"str": "TEXT", "Path": "PATH", "int": "N", "float": "X"}.get(annotation.__name__, "VALUE")


def _default(option: Any) -> str:
    value = option.default
    if option.required:
        return "must be given"
    if value in (None, False, (), []):
        return ""
    return f"`{value}`"


def errors_page() -> str:
    """Describe the exit codes and every kind of error."""
    from workbench import errors

    lines = ["# Exit codes and errors", "", "| exit code | meaning |", "|---|---|"]
    lines += [f"| {getattr(errors, name)} | {meaning} |" for name, meaning in _EXIT_CODES]
    lines += ["", "Every error of a user's is printed as findings, all at once, without a trace.", ""]
    lines += ["| error | exit code | when |", "|---|---|---|"]
    lines += [
        f"| `{'· ' * depth}{kind.__name__}` | {kind.exit_code} | {_cell(inspect.getdoc(kind) or '')} |"
        for kind, depth in _tree(errors.WorkbenchError)
    ]
    return "\n".join(lines) + "\n"


def _tree(kind: type[Any], depth: int = 0) -> Iterator[tuple[type[Any], int]]:
    yield kind, depth
    for below in kind.__subclasses__():
        if below.__module__ == "workbench.errors":
            yield from _tree(below, depth + 1)


def schemas_page() -> str:
    """Describe the fields of every file that people write or read."""
    from workbench.cli.schema import schemas

    lines = [
        "# Schemas",
        "",
        "As JSON Schema: `workbench schema --write --dir DIR`. Fields in **bold** must be given.",
    ]
    for name, body in sorted(schemas().items()):
        lines += ["", f"## {name} {{: #schema-{name} }}", ""]
        definitions = body.get("$defs", {})
        for title, one in definitions.items():
            lines += _definition(title, one)
    return "\n".join(lines) + "\n"


def specs() -> dict[str, tuple[type[Any], ...]]:
    """Return everything that ``use:`` may name, by kind, each in the order of its names."""
    from workbench.checks import AnyCheck
    from workbench.graders import AnyGrader
    from workbench.signals import AnySignal
    from workbench.steps import AnyStep

    groups = {"Checks of a rule": AnyCheck, "Signals": AnySignal, "Steps": AnyStep, "Graders": AnyGrader}
    return {
        title: tuple(sorted(typing.get_args(union), key=lambda kind: str(tag_of(kind))))
        for title, union in groups.items()
    }


def tag_of(kind: type[Any]) -> str:
    """Return the name by which ``use:`` asks for a spec."""
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]


def specs_page() -> str:
    """Describe every check, signal, step and grader with its fields and defaults."""
    import msgspec

    lines = [
        "# Specs",
        "",
        "What `use:` may name in a contract or a recipe. What a package of yours adds goes by `use: plugin`.",
        "",
    ]
    for title, kinds in specs().items():
        lines += [f"## {title}", ""]
        for kind in kinds:
            (of,), parts = msgspec.json.schema_components([kind])
            body = parts.get(kind.__name__, of)
            fields = {name: one for name, one in body.get("properties", {}).items() if name != "use"}
            lines += _definition(f"use: {tag_of(kind)}", {**body, "properties": fields})
            lines.append("")
    return "\n".join(lines) + "\n"


def _definition(title: str, one: dict[str, Any]) -> list[str]:
    lines = [f"### {title}", ""]
    if one.get("description"):
        lines += [_paragraphs(_doubled(one["description"])), ""]
    fields = one.get("properties", {})
    if fields:
        needed = set(one.get("required", ()))
        lines += ["| field | | default |", "|---|---|---|"]
        lines += [
            f"| {f'**`{name}`**' if name in needed else f'`{name}`'} | {_cell(_type(of))} | {_shown(of)} |"
            for name, of in fields.items()
        ]
        lines.append("")
    return lines


def _type(of: dict[str, Any]) -> str:
    """Say a JSON Schema in a few words."""
    if "$ref" in of:
        return of["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in of:
        return " or ".join(dict.fromkeys(_type(one) for one in of["anyOf"]))
    if "enum" in of or "const" in of:
        return "one of " + ", ".join(map(str, of.get("enum", (of.get("const"),))))
    kind = str(of.get("type", "anything"))
    if kind == "array":
        return "list of " + _type(of["items"]) if isinstance(of.get("items"), dict) else "list"
    if kind == "object" and isinstance(of.get("additionalProperties"), dict):
        return "map to " + _type(of["additionalProperties"])
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {of[key]:g}" for key, sign in bounds.items() if key in of]
    return " ".join([kind, *([f"({', '.join(said)})"] if said else [])])


def _shown(of: dict[str, Any]) -> str:
    if "default" not in of or of["default"] is None:
        return ""
    text = str(of["default"])
    return f"`{_cell(text)}`" if len(text) <= _SHOWN else "…"


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _first(text: str | None) -> str:
    return " ".join(_plain(text or "").strip().split("\n\n")[0].split())


def _plain(text: str | None) -> str:
    return _MARKUP.sub("", text or "")


def _paragraphs(text: str) -> str:
    """Join the lines of each paragraph; what could be read as markup is made text."""
    joined = (" ".join(piece.split()) for piece in text.strip().split("\n\n"))
    return "\n\n".join(_quoted(piece) for piece in joined if piece)


def _doubled(text: str) -> str:
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return _quoted(" ".join(_doubled(text).split())).replace("|", "\\|")


def _quoted(text: str) -> str:
    return text.replace("<", "&lt;").replace("{", "&#123;")


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, metavar="DIR")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    made = pages()
    if given.write:
        given.write.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (given.write / name).write_text(text, encoding="utf-8")
    missing = [name for name, _ in verbs() if f"## workbench {name} " not in made["verbs.md"]]
    known = [tag_of(kind) for kinds in specs().values() for kind in kinds]
    missing += [f"use: {name}" for name in known if f"### use: {name}\n" not in made["specs.md"]]
    print(f"{len(list(verbs()))} verbs, {len(known)} specs; without an entry: {missing or 'none'}")
    return 2 if given.check and missing else 0


if __name__ == "__main__":
    sys.exit(main())
