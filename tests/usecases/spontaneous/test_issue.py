"""A demand for a notice, from its route to the stored position."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from gpd_soap.core.debt import Debtor, Transfer
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.notice import problem_with_nav
from gpd_soap.core.payment import Demand, NoticeIssued
from gpd_soap.store import tables
from gpd_soap.store.configuration import write
from gpd_soap.store.configuration.write import Service
from gpd_soap.store.store import Store
from gpd_soap.usecases.configuration import Registry
from gpd_soap.usecases.spontaneous import issue
from gpd_soap.usecases.spontaneous.declared import BadSettings
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from gpd_soap.usecases.spontaneous.kinds import UnknownKind
from gpd_soap.usecases.spontaneous.quote import Quote
from tests.usecases.spontaneous import samples
from tests.usecases.spontaneous.samples import (
    BANK,
    FIXED,
    NAME,
    NOW,
    ORGANIZATION,
    PLATE,
    SUBJECT,
    WINDOW,
    count,
    demand,
    issued,
    nav,
    refused,
)

OPTION, DEMAND = tables.payment_option, tables.demand
SECOND = timedelta(seconds=1)


def change(store: Store, number: str, **values: object) -> None:
    """Write facts on a notice, as a payment or an operator does."""
    with store.begin() as connection:
        connection.execute(update(OPTION).where(OPTION.c.nav == number).values(**values))


def test_demand_is_answered_with_a_payable_notice(store: Store):
    """From then on, verify gives the same answer for its number."""
    answer = issued(store, demand())

    route_check, notice = store.notice(samples.ROUTE, answer.due.notice.nav)
    assert route_check.organization_name == NAME
    assert notice == answer.due.notice
    assert (answer.again, answer.due.organization) == (False, ORGANIZATION)
    assert problem_with_nav(notice.nav) is None


def test_issued_position_has_the_configured_values(store: Store):
    """The name is the organization's."""
    notice = issued(store, demand()).due.notice

    assert notice.iupd == f"SPONTANEOUS-{notice.nav}"
    assert (notice.amount, notice.description) == (500, "Diritti di segreteria")
    assert notice.debtor == Debtor("F", "ANONIMO", "ANONIMO")
    assert notice.due_at == datetime(2026, 4, 15, 21, 59, 59, 999999, tzinfo=UTC)
    assert (notice.company_name, notice.office_name) == (NAME, None)
    assert notice.published_at == NOW
    assert notice.transfers == (
        Transfer(
            *(1, 500, ORGANIZATION, NAME, BANK, None, None),
            *("Diritti di segreteria", "0101002IM", ()),
        ),
    )


@pytest.mark.parametrize(
    ("claimed", "fault"),
    [
        ({"organization": samples.STRANGER}, PaaFault.PAA_ID_DOMINIO_ERRATO),
        ({"broker": "00000000191"}, PaaFault.PAA_ID_INTERMEDIARIO_ERRATO),
        ({"station": "15376371009_99"}, PaaFault.PAA_STAZIONE_INT_ERRATA),
    ],
)
def test_configuration_of_the_route_is_checked_first(
    store: Store, claimed: dict[str, str], fault: PaaFault
):
    """A demand with a wrong route is refused as verify refuses it, whatever else is wrong."""
    assert refused(store, demand("99999", "not XML", **claimed)).fault is fault


def test_unknown_service_is_refused_before_its_data(store: Store):
    """The data of an unknown service cannot be judged."""
    refusal = refused(store, demand("99999", "not XML"))

    assert refusal.fault is PaaFault.PAA_SEMANTICA
    assert refusal.description == "L'ente non offre il servizio 99999 indicato in idServizio."


def test_service_with_another_subject_is_refused_with_the_subject(store: Store):
    """The fault names the wrong one of the two identifiers."""
    refusal = refused(store, demand(subject="00001"))

    assert refusal.fault is PaaFault.PAA_SEMANTICA
    assert refusal.description == (
        "L'ente non offre il servizio FIXED per il soggetto 00001 indicato in idSoggettoServizio."
    )


BOMB = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
NO_XML: dict[str, bytes] = {
    "empty": b"",
    "text": b"nonsense",
    "truncated": b"<service><targa>",
    "two roots": b"<a/><b/>",
    "doctype": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "entity bomb": BOMB.encode(),
    "entity bomb in UTF-16": f'<?xml version="1.0" encoding="UTF-16"?>{BOMB}'.encode("utf-16"),
    "entity of nobody": b"<a>&who;</a>",
    "control character": b"<a>\x00</a>",
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "text without an end": b"<a>" + b"x" * 11_000_000 + b"</a>",
    "deep": b"<a>" * 300 + b"</a>" * 300,
}


@pytest.mark.parametrize("data", NO_XML.values(), ids=NO_XML)
def test_data_that_is_no_xml_is_refused_and_stores_nothing(store: Store, data: bytes):
    """Nothing is repaired, expanded or fetched, and no number is used."""
    refusal = refused(store, demand("FIXED", data))

    assert refusal.fault is PaaFault.PAA_SINTASSI_XSD
    assert refusal.description == (
        "I dati specifici del servizio non sono validi: non è un documento XML ammesso."
    )
    assert [count(store, name) for name in ("position", "demand", "iuv_serial")] == [0, 0, 0]


def test_refusal_of_a_service_stores_nothing(store: Store):
    """Neither a position nor a number nor the demand is stored."""
    refusal = refused(store, demand("PLATE", PLATE.format("nessuna", "")))

    assert refusal.fault is PaaFault.PAA_SINTASSI_XSD
    assert [count(store, name) for name in ("position", "demand", "iuv_serial")] == [0, 0, 0]


def test_organization_that_is_removed_while_its_service_quotes_gets_no_notice(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """Nobody could pay it: every question about it would be refused."""
    quote = issue._quote

    def remove_then_quote(offered: Service, data: bytes, now: datetime) -> Quote | Refusal:
        registry = Registry(store)
        for service in samples.SERVICES:
            registry.withdraw_service(ORGANIZATION, service, SUBJECT)
        registry.withdraw(ORGANIZATION, samples.ROUTE.station)
        registry.remove_organization(ORGANIZATION)
        return quote(offered, data, now)

    monkeypatch.setattr(issue, "_quote", remove_then_quote)

    assert refused(store, demand()).fault is PaaFault.PAA_ID_DOMINIO_ERRATO
    assert [count(store, name) for name in ("position", "demand", "iuv_serial")] == [0, 0, 0]


def test_repeated_demand_gets_the_same_notice(store: Store):
    """The number of repetitions makes no difference."""
    answers = [issued(store, demand()) for _ in range(3)]

    assert [answer.due.notice.nav for answer in answers] == [nav(1)] * 3
    assert [answer.again for answer in answers] == [False, True, True]
    assert count(store, "position") == 1


SAME = {
    "another prefix": '<s:service xmlns:s="http://esempio.invalid/sosta"><s:targa>AA000AA</s:targa>'
    "<s:importo>12.50</s:importo></s:service>",
    "indented": '<service xmlns="http://esempio.invalid/sosta">\n  <targa>AA000AA</targa>\r\n'
    "  <importo>\n12.50\n</importo>\n</service>\n",
    "comments": "<!-- a -->" + PLATE.format("AA0<!-- b -->00AA", "<?c?><importo>12.50</importo>"),
    "character data": PLATE.format("<![CDATA[AA000AA]]>", "<importo>12&#46;50</importo>"),
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
def test_demand_with_another_layout_gets_the_same_notice(store: Store, data: str):
    """Prefixes, indents, comments and CDATA sections make no difference."""
    first = issued(store, demand("READS", PLATE.format("AA000AA", "<importo>12.50</importo>")))

    assert issued(store, demand("READS", data)).again
    assert first.due.notice.amount == 1250


def test_demand_in_another_encoding_gets_the_same_notice(store: Store):
    """The encodings are UTF-8 and UTF-16, with and without a byte order mark."""
    plain = "<richiesta>città</richiesta>"
    utf16 = f'<?xml version="1.0" encoding="UTF-16"?>{plain}'.encode("utf-16")

    assert not issued(store, demand("FIXED", plain)).again
    assert issued(store, demand("FIXED", plain.encode("utf-8-sig"))).again
    assert issued(store, demand("FIXED", utf16)).again


OTHER = {
    "text": "<r><a>x</a><b>z</b></r>",
    "order": "<r><b>y</b><a>x</a></r>",
    "name": "<r><a>x</a><c>y</c></r>",
    "namespace": '<r xmlns="urn:other"><a>x</a><b>y</b></r>',
    "nesting": "<r><a>x<b>y</b></a></r>",
    "attribute": '<r><a kind="x">x</a><b>y</b></r>',
    "text after an element": "<r><a>x</a>y<b/></r>",
    "more": "<r><a>x</a><b>y</b><b>y</b></r>",
}


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)
def test_demand_with_other_content_gets_another_notice(store: Store, data: str):
    """Two people with similar data never get one notice."""
    issued(store, demand("FIXED", "<r><a>x</a><b>y</b></r>"))

    assert not issued(store, demand("FIXED", data)).again


def test_demand_for_another_service_gets_another_notice(store: Store):
    """Both identifiers of the service count."""
    with store.begin() as connection:
        for service, subject in (("OTHER", SUBJECT), ("FIXED", "00008")):
            write.put_service(connection, ORGANIZATION, service, subject, "declared", FIXED)

    demands = [demand("FIXED"), demand("OTHER"), demand("FIXED", subject="00008")]
    assert [issued(store, each).again for each in demands] == [False, False, False]


def test_demand_repeated_after_the_window_gets_another_notice(store: Store):
    """The new notice is remembered in turn."""
    first = issued(store, demand())
    within = issued(store, demand(), NOW + WINDOW - SECOND)
    after = issued(store, demand(), NOW + WINDOW)
    again = issued(store, demand(), NOW + WINDOW + SECOND)

    numbers = [each.due.notice.nav for each in (first, within, after, again)]
    assert numbers == [nav(1), nav(1), nav(2), nav(2)]


def test_demand_without_a_window_gets_its_own_notice(store: Store):
    """Two demands at the same time get two notices."""
    office = SpontaneousNotices(store, timedelta())

    answers = [office(demand(), NOW) for _ in range(2)]

    assert [isinstance(each, NoticeIssued) and each.again for each in answers] == [False, False]


@pytest.mark.parametrize(
    "facts",
    [{"paid_at": NOW, "receipt_id": "r-1"}, {"reported_at": NOW}, {"due_at": NOW - SECOND}],
    ids=["paid", "reported", "expired"],
)
def test_demand_repeated_after_payment_gets_another_notice(store: Store, facts: dict[str, object]):
    """A notice that is not payable is not answered again."""
    change(store, issued(store, demand()).due.notice.nav, **facts)

    answer = issued(store, demand(), NOW + SECOND)

    assert (answer.again, answer.due.notice.nav) == (False, nav(2))


def test_demand_repeated_after_deletion_gets_another_notice(store: Store):
    """The stored demand outlives the position."""
    issued(store, demand())
    with store.begin() as connection:
        connection.execute(delete(tables.position))

    assert issued(store, demand()).due.notice.nav == nav(2)


def test_repeated_demand_is_answered_with_the_current_amount(store: Store):
    """The amount was changed after the first answer."""
    change(store, issued(store, demand()).due.notice.nav, amount=700)

    again = issued(store, demand())

    assert (again.again, again.due.notice.amount) == (True, 700)


def test_number_that_was_loaded_is_skipped(store: Store):
    """Numbers are issued as for any other position."""
    issued(store, demand())
    change(store, nav(1), iuv=nav(2)[1:])

    assert issued(store, demand(data="<altra/>")).due.notice.nav == nav(3)


def test_failure_while_issuing_stores_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Position, number and demand are stored in one transaction."""

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("gpd_soap.store.positions.insert.matching.settle_unmatched", fail)
    with pytest.raises(RuntimeError):
        SpontaneousNotices(store, WINDOW)(demand(), NOW)

    assert [count(store, name) for name in ("position", "demand", "iuv_serial")] == [0, 0, 0]


def test_demand_of_an_unknown_kind_raises(store: Store):
    """The exception makes the answer a failure of ours."""
    with pytest.raises(UnknownKind, match="provided-by-nobody"):
        SpontaneousNotices(store, WINDOW)(demand("NOONE"), NOW)


def test_demand_with_invalid_settings_raises(store: Store):
    """The exception makes the answer a failure of ours."""
    with pytest.raises(BadSettings, match="amount"):
        SpontaneousNotices(store, WINDOW)(demand("WRONG"), NOW)


def test_refusal_repeats_no_data_of_the_demand(store: Store):
    """Neither the PSP nor the journal gets a name or a fiscal code from it."""
    debtor = "RSSMRA00A01A000A"
    sent = [
        PLATE.format(debtor, "<importo>1.00</importo>"),
        PLATE.format("AA000AA", f"<importo>{debtor}</importo>"),
        PLATE.format("AA000AA", f"<{debtor}/>"),
        f"<{debtor}/>",
        f'<{debtor} xmlns="{debtor}"/>',
        PLATE.format("AA000AA", f'<importo {debtor}="{debtor}">1.00</importo>'),
    ]

    for data in sent:
        refusal = refused(store, demand("PLATE", data))

        assert debtor not in refusal.description + refusal.rule
        assert refusal.fault is PaaFault.PAA_SINTASSI_XSD


def test_stored_demand_has_no_data(store: Store):
    """Only a digest is stored."""
    issued(store, demand("FIXED", "<r>RSSMRA00A01A000A</r>"))

    with store.begin() as connection:
        row = connection.execute(select(DEMAND)).one()
    assert (row.organization, len(row.digest), row.nav) == (ORGANIZATION, 64, nav(1))


def test_demand_to_another_organization_gets_another_notice(store: Store):
    """The organization is part of the key of a demand."""
    other = "88888888888"
    with store.begin() as connection:
        write.put_organization(connection, other, "Provincia di Esempio")
        write.put_serving(connection, other, samples.ROUTE.station, "01")
        write.put_service(connection, other, "FIXED", SUBJECT, "declared", FIXED)
    issued(store, demand())

    repeated: Demand = demand(organization=other)

    assert not issued(store, repeated).again
