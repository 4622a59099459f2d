"""`gpd-soap`: the root of the commands, and how errors are printed."""

from __future__ import annotations

import gc

import click

from gpd_soap import __version__
from gpd_soap.cli.audit import audit
from gpd_soap.cli.check import check
from gpd_soap.cli.common import CommandGroup
from gpd_soap.cli.configuration.commands import organization, service, station
from gpd_soap.cli.configuration.printing import printing
from gpd_soap.cli.demo import demo
from gpd_soap.cli.documents.batches import notices
from gpd_soap.cli.documents.commands import documents
from gpd_soap.cli.documents.notices import notice, receipt
from gpd_soap.cli.events.commands import deliver, events
from gpd_soap.cli.help import help_
from gpd_soap.cli.jobs.commands import jobs, work
from gpd_soap.cli.journal import journal
from gpd_soap.cli.keys import key
from gpd_soap.cli.load import load
from gpd_soap.cli.loads.commands import loads
from gpd_soap.cli.people.operators import operator
from gpd_soap.cli.people.provider import check_provider
from gpd_soap.cli.positions import history, position
from gpd_soap.cli.purge import purge
from gpd_soap.cli.receipts import receipts
from gpd_soap.cli.retention.commands import retention
from gpd_soap.cli.search import search
from gpd_soap.cli.serve import db, health, serve
from gpd_soap.cli.simulator import node
from gpd_soap.cli.texts.failures import failure_text, known_cause, with_hint
from gpd_soap.cli.texts.output import printable
from gpd_soap.core.errors import OperatorError

#: Commands whose exit code 1 is a result, so that a failure ends with 2.
RESULT_COMMANDS = frozenset({"load", "check", "node"})


#: LIMIT: new objects between two runs of Python's collector of garbage.  At Python's own number,
#: 700, a fifth of a start is spent on collections that find nothing.
NEW_OBJECTS = 10_000


class Stopped(click.ClickException):
    """A command could not run, or stopped before its end."""

    exit_code = 2


class Root(CommandGroup):
    """Prints an OperatorError with its hint, and the kind and location of any other failure."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; raises ClickException for every failure."""
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            text = known_cause(error) or with_hint(error)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            # WHY: where the reader of a pipe has ended, as `head` does, click ends silently too.
            raise
        except Exception as error:  # noqa: BLE001  # the last handler
            text = failure_text(error)
        raise (Stopped if ctx.invoked_subcommand in RESULT_COMMANDS else click.ClickException)(
            printable(text)
        )


# WHY: click does not rewrap lines after a backspace, which a docstring should not hold.
INTRODUCTION = """The creditor institution's side of pagoPA: answers the Node, stores receipts.

\b
Try sample data:           gpd-soap demo
Run the server:            gpd-soap db upgrade && gpd-soap serve
Send a request as a Node:  gpd-soap node verify NOTICE
List every setting:        gpd-soap help settings
List the exit codes:       gpd-soap help exit-codes
"""


@click.group(cls=Root, help=INTRODUCTION, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gpd-soap")
def main() -> None:
    """The root of the commands."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


operator.add_command(check_provider)
COMMANDS = (
    *(demo, serve, db, organization, station, service, key, operator, load, check, notice),
    *(notices, receipt, documents, search, position, history, receipts, journal, audit, purge),
    *(retention, events, deliver),
    *(work, jobs, loads, node, health, help_),
)
for command in COMMANDS:
    main.add_command(command)
organization.add_command(printing)
