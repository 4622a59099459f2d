"""A withdrawn or expired position is restored under its own numbers."""

import pytest
from click.testing import CliRunner

from gpd_soap.cli.main import main
from tests.api.office import DAY, NOW, ONE, OPTIONS, ORGANIZATION, BackOffice
from tests.api.paying import message, send
from tests.validation.bodies import body, nav, option

RESTORE = f"{ONE}/restore"
#: A plan of two installments.
PLAN = body(option(1, isPartialPayment=True), option(2, isPartialPayment=True))
WHY = {"reason": "ritirata per errore"}


def state(office: BackOffice) -> str:
    """Returns the state of the position."""
    return str(office.get(ONE).body["status"])


def test_withdrawn_position_is_payable_again_under_its_number(office: BackOffice):
    """A receipt then applies to it."""
    office.create(body(option(1)), "?toPublish=true")
    office.post(f"{ONE}/invalidate")

    restored = office.post(RESTORE, WHY)

    assert (restored.status, restored.body["status"]) == (200, "VALID")
    assert restored.body["paymentOption"][0]["nav"] == nav(1)
    assert send(office, message(1, "r-1")) == "OK"
    assert state(office) == "PAID"


def test_expired_position_needs_a_new_due_date(office: BackOffice):
    """Without one it would still not be payable."""
    office.create(body(option(1), switchToExpired=True), "?toPublish=true")
    office.clock.now = NOW + 400 * DAY
    assert state(office) == "EXPIRED"

    without = office.post(RESTORE, WHY)
    past = office.post(RESTORE, {**WHY, "dueDate": "2026-01-01"})
    restored = office.post(RESTORE, {**WHY, "dueDate": "2027-12-31"})

    assert (without.status, past.status) == (409, 409)
    assert without.title == "Existing related payment found or not in restorable state"
    assert (restored.status, restored.body["status"]) == (200, "VALID")
    assert restored.body["paymentOption"][0]["dueDate"].startswith("2027-12-31")


def test_restored_plan_keeps_what_was_paid(office: BackOffice):
    """The unpaid installment is payable again."""
    office.create(PLAN, "?toPublish=true")
    assert send(office, message(1, "r-1")) == "OK"
    before = office.get(f"{OPTIONS}/{nav(1)}").body
    office.post(f"{ONE}/invalidate")

    office.post(RESTORE, WHY)

    assert office.get(f"{OPTIONS}/{nav(1)}").body["idReceipt"] == before["idReceipt"]
    assert state(office) == "PARTIALLY_PAID"


def test_position_paid_after_its_withdrawal_is_not_restored(office: BackOffice):
    """Money is a fact: the position is paid."""
    office.create(body(option(1)), "?toPublish=true")
    office.post(f"{ONE}/invalidate")
    assert send(office, message(1, "r-1")) == "OK"

    refused = office.post(RESTORE, WHY)

    assert (refused.status, state(office)) == (409, "PAID")


@pytest.mark.parametrize("publish", [True, False])
def test_position_that_is_neither_withdrawn_nor_expired_is_not_restored(
    quick: BackOffice, *, publish: bool
):
    """There is nothing to restore."""
    quick.create(body(option(1)), f"?toPublish={str(publish).lower()}")

    assert quick.post(RESTORE, WHY).status == 409


@pytest.mark.parametrize("content", [{}, {"reason": ""}, {**WHY, "other": 1}])
def test_restoration_without_a_reason_is_refused(quick: BackOffice, content: dict[str, object]):
    """History shows it."""
    quick.create(body(option(1)), "?toPublish=true")
    quick.post(f"{ONE}/invalidate")

    assert quick.post(RESTORE, content).status == 400
    assert state(quick) == "INVALID"


def test_restore_command_restores_a_position_as_the_user_of_the_machine(quick: BackOffice):
    """The actor is the user of the command."""
    quick.create(body(option(1)), "?toPublish=true")
    quick.post(f"{ONE}/invalidate")
    url = quick.store.engine.url.render_as_string(hide_password=False)
    command = ["position", "restore", "POSIZIONE-1", "--organization", ORGANIZATION]
    command += ["--reason", "errore", "--due-date", "2099-01-01"]

    done = CliRunner().invoke(main, command, env={"GPD_DATABASE_URL": url})
    again = CliRunner().invoke(main, command, env={"GPD_DATABASE_URL": url})

    assert (done.exit_code, done.output) == (0, "restored\n")
    assert (again.exit_code, "cannot be restored" in again.output) == (1, True)
    event = quick.get(f"{ONE}/history").body["events"][-1]
    assert (event["type"], event["actorKind"]) == ("position.restored", "command")
