"""The configurations of other tools in docs/suites.md are read, and what they would send is answered."""

import json
import re
from http.client import HTTPConnection

import pytest
import yaml
from serve_world import ROOT, adapter_folders, make_service, served

from workbench.evaluation import load_suite
from workbench.evaluation.imports import import_cases
from workbench.graders import Assertions

__all__ = ["adapter_folders", "make_service", "served"]  # fixtures
PAGE = (ROOT / "docs" / "suites.md").read_text("utf-8")


def block(kind, holding):
    """Return the one fenced block of this kind that holds some text."""
    (found,) = (b for b in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if holding in b)
    return found


def posted(url, path, body):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("POST", path, body=json.dumps(body), headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_suite_of_the_page_is_one(tmp_path):
    (tmp_path / "mine.yaml").write_text(block("yaml", "behaviour: assertions"), "utf-8")
    (case,) = load_suite(tmp_path / "mine.yaml")
    grades = [Assertions()(case, text).label for text in ("With Sedarpost.", "As an AI: Sedarpost", "No.")]
    assert grades == ["pass", "fail", "fail"]


def test_promptfoos_configuration_asks_what_the_server_answers(served, tmp_path):
    text = block("yaml", "providers:")
    (tmp_path / "promptfooconfig.yaml").write_text(text, "utf-8")
    (case,) = import_cases(tmp_path / "promptfooconfig.yaml").cases
    whole = yaml.safe_load(text)
    assert whole["prompts"] == ["file://long.json"]
    assert {"context", "question"} == set(case.slots)
    assert [one["id"] for one in whole["providers"]] == ["openai:chat:support", "openai:chat:base"]
    for provider, model in zip(whole["providers"], ("one", "base"), strict=True):
        config = dict(provider["config"])
        route = re.fullmatch(r"http://127\.0\.0\.1:8000(/v1)", config.pop("apiBaseUrl"))[1]
        config.pop("apiKey")
        asked = {"model": model, "messages": [{"role": "user", "content": case.slots["question"]}], **config}
        status, answer = posted(served, f"{route}/chat/completions", asked | {"max_tokens": 4})
        assert (status, answer["model"]) == (200, model)


def test_inspects_settings_name_model_address_and_key_of_one_service():
    lines = dict(line.split("=", 1) for line in block("ini", "INSPECT_EVAL_MODEL").splitlines())
    provider, service, model = lines.pop("INSPECT_EVAL_MODEL").split("/")
    assert (provider, model) == ("openai-api", "support")
    assert lines == {
        f"{service.upper()}_BASE_URL": "http://127.0.0.1:8000/v1",
        f"{service.upper()}_API_KEY": "none",
    }


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.0, "max_tokens": 4},
        {"temperature": 0, "max_tokens": 4, "stop": ["\n\n"], "seed": 1234},
    ],
)
def test_what_inspect_and_the_harness_send_is_answered(served, more):
    body = {"model": "one", "messages": [{"role": "user", "content": "x"}], **more}
    status, answer = posted(served, "/v1/chat/completions", body)
    assert (status, answer["choices"][0]["message"]["role"]) == (200, "assistant")


def test_the_commands_of_the_page_name_what_there_is():
    from workbench.cli import execute

    assert "--model local-chat-completions" in block("sh", "lm_eval")
    assert "base_url=http://127.0.0.1:8000/v1/chat/completions" in block("sh", "lm_eval")
    for line in block("sh", "evals import promptfooconfig").splitlines():
        assert line.startswith("workbench evals import ")
        assert execute([*line.split()[1:], "--help"]) == 0
