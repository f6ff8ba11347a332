import json
import threading
import time

import pytest
from conftest import chat
from model_service import answer, echo, serving

from workbench.backends import open_backend
from workbench.backends.openai import OpenAIBackend, Service
from workbench.backends.wire import retry_after
from workbench.errors import ConfigError, ServiceError
from workbench.ports import ArrivingBackend, Backend, Sampling

GREEDY = Sampling(max_new_tokens=16)
QUICK = {"model": "tiny", "first_wait": 0.01, "timeout": 5.0}


def ask(service, prompts, *, sampling=GREEDY, key=None, **fields):
    backend = OpenAIBackend(Service(url=service.url, **{**QUICK, **fields}), key=key)
    return backend.generate([chat(p) for p in prompts], sampling), backend.usage


def scripted(*replies, then=echo):
    """Give the replies in the order in which calls come, then go on with ``then``."""
    return lambda body, number: replies[number - 1] if number <= len(replies) else then(body, number)


def test_answers_come_in_the_order_of_the_prompts_with_their_tokens_counted():
    def slow_first(body, number):
        time.sleep(0.1 if body["messages"][-1]["content"] == "p0" else 0)
        return echo(body, number)

    with serving(slow_first) as service:
        answers, usage = ask(service, [f"p{n}" for n in range(12)])
    assert [a.text for a in answers] == [f"P{n}" for n in range(12)]
    assert (usage.answers, usage.calls, usage.prompt_tokens, usage.completion_tokens) == (12, 12, 120, 36)


def test_calls_run_beside_each_other_and_never_more_than_allowed():
    together = threading.Barrier(4)

    def held(body, number):
        together.wait(timeout=10)
        return echo(body, number)

    with serving(held) as service:
        answers, _ = ask(service, [str(n) for n in range(16)], concurrency=4, timeout=20.0)
    assert [one.text for one in answers] == [str(n) for n in range(16)]
    assert service.most_open == 4


def test_the_body_says_what_the_sampling_says():
    with serving(echo) as service:
        ask(service, ["hi"])
        schema = {"type": "object"}
        ask(service, ["hi"], sampling=Sampling(temperature=0.5, top_p=0.9, seed=7, schema=schema))
    greedy, sampled = service.asked
    assert greedy == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 16,
        "temperature": 0.0,
    }
    assert (sampled["temperature"], sampled["top_p"], sampled["seed"]) == (0.5, 0.9, 7)
    assert sampled["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize(
    "fault",
    [
        (429, {"error": {"message": "slow down"}}),
        (500, b"oops"),
        (503, b""),
        "reset",
        (200, b'{"choices": [{"message": {"content": "cut'),
        (200, b""),
        (200, b"<html>gateway</html>"),
        (200, {"error": {"message": "overloaded"}}),
        (200, {"choices": []}),
    ],
    ids=["429", "500", "503", "reset", "truncated", "empty", "html", "error-in-200", "no-choices"],
)
def test_what_may_pass_is_tried_again(fault):
    with serving(scripted(fault, fault)) as service:
        answers, usage = ask(service, ["hi"])
    assert answers[0].text == "HI"
    assert (usage.calls, usage.retries, dict(usage.failures)) == (3, 2, {})


@pytest.mark.parametrize("fault", [(200, b'{"choi'), (500, b"oops"), "reset"])
def test_what_never_passes_is_an_error_in_its_place_and_counted_with_its_reason(fault):
    def script(body, number):
        return fault if body["messages"][-1]["content"] == "bad" else echo(body, number)

    with serving(script) as service:
        answers, usage = ask(service, ["a", "bad", "b"], retries=2)
    assert [a.text for a in answers] == ["A", "", "B"]
    assert [a.finish for a in answers] == ["stop", "error", "stop"]
    assert sum(usage.failures.values()) == 1
    assert service.texts().count("bad") == 3


def test_another_models_answer_is_none_but_a_dated_name_is_the_same_model():
    with serving(
        scripted(answer("x", model="other"), answer("y", model="vendor/Tiny-2026-01-01"))
    ) as service:
        answers, usage = ask(service, ["a", "b"], concurrency=1)
    assert [a.finish for a in answers] == ["error", "stop"]
    assert list(usage.failures) == ["an answer by the model 'other'"]


@pytest.mark.parametrize("hang", ["sleep", "trickle"])
def test_a_hanging_reply_ends_at_the_timeout(hang):
    def script(body, number):
        if hang == "sleep":
            time.sleep(1)
        return "trickle" if hang == "trickle" else echo(body, number)

    with serving(script) as service:
        answers, usage = ask(service, ["hi"], timeout=0.2, retries=1)
    assert answers[0].finish == "error"
    assert list(usage.failures) == ["no whole reply within 0.2 s"]


def test_a_reply_without_end_is_none():
    with serving(lambda *_: (200, b"x" * 5000)) as service:
        answers, usage = ask(service, ["hi"], max_bytes=1000)
    assert answers[0].finish == "error"
    assert list(usage.failures) == ["a reply of more than 1000 bytes"]


def test_retry_after_is_waited_for_by_everybody():
    times = []

    def script(body, number):
        times.append(time.monotonic())
        return (429, b"", {"Retry-After": "0.4"}) if number == 1 else echo(body, number)

    with serving(script) as service:
        answers, _ = ask(service, ["a", "b", "c"], concurrency=1)
    assert [a.text for a in answers] == ["A", "B", "C"]
    assert times[1] - times[0] >= 0.39


def test_a_wait_that_is_too_long_stops_the_work_and_says_for_how_long():
    with serving(lambda *_: (429, b"", {"Retry-After": "3600"})) as service, pytest.raises(ServiceError) as e:
        ask(service, ["a"])
    assert "to wait 3600 s" in str(e.value)
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_as_seconds_and_as_a_date(headers, seconds):
    assert retry_after(headers) == seconds


def test_a_date_to_wait_for_is_held_against_the_clock_of_the_service():
    later = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}
    assert retry_after(later) == 30.0
    assert retry_after(later | {"date": "Wed, 21 Oct 2015 09:27:30 +0200"}) == 30.0
    assert retry_after(later | {"date": "x"}) == 0.0


def test_a_refused_key_stops_at_once_and_is_never_shown():
    key = "sk-secret-123"
    body = {"error": {"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"}}
    with serving(lambda *_: (401, body)) as service, pytest.raises(ServiceError) as e:
        ask(service, [str(n) for n in range(50)], key=key, concurrency=1)
    assert len(service.asked) == 1
    assert service.headers[0]["Authorization"] == f"Bearer {key}"
    assert "WORKBENCH_API_KEY" in str(e.value)
    assert key not in str(e.value)
    assert key not in repr(e.value)


def test_a_redirect_is_not_followed():
    with serving(echo) as other:
        moved = (307, b"", {"Location": f"{other.url}/chat/completions"})
        with serving(lambda *_: moved) as service, pytest.raises(ServiceError, match="HTTP 307"):
            ask(service, ["a"], key="k")
    assert other.asked == []


def test_nothing_listening_is_said_soon():
    with serving(echo) as service:
        pass
    with pytest.raises(ServiceError, match="no connection"):
        ask(service, ["a"] * 20, retries=1000, give_up=1000)


def test_failures_in_a_row_stop_the_work_but_keep_what_came():
    came = {}
    with serving(lambda body, number: echo(body, number) if number <= 3 else (400, b"bad")) as service:
        backend = OpenAIBackend(Service(url=service.url, **QUICK, concurrency=1, give_up=4))
        with pytest.raises(ServiceError, match="4 failures in a row"):
            backend.generate_each([chat(str(n)) for n in range(50)], GREEDY, arrived=came.__setitem__)
    assert [came[n].finish for n in sorted(came)] == ["stop"] * 3 + ["error"] * 3


def test_filtered_cut_and_wordless_answers_are_told_apart():
    replies = [
        answer("x", finish="content_filter"),
        answer("x", finish="length"),
        answer(None),
        (200, {"choices": [{"message": {"content": "two words"}}]}),
    ]
    with serving(scripted(*replies)) as service:
        answers, usage = ask(service, list("abcd"), concurrency=1)
    assert [a.finish for a in answers] == ["error", "length", "error", "stop"]
    assert usage.estimated == 1
    assert answers[3].completion_tokens == 2


def test_the_services_count_of_cached_tokens_is_kept_and_never_exceeds_the_prompt():
    usages = [
        {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 6}},
        {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 60}},
        {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": None},
        {"prompt_tokens": 9, "completion_tokens": 1},
    ]
    with serving(scripted(*(answer("x", usage=usage) for usage in usages))) as service:
        answers, _ = ask(service, list("abcd"), concurrency=1)
    assert [one.cached_tokens for one in answers] == [6, 9, 0, 0]


def test_the_newer_name_of_the_token_limit_is_learnt():
    def script(body, number):
        if "max_tokens" in body:
            return 400, {"error": {"message": "Use 'max_completion_tokens' instead."}}
        return echo(body, number)

    with serving(script) as service:
        answers, usage = ask(service, ["a", "b"], concurrency=1)
    assert [a.text for a in answers] == ["A", "B"]
    assert [("max_tokens" in body) for body in service.asked] == [True, False, False]
    assert usage.retries == 0


def test_no_prompts_ask_nothing():
    with serving(echo) as service:
        assert ask(service, [])[0] == []
    assert service.asked == []


def test_it_stands_behind_both_seams():
    backend = OpenAIBackend(Service(url="http://127.0.0.1:9/v1", model="m"))
    assert isinstance(backend, Backend)
    assert isinstance(backend, ArrivingBackend)


def test_progress_counts_every_prompt():
    seen = []
    with serving(echo) as service:
        backend = OpenAIBackend(Service(url=service.url, **QUICK))
        backend.generate([chat("a")] * 5, GREEDY, progress=lambda *report: seen.append(report))
    assert [report[1] for report in seen] == [1, 2, 3, 4, 5]
    assert seen[-1][3] == "65 tokens"


def test_the_only_model_of_a_service_needs_no_name(monkeypatch):
    monkeypatch.setenv("WORKBENCH_API_KEY", "mine")
    with serving(echo) as service:
        opened = open_backend(f"openai:{service.url}", where="--teacher", first_wait=0.01)
        assert opened.name == f"openai:{service.url}#tiny"
        assert opened.backend.generate([chat("a")], GREEDY)[0].text == "A"
        assert service.headers[0]["Authorization"] == "Bearer mine"
    with serving(echo, models=("one", "two")) as service, pytest.raises(ConfigError, match="one, two"):
        open_backend(f"openai:{service.url}", where="--teacher")


def test_the_environment_says_how_patiently_to_ask_where_nobody_else_does(monkeypatch):
    for name, value in {"TIMEOUT": "2.5", "RETRIES": "0", "MAX_WAIT": " 7 ", "GIVE_UP": ""}.items():
        monkeypatch.setenv(f"WORKBENCH_SERVICE_{name}", value)
    asked = open_backend(
        "openai:http://127.0.0.1:9#x", where="t", timeout=9.0, concurrency=None
    ).backend.service
    assert asked == Service(url=asked.url, model="x", timeout=9.0, retries=0, max_wait=7.0)


def test_the_openai_key_goes_to_nobody_else(monkeypatch):
    monkeypatch.delenv("WORKBENCH_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    with serving(echo) as service:
        open_backend(f"openai:{service.url}#tiny", where="--teacher").backend.generate([chat("a")], GREEDY)
    assert "theirs" not in json.dumps(service.headers)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "openai",
        "openai:",
        "openai:ftp://x",
        "openai:http://",
        "gpt-4",
        "openai:http://u:p@host/v1",
        "x:y",
    ],
)
def test_names_that_open_nothing(name):
    with pytest.raises(ConfigError) as error:
        open_backend(name, where="--teacher")
    assert ":p@" not in str(error.value)
