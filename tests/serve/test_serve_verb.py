import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serve_world import adapter_folders, client_of, listening, make_service

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
        (["--dtype", "int3"], "--dtype"),
        (["--compact", "nowhere"], "nowhere"),
        (["--adapter", "one=nowhere"], "no adapter"),
    ],
)
def test_wrong_options_exit_2(tiny_base, options, said, capsys):
    from workbench.cli import execute

    assert execute(["serve", "--base", str(tiny_base), "--port", "0", *options]) == 2
    assert said in capsys.readouterr().err


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
