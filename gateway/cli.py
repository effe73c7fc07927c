"""`python -m gateway …`: the operator's commands.

Decides: names, options and exit codes. Must not know: how anything is done.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from pydantic import SecretStr

from gateway import field_keys, logs, running, shared_metrics, store_cli
from gateway import reload as versions
from gateway.broadcast_cli import broadcast
from gateway.calendar_cli import calendar
from gateway.delivery_rules import load_rules
from gateway.import_cli import take_over
from gateway.message_cli import message
from gateway.officer_cli import officer
from gateway.runtime import Runtime, build
from gateway.settings import ROOT, Settings, SettingsError, load_settings
from gateway.sms_cli import sms as sms_commands
from menus import authoring, graph
from menus.effort import efforts
from menus.load import load_content
from menus.measure import measure
from menus.yaml_source import ContentError
from store.db import StoreUnavailable


def main() -> None:
    """Run a command; what an operator can mend is one message and exit code 1, never a stack trace."""
    try:
        gateway(prog_name="python -m gateway", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SettingsError, ContentError) as error:
        _fail(str(error))
    except StoreUnavailable:
        _fail("the store does not answer; check DATABASE_URL, or whether `make run` is running")
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(1)


def running_settings() -> Settings:
    """The settings; server addresses that are not set are those of the gateway running on DATA_DIR."""
    settings = load_settings()
    found = running.read_run(settings.data_dir)
    if found is None:
        return settings
    return settings.model_copy(
        update={
            "database_url": settings.database_url or SecretStr(found.database_url),
            "redis_url": settings.redis_url or SecretStr(found.redis_url),
        }
    )


def runtime_now() -> Runtime:
    """A runtime on the running gateway's addresses."""
    return build(running_settings())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def gateway(context: click.Context) -> None:
    """The e-Missan gateway: five governorate services on a basic phone."""
    context.obj = runtime_now


gateway.add_command(message)
gateway.add_command(officer)
gateway.add_command(sms_commands)
gateway.add_command(calendar)
gateway.add_command(take_over)
gateway.add_command(broadcast)
for command in store_cli.COMMANDS:
    gateway.add_command(command)


def _part(work: Callable[[Runtime], None]) -> None:
    logs.configure()
    settings = load_settings()
    runtime = build(settings, content=versions.published(settings.data_dir))
    versions.follow(runtime.versions, settings.data_dir)
    work(runtime)


@gateway.command()
def up() -> None:
    """Run everything in the foreground: servers where none are set, web, relay, worker, sweep, simulator."""
    from gateway import up as everything

    sys.exit(everything.run(load_settings()))


@gateway.command()
def web() -> None:
    """Serve callbacks, API and pages."""
    settings = load_settings()
    shared_metrics.share(settings.data_dir)  # before prometheus_client is imported
    from gateway import web as server

    build(settings)  # a bad setting or content ends here with its message, not inside a worker
    server.serve(settings.host, settings.port)


@gateway.command()
def worker() -> None:
    """Send messages: run the jobs of the queue."""
    from gateway import worker as part

    def run(runtime: Runtime) -> None:
        _ = runtime.carriers  # an account that a provider would refuse ends here, not in the first job
        part.run(runtime)

    _part(run)


@gateway.command()
def relay() -> None:
    """Turn events into messages and wake the workers."""
    from gateway import relay as part

    _part(part.run)


@gateway.command()
def sweep() -> None:
    """Mend what a crash or a lost notice left behind."""
    from gateway import sms
    from gateway import sweep as part

    _part(lambda runtime: part.run(runtime, lambda number: sms.handle(runtime, number)))


@gateway.command()
def migrate() -> None:
    """Bring the store's schema and its workflow tables up to date."""
    from gateway import workflow_sync
    from store.migrate import Blocked, upgrade

    logs.configure()
    runtime = runtime_now()
    assert runtime.settings.database_url is not None  # build() needs it
    try:
        upgrade(runtime.settings.database_url.get_secret_value())
    except Blocked as error:
        raise click.ClickException(str(error)) from None
    field_keys.must_fit(runtime)
    workflow_sync.sync(runtime)
    versions.publish(runtime.settings.data_dir)
    click.echo("the store is up to date")


@gateway.command()
@click.option("--verbose", is_flag=True, help="Print every screen and text, not only those that do not fit.")
@click.option("--quick", is_flag=True, help="Only what every start checks: that it can be read and fits together.")
def check(verbose: bool, quick: bool) -> None:
    """Check config/ whole: references, languages, workflows, ways, and that every screen and SMS fits."""
    content = load_content(ROOT / "config")
    load_rules()
    if quick:
        click.echo(f"content {content.digest}: {len(content.services)} services")
        return
    measured = list(measure(content))
    faults = [each for each in measured if each.fault]
    written = authoring.faults(content)
    ways = list(efforts(content))
    stages = {operator.name: operator.stages for operator in content.operators}
    written += [f"{each} is more than {stages[each.operator]}" for each in ways if each.screens > stages[each.operator]]
    for each in measured if verbose else faults:
        click.echo(f"{each.units:4} units {each.count:2} pages  {each.language}  {each.name}  {each.fault or ''}")
    for fault in written:
        click.echo(fault)
    for way in ways if verbose else ():
        click.echo(str(way))
    services = len(content.services)
    number = len(faults) + len(written)
    click.echo(f"content {content.digest}: {services} services, {len(measured)} texts measured, {number} faults")
    longest = max(ways, key=lambda way: way.screens)
    click.echo(f"longest way: {longest}; --verbose prints every screen, text and way")
    sys.exit(1 if faults or written else 0)


@gateway.command("graph")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the drawings; default: DATA_DIR/graph.")
def draw(out: Path | None) -> None:
    """Draw the menu and each workflow as SVG."""
    folder = out or load_settings().data_dir / "graph"
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in graph.drawings(load_content(ROOT / "config")).items():
        (folder / name).write_text(svg, encoding="utf-8")
        click.echo(folder / name)


@gateway.command()
def reload() -> None:
    """Make the running gateway use config/ as it is now; calls under way end on the version they began with."""
    from gateway import workflow_sync

    logs.configure()
    runtime = runtime_now()  # refuses bad content before anything is changed
    workflow_sync.sync(runtime)
    content = versions.publish(runtime.settings.data_dir)
    click.echo(f"content {content.digest} is published; every process takes it within a second")


@gateway.command()
def info() -> None:
    """Print the addresses of the running gateway, secrets included."""
    found = running.read_run(load_settings().data_dir)
    if found is None:
        raise click.ClickException("no gateway is running on this DATA_DIR; `make run` starts one")
    click.echo("\n".join(found.lines()))


@gateway.command()
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


@gateway.command()
@click.option("--number", default="+9647701234567", show_default=True, help="The handset's own number.")
def phone(number: str) -> None:
    """A basic handset in this terminal, on the simulator of the running gateway."""
    from gateway import phone_cli

    settings = load_settings()
    found = running.read_run(settings.data_dir)
    url = settings.at_base_url or (found.simulator if found else None)
    if url is None:
        raise click.ClickException("no simulator is running; `make run` starts one")
    phone_cli.run(url.removesuffix("/version1"), number, settings.ussd_code, settings.sms_number)
