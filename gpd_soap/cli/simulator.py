"""`gpd-soap node`: play the Node against any creditor institution's endpoint."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
        return NoticeNumber(value).nav
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _printable(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (value and value.isprintable()):
        raise click.BadParameter("expected printable characters")
    return value


def _called_at(default: str) -> Callable[[Command], Command]:
    """Give a command the endpoint, and tell it what cannot be used: exit 2."""
    return functools.partial(_called_somewhere, default)


def _called_somewhere(default: str, command: Command) -> Command:
    @click.option("--url", default=default, show_default=True, help="The endpoint.")
    @click.option("--cert", type=FILE, help="Our certificate for mutual TLS (PEM).")
    @click.option("--key", type=FILE, help="Its key, if not in the same file.")
    @click.option("--ca", type=FILE, help="The authority to trust, instead of the usual ones.")
    @functools.wraps(command)
    def run(url: str, cert: Path | None, key: Path | None, ca: Path | None, **more: object) -> None:
        try:
            command(Endpoint(url, cert, key, ca), **more)
        except Unusable as error:
            raise click.UsageError(str(error)) from None

    return run


_called = _called_at("http://127.0.0.1:8080/partner")
_organization = click.option(
    "--organization",
    default="77777777777",
    show_default=True,
    callback=_digits,
    help="Whose notice it is (idPA).",
)


def _asked(command: Command) -> Command:
    """Give a command the party that it asks."""

    @_organization
    @click.option(
        "--broker", default="15376371009", show_default=True, help="Its broker (idBrokerPA)."
    )
    @click.option(
        "--station", default="15376371009_01", show_default=True, help="Its station (idStation)."
    )
    @functools.wraps(command)
    def run(
        endpoint: Endpoint, organization: str, broker: str, station: str, **more: object
    ) -> None:
        command(endpoint, Addressee(organization, broker, station), **more)

    return run


_show = click.option("--show", is_flag=True, help="Print the messages as they travel.")
_notice = click.argument("notice", callback=_nav)


@click.group()
def node() -> None:
    """Play the Node against an endpoint: this server's, or anybody's.

    Each answer is judged as the Node judges it. Exit code 0: all well; 1: refused or rejected;
    2: it could not be asked.
    """


@node.command()
@_notice
@_called
@_asked
@_show
def verify(endpoint: Endpoint, party: Addressee, notice: str, *, show: bool) -> None:
    """Ask whether a notice is payable, and how much it is (paVerifyPaymentNotice)."""
    from gpd_soap.simulator import scenarios as play

    _tell([play.verify(_caller(endpoint), party, notice)], show=show)


@node.command()
@_notice
@_called_at("http://127.0.0.1:8080")
@_organization
@_show
def options(endpoint: Endpoint, organization: str, notice: str, *, show: bool) -> None:
    """Ask in which ways the debt of a notice may be paid (payment options, OdP).

    The endpoint is the address before /payment-options.
    """
    from gpd_soap.simulator.payment_options import ask
    from gpd_soap.simulator.request import Timeouts

    found = ask(endpoint, organization, notice, Timeouts())
    click.echo("\n".join(found.lines))
    _show_raw(b"", found.reply, show=show)
    if not found.good:
        raise SystemExit(1)


def _paid(command: Command) -> Command:
    """Give a command the terms of a payment."""

    @click.option(
        "--v2/--v1", default=True, show_default=True, help="Which getPayment and receipt."
    )
    @click.option("--transfer-type", type=click.Choice(["POSTAL", "PAGOPA"]))
    @click.option("--receipt-id", callback=_printable, help="Default: a new random one.")
    @click.option(
        "--times",
        type=click.IntRange(1, 1000),
        default=1,
        show_default=True,
        help="How often to send the same receipt, as the Node does until it is taken.",
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
        terms = Payment(token, datetime.now(UTC), v2, transfer_type, times)
        command(endpoint, party, terms, **more)

    return run


@node.command()
@_notice
@_called
@_asked
@_paid
@_show
def pay(endpoint: Endpoint, party: Addressee, terms: Payment, notice: str, *, show: bool) -> None:
    """Verify a notice, get its payment and send a receipt, all but the money."""
    from gpd_soap.simulator import scenarios as play

    _tell(play.pay(_caller(endpoint), party, notice, terms), show=show)


@node.command()
@_called
@_asked
@_show
def probe(endpoint: Endpoint, party: Addressee, *, show: bool) -> None:
    """Send the probe by which the Node finds that a station is back from Stand In."""
    from gpd_soap.simulator import scenarios as play

    _tell([play.probe(_caller(endpoint), party)], show=show)


@node.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_called
@_show
def replay(endpoint: Endpoint, files: tuple[Path, ...], *, show: bool) -> None:
    """Post captured requests as they are, and compare the answers with those on file.

    The answer to ask.xml is answer.xml beside it, and the answer to NAME.xml is NAME.answer.xml;
    without one the outcome is told. A folder stands for every ask.xml below it. A receipt that is
    replayed is a receipt: it is sent for good.
    """
    from gpd_soap.simulator import replay as replaying

    found = replaying.cases(files)
    caller = _caller(endpoint)
    results = []
    for case in found:
        result = replaying.replay(caller, case)
        click.echo(replaying.line(result, values=show))
        _show_raw(result.sent, result.reply, show=show)
        results.append(result)
    click.echo(replaying.summary(results))
    if any(each.same is False for each in results):
        raise SystemExit(1)


def _caller(endpoint: Endpoint) -> Caller:
    from gpd_soap.contract.schema import Schema
    from gpd_soap.simulator.caller import Caller
    from gpd_soap.simulator.http import HttpClient

    return Caller(HttpClient(endpoint), Schema())


def _tell(steps: Iterable[Step], *, show: bool) -> None:
    """Say each step when it is done; exit 1 if one of them did not go well."""
    good = True
    for step in steps:
        click.echo(step.line)
        _show_raw(step.judged.sent, step.judged.reply, show=show)
        good = good and step.good
    if not good:
        raise SystemExit(1)


def _show_raw(sent: bytes, reply: Reply | None, *, show: bool) -> None:
    if not show:
        return
    from gpd_soap.simulator import report as tell

    click.echo(f"--> sent\n{tell.raw(sent).rstrip()}")
    if reply is not None:
        click.echo(f"<-- received, HTTP {reply.status}\n{tell.raw(reply.body).rstrip()}")
