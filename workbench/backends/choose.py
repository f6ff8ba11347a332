"""Opens whatever answers, from one name: a local base, a service, a recording, or a plugin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from workbench import plugins
from workbench.errors import ConfigError, Finding
from workbench.io.fingerprint import fingerprint
from workbench.ports import Backend

if TYPE_CHECKING:
    from workbench.backends.openai import Service

FORMS = "local:BASE, openai:URL or openai:URL#MODEL, replay:FILE, or plugin:NAME"
KEY_VARIABLES = ("WORKBENCH_API_KEY", "OPENAI_API_KEY")
# Each of these fields of ``Service`` may be set by a variable: WORKBENCH_SERVICE_TIMEOUT and so on.
PATIENCE = ("concurrency", "timeout", "retries", "first_wait", "max_wait", "give_up")
_PATIENCE_VARIABLE = "WORKBENCH_SERVICE_"
_OPENAI_HOST = "api.openai.com"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A backend, the name to show for it, and what names its answers by content."""

    backend: Backend
    name: str
    identity: str


def open_backend(name: str, *, where: str, batch_size: int = 32, **service: Any) -> Opened:
    """Open ``local:BASE``, ``openai:URL#MODEL``, ``replay:FILE`` or ``plugin:NAME``.

    ``where`` names the option or key in errors; ``service`` are further fields of ``Service``, ``None`` for
    those that were not given. A URL without a model takes the only one that the service lists. The key of a
    service comes from the environment: ``WORKBENCH_API_KEY``, or ``OPENAI_API_KEY`` for api.openai.com alone;
    so does how patiently it is asked, where that isn't given (``PATIENCE``: ``WORKBENCH_SERVICE_TIMEOUT`` …).

    Raises:
        ConfigError: another form, a URL that is none or carries a password, several models to choose from, or
            a variable that holds no such number.
        ServiceError: the service can't be reached to list its models.
        ModelError: a base that can't be loaded.
        InputError: a recording that can't be read.
    """
    kind, _, rest = name.partition(":")
    if not rest or kind not in {"local", "openai", "replay", "plugin"}:
        raise ConfigError(_unknown(where, repr(name)))
    if kind == "openai":
        return _open_service(rest, where=where, fields=service)
    if kind == "local":
        from workbench.backends.local import LocalBackend

        backend: Backend = LocalBackend.open(rest, batch_size=batch_size)
        return Opened(backend=backend, name=name, identity=f"local {fingerprint(rest)}")
    if kind == "replay":
        from workbench.backends.replay import ReplayBackend

        backend = ReplayBackend.read(Path(rest))
        return Opened(backend=backend, name=name, identity=f"replay {fingerprint(rest)}")
    return _open_plugin(rest, name=name, where=where)


def inputs_of(name: str) -> list[str]:
    """Return the files that a backend's name points at, so that outputs spare them and are keyed by them."""
    kind, _, rest = name.partition(":")
    return [rest] if kind in {"local", "replay"} and rest else []


def _open_service(url: str, *, where: str, fields: dict[str, Any]) -> Opened:
    from workbench.backends.openai import OpenAIBackend, Service

    place, _, model = url.partition("#")
    key = _key_for(_checked(place, where=where))
    given = {name: value for name, value in fields.items() if value is not None}
    service = msgspec.convert({**_patience(), **given, "url": place, "model": model or "?"}, Service)
    if not model:
        listed = OpenAIBackend(service, key=key).models()
        if len(listed) != 1:
            raise ConfigError(_which_model(where, place, listed))
        service = msgspec.structs.replace(service, model=listed[0])
    backend = OpenAIBackend(service, key=key)
    return Opened(backend=backend, name=f"openai:{place}#{service.model}", identity=_identity(service))


def _patience() -> dict[str, Any]:
    """Return what the environment says about how patiently to ask, all of its mistakes at once."""
    from workbench.backends.openai import Service

    found, wrong = {}, []
    for name in PATIENCE:
        variable = _PATIENCE_VARIABLE + name.upper()
        if not (text := os.environ.get(variable, "").strip()):
            continue
        try:
            told = msgspec.convert({"url": "", "model": "", name: text}, Service, strict=False)
        except msgspec.ValidationError as error:
            wrong.append(
                Finding(
                    where=variable,
                    found=repr(text),
                    expected=str(error).partition(" - at")[0].removeprefix("Expected "),
                    fix="Correct the variable, or unset it for the default.",
                )
            )
        else:
            found[name] = getattr(told, name)
    if wrong:
        raise ConfigError(wrong)
    return found


def _identity(service: Service) -> str:
    return f"openai {service.url.rstrip('/')} {service.model}"


def _checked(url: str, *, where: str) -> str:
    """Return the host of a URL that can be asked."""
    try:
        parts = urlsplit(url)
        host, secret = parts.hostname, parts.password or parts.username
    except ValueError:
        raise ConfigError(_unknown(where, repr(url))) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigError(_unknown(where, repr(url)))
    if secret:
        raise ConfigError(
            Finding(
                where=where,
                found="a URL with a user name or password in it",
                expected="a URL without secrets, for it is shown and written down",
                fix=f"Put the key into the environment variable {KEY_VARIABLES[0]}.",
            )
        )
    return host


def _key_for(host: str) -> str | None:
    own, openai = (os.environ.get(name) or None for name in KEY_VARIABLES)
    return own or (openai if host == _OPENAI_HOST else None)


def _open_plugin(plugin: str, *, name: str, where: str) -> Opened:
    made = plugins.load("workbench.backends", plugin)()
    if not isinstance(made, Backend):
        raise ConfigError(
            Finding(
                where=f"{where} {name}",
                found=type(made).__name__,
                expected="a workbench.ports.Backend",
                fix="Repair the package that offers it.",
            )
        )
    return Opened(backend=made, name=name, identity=name)


def _which_model(where: str, url: str, listed: list[str]) -> Finding:
    return Finding(
        where=f"{where} openai:{url}",
        found=f"{len(listed)} models: {', '.join(listed[:20])}" if listed else "no list of models",
        expected="a model to ask",
        fix=f"Name it: openai:{url}#MODEL",
    )


def _unknown(where: str, found: str) -> Finding:
    return Finding(
        where=where,
        found=found,
        expected=FORMS,
        fix="For example: local:samples/base, or openai:http://127.0.0.1:8000/v1#my-model",
    )
