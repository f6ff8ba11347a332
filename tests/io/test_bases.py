"""A base that isn't a folder: what the hub says of its id is told at once, and what is kept here goes on."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.errors import InputError, ModelError

pytest.importorskip("transformers")

from huggingface_hub import constants

from workbench.io.bases import check_base
from workbench.io.dataset import read_dataset
from workbench.rendering.opening import open_text

BASE = Path(__file__).parents[2] / "samples" / "base"


class _Hub(BaseHTTPRequestHandler):
    """Knows ``team/known``; ``team/closed`` is gated, and of anything else it says that there is none."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/api/models/").removeprefix("/api/")
        self.server.asked.append(name)
        told = {"team/closed": (403, "GatedRepo"), "team/known": (200, None)}
        status, code = told.get(name, (404, "RepoNotFound"))
        body = json.dumps({"id": name, "modelId": name}).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def hub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_hub(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def _keep(folder: Path, name: str) -> None:
    """Lay the sample base down as the hub's library keeps a downloaded model."""
    commit = "0" * 40
    kept = folder / f"models--{name.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text(commit)
    shutil.copytree(BASE, kept / "snapshots" / commit)


def test_what_the_hub_knows_is_left_to_the_library_and_asked_once(hub):
    assert check_base("team/known") == {}
    assert check_base("team/known", weights=False) == {}
    assert hub.asked.count("team/known") == 1


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", ["team/mistyped", "team/closed"])
def test_a_name_that_the_hub_does_not_give_is_told(name):
    with pytest.raises(
        ModelError, match=r"the hub knows no such model, or shows it to nobody without"
    ) as said:
        check_base(name)
    assert "hf auth login" in str(said.value)


@pytest.mark.usefixtures("hub")
def test_a_data_set_that_the_hub_does_not_give_is_told(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the hub knows no such data set"):
        read_dataset("team/nothing")


def test_a_name_that_can_be_none_asks_nobody(hub):
    with pytest.raises(ModelError, match="it is no name that the hub could hold"):
        check_base("my model")
    assert hub.asked == []


@pytest.mark.usefixtures("no_hub")
def test_without_a_hub_it_is_said_where_it_was_looked_for():
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:\d+ doesn't answer"):
        check_base("team/unreached")


@pytest.mark.usefixtures("no_hub")
def test_what_is_kept_here_opens_without_a_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    _keep(tmp_path, "team/kept")
    assert check_base("team/kept") == {"local_files_only": True}
    text = open_text("team/kept")
    assert text.context == open_text(str(BASE)).context
    assert text.told_stops == open_text(str(BASE)).told_stops


def test_offline_by_its_variable_nothing_is_asked(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    _keep(tmp_path, "team/kept-too")
    assert check_base("team/kept-too") == {"local_files_only": True}
    for absent in ("team/not-kept", "my other model"):
        with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
            check_base(absent)
    assert hub.asked == []
