"""`python -m gateway …`: the operator's commands.

Decides: names, options and exit codes. Must not know: how anything is done.
"""

import sys

import click
from pydantic import SecretStr

from gateway import content_cli, field_keys, logs, parts_cli, running, store_cli
from gateway import reload as versions
from gateway.broadcast_cli import broadcast
from gateway.calendar_cli import calendar
from gateway.import_cli import take_over
from gateway.message_cli import message
from gateway.officer_cli import officer
from gateway.runtime import Runtime, build
from gateway.settings import Settings, SettingsError, load_settings
from gateway.sms_cli import sms as sms_commands
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
for command in (*parts_cli.COMMANDS, *content_cli.COMMANDS, *store_cli.COMMANDS):
    gateway.add_command(command)


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
def info() -> None:
    """Print the addresses of the running gateway, secrets included."""
    found = running.read_run(load_settings().data_dir)
    if found is None:
        raise click.ClickException("no gateway is running on this DATA_DIR; `make run` starts one")
    click.echo("\n".join(found.lines()))


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
