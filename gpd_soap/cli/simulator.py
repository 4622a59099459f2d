"""`gpd-soap node`: sends the Node's requests to any creditor institution's endpoint."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import CommandGroup
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.simulator.request import Addressee, Endpoint, Payment, Unusable

if TYPE_CHECKING:
    from gpd_soap.simulator.caller import Caller
    from gpd_soap.simulator.judging import Reply
    from gpd_soap.simulator.scenarios import Step

Command = Callable[..., None]

FISCAL_CODE = 11
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _digits(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not (len(value) == FISCAL_CODE and value.isascii() and value.isdigit()):
        raise click.BadParameter(f"expected {FISCAL_CODE} digits")
    return value


def _nav(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    try:
        # WHY: the paper shows the number by fours.
        return NoticeNumber("".join(value.split())).nav
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _printable(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (value and value.isprintable()):
        raise click.BadParameter("expected printable characters")
    return value


def _with_endpoint_at(default: str) -> Callable[[Command], Command]:
    """A decorator that gives a command its endpoint; exit code 2 if it cannot be used."""
    return functools.partial(_add_endpoint_options, default)


def _add_endpoint_options(default: str, command: Command) -> Command:
    @click.option("--url", default=default, show_default=True, help="Address of the endpoint.")
    @click.option("--cert", type=FILE, help="PEM file with the client certificate for mutual TLS.")
    @click.option(
        "--key", type=FILE, help="PEM file with its private key, if it is not in the same file."
    )
    @click.option(
        "--ca", type=FILE, help="PEM file with the authorities to trust, instead of the system's."
    )
    @functools.wraps(command)
    def run(url: str, cert: Path | None, key: Path | None, ca: Path | None, **more: object) -> None:
        try:
            command(Endpoint(url, cert, key, ca), **more)
        except Unusable as error:
            raise click.UsageError(str(error)) from None

    return run


_with_endpoint = _with_endpoint_at("http://127.0.0.1:8080/partner")
_organization = click.option(
    "--organization",
    default="77777777777",
    show_default=True,
    callback=_digits,
    help="Fiscal code of the organization (idPA).",
)


def _with_addressee(command: Command) -> Command:
    """Give a command its addressee: organization, broker and station."""

    @_organization
    @click.option(
        "--broker",
        default="15376371009",
        show_default=True,
        help="Fiscal code of the broker (idBrokerPA).",
    )
    @click.option(
        "--station",
        default="15376371009_01",
        show_default=True,
        help="Id of the station (idStation).",
    )
    @functools.wraps(command)
    def run(
        endpoint: Endpoint, organization: str, broker: str, station: str, **more: object
    ) -> None:
        command(endpoint, Addressee(organization, broker, station), **more)

    return run


_show = click.option("--show", is_flag=True, help="Print each request and answer in full.")
_notice = click.argument("notice", callback=_nav)


@click.group(cls=CommandGroup)
def node() -> None:
    """Send the Node's requests to an endpoint: this server's, or another's.

    Each answer is checked as the Node checks it. Exit code 0: every answer is good. Exit code 1:
    an answer is a refusal or missing, or the Node would reject it. Exit code 2: an argument or a
    file cannot be used.
    """


@node.command()
@_notice
@_with_endpoint
@_with_addressee
@_show
def verify(endpoint: Endpoint, party: Addressee, notice: str, *, show: bool) -> None:
    """Ask whether a notice can be paid, and its amount (paVerifyPaymentNotice)."""
    from gpd_soap.simulator import scenarios

    _print_steps([scenarios.verify(_caller(endpoint), party, notice)], show=show)


@node.command()
@_notice
@_with_endpoint_at("http://127.0.0.1:8080")
@_organization
@_show
def options(endpoint: Endpoint, organization: str, notice: str, *, show: bool) -> None:
    """Ask for the ways to pay the debt of a notice (payment options, OdP).

    --url is the part of the address before /payment-options.
    """
    from gpd_soap.simulator.payment_options import ask
    from gpd_soap.simulator.request import Timeouts

    result = ask(endpoint, organization, notice, Timeouts())
    click.echo("\n".join(result.lines))
    _print_messages(b"", result.reply, show=show)
    if not result.good:
        raise SystemExit(1)


def _with_payment(command: Command) -> Command:
    """Give a command its payment: versions, transfer type, receipt id and repetitions."""

    @click.option(
        "--v2/--v1",
        default=True,
        show_default=True,
        help="Version of getPayment and of the receipt.",
    )
    @click.option(
        "--transfer-type",
        type=click.Choice(["POSTAL", "PAGOPA"]),
        help="Kind of account that getPayment asks for [default: none].",
    )
    @click.option(
        "--receipt-id", callback=_printable, help="Id of the receipt [default: a random one]."
    )
    @click.option(
        "--times",
        type=click.IntRange(1, 1000),
        default=1,
        show_default=True,
        help="Number of times to send the same receipt.",
    )
    @functools.wraps(command)
    def run(
        endpoint: Endpoint,
        party: Addressee,
        *,
        v2: bool,
        transfer_type: str | None,
        receipt_id: str | None,
        times: int,
        **more: object,
    ) -> None:
        token = secrets.token_hex(16) if receipt_id is None else receipt_id
        payment = Payment(token, datetime.now(UTC), v2, transfer_type, times)
        command(endpoint, party, payment, **more)

    return run


@node.command()
@_notice
@_with_endpoint
@_with_addressee
@_with_payment
@_show
def pay(endpoint: Endpoint, party: Addressee, payment: Payment, notice: str, *, show: bool) -> None:
    """Verify a notice, get its payment and send a receipt; no money moves."""
    from gpd_soap.simulator import scenarios

    _print_steps(scenarios.pay(_caller(endpoint), party, notice, payment), show=show)


@node.command()
@_with_endpoint
@_with_addressee
@_show
def probe(endpoint: Endpoint, party: Addressee, *, show: bool) -> None:
    """Send the probe by which the Node learns that a station works again (Stand In)."""
    from gpd_soap.simulator import scenarios

    _print_steps([scenarios.probe(_caller(endpoint), party)], show=show)


@node.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_with_endpoint
@_show
def replay(endpoint: Endpoint, files: tuple[Path, ...], *, show: bool) -> None:
    """Send captured requests byte for byte, and compare the answers with those on file.

    The expected answer to ask.xml is answer.xml beside it, and to NAME.xml it is NAME.answer.xml.
    Without such a file, the outcome is printed. A folder stands for every .xml file below it that
    is no answer. A receipt that is sent again has its full effect on the endpoint.
    """
    from gpd_soap.simulator import replay as replay_files

    cases = replay_files.cases(files)
    caller = _caller(endpoint)
    results = []
    for case in cases:
        result = replay_files.replay(caller, case)
        click.echo(replay_files.line(result, values=show))
        _print_messages(result.sent, result.reply, show=show)
        results.append(result)
    click.echo(replay_files.summary(results))
    if any(each.same is False for each in results):
        raise SystemExit(1)


def _caller(endpoint: Endpoint) -> Caller:
    from gpd_soap.contract.schema import Schema
    from gpd_soap.simulator.caller import Caller
    from gpd_soap.simulator.http import HttpClient

    return Caller(HttpClient(endpoint), Schema())


def _print_steps(steps: Iterable[Step], *, show: bool) -> None:
    """Print each step when it is done; exit code 1 if one of them failed."""
    all_good = True
    for step in steps:
        click.echo(step.line)
        _print_messages(step.judged.sent, step.judged.reply, show=show)
        all_good = all_good and step.good
    if not all_good:
        raise SystemExit(1)


def _print_messages(sent: bytes, reply: Reply | None, *, show: bool) -> None:
    if not show:
        return
    from gpd_soap.simulator import report

    click.echo(f"--> sent\n{report.raw(sent).rstrip()}")
    if reply is not None:
        click.echo(f"<-- received, HTTP {reply.status}\n{report.raw(reply.body).rstrip()}")
