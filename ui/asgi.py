"""Serve the chat page: Streamlit as an ASGI application, with our settings and security headers."""

import asyncio
import re
import sys
import webbrowser
from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.theme import THEME

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from streamlit import App

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8501
_SCRIPT = Path(__file__).with_name("app.py")

SETTINGS: Mapping[str, Any] = {
    "server.address": ADDRESS,
    "server.headless": True,
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.maxUploadSize": 50,
    "server.maxMessageSize": 60,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.allowedHosts": ["localhost", ADDRESS],
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "browser.gatherUsageStats": False,
    "runner.postScriptGC": False,  # a full collection of rubbish after each run stops everybody for 60 ms; Python collects by itself
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
}


def security_headers(port: int) -> dict[str, str]:
    """Give the headers of every response. Nothing may load from, or be sent to, anywhere but this server."""
    scripts = " ".join(f"'sha256-{digest}'" for digest in _inline_scripts())
    sockets = f"ws://{ADDRESS}:{port} ws://localhost:{port}"
    policy = (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",
        f"script-src 'self' blob: 'wasm-unsafe-eval' {scripts}".rstrip(),
        f"connect-src 'self' {sockets}",
        "font-src 'self' data:",
        "frame-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }


def _inline_scripts() -> list[str]:
    """Give the digests of the scripts written into Streamlit's own page, so that the policy lets just these run."""
    from streamlit import file_util

    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]


class SecurityHeaders:
    """ASGI middleware that puts the same headers on every response."""

    def __init__(self, app: "ASGIApp", headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass the request on and add the headers to what comes back."""

        async def send_with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OwnHostOnly:
    """ASGI middleware that refuses requests under another name than this machine's, as a page of another site makes by rebinding DNS.

    Streamlit refuses them for its WebSocket only.
    """

    def __init__(self, app: "ASGIApp", hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on that names one of the hosts, whatever the port; answer any other with 403."""
        from starlette.responses import PlainTextResponse

        told = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
        if scope["type"] == "http" and told.partition(":")[0].lower() not in self._hosts:
            await PlainTextResponse("This page answers to its own address only.", status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def build_app(port: int, *, open_browser: bool = False) -> "App":
    """Give the ASGI application of the page."""
    import streamlit as st
    from starlette.middleware import Middleware

    @asynccontextmanager
    async def announced(_: "App") -> AsyncIterator[None]:
        address = f"http://{ADDRESS}:{port}"
        click.echo(f"Codecite is at {address} (Ctrl+C stops it)", err=True)
        if open_browser:
            asyncio.get_running_loop().call_later(1.0, webbrowser.open, address)
        yield

    around = [Middleware(SecurityHeaders, headers=security_headers(port)), Middleware(OwnHostOnly, hosts=SETTINGS["server.allowedHosts"])]
    return st.App(_SCRIPT, lifespan=announced, middleware=around)


def run(port: int = DEFAULT_PORT, *, open_browser: bool = True) -> None:
    """Serve the page on this machine until interrupted; the library is the one that `CODECITE_*` names."""
    never_look_up_addresses()
    build_app(port, open_browser=open_browser).run(config={**SETTINGS, **THEME, "server.port": port})


def never_look_up_addresses() -> None:
    """Keep Streamlit from asking an outside service for this machine's address.

    It does so at start and whenever a page of another origin tries to connect, and has no setting against it.
    """
    from streamlit import net_util

    net_util._external_ip = net_util._internal_ip = ADDRESS


if __name__ == "__main__":
    run(int(sys.argv[1]), open_browser=False)
