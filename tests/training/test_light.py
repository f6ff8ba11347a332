import subprocess
import sys

import pytest

PROBE = "import sys; {}; print(sorted(set(sys.modules) & {{'torch', 'transformers', 'peft'}}))"


def told(code):
    return subprocess.run(
        [sys.executable, "-c", PROBE.format(code)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "module", ["workbench.training", "workbench.backends", "workbench.rendering", "workbench.training.spec"]
)
def test_importing_the_package_imports_no_model_library(module):
    assert told(f"import {module}").stdout.strip() == "[]"


@pytest.mark.parametrize(
    "code", ["from workbench.training import train", "from workbench.backends.local import LocalBackend"]
)
def test_without_torch_the_extra_is_named(code):
    done = told(f"sys.modules['torch'] = None; {code}")
    assert "MissingExtraError" in done.stderr
    assert "pip install 'sft-workbench[train]'" in done.stderr


def test_an_unknown_name_is_an_attribute_error():
    import workbench.training

    with pytest.raises(AttributeError, match="nothing"):
        _ = workbench.training.nothing
