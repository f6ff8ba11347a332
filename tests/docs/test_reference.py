"""The generated reference has every verb with its options, every error, schema and spec, each explained."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entry(page, head):
    """Return what stands under a heading."""
    found = page.partition(f"\n{head}")[2]
    assert found, head
    return found.partition("\n#")[0]


def test_every_verb_has_its_options_and_an_example(reference):
    page = reference.pages()["verbs.md"]
    for name, command in reference.verbs():
        body = entry(page, f"## workbench {name} ")
        assert "```sh\nworkbench " in body, name
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                assert f"`{option}`" in body or option == "--help", (name, option)


def test_every_error_has_its_exit_code(reference):
    from workbench import errors

    page = reference.pages()["errors.md"]
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    ]
    for kind in kinds:
        if issubclass(kind, errors.WorkbenchError):
            assert f"{kind.__name__}` | {kind.exit_code} |" in page, kind


def test_every_schema_and_spec_is_explained(reference):
    from workbench.cli.schema import schemas

    made = reference.pages()
    for name in schemas():
        assert f"\n## {name} " in made["schemas.md"], name
    assert sum(map(len, reference.specs().values())) > 40
    for title, kinds in reference.specs().items():
        part = made["specs.md"].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        for kind in kinds:
            body = entry(part, f"### use: {reference.tag_of(kind)}\n")
            assert body.strip(), kind
            for field in kind.__struct_fields__:
                assert f"`{field}`" in body, (kind, field)
