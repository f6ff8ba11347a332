"""Does tasks as Ray Data stages, on this machine or on a cluster that shares the output's disk."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from workbench.errors import ConfigError, Finding, MissingExtraError
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from workbench.ports import Progress

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class RayEngine:
    """A Ray cluster at ``address`` (``None``: one started here with ``cpus``, default: all).

    Tasks and results travel as MessagePack; rows, sets and edges lie in files of the output directory, which
    every node has to see under the same path.
    """

    address: str | None = None
    cpus: int | None = None

    def map(
        self, function: Callable[[T], R], tasks: Sequence[T], *, stage: str, progress: Progress = silent
    ) -> list[R]:
        """Do every task as one block of a Ray Data stage; results in the order of the tasks.

        Raises:
            MissingExtraError: ray isn't installed.
            ConfigError: no cluster answers at ``address``, or it lets nobody in.
        """
        progress(stage, 0, len(tasks))
        found: dict[int, R] = {}
        for done, (at, result) in enumerate(self._results(function, tasks), 1):
            found[at] = result
            progress(stage, done, len(tasks))
        return [found[at] for at in range(len(tasks))]

    def _results(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[int, R]]:
        if not tasks:
            return
        ray = self._connected()
        kind, encode = type(tasks[0]), msgspec.msgpack.encode
        items = [{"at": at, "task": encode(task)} for at, task in enumerate(tasks)]

        def work(row: dict[str, Any]) -> dict[str, Any]:
            task = msgspec.msgpack.decode(row["task"], type=kind)
            return {"at": row["at"], "result": encode(function(task))}

        stage = ray.data.from_items(items, override_num_blocks=len(items)).map(work)
        for row in stage.iter_rows():
            yield row["at"], msgspec.msgpack.decode(row["result"])

    def _connected(self) -> Any:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
            import ray.data
        except ImportError as error:
            raise MissingExtraError.of("ray", extra="ray", purpose="--engine ray") from error
        if not ray.is_initialized():
            self._start(ray)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        for handler in logging.getLogger("ray.data").handlers:
            if isinstance(handler, logging.StreamHandler):  # not the file in which Ray keeps its log
                handler.setLevel(logging.ERROR)
        return ray

    def _start(self, ray: Any) -> None:
        if self.address:
            _refuse_silent(self.address)
            try:
                ray.init(address=self.address, logging_level=logging.ERROR, log_to_driver=False)
            except (ConnectionError, RuntimeError) as error:
                raise ConfigError(_refused(self.address, error)) from error
        else:
            # "local": a cluster that happens to run on this machine is another's.
            ray.init(
                address="local",
                num_cpus=self.cpus,
                include_dashboard=False,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )


def _refused(address: str, error: Exception) -> Finding:
    return Finding(
        where=f"--ray-address {address}",
        found=f"no entry: {str(error).splitlines()[0]}",
        expected="a Ray cluster of this version of Ray and Python that lets this process in",
        fix="A cluster that asks for a token wants RAY_AUTH_MODE=token and its RAY_AUTH_TOKEN in the "
        "environment; docs/ray.md.",
    )


def _refuse_silent(address: str) -> None:
    """Refuse an address at which nothing listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return  # "auto" or "local": Ray's own names
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE_SECONDS).close()
    except OSError as error:
        raise ConfigError(
            Finding(
                where=f"--ray-address {address}",
                found=f"nothing that answers there ({error})",
                expected="the address of a running Ray cluster",
                fix="Start it with `ray start --head`, or leave the option out to start one here.",
            )
        ) from error
