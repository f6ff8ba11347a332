"""One loaded base with its adapters, for many callers at once: over HTTP, or in a terminal.

``engine`` batches what is asked, ``app`` speaks the chat API over it, ``chat`` holds a conversation on it.
Everything here imports torch, and ``app`` FastAPI: import it inside functions.
"""
