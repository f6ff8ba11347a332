import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import openai
import pytest
from conftest import chat
from serve_world import adapter_folders, client, client_of, listening, make_service, save_adapter, served

__all__ = ["adapter_folders", "client", "make_service", "served"]  # fixtures
SECRET = "x" * 20
MODELS = ("base", "one", "two", "three")


def say(text):
    return [{"role": "user", "content": text}]


def ask(client, model, text, **more):
    return client.chat.completions.create(
        model=model, messages=say(text), **{"temperature": 0, "max_tokens": 12} | more
    )


def raw(url, method, path, body=None, **headers):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_models_are_the_base_and_every_adapter(client):
    assert [model.id for model in client.models.list()] == list(MODELS)
    assert client.models.retrieve("two").id == "two"


def test_each_model_answers_as_the_local_backend_does(client, tiny_base, adapter_folders):
    from workbench.backends.local import LocalBackend
    from workbench.ports import Sampling

    backend = LocalBackend.open(tiny_base, adapters=adapter_folders, dtype="float32")
    for model in MODELS:
        with backend.using(None if model == "base" else model):
            (expected,) = backend.generate([chat("Where is 42?")], Sampling(max_new_tokens=12))
        got = ask(client, model, "Where is 42?")
        assert got.choices[0].message.content == expected.text.rstrip("\ufffd")
        assert got.choices[0].finish_reason == expected.finish
        assert got.usage.completion_tokens == expected.completion_tokens
        assert got.usage.prompt_tokens == expected.prompt_tokens


def test_the_models_answer_differently(client):
    assert len({ask(client, model, "Where is 42?").choices[0].message.content for model in MODELS}) == 4


def test_a_stream_says_the_same_and_ends_with_usage(client):
    whole = ask(client, "one", "你好 42", max_tokens=40)
    chunks = list(
        ask(client, "one", "你好 42", max_tokens=40, stream=True, stream_options={"include_usage": True})
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == [
        "length"
    ]


def test_n_answers_differ_by_draw_and_repeat_by_seed(client):
    first = ask(client, "two", "a", n=3, temperature=1, seed=5)
    again = ask(client, "two", "a", n=3, temperature=1, seed=5)
    texts = [choice.message.content for choice in first.choices]
    assert len(set(texts)) == 3
    assert texts == [choice.message.content for choice in again.choices]
    assert first.usage.completion_tokens > ask(client, "two", "a").usage.completion_tokens


def test_a_stop_string_ends_the_answer_and_is_not_in_it(client):
    whole = ask(client, "one", "b", max_tokens=30).choices[0].message.content
    stop = whole[4:7]
    for stream in (False, True):
        got = ask(client, "one", "b", max_tokens=30, stop=[stop], stream=stream)
        text = (
            "".join(c.choices[0].delta.content or "" for c in got)
            if stream
            else got.choices[0].message.content
        )
        assert text == whole[: whole.index(stop)]


def test_plain_completions(client):
    got = client.completions.create(model="one", prompt=["ab", "cd"], max_tokens=5, temperature=0)
    assert [choice.index for choice in got.choices] == [0, 1]
    assert got.usage.completion_tokens <= 10
    pieces = client.completions.create(model="one", prompt="ab", max_tokens=5, temperature=0, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == got.choices[0].text


@pytest.mark.parametrize(
    ("change", "status", "param"),
    [
        ({"model": "nobody"}, 404, "model"),
        ({"temperature": 9}, 400, "temperature"),
        ({"n": 99}, 400, "n"),
        ({"max_tokens": 100_000}, 400, "max_tokens"),
        ({"logit_bias": {"1": 5}}, 400, "logit_bias"),
        ({"logprobs": True}, 400, "logprobs"),
        ({"frequency_penalty": 1}, 400, "frequency_penalty"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "nobody", "content": "a"}]}, 400, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, 400, "messages[0].content"),
        ({"messages": say("long " * 400)}, 400, "messages"),
        ({"stop": ["a", "b", "c", "d", "e"]}, 400, "stop"),
        ({"response_format": {"type": "json_schema"}}, 400, "response_format.json_schema.schema"),
        ({"workbench": {"compact": "on"}}, 400, None),
    ],
)
def test_what_is_refused(served, change, status, param):
    body = {"model": "one", "messages": say("a"), "max_tokens": 4} | change
    got, _, text = raw(served, "POST", "/v1/chat/completions", json.dumps(body))
    error = json.loads(text)["error"]
    assert (got, error["param"]) == (status, param)
    assert error["message"]


def test_a_broken_body_and_an_unknown_route(served):
    assert raw(served, "POST", "/v1/chat/completions", "{no")[0] == 400
    assert raw(served, "POST", "/v1/chat/completions", "[]")[0] == 400
    assert raw(served, "GET", "/v1/nothing")[0] == 404
    assert raw(served, "GET", "/v1/chat/completions")[0] == 405


def test_another_host_is_refused(served):
    status, _, text = raw(served, "GET", "/v1/models", Host="evil.example:80")
    assert status == 400
    assert b"evil.example" in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Content-Type": "text/plain"},
    ],
)
def test_a_page_of_another_origin_can_neither_ask_nor_load(served, adapter_folders, headers):
    """What a browser sends without asking first: plain posts of a page, and of its forms."""
    before = raw(served, "GET", "/v1/models")[2]
    load = json.dumps({"name": "evil", "path": str(adapter_folders["one"])})
    chat = json.dumps({"model": "base", "messages": say("a"), "max_tokens": 4})
    for method, path, body in (
        ("POST", "/v1/adapters", load), ("POST", "/v1/chat/completions", chat),
        ("DELETE", "/v1/adapters/one", ""),
    ):  # fmt: skip
        status, _, text = raw(served, method, path, body, **headers)
        assert (status, json.loads(text)["error"]["code"]) == (403, "foreign_origin"), path
    assert raw(served, "GET", "/v1/models")[2] == before


def test_no_answer_is_kept_or_opened_to_another_origin(served):
    calls = (
        ("GET", "/v1/models", {}, 200), ("GET", "/health", {}, 200), ("GET", "/<script>", {}, 404),
        ("GET", "/v1/models", {"Origin": "http://evil.test"}, 403), ("POST", "/v1/completions", {}, 400),
        ("OPTIONS", "/v1/adapters", {"Origin": "null"}, 403),
        ("GET", "/v1/models", {"Host": "evil.test"}, 400),
    )  # fmt: skip
    for method, path, headers, wanted in calls:
        status, said, _ = raw(served, method, path, "{}" if method == "POST" else None, **headers)
        told = {name.lower(): value for name, value in dict(said).items()}
        assert status == wanted, path
        assert told["x-content-type-options"] == "nosniff"
        assert told["cache-control"] == "no-store"
        assert told["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in told if name.startswith("access-control")]


def test_a_page_of_its_own_origin_and_one_with_the_token_may_ask(served, make_service):
    own = served.rpartition("/")[2]
    assert (
        raw(served, "GET", "/v1/models", Origin=f"http://{own}", **{"Sec-Fetch-Site": "same-origin"})[0]
        == 200
    )
    with listening(make_service(adapters={}), token=SECRET) as url:
        foreign = {"Origin": "https://ours.example", "Sec-Fetch-Site": "cross-site"}
        assert raw(url, "GET", "/v1/models", Authorization=f"Bearer {SECRET}", **foreign)[0] == 200
        assert raw(url, "GET", "/v1/models", **foreign)[0] == 401


def test_web_sockets_are_refused_whatever_they_carry(make_service):
    import asyncio

    from workbench.serve.app import make_app

    service = make_service(adapters={})
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(make_app(service)({"type": "websocket", "path": "/v1/models", "headers": []}, None, send))
    service.engine.close()
    assert [one["type"] for one in sent] == ["websocket.close"]


def test_metrics_count_and_keep_no_text(served, client):
    ask(client, "one", "Zebrafish")
    text = raw(served, "GET", "/metrics")[2].decode()
    assert 'workbench_calls_total{model="one",route="/v1/chat/completions",status="200"}' in text
    assert "Zebrafish" not in text


def test_a_token_is_needed_where_there_is_one(make_service):
    with listening(make_service(adapters={}), token=SECRET) as url:
        assert raw(url, "GET", "/health")[0] == 200
        assert raw(url, "GET", "/metrics")[0] == 401
        with pytest.raises(openai.AuthenticationError):
            client_of(url, api_key="wrong").models.list()
        assert [m.id for m in client_of(url, api_key=SECRET).models.list()] == ["base"]


def test_a_long_body_is_refused_with_and_without_its_length(make_service):
    from workbench.serve.service import Limits

    with listening(make_service(adapters={}, limits=Limits(body_bytes=2000))) as url:
        body = json.dumps({"model": "base", "messages": say("a" * 3000)})
        assert raw(url, "POST", "/v1/chat/completions", body)[0] == 413
        chunks = (body[i : i + 500].encode() for i in range(0, len(body), 500))
        assert raw(url, "POST", "/v1/chat/completions", chunks)[0] == 413


def test_a_full_queue_says_when_to_come_again(make_service):
    from workbench.serve.engine import Room

    service = make_service(room=Room(rows=1, waiting=1))
    with listening(service) as url:
        held = threading.Event()
        service.engine.between(lambda: held.wait(20))
        client = client_of(url)
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(ask, client, "one", "a") for _ in range(2)]
            until = time.monotonic() + 10
            while service.engine.waiting < 2 and time.monotonic() < until:
                time.sleep(0.01)
            with pytest.raises(openai.RateLimitError) as full:
                ask(client, "one", "a")
            held.set()
            assert all(answer.result().choices for answer in running)
        assert int(full.value.response.headers["retry-after"]) >= 1


def test_a_call_that_takes_too_long_ends_with_504(make_service):
    from workbench.serve.service import Limits

    service = make_service(limits=Limits(seconds=0.2))
    with listening(service) as url:
        service.engine.between(lambda: time.sleep(0.5))
        with pytest.raises(openai.APIStatusError) as late:
            ask(client_of(url), "one", "a")
        assert late.value.status_code == 504


def test_a_stream_that_takes_too_long_ends_with_an_error_event(make_service):
    from workbench.serve.service import Limits

    service = make_service(limits=Limits(seconds=1.0))
    with listening(service) as url:
        ask(client_of(url), "one", "a", max_tokens=2)  # the first call of a process is slow
        stream = iter(ask(client_of(url), "one", "a", max_tokens=450, stream=True))
        pieces = [next(stream)]
        service.engine.between(lambda: time.sleep(1.5))
        with pytest.raises(openai.APIError) as late:
            pieces.extend(stream)
        assert "within 1 seconds" in str(late.value)
        assert late.value.code == "timeout"
        assert not any(piece.choices[0].finish_reason for piece in pieces)
        assert service.engine.writing == 0
        assert ask(client_of(url), "one", "a", max_tokens=2).choices[0].finish_reason == "length"


def test_an_adapter_that_is_being_asked_is_not_dropped(make_service):
    service = make_service()
    with listening(service) as url:
        stream = iter(ask(client_of(url), "one", "a", max_tokens=450, stream=True))
        next(stream)
        status, headers, text = raw(url, "DELETE", "/v1/adapters/one")
        assert (status, json.loads(text)["error"]["code"]) == (409, "in_use")
        assert int(headers["retry-after"]) >= 1
        assert raw(url, "DELETE", "/v1/adapters/two")[0] == 200
        assert [piece.choices[0].finish_reason for piece in stream][-1] in {"stop", "length"}
        assert raw(url, "DELETE", "/v1/adapters/one")[0] == 200
        assert service.adapters == ("three",)


def test_a_caller_who_goes_away_without_a_stream_frees_the_row(make_service):
    service = make_service()
    with listening(service) as url:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
        body = {"model": "one", "messages": say("a"), "max_tokens": 450, "temperature": 0}
        connection.request("POST", "/v1/chat/completions", body=json.dumps(body))
        until = time.monotonic() + 10
        while not service.engine.writing and time.monotonic() < until:
            time.sleep(0.002)
        row = service.engine._batch.rows[0]
        connection.close()
        while service.engine.writing and time.monotonic() < until:
            time.sleep(0.01)
        assert service.engine.writing == 0
        assert row.written < 440


def test_a_caller_who_goes_away_frees_the_row(make_service):
    service = make_service()
    with listening(service) as url:
        stream = ask(client_of(url), "one", "a", max_tokens=450, stream=True)
        next(iter(stream))
        stream.close()
        until = time.monotonic() + 10
        while service.engine.writing and time.monotonic() < until:
            time.sleep(0.01)
        assert service.engine.writing == 0
        text = raw(url, "GET", "/metrics")[2].decode()
        written = next(
            line for line in text.splitlines() if line.startswith('workbench_tokens_total{kind="written"')
        )
        assert float(written.split()[-1]) < 440


def test_adapters_come_and_go_while_others_are_asked(served, client, tiny_base, adapter_folders):
    root = adapter_folders["one"].parent
    before = ask(client, "one", "Where?").choices[0].message.content
    save_adapter(tiny_base, root / "four", 9)

    def post(name, path):
        return raw(served, "POST", "/v1/adapters", json.dumps({"name": name, "path": str(path)}))

    assert post("four", "four")[0] == 201
    assert post("four", "four")[0] == 409
    assert ask(client, "four", "Where?").choices[0].message.content != before
    assert raw(served, "DELETE", "/v1/adapters/four")[0] == 200
    assert raw(served, "DELETE", "/v1/adapters/four")[0] == 404
    with pytest.raises(openai.NotFoundError):
        ask(client, "four", "Where?")
    assert ask(client, "one", "Where?").choices[0].message.content == before


def test_adapters_load_only_from_the_roots_and_only_if_they_fit(served, adapter_folders, tmp_path):
    root = adapter_folders["one"].parent

    def post(path):
        return raw(served, "POST", "/v1/adapters", json.dumps({"name": "x", "path": str(path)}))

    assert post(tmp_path)[0] == 403
    assert post("../" + tmp_path.name)[0] == 403
    (root / "link").symlink_to(tmp_path)
    assert post("link")[0] == 403
    (root / "pickled").mkdir(exist_ok=True)
    (root / "pickled" / "adapter_config.json").write_text("{}")
    (root / "pickled" / "adapter_model.bin").write_bytes(b"x")
    status, _, text = post("pickled")
    assert status == 400
    assert b"never loaded" in text


def test_a_field_that_loading_does_not_know_is_refused(served):
    body = json.dumps({"name": "x", "path": "x", "scale": 2})
    status, _, text = raw(served, "POST", "/v1/adapters", body)
    assert (status, json.loads(text)["error"]["param"]) == (400, "scale")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tool_calls": [{"id": "a"}]}, "messages[0].tool_calls"),
        ({"audio": {"id": "a"}}, "messages[0].audio"),
    ],
)
def test_what_a_message_says_beside_its_text_is_refused(served, more, param):
    turn = {"role": "assistant", "content": "a", **more}
    body = json.dumps({"model": "base", "max_tokens": 1, "messages": [turn]})
    status, _, text = raw(served, "POST", "/v1/chat/completions", body)
    assert (status, json.loads(text)["error"]["param"]) == (400, param)


def test_a_message_as_clients_give_it_back_is_taken(served):
    told = {"refusal": None, "annotations": [], "tool_calls": None, "tool_call_id": "call-1", "name": "x"}
    turn = {"role": "assistant", "content": "a", **told}
    body = json.dumps(
        {"model": "base", "max_tokens": 1, "messages": [turn, {"role": "user", "content": "b"}]}
    )
    assert raw(served, "POST", "/v1/chat/completions", body)[0] == 200


def test_best_of_is_the_number_one_or_nothing(served):
    for value, status in ((1, 200), (True, 400), (2, 400)):
        body = json.dumps({"model": "base", "max_tokens": 1, "prompt": "a", "best_of": value})
        assert raw(served, "POST", "/v1/completions", body)[0] == status


def test_the_server_describes_itself(served):
    status, _, text = raw(served, "GET", "/openapi.json")
    told = json.loads(text)
    assert (status, told["openapi"]) == (200, "3.1.0")
    assert told["paths"]["/v1/chat/completions"]["post"]["requestBody"]["required"]


def test_an_adapter_of_another_base_is_refused(served, adapter_folders, other_base):
    from workbench.rendering.adapters import write_passport
    from workbench.rendering.opening import open_base

    folder = save_adapter(other_base, adapter_folders["one"].parent / "foreign", 3)
    write_passport(folder, base=open_base(other_base), spec={})
    status, _, text = raw(served, "POST", "/v1/adapters", json.dumps({"name": "x", "path": "foreign"}))
    assert status == 400
    assert b"another base" in text


def test_200_calls_of_32_callers_are_all_answered_and_memory_stays(served, record_property):
    import resource

    client = client_of(served)
    expected = {m: ask(client, m, f"Where is {k}?").choices[0].message.content for k, m in enumerate(MODELS)}

    def one(number):
        k = number % 4
        return MODELS[k], ask(client, MODELS[k], f"Where is {k}?").choices[0].message.content

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(one, range(40)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        answers = list(pool.map(one, range(200)))
        seconds = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    record_property("seconds", seconds)
    record_property("grown_mb", grown)
    assert len(answers) == 200
    assert all(text == expected[model] for model, text in answers)
    assert seconds < 120
    assert grown < 100
