"""An invented organization with spontaneous services, and demands for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.faults import Refusal
from gpd_soap.core.notice import issue
from gpd_soap.core.payment import Demand, NoticeIssued
from gpd_soap.store import tables
from gpd_soap.store.configuration import write
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=30)
ORGANIZATION, NAME, STRANGER = "77777777777", "Comune di Esempio", "99999999999"
ROUTE = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
BANK, POSTAL = "IT60X0542811101000000123456", "IT46X0760103200000000123456"
SUBJECT = "00009"

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://esempio.invalid/sosta" elementFormDefault="qualified">
 {}
</xs:schema>"""
PLATES = XSD.format("""<xs:element name="service"><xs:complexType><xs:sequence>
  <xs:element name="targa"><xs:simpleType><xs:restriction base="xs:string">
   <xs:pattern value="[A-Z]{2}[0-9]{3}[A-Z]{2}"/></xs:restriction></xs:simpleType></xs:element>
  <xs:element name="importo" type="xs:decimal"/>
 </xs:sequence><xs:attribute name="tipo"/></xs:complexType></xs:element>""")
PLATE = '<service xmlns="http://esempio.invalid/sosta"><targa>{}</targa>{}</service>'

ACCOUNT: dict[str, Any] = {"iban": BANK, "category": "0101002IM", "segregationCode": "01"}
FIXED: dict[str, Any] = {"description": "Diritti di segreteria", "amount": 500, **ACCOUNT}
READ: dict[str, Any] = {"description": "Sosta", "amountElement": "importo", **ACCOUNT}
SERVICES: dict[str, tuple[str, dict[str, Any]]] = {
    "FIXED": ("declared", FIXED),
    "PLATE": ("declared", {**READ, "schema": PLATES}),
    "READS": ("declared", READ),
    "ALIEN": ("parking", {"rate": 150}),
    "NOONE": ("provided-by-nobody", {}),
    "WRONG": ("declared", {"amount": "500"}),
}


def prepare(url: str) -> None:
    """Make a database with every table and our configuration."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        write.put_organization(connection, ORGANIZATION, NAME)
        write.put_broker(connection, ROUTE.broker)
        write.put_station(connection, ROUTE.station, ROUTE.broker)
        write.put_serving(connection, ORGANIZATION, ROUTE.station, "01")
        for service, (kind, settings) in SERVICES.items():
            write.put_service(connection, ORGANIZATION, service, SUBJECT, kind, settings)
    store.close()


def demand(
    service: str = "FIXED",
    data: str | bytes = "<richiesta/>",
    *,
    subject: str = SUBJECT,
    **claimed: str,
) -> Demand:
    """Return a demand for a service of ours, with its data decoded."""
    raw = data.encode() if isinstance(data, str) else data
    return Demand(ROUTE._replace(**claimed), service, subject, raw)


def issued(store: Store, demand: Demand, now: datetime = NOW) -> NoticeIssued:
    """Return the notice that a demand gets."""
    answer = SpontaneousNotices(store, WINDOW)(demand, now)
    assert isinstance(answer, NoticeIssued), answer
    return answer


def refused(store: Store, demand: Demand) -> Refusal:
    """Return the refusal that a demand gets."""
    answer = SpontaneousNotices(store, WINDOW)(demand, NOW)
    assert isinstance(answer, Refusal), answer
    return answer


def nav(serial: int) -> str:
    """Return the nth notice number that is issued."""
    return issue("01", serial).nav


def count(store: Store, table: str) -> int:
    """Return the number of rows of a table."""
    with store.begin() as connection:
        statement = select(func.count()).select_from(tables.metadata.tables[table])
        return connection.execute(statement).scalar_one()
