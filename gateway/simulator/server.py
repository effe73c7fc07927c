"""The far side as a server: in its own process (`serve`), or beside a test (`with Simulator(...) as far_side`).

It decides wiring only; it must not know the gateway beyond its address and callback secret.
"""

import signal
from threading import Thread
from types import TracebackType
from typing import Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.simulator.acceptance import Desk
from gateway.simulator.callbacks import Callbacks
from gateway.simulator.handset import handset
from gateway.simulator.incoming import IncomingSms, Persistence
from gateway.simulator.mailboxes import Mailboxes
from gateway.simulator.messaging import Account, messaging
from gateway.simulator.reports import Reports
from gateway.simulator.switches import SwitchBoard, Switches
from gateway.simulator.timers import Timers
from gateway.simulator.ussd import UssdNetwork

POLL_S = 0.05
"""How often the server looks whether it was told to end."""


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: texts and phones pass here."""


class Simulator:
    """The far side of one gateway, listening from construction; `url` is its address. Use it as a context manager."""

    def __init__(
        self,
        gateway_url: str,
        secret: str,
        *,
        api_key: str = "simulator",
        username: str = "sandbox",
        switches: Switches | None = None,
        ussd_code: str = "*964#",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.board = SwitchBoard(switches)
        self.mailboxes = Mailboxes()
        self._timers = Timers()
        self._callbacks = Callbacks(gateway_url, secret, self.board)
        self._account = Account(username, api_key)
        self.network = UssdNetwork(ussd_code, self._callbacks, self.board, self._timers)
        persistence = Persistence(self._callbacks, self.board, self._timers)
        self.sms = IncomingSms(persistence, self.mailboxes, self.board, self._timers)
        self.desk = Desk(self.mailboxes, self.sms, Reports(persistence, self.board, self._timers), self.board)
        self._server = make_server(host, port, self._app(), threaded=True, request_handler=_Quiet)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_S,), name="simulator", daemon=True)

    def switch(self, **patch: object) -> Switches:
        """Change switches; raises `SwitchError`."""
        return self.board.change(patch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop listening, drop what waits, let running callbacks end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._timers.close()
        self._callbacks.close()

    def _app(self) -> Flask:
        app = Flask("gateway.simulator", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024
        app.json.ensure_ascii = False  # type: ignore[attr-defined]
        app.register_blueprint(messaging(self._account, self.desk, self.mailboxes, self.board, self._timers))
        app.register_blueprint(handset(self.network, self.sms, self.mailboxes, self.board))
        return app


def serve(
    host: str,
    port: int,
    gateway_url: str,
    secret: str,
    api_key: str,
    username: str,
    switches: Switches | None = None,
    ussd_code: str = "*964#",
) -> None:
    """Run the far side in this process until interrupted.

    The interrupt is waited for, not raised wherever this thread happens to be: there it could be lost.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # not ignored, whatever was inherited
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # in the threads to come, too
    try:
        simulator = Simulator(
            gateway_url, secret, api_key=api_key, username=username, switches=switches,
            ussd_code=ussd_code, host=host, port=port,
        )  # fmt: skip
        with simulator:
            signal.sigwait({signal.SIGINT})
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
