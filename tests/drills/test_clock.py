"""The machine's clock jumps back: no message is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from tests import world
from tests.calling import call
from tests.conftest import KINDS, FreshDatabase
from tests.e2e.test_served import living
from tests.messages.build import claim, qr, receipt, soap_request, tags

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("kind", KINDS)
def test_clock_that_jumps_back_loses_no_message(kind: str, fresh_database: FreshDatabase) -> None:
    """From the first minutes of a month into the last one, answers, receipts and journal go on."""
    clock = [datetime(2026, 4, 1, 0, 10, tzinfo=UTC)]
    store = Store(fresh_database(kind, living))
    face = node_face(Settings(public_url="http://ec.example/partner"), store, lambda: clock[0])

    def answer(primitive: str, content: str) -> bytes:
        answered = call(face, "POST", "/partner", soap_request(primitive, content).encode())
        assert answered.status == 200
        return answered.body

    def send(serial: int, receipt_id: str) -> bytes:
        return answer("paSendRTV2", claim() + receipt(world.nav(serial), receiptId=receipt_id))

    demand = claim() + tags(
        idServizio="00001", idSoggettoServizio="00009", datiSpecificiServizioRequest="PGEvPg=="
    )
    first = [send(1, "a"), answer("paDemandPaymentNotice", demand)]
    assert store.journal.flush()
    clock[0] -= HOUR
    then = [send(1, "a"), send(1, "b"), send(6, "c"), answer("paDemandPaymentNotice", demand)]
    verified = answer("paVerifyPaymentNotice", claim() + qr(world.nav(6)))
    assert store.journal.flush()
    with store.begin() as connection:
        stored = {row.receipt_id: (row.kept, row.copies)
                for row in connection.execute(tables.receipt.select())}  # fmt: skip
        journalled = [row.at for row in connection.execute(tables.journal.select())]
    store.close()

    assert all(b"<outcome>OK</outcome>" in each for each in (*first, *then))
    assert b"PAA_PAGAMENTO_DUPLICATO" in verified
    assert stored == {"a": ("applied", 2), "b": ("double", 1), "c": ("review", 1)}
    assert sorted(journalled) == 5 * [clock[0]] + 2 * [clock[0] + HOUR]
