"""A local server that speaks the OpenAI chat protocol and does what a test tells it to, well or badly."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

_DONE = b"data: [DONE]\n\n"
Act = Callable[["Exchange"], object]


@dataclass
class Exchange:
    """One request and the means to reply to it."""

    handler: BaseHTTPRequestHandler
    body: dict[str, Any]
    closing: Event
    sent: int = 0
    """Bytes of the body that the other side has taken."""
    hung_up: Event = field(default_factory=Event)
    """Set when the exchange did not end in good order."""

    @property
    def shown(self) -> str:
        """Everything that the model is shown."""
        return "\n".join(m["content"] for m in self.body["messages"])

    def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send status and headers."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def send(self, raw: bytes) -> None:
        """Send bytes of the body at once."""
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))
        self.sent += len(raw)

    def event(self, text: str) -> None:
        """Send a piece of the reply."""
        self.send(f"data: {json.dumps(_chunk({'content': text}))}\n\n".encode())

    def pause(self, seconds: float) -> None:
        """Wait, or break off when the test is over."""
        if self.closing.wait(seconds):
            raise ConnectionAbortedError("the test is over")


@dataclass
class ModelServer:
    """Plays one act a request, the last one again and again."""

    acts: list[Act] = field(default_factory=list)
    seen: list[Exchange] = field(default_factory=list)
    url: str = ""

    def play(self, *acts: Act) -> None:
        """Set the acts of the requests to come."""
        self.acts[:], self.seen[:] = acts, []


@contextmanager
def serving() -> Iterator[ModelServer]:
    """Run a server on a free port of this machine."""
    server, closing = ModelServer(), Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, closing))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        closing.set()
        http.shutdown()
        http.server_close()


def says(text: str, *, piece: int = 16) -> Act:
    """Stream a text in pieces of some characters, or give it at once where no stream is asked for."""

    def act(exchange: Exchange) -> None:
        if exchange.body.get("stream"):
            _stream(exchange, text, piece)
            exchange.send(_DONE)
        else:
            _give(exchange, text)

    return act


def breaks(text: str) -> Act:
    """Stream a text and cut the connection within the next event."""

    def act(exchange: Exchange) -> None:
        _stream(exchange, text, 16)
        exchange.send(b'data: {"id"')
        raise ConnectionAbortedError("cut on purpose")

    return act


def ends(text: str) -> Act:
    """Stream a text and end the reply in good order, whole or not."""
    return lambda exchange: _stream(exchange, text, 16)


def replies(write: Callable[[str], str]) -> Act:
    """Say what `write` makes of that which the model is shown."""
    return lambda exchange: says(write(exchange.shown))(exchange)


def gives(text: str) -> Act:
    """Reply at once, even where a stream was asked for."""
    return lambda exchange: _give(exchange, text)


def drips(text: str, *, pause_s: float, piece: int = 1) -> Act:
    """Stream slowly."""

    def act(exchange: Exchange) -> None:
        exchange.head()
        for start in range(0, len(text), piece):
            exchange.event(text[start : start + piece])
            exchange.pause(pause_s)
        exchange.send(_DONE)

    return act


def drips_bytes(*, pause_s: float) -> Act:
    """Send one byte of one event after another."""

    def act(exchange: Exchange) -> None:
        exchange.head()
        for byte in b"data: " + b" " * 1_000:
            exchange.send(bytes([byte]))
            exchange.pause(pause_s)

    return act


def floods(texts: Iterable[str]) -> Act:
    """Stream as fast as the other side takes it."""

    def act(exchange: Exchange) -> None:
        exchange.head()
        for text in texts:
            exchange.event(text)

    return act


def fails(status: int, told: str = "no", **headers: str) -> Act:
    """Refuse with a status."""

    def act(exchange: Exchange) -> None:
        exchange.head(status, "application/json", **headers)
        exchange.send(json.dumps({"error": {"message": told, "type": "error", "code": str(status)}}).encode())

    return act


def raw(content: bytes, kind: str = "text/event-stream") -> Act:
    """Send bytes that need not be what was asked for."""

    def act(exchange: Exchange) -> None:
        exchange.head(kind=kind)
        exchange.send(content)

    return act


def hangs(exchange: Exchange) -> None:
    """Never reply."""
    exchange.pause(60)


def hangs_up(exchange: Exchange) -> None:
    """Close the connection without a word."""
    raise ConnectionAbortedError("cut on purpose")


def _stream(exchange: Exchange, text: str, piece: int) -> None:
    exchange.head()
    for start in range(0, len(text), piece):
        exchange.event(text[start : start + piece])


def _give(exchange: Exchange, text: str) -> None:
    exchange.head(kind="application/json")
    message = {"role": "assistant", "content": text}
    reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    exchange.send(json.dumps({**reply, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode())


def _chunk(delta: dict[str, str]) -> dict[str, Any]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": int(time.time()), "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]}


def _handler(server: ModelServer, closing: Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            exchange = Exchange(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))), closing)
            server.seen.append(exchange)
            self.close_connection = True
            try:
                server.acts[min(len(server.seen), len(server.acts)) - 1](exchange)
                self.wfile.write(b"0\r\n\r\n")
            except OSError:  # the other side has gone, the test is over, or the connection is cut on purpose
                exchange.hung_up.set()

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
