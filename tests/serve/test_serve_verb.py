import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from serve_world import adapter_folders, client_of, listening, make_service, save_adapter

__all__ = ["adapter_folders", "make_service"]  # fixtures
ROOT = Path(__file__).resolve().parents[2]


def workbench(*arguments, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | more.pop("env", {}), **more,
    )  # fmt: skip


def test_the_verb_serves_and_sigterm_lets_running_calls_finish(tiny_base, adapter_folders):
    server = workbench(
        "serve", "--base", tiny_base, "--adapter", f"one={adapter_folders['one']}", "--port", 0
    )
    try:
        url = re.search(r"(http://127\.0\.0\.1:\d+)/v1", server.stdout.readline()).group(1)
        client = client_of(url)
        stream = iter(
            client.chat.completions.create(
                model="one", messages=[{"role": "user", "content": "a"}], max_tokens=300, stream=True,
                temperature=0,
            )
        )  # fmt: skip
        next(stream)
        server.send_signal(signal.SIGTERM)
        ends = [chunk.choices[0].finish_reason for chunk in stream]
        assert ends[-1] in {"stop", "length"}
        _, err = server.communicate(timeout=30)
        assert server.returncode == 0, err
        assert "Traceback" not in err
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "no token"),  # noqa: S104  refused
        (["--adapter", "one"], "NAME=DIR"),
        (["--adapter", "one="], "NAME=DIR"),
        (["--registry", "nowhere.json"], "nowhere.json"),
        (["--scale", "one=2"], "'one'"),
        (["--dtype", "int3"], "--dtype"),
        (["--compact", "nowhere"], "nowhere"),
        (["--adapter", "one=nowhere"], "no adapter"),
    ],
)
def test_wrong_options_exit_2(tiny_base, options, said, capsys):
    from workbench.cli import execute

    assert execute(["serve", "--base", str(tiny_base), "--port", "0", *options]) == 2
    assert said in capsys.readouterr().err


def test_a_port_in_use_is_told_with_what_to_do(tiny_base, capsys):
    from workbench.cli import execute

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert execute(["serve", "--base", str(tiny_base), "--port", str(port)]) == 2
    told = capsys.readouterr().err
    assert f"--port {port}" in told
    assert "another program listens on" in told
    assert "--port; 0 takes a free one" in told
    assert "Traceback" not in told


@pytest.fixture
def registry(tiny_base, other_base, adapter_folders, tmp_path):
    """Three adapters of the base in a registry, and one of another base."""
    from workbench.adapters import registry as kept

    file = tmp_path / "adapters.json"
    for name, folder in adapter_folders.items():
        kept.add(file, name, folder, base=str(tiny_base))
    kept.add(file, "foreign", save_adapter(other_base, tmp_path / "foreign", 4), base=str(other_base))
    return file


@pytest.mark.parametrize(
    ("options", "models"),
    [
        ((), ["base", "one", "two", "three"]),
        (("--adapter", "two", "--adapter", "one"), ["base", "two", "one"]),
    ],
)
def test_adapters_are_served_by_their_registered_names(tiny_base, registry, options, models, monkeypatch):
    from workbench.cli import execute
    from workbench.cli import serve as verb

    found = []
    monkeypatch.setattr(verb, "_run", lambda app, *_, **__: found.append(app.state.service))
    given = ["--registry", str(registry), "--name", "base", "--scale", f"{models[1]}=0", *options]
    assert execute(["serve", "--base", str(tiny_base), "--port", "0", *given]) == 0
    (service,) = found
    assert [service.name, *service.adapters] == models
    backend, rows = service.engine.backend, [[5, 77, 30, 9]]
    bare = backend.logits(rows)[0]
    for name, same in ((models[1], True), (models[2], False)):
        with backend.using(name):
            assert bool((backend.logits(rows)[0] == bare).all()) is same
    service.engine.close()


def test_a_registered_adapter_of_another_base_is_refused(tiny_base, registry, capsys):
    from workbench.cli import execute

    options = ["--registry", str(registry), "--adapter", "foreign", "--port", "0"]
    assert execute(["serve", "--base", str(tiny_base), *options]) == 2
    assert "for another base" in capsys.readouterr().err


def test_long_prompts_are_made_compact_for_adapters(make_service, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    converted = tmp_path / "converted"
    from workbench.cli import execute

    assert execute(["convert", "samples/support/logs.jsonl", "--out", str(converted), "--quiet"]) == 0
    from workbench.convert import LiveTemplates, read_templates

    form, templates = read_templates(converted)
    with (ROOT / "samples/support/logs.jsonl").open(encoding="utf-8") as log:
        messages = [m for m in json.loads(next(log))["messages"] if m["role"] != "assistant"]
    service = make_service(
        base=ROOT / "samples/base", adapters={}, live=LiveTemplates(templates.values(), form)
    )
    with listening(service) as url:
        create = client_of(url).chat.completions.with_raw_response.create
        ask = {"model": "base", "messages": messages, "max_tokens": 2}
        plain = create(**ask)
        short = create(**ask, extra_body={"workbench": {"compact": True}})
        assert create(**ask, extra_headers={"X-Workbench-Compact": "required"}).status_code == 200
        assert plain.headers["x-workbench-compact"] == "off"
        assert short.headers["x-workbench-compact"].startswith("task ")
        assert short.parse().usage.prompt_tokens < plain.parse().usage.prompt_tokens / 2
        other = {**ask, "messages": [{"role": "user", "content": "hello"}]}
        assert (
            create(**other, extra_headers={"X-Workbench-Compact": "on"})
            .headers["x-workbench-compact"]
            .startswith("none")
        )
