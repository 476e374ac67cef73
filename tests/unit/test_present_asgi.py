"""The page is served with the settings and headers that keep it on this machine."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streamlit import config, net_util

from ui.asgi import SETTINGS, SecurityHeaders, never_look_up_addresses, security_headers
from ui.theme import THEME


def test_every_setting_is_one_that_streamlit_knows() -> None:
    assert set(SETTINGS) | set(THEME) <= set(config._config_options_template)


def test_the_page_stays_on_this_machine() -> None:
    assert SETTINGS["server.address"] == "127.0.0.1"
    assert SETTINGS["browser.gatherUsageStats"] is False
    assert SETTINGS["client.showErrorDetails"] == "none"


def test_the_policy_names_no_other_host() -> None:
    policy = security_headers(8501)["content-security-policy"]
    assert "https:" not in policy
    assert "*" not in policy
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy


def test_streamlit_is_kept_from_asking_for_the_outside_address(monkeypatch: Any) -> None:
    def ask(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_internal_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", ask)
    never_look_up_addresses()
    assert net_util.get_external_ip() == net_util.get_internal_ip() == "127.0.0.1"


def test_headers_are_added_to_what_the_application_sends() -> None:
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    call = SecurityHeaders(application, {"x-test": "1"})({"type": "http"}, send, send)
    ThreadPoolExecutor(1).submit(asyncio.run, call).result()  # type: ignore[arg-type]  # no receive needed
    assert sent[0]["headers"] == [(b"a", b"b"), (b"x-test", b"1")]
    assert sent[1] == {"type": "http.response.body", "body": b""}
