import ast
import configparser
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"


def layers_enforced():
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return [line.strip() for line in parser["importlinter:contract:layers"]["layers"].strip().splitlines()]


def test_the_documented_layers_are_the_enforced_ones():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = re.search(r"## Layers.*?```\n(.*?)```", text, re.DOTALL).group(1)
    assert block.strip().splitlines() == layers_enforced()


def test_every_package_stands_in_a_layer():
    named = {name.strip() for line in layers_enforced() for name in line.split("|")}
    parts = {
        f"workbench.{p.stem}"
        for p in PACKAGE.iterdir()
        if (p.suffix == ".py" or (p / "__init__.py").exists())
    }
    assert parts - {"workbench.__init__", "workbench.__main__"} <= named


def test_modules_and_functions_stay_small():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 50, f"{path}:{node.lineno} {node.name}"


def test_only_the_command_line_prints_or_exits():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit", "quit"}, f"{path}:{node.lineno}"
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name):
                assert node.type.id not in {"Exception", "BaseException"}, f"{path}:{node.lineno}"


def test_no_file_is_loaded_by_pickle_or_with_remote_code():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import pickle" not in text, path
        assert "trust_remote_code=True" not in text, path


def test_no_name_of_a_file_is_read_as_a_pattern():
    """Polars takes brackets and stars in a name for patterns unless told otherwise."""
    taken = {"pl.read_parquet", "pl.scan_parquet", "pl.read_csv", "pl.scan_csv", "pl.scan_ndjson"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in taken:
                told = {one.arg: ast.unparse(one.value) for one in node.keywords}
                assert told.get("glob") == "False", f"{path}:{node.lineno}"
            assert not (isinstance(node, ast.Attribute) and node.attr == "read_parquet_schema"), path


def test_test_modules_have_names_of_their_own():
    """Without packages in tests/, pytest refuses two modules of one name, once both are collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
