"""`python -m gateway up | web | worker | relay | sweep | simulator`: the processes of the gateway, each by itself.

Decides: what each needs before it starts. Must not know: what a part does.
"""

import sys
from collections.abc import Callable

import click

from gateway import logs, renewal, shared_metrics
from gateway import reload as versions
from gateway.runtime import Runtime, build
from gateway.settings import load_settings


def _part(work: Callable[[Runtime], None]) -> None:
    logs.configure()
    settings = load_settings()
    runtime = build(settings, content=versions.published(settings.data_dir))
    versions.follow(runtime.versions, settings.data_dir)
    renewal.on_hang_up(renewal.attempt)
    work(runtime)


@click.command()
def up() -> None:
    """Run everything in the foreground: servers where none are set, web, relay, worker, sweep, simulator."""
    from gateway import up as everything

    sys.exit(everything.run(load_settings()))


@click.command()
def web() -> None:
    """Serve callbacks, API and pages."""
    settings = load_settings()
    shared_metrics.share(settings.data_dir)  # before prometheus_client is imported
    from gateway import web as server

    build(settings)  # a bad setting or content ends here with its message, not inside a worker
    server.serve(settings.host, settings.port)


@click.command()
def worker() -> None:
    """Send messages: run the jobs of the queue."""
    from gateway import worker as part

    def run(runtime: Runtime) -> None:
        _ = runtime.carriers  # an account that a provider would refuse ends here, not in the first job
        part.run(runtime)

    _part(run)


@click.command()
def relay() -> None:
    """Turn events into messages and wake the workers."""
    from gateway import relay as part

    _part(part.run)


@click.command()
def sweep() -> None:
    """Mend what a crash or a lost notice left behind."""
    from gateway import sms
    from gateway import sweep as part

    _part(lambda runtime: part.run(runtime, lambda number: sms.handle(runtime, number)))


@click.command()
def simulator() -> None:
    """Play Africa's Talking on this machine: handsets on one side, its wire on the other."""
    from urllib.parse import urlsplit

    from gateway.simulator.server import serve

    settings = load_settings()
    if settings.at_base_url is None or not settings.callback_secrets:
        raise click.ClickException("AT_BASE_URL and CALLBACK_SECRETS are not set; `make run` sets them")
    address = urlsplit(settings.at_base_url)
    serve(
        address.hostname or "127.0.0.1",
        address.port or 8081,
        f"http://{settings.host}:{settings.port}",
        settings.callback_secrets[0].get_secret_value(),
        settings.at_api_key.get_secret_value(),
        settings.at_username,
        ussd_code=settings.ussd_code,
    )


COMMANDS = (up, web, worker, relay, sweep, simulator)
