"""`python -m gateway check | graph | reload`: the author's commands over config/.

Decides: what an author types and reads, and exit codes. Must not know: how anything is measured or drawn.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from gateway import logs
from gateway import reload as versions
from gateway.delivery_rules import load_rules
from gateway.runtime import Runtime
from gateway.settings import ROOT, load_settings
from menus import authoring, graph
from menus.effort import efforts
from menus.load import load_content
from menus.measure import measure

GetRuntime = Callable[[], Runtime]


@click.command()
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


@click.command("graph")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the drawings; default: DATA_DIR/graph.")
def draw(out: Path | None) -> None:
    """Draw the menu and each workflow as SVG."""
    folder = out or load_settings().data_dir / "graph"
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in graph.drawings(load_content(ROOT / "config")).items():
        (folder / name).write_text(svg, encoding="utf-8")
        click.echo(folder / name)


@click.command()
@click.pass_obj
def reload(get_runtime: GetRuntime) -> None:
    """Make the running gateway use config/ as it is now; calls under way end on the version they began with."""
    from gateway import workflow_sync

    logs.configure()
    runtime = get_runtime()  # refuses bad content before anything is changed
    workflow_sync.sync(runtime)
    content = versions.publish(runtime.settings.data_dir)
    click.echo(f"content {content.digest} is published; every process takes it within a second")


COMMANDS = (check, draw, reload)
