import http.server
import json
import re
import threading
import tomllib
from pathlib import Path

import pytest

from workbench.cli import execute
from workbench.cli.doctor import EXTRAS, NEEDED_BY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def plain_places(monkeypatch, tmp_path):
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("COLUMNS", "200")


def examined(capsys, *options):
    assert execute(["doctor", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_extra_is_told_with_its_libraries():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    names = {
        extra: {re.split(r"[\[>=<]", line)[0] for line in lines}
        for extra, lines in declared.items()
        if extra != "dev"
    }
    assert {extra: set(libraries) for extra, libraries in EXTRAS.items()} == names
    assert set(NEEDED_BY) == set(EXTRAS)


def test_what_is_missing_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(EXTRAS, "quantize", ("no-such-library",))
    assert examined(capsys)["runs"]["quantize"] is False
    assert execute(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "would not run: train --quantize (quantize: no-such-library missing)" in said
    assert "pip install 'sft-workbench[quantize]'" in said
    assert "next:" in said


def test_the_network_is_not_asked_unasked(capsys, monkeypatch):
    import urllib.request

    def refuse(*_, **__):
        raise AssertionError

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    assert examined(capsys)["hub"]["reached"] is None


def test_the_hub_is_asked_when_it_is_wanted(capsys, monkeypatch):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    assert examined(capsys, "--hub")["hub"]["reached"] is True
    server.shutdown()
    server.server_close()
    assert examined(capsys, "--hub")["hub"]["reached"] is False
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    assert examined(capsys, "--hub")["hub"]["reached"] is False


def test_kept_models_token_and_offline_are_seen(capsys, monkeypatch, tmp_path):
    (tmp_path / "hf" / "hub" / "models--owner--name").mkdir(parents=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_TOKEN", "secret-value")
    hub = examined(capsys)["hub"]
    assert hub["models_kept"] == ["owner/name"]
    assert hub["token"] is True
    assert hub["offline"] is True
    assert execute(["doctor"]) == 0
    assert "secret-value" not in capsys.readouterr().out


def test_cards_are_named_as_the_driver_does(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert examined(capsys)["cards"] == []
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'NVIDIA Card, 8192 MiB'\n")
    driver.chmod(0o755)
    assert examined(capsys)["cards"] == ["NVIDIA Card, 8192 MiB"]
    driver.write_text("#!/bin/sh\nexit 9\n")
    assert examined(capsys)["gpu"] is False
