"""pagoPA's print service: its client prints here with another address and key."""

import io
import zipfile

import pytest

from gpd_soap.features.documents.reading import read_pages
from gpd_soap.features.documents.reasons import Reason
from tests.api.office import ORGANIZATION, BackOffice, installments
from tests.api.print_service.client import (
    BASE,
    DEBTOR,
    FINE,
    PLAN,
    SINGLE,
    amount,
    generate,
    item,
    numbers,
    text_of,
)
from tests.validation.bodies import POSTAL, body, changed, nav, option, transfer


def test_notice_is_printed_with_the_texts_that_were_sent(office: BackOffice):
    """The answer has the published status, type and name; the archive has the document."""
    office.create(query="?toPublish=true")
    printed = generate(office)
    name = f"pagopa-avviso-{ORGANIZATION}-{nav(1)}-{SINGLE}.pdf"

    assert (printed.status, printed.headers["Content-Type"]) == (201, "application/pdf")
    assert printed.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    for sent in ("Oggetto inviato", "Maria Esempio Inviata", "Via della Prova 12/A"):
        assert sent in text_of(printed.body)
    assert numbers(printed.body) == [nav(1)]
    [archived] = office.get(f"/organizations/{ORGANIZATION}/documents").body["documents"]
    assert (archived["state"], archived["actorKind"]) == ("current", "key")
    assert generate(office).body == printed.body


def test_templates_print_the_amounts_that_were_sent(office: BackOffice):
    """A plan beside its single payment, its installments alone, and one of them."""
    office.create(installments(1, 2, 3), "?toPublish=true")
    rates = [amount(2), amount(3)]
    generated = generate(office, item(PLAN, installments=rates))
    rest = generate(office, item("TemplateManyInstalments", code=None, installments=rates))
    one = generate(office, item(code=nav(3)))

    assert numbers(generated.body) == [nav(1), nav(2), nav(3)]
    assert numbers(rest.body) == [nav(2), nav(3)]
    assert numbers(one.body) == [nav(3)]
    assert rest.headers["Content-Disposition"].count(nav(2)) == 1


def test_fine_is_printed_with_slips_and_its_discounted_amount_first(office: BackOffice):
    """A template with slips needs postal accounts; the discounted amount is first."""
    early = option(1, transfer(amount=700, postalIban=POSTAL), dueDate="2026-04-05")
    office.create(body(early, option(2, transfer(postalIban=POSTAL))), "?toPublish=true")
    fine = {"code": None, "discounted": amount(1, 700, "05/04/2026"), "reduced": amount(2)}
    printed = generate(office, item(f"{FINE}Poste", **fine))
    swapped = {"code": None, "discounted": amount(2), "reduced": amount(1, 700, None)}

    assert printed.status == 201, printed.body
    assert numbers(printed.body) == [nav(1), nav(2)]
    assert {kind for page in read_pages(printed.body) for kind, _ in page.codes} == {
        "QR code",
        "Data Matrix",
    }
    assert generate(office, item(FINE, **swapped)).body["detail"] == Reason.FINE


REFUSED = {
    Reason.TEMPLATE_DATA: item(PLAN),
    Reason.SENT_AMOUNT: item(paymentAmount=999),
    Reason.SENT_DUE_DATE: item(dueDate="29/04/2026"),
    Reason.SENT_DEBTOR: changed(item(), "data.debtor.taxCode", "VRDLGI00A01A000K"),
    Reason.UNKNOWN: item(code=nav(9)),
    Reason.SENT_NUMBERS: item(PLAN, installments=[amount(2), amount(8)]),
    Reason.NO_SLIP: item(f"{SINGLE}Poste"),
}


@pytest.mark.parametrize("reason", REFUSED, ids=[each.name for each in REFUSED])
def test_notice_that_would_mislead_is_400_with_its_reason(quick: BackOffice, reason: Reason):
    """What the Node answers, and nothing else, stands on paper."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    refused = generate(quick, REFUSED[reason])

    assert (refused.status, refused.title, refused.body["detail"]) == (400, "Bad Request", reason)
    assert quick.get(f"/organizations/{ORGANIZATION}/documents").body["documents"] == []


def test_paid_notice_is_400(quick: BackOffice):
    """A paid installment stops the document that was sent with it."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    quick.pay(2)
    refused = generate(quick, item(PLAN, installments=[amount(2), amount(3)]))

    assert (refused.status, refused.body["detail"]) == (400, Reason.EXCLUDED)
    rates = item("TemplateManyInstalments", code=None, installments=[amount(2), amount(3)])
    assert generate(quick, rates).body["detail"] == Reason.PAID


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (changed(item(), "data.notice.subject", "x" * 91), "data.notice.subject"),
        (changed(item(), "data.notice.code", "1"), "data.notice.code"),
        (changed(item(), "data.notice.dueDate", "2026-04-30"), "data.notice.dueDate"),
        (changed(item(), "data.notice.dueDate", "1/4/2026"), "data.notice.dueDate"),
        (changed(item(), "data.notice.dueDate", "31/02/2026"), "data.notice.dueDate"),
        (changed(item(), "data.debtor.fullName", "x" * 71), "data.debtor.fullName"),
        (changed(item(), "data.debtor.address", "x" * 141), "data.debtor.address"),
        (item(installments=[amount(2)]), "data.notice.installments"),
        (changed(item(), "data.debtor.fullName", "a\0b"), "data.debtor.fullName"),
    ],
)
def test_item_outside_the_published_form_is_400(quick: BackOffice, content: object, field: str):
    """The lengths are the published ones."""
    refused = generate(quick, content)

    assert (refused.status, {name for name, _ in refused.errors}) == (400, {field})


def test_debtor_without_an_address_or_a_code_is_printed(office: BackOffice):
    """Required fields may be empty; a code that is not sent is the stored one."""
    office.create(query="?toPublish=true")
    bare = {**dict.fromkeys(DEBTOR, ""), "fullName": "Maria Esempio", "taxCode": None}
    content = changed(item(), "data.debtor", bare)

    assert "RSSMRA00A01A000K" in text_of(generate(office, content).body)


def test_templates_are_those_of_the_published_service(quick: BackOffice):
    """A template is a zip of its sources."""
    listed = quick.get(f"{BASE}/templates").body
    one = quick.get(f"{BASE}/templates/{SINGLE}")

    assert [each["templateId"] for each in listed] == [
        SINGLE, f"{SINGLE}Poste", PLAN, f"{PLAN}Poste", "TemplateManyInstalments",
        FINE, f"{FINE}Poste",
    ]  # fmt: skip
    assert {tuple(each) for each in listed} == {("templateId", "description", "templateExampleUrl")}
    with zipfile.ZipFile(io.BytesIO(one.body)) as zip_file:
        assert "notice.typ" in zip_file.namelist()
    for missing in (quick.get(f"{BASE}/templates/X"), generate(quick, item("X"))):
        assert (missing.status, missing.title) == (404, "Template Not Found")


def test_printed_notice_is_not_remembered_by_a_name(quick: BackOffice):
    """The answer is a person's document; a second request gives the same bytes."""
    quick.create(query="?toPublish=true")
    named = generate(quick, headers={"Idempotency-Key": "prova"})

    assert (named.status, named.errors) == (400, {("Idempotency-Key", "secret")})
