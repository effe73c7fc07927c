"""A web server with the handset page alone, on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server

from gateway.simulator.page import blueprint


@contextmanager
def page_server(simulator_url: str) -> Iterator[str]:
    app = Flask(__name__)
    app.register_blueprint(blueprint(simulator_url, "*964#", "5599"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/phone"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
