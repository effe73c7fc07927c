"""The web server's address seen from outside it: free before it starts, answering once it has."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from gateway.ports import any_port, is_free


class PortError(Exception):
    """HOST and PORT cannot be listened on; `str()` is the operator's message."""


@dataclass(frozen=True)
class Address:
    """HOST and PORT as set; a wildcard host is reached by loopback."""

    host: str
    port: int

    @property
    def base(self) -> str:
        """The URL of the web server's root, without a trailing slash."""
        host = self._reached
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def must_be_free(self) -> None:
        """Raises `PortError`, naming the setting to change, when something else listens there."""
        try:
            if is_free(self.port, self.host):
                return
        except OSError as error:
            raise PortError(f"cannot listen on HOST {self.host}, PORT {self.port}: {error.strerror}") from None
        raise PortError(
            f"PORT {self.port} on {self.host} is in use by another program.\n"
            f"Choose another: make run PORT={any_port(self.port + 10)}"
        )

    def answer(self, path: str, timeout: float = 2.0) -> str:
        """What a GET of `path` gives: the status, or why there is none; waits `timeout` seconds at most."""
        connection = HTTPConnection(self._reached, self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return str(connection.getresponse().status)
        except (OSError, HTTPException) as error:
            return str(error)
        finally:
            connection.close()

    @property
    def _reached(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
