"""What a saved adapter's configuration says, and what stands in its place."""

import json
import os

import pytest

from workbench.errors import ModelError
from workbench.rendering.serving import describe


def test_the_highest_rank_of_any_layer_counts(tmp_path):
    config = {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj"], "rank_pattern": {"q_proj": 24}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    assert describe(tmp_path) == {
        "r": 24, "alpha": 16, "targets": ["q_proj"], "rslora": False, "dora": False, "bias": "none",
        "modules_to_save": None,
    }  # fmt: skip


@pytest.mark.parametrize("stands", ["pipe", "folder", "endless", "nothing", "list", "no rank"])
def test_what_is_no_configuration_is_refused_and_not_waited_for(tmp_path, stands):
    path = tmp_path / "adapter_config.json"
    if stands == "pipe":
        os.mkfifo(path)
    elif stands == "folder":
        path.mkdir()
    elif stands == "endless":
        path.symlink_to("/dev/zero")
    elif stands != "nothing":
        path.write_text("[]" if stands == "list" else "{}")
    with pytest.raises(ModelError) as refused:
        describe(tmp_path)
    assert refused.value.findings[0].where == str(path)
