"""Write down every attempt of a Python process to reach, or to look up, anything but this machine."""

from pathlib import Path

_HOOK = """
import sys
_here = ("127.", "localhost", "::1", "0.0.0.0")
def _watch(event, given):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = given[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        host = given[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not str(host).startswith(_here):
        with open({log!r}, "a") as out:
            out.write(event + " " + str(host) + "\\n")
sys.addaudithook(_watch)
"""


def guarded(log: Path, code: str) -> tuple[str, str]:
    """Give what Python is started with to run `code` under guard; attempts are lines of `log`, which is there when none was made."""
    log.touch()
    return "-c", _HOOK.format(log=str(log)) + code
