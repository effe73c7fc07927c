"""`python -m gateway check | graph | reload`: the author's commands over config/.

Decides: what an author types and reads, and exit codes. Must not know: how anything is measured or drawn.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from gateway import logs, renewal
from gateway.delivery_rules import load_rules
from gateway.runtime import Runtime
from gateway.settings import ROOT, load_settings
from menus import authoring, graph
from menus.content import Content
from menus.effort import Effort, efforts
from menus.load import load_content, read_sources
from menus.measure import Measured, measure
from menus.yaml_source import Fault, located

GetRuntime = Callable[[], Runtime]
CONFIG = ROOT / "config"


@click.command()
@click.option("--verbose", is_flag=True, help="Print every screen and text, not only those that do not fit.")
@click.option("--quick", is_flag=True, help="Only what every start checks: that it can be read and fits together.")
@click.option("--config", type=click.Path(path_type=Path, exists=True), default=CONFIG, help="Default: config/.")
def check(verbose: bool, quick: bool, config: Path) -> None:
    """Check config/ whole: references, languages, workflows, ways, and that every screen and SMS fits."""
    content = load_content(config)
    load_rules(config / "delivery.yaml")
    if quick:
        click.echo(f"content {content.digest}: {len(content.services)} services")
        return
    measured, ways = list(measure(content)), list(efforts(content))
    for each in measured if verbose else ():
        click.echo(f"{each.units:4} units {each.count:2} pages  {each.language}  {each.name}")
    for way in ways if verbose else ():
        click.echo(str(way))
    faults = _faults(content, measured, ways)
    for told in located(read_sources(config), faults) if faults else ():
        click.echo(told)
    services = len(content.services)
    click.echo(f"content {content.digest}: {services} services, {len(measured)} texts measured, {len(faults)} faults")
    longest = max(ways, key=lambda way: way.screens)
    click.echo(f"longest way: {longest}; --verbose prints every screen, text and way")
    sys.exit(1 if faults else 0)


def _faults(content: Content, measured: Sequence[Measured], ways: Sequence[Effort]) -> list[Fault]:
    """What does not fit, what should not be written, and the services that take more screens than a call may."""
    found = [
        (*each.source, f"{each.name} ({each.language}, {each.units} units): {each.fault}")
        for each in measured
        if each.fault
    ]
    stages = {operator.name: operator.stages for operator in content.operators}
    long = [way for way in ways if way.screens > stages[way.operator]]
    found += [(f"services/{way.service}.yaml", ("id",), f"{way} is more than {stages[way.operator]}") for way in long]
    return [*found, *authoring.faults(content)]


@click.command("graph")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the drawings; default: DATA_DIR/graph.")
def draw(out: Path | None) -> None:
    """Draw the menu and each workflow as SVG."""
    folder = out or load_settings().data_dir / "graph"
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in graph.drawings(load_content(CONFIG)).items():
        (folder / name).write_text(svg, encoding="utf-8")
        click.echo(folder / name)


@click.command()
@click.pass_obj
def reload(get_runtime: GetRuntime) -> None:
    """Make the running gateway use config/ as it is now; calls under way end on the version they began with."""
    logs.configure()
    content = renewal.renew(get_runtime())  # which refuses bad content before anything is changed
    click.echo(f"content {content.digest} is published; every process takes it within a second")


COMMANDS = (check, draw, reload)
