"""How both servers hold connections: uvicorn waits without end where a caller sends or reads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

# Seconds that the head of a request may take, and that a caller may leave a full buffer unread.
HEAD_SECONDS = 20.0
READING_SECONDS = 60.0


class BoundedProtocol(H11Protocol):
    """HTTP that ends a connection whose head doesn't come, or whose answer nobody reads."""

    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the first head its time."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._expect_head()

    def on_response_complete(self) -> None:
        """Give the next head its time: uvicorn's own clock begins anew with every byte."""
        super().on_response_complete()
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        super().connection_lost(exc)
        for clock in (self._head, self._unread):
            if clock is not None:
                clock.cancel()

    def pause_writing(self) -> None:
        """Give the caller its time to read."""
        super().pause_writing()
        self._unread = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop its clock."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _expect_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
