"""Content that breaks a rule is 400, with the fields in error, and changes nothing."""

import pytest

from gpd_soap.store.access.keys import Role
from tests.api.office import ALL, DAY, ONE, BackOffice
from tests.validation.bodies import STAMP, body, changed, iuv, nav, option, transfer, without

DATA = (400, "Error in the debt position request data")
BAD = (400, "BAD REQUEST")
UNIQUE = (409, "The debt position violated constraints of uniqueness")

CREATIONS = {
    "paymentOption.0.amount": (0, BAD, ("paymentOption[0].amount", "range")),
    "paymentOption.0.transfer.0.iban": (
        "IT60X0542811101000000123457",
        BAD,
        ("paymentOption[0].transfer[0].iban", "iban-checksum"),
    ),
    "fiscalCode": ("X", BAD, ("fiscalCode", "length")),
    "paymentOption.0.iuv": (
        "47000000000000199",
        DATA,
        ("paymentOption[0].iuv", "check-digits"),
    ),
    "paymentOption.0.transfer.0.amount": (999, DATA, ("paymentOption[0].amount", "sum")),
    "validityDate": ("2026-03-16T10:00:00", DATA, ("validityDate", "past")),
    "paymentOption.0.dueDate": (
        "2026-03-15",
        DATA,
        ("paymentOption[0].dueDate", "past"),
    ),
}


@pytest.mark.parametrize("field_path", CREATIONS)
def test_position_that_breaks_a_rule_is_400_and_not_created(quick: BackOffice, field_path: str):
    """The errors name field and rule."""
    value, expected, error = CREATIONS[field_path]

    refused = quick.post(ALL, changed(body(), field_path, value))

    assert (refused.status, refused.title) == expected
    assert error in refused.errors
    assert quick.get(ONE).status == 404


def test_position_due_before_its_validity_date_is_400(quick: BackOffice):
    """It is refused even if both dates are in the future."""
    refused = quick.post(ALL, body(validityDate="2026-06-01T00:00:00"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption[0].dueDate", "due-before-validity")}


@pytest.mark.parametrize("content", [[], {}, {"paymentPositions": []}, {"paymentPositions": {}}, 1])
def test_bulk_without_1_to_100_positions_is_400(quick: BackOffice, content: object):
    """A body of another shape is refused too."""
    refused = quick.post(f"{ALL}/bulk", content)
    many = [body(option(serial), iupd=f"P{serial}") for serial in range(1, 102)]
    too_many = quick.post(f"{ALL}/bulk", {"paymentPositions": many})

    assert (refused.status, refused.title) == BAD
    assert (too_many.status, too_many.title) == BAD
    assert too_many.errors == {("paymentPositions", "count")}


def test_bulk_names_the_errors_of_each_position_by_index(quick: BackOffice):
    """An IUPD that occurs twice in the bulk is an error too."""
    fields = [body(option(1), fullName=""), body(option(2), iupd="P2", kind="F")]
    refused = quick.post(f"{ALL}/bulk", {"paymentPositions": fields})
    rules = [body(option(1, amount=7)), body(option(2, amount=7), iupd="P2")]
    broken = quick.post(f"{ALL}/bulk", {"paymentPositions": rules})
    twice = quick.post(f"{ALL}/bulk", {"paymentPositions": [body(), body()]})

    assert refused.errors == {
        ("paymentPositions[0].fullName", "length"),
        ("paymentPositions[1].kind", "unknown-field"),
    }
    assert broken.errors == {
        (f"paymentPositions[{index}].paymentOption[0].amount", "sum") for index in (0, 1)
    }
    assert (twice.status, twice.title) == UNIQUE
    assert ("paymentPositions[1].iupd", "duplicate") in twice.errors


def test_notice_without_number_or_segregation_code_is_400(quick: BackOffice):
    """The error names the IUV, because none can be issued."""
    key = quick.key(Role.ADMIN)
    path = "/organizations/15376371009/debtpositions"

    refused = quick.post(path, body(without(option(), "iuv")), key=key)

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("paymentOption.iuv", "required")}


def test_update_with_another_iupd_than_its_path_is_400(quick: BackOffice):
    """It is refused before the position is searched for."""
    refused = quick.put(ONE, body(iupd="ANOTHER"))

    assert (refused.status, refused.title) == DATA
    assert refused.errors == {("iupd", "path")}


def test_update_with_a_notice_without_iuv_or_with_another_number_is_400(quick: BackOffice):
    """An update cannot issue or change a number."""
    quick.create()

    nameless = quick.put(ONE, body(without(option(), "iuv")))
    renumbered = quick.put(ONE, body(option(1, nav="0" + nav(1)[1:])))

    assert nameless.errors == {("paymentOption[0].iuv", "required")}
    assert ("paymentOption[0].nav", "nav-iuv") in renumbered.errors


def test_update_after_the_due_date_is_400_only_if_the_notice_expires(quick: BackOffice):
    """Without switchToExpired a notice stays payable, and can be updated."""
    quick.create(query="?toPublish=true")
    quick.clock.now += 60 * DAY

    expires = quick.put(ONE, body())
    stays_payable = quick.put(ONE, body(switchToExpired=False))

    assert (expires.status, expires.title) == DATA
    assert (stays_payable.status, stays_payable.body["status"]) == (200, "VALID")


def test_iban_change_with_invalid_iban_or_query_is_400(quick: BackOffice):
    """The new IBAN and the query are checked."""
    patch = f"{ALL}/transfers"

    wrong = quick.request("PATCH", f"{patch}?oldIban=X", {"newIban": "IT60X0542811101000000123457"})
    missing = quick.request("PATCH", patch, {"newIban": transfer()["iban"]})
    much = quick.request("PATCH", f"{patch}?oldIban=X&limit=1001", {"newIban": transfer()["iban"]})

    assert wrong.errors == {("newIban", "iban-checksum")}
    assert missing.errors == {("oldIban", "required")}
    assert much.errors == {("limit", "range")}


METADATA = [{"key": "CHIAVE", "value": "x"}]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            option(1, retentionDate="2026-04-29"),
            ("paymentOption[0].retentionDate", "retention-before-due"),
        ),
        (
            option(1, paymentOptionMetadata=METADATA * 2),
            ("paymentOption[0].paymentOptionMetadata[1].key", "duplicate"),
        ),
        (
            option(1, paymentOptionMetadata=[{"key": "NOTIFICATION_FEE", "value": "0"}]),
            ("paymentOption[0].paymentOptionMetadata[0].key", "reserved"),
        ),
        (
            option(1, transfer(1, transferMetadata=METADATA * 2)),
            ("paymentOption[0].transfer[0].transferMetadata[1].key", "duplicate"),
        ),
        (
            option(1, transfer(1), transfer(1)),
            ("paymentOption[0].transfer[1].idTransfer", "duplicate"),
        ),
        (option(1, transfer(2)), ("paymentOption[0].transfer", "first-transfer")),
        (option(1, transfer(1, iban=None)), ("paymentOption[0].transfer[0]", "account-or-stamp")),
        (
            option(1, transfer(1, stamp=STAMP)),
            ("paymentOption[0].transfer[0]", "account-or-stamp"),
        ),
    ],
)
def test_notice_that_breaks_a_rule_is_400_in_creation_and_update(
    quick: BackOffice, fields: dict[str, object], error: tuple[str, str]
):
    """Every rule of the data has the same title."""
    quick.create()

    made = quick.post(ALL, body({**fields, "iuv": iuv(2)}, iupd="P2"))
    changed_to = quick.put(ONE, body(fields))

    for refused in (made, changed_to):
        assert (refused.status, refused.title) == DATA
        assert error in refused.errors
    assert quick.get(ALL).body["page_info"]["items_found"] == 1


def test_notice_with_six_transfers_is_400(quick: BackOffice):
    """A notice has at most five (Money, rule 3)."""
    six = option(1, *(transfer(min(number, 5)) for number in range(1, 7)))

    refused = quick.post(ALL, body(six))

    assert (refused.status, refused.title) == BAD
    assert ("paymentOption[0].transfer", "count") in refused.errors


@pytest.mark.parametrize("iupd", ["A/B", "/", ".", ".."])
def test_iupd_that_cannot_be_a_path_segment_is_400(quick: BackOffice, iupd: str):
    """No request could read, publish or delete such a position."""
    refused = quick.post(ALL, body(iupd=iupd))

    assert refused.status == 400
    assert refused.errors == {("iupd", "characters")}
