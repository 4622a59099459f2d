"""The database of the message cases: one organization, every kind of notice, one instant.

All of it is invented.  A notice is known by the serial in its number: see `nav`.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from gpd_soap.core import notice as numbers
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.debt import Debtor, Metadata, Stamp, Transfer
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.positions import insert as positions
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from gpd_soap.wsgi.http import Wsgi

#: The instant of every case: 10:00 in Rome on a day before summer time.
ACTOR = Actor(ActorKind.KEY, "k-1")
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
DUE = datetime(2026, 4, 30, 21, 59, 59, 999999, tzinfo=UTC)  # the end of 30 April in Rome

ORGANIZATION, NAME = "77777777777", "Comune di Esempio"
OTHER = "88888888888"  # another organization of ours, served by another station
STRANGER = "99999999999"  # no organization of ours
BROKER, STATION, SECOND_STATION = "15376371009", "15376371009_01", "15376371009_02"
OTHER_BROKER, OTHER_STATION = "00000000191", "00000000191_01"

BANK, SECOND_BANK = "IT60X0542811101000000123456", "IT13L0306909606100000012345"
POSTAL = "IT46X0760103200000000123456"
HASH = "YXNwZXR0YXR2aSBkaSBsZWdnZXJlIHVuIGhhc2g="
DEBTOR = Debtor("F", "RSSMRA00A01A000A", "Maria Esempio")


def nav(serial: int) -> str:
    """Return the number of the notice with this serial."""
    return numbers.issue("01", serial).nav


def transfer(
    number: int = 1,
    amount: int = 10000,
    *,
    organization: str = ORGANIZATION,
    company: str | None = None,
    iban: str | None = BANK,
    postal: str | None = None,
    stamp: Stamp | None = None,
    metadata: Metadata = (),
) -> Transfer:
    """Return one transfer, by default to our bank account."""
    return Transfer(
        number, amount, organization, company, iban, postal, stamp,
        f"Versamento {number}", "0101002IM", metadata,
    )  # fmt: skip


def option(serial: int, *transfers: Transfer, **more: object) -> NewOption:
    """Return one notice, by default due on 30 April and payable now."""
    transfers = transfers or (transfer(),)
    fields: dict[str, object] = {
        "nav": nav(serial),
        "iuv": nav(serial)[1:],
        "amount": sum(t.amount for t in transfers),
        "description": f"Tributo {serial}",
        "plan": None,
        "valid_from": None,
        "due_at": DUE,
        "switch_to_expired": True,
        "retention_at": None,
        "last_payment": None,
        "metadata": (),
        "transfers": transfers,
    }
    return NewOption(**{**fields, **more})  # type: ignore[arg-type]  # the fields above


def position(iupd: str, *options: NewOption, **more: object) -> NewPosition:
    """Return one position, by default published."""
    fields: dict[str, object] = {
        "organization": ORGANIZATION,
        "iupd": iupd,
        "debtor": DEBTOR,
        "region": None,
        "phone": None,
        "company_name": NAME,
        "office_name": None,
        "pay_stand_in": True,
        "published_at": YESTERDAY,
        "withdrawn_at": None,
        "options": options,
    }
    return NewPosition(**{**fields, **more})  # type: ignore[arg-type]  # the fields above


STAMP = Stamp(HASH, "01", "RM")

POSITIONS = [
    position("SINGLE", option(1)),
    position(
        "PLAN-OR-SINGLE",
        option(2, transfer(amount=4000), plan="rate"),
        option(3, transfer(amount=4000), plan="rate"),
        option(4, transfer(amount=4000), plan="rate"),
        option(5, transfer(amount=12000)),
    ),
    position(
        "TWO-BENEFICIARIES",
        option(
            6,
            transfer(amount=7000),
            transfer(2, 3050, organization=OTHER, company="Provincia di Esempio", iban=SECOND_BANK),
        ),
    ),
    position(
        "BANK-AND-POSTAL",
        option(
            7,
            transfer(postal=POSTAL),
            transfer(2, 500, postal=POSTAL, metadata=(("NOTE", "due"),)),
        ),
    ),
    position("POSTAL-ONLY", option(8, transfer(iban=None, postal=POSTAL))),
    position(
        "STAMP-SECOND",
        option(9, transfer(), transfer(2, 1600, iban=None, stamp=STAMP)),
    ),
    position("STAMP-ALONE", option(10, transfer(amount=1600, iban=None, stamp=STAMP))),
    position("EXPIRED", option(11, due_at=YESTERDAY)),
    position("PAST-DUE-PAYABLE", option(12, due_at=YESTERDAY, switch_to_expired=False)),
    position("WITHDRAWN", option(13), withdrawn_at=YESTERDAY),
    position("WITHDRAWN-AND-EXPIRED", option(14, due_at=YESTERDAY), withdrawn_at=YESTERDAY),
    position("DRAFT", option(15), published_at=None),
    position("NOT-YET-VALID", option(16, valid_from=TOMORROW)),
    position("PAID", option(17)),
    position("REPORTED", option(18)),
    position(
        "PLAN-BEGUN",
        option(19, transfer(amount=8000)),
        option(20, transfer(amount=4000), plan="rate"),
        option(21, transfer(amount=4000), plan="rate"),
    ),
    position(
        "TWO-PLANS",
        option(22, transfer(amount=5000), plan="due rate"),
        option(23, transfer(amount=5000), plan="due rate"),
        option(24, transfer(amount=3000), plan="tre rate"),
        option(25, transfer(amount=3000), plan="tre rate"),
        option(26, transfer(amount=4000), plan="tre rate"),
    ),
    position(
        "EVERYTHING",
        option(
            27,
            transfer(
                amount=2550,
                company="Comune & Figli <S.p.A.>",
                metadata=(("CHIAVE", "è «sì»"),),
            ),
            description='Tassa su "tutto" & altro, città',
            retention_at=DUE + timedelta(days=10),
            last_payment=True,
            metadata=(("A", "1"), ("B", "2")),
        ),
        office_name="Ufficio Tributi",
        debtor=Debtor(
            "G",
            "00000000000",
            "Società Inventata <& Co.>",
            "Via dell'Esempio",
            "1/A",
            "00100",
            "Roma",
            "RM",
            "IT",
            "nessuno@esempio.invalid",
        ),
    ),
    position("FIRST-NOT-POSTAL", option(28, transfer(), transfer(2, 500, postal=POSTAL))),
    # The positions below break rules: the API accepts none of them.
    position("SUM-IS-WRONG", option(29, amount=9999)),
    position("NO-TRANSFERS", option(30)._replace(transfers=())),
    position("UNSPEAKABLE", option(31, description="una riga\x01interrotta")),
    position("EMPTY-ACCOUNT", option(32, transfer(iban=""))),
]

#: Settings of the spontaneous services of this world.
ACCOUNT: dict[str, object] = {"iban": BANK, "category": "0101002IM", "segregationCode": "01"}
PLATES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://example.invalid/tassa" elementFormDefault="qualified">
 <xs:element name="service"><xs:complexType><xs:sequence>
  <xs:element name="targa"><xs:simpleType><xs:restriction base="xs:string">
   <xs:pattern value="[A-Z]{2}[0-9]{3}[A-Z]{2}"/></xs:restriction></xs:simpleType></xs:element>
  <xs:element name="importo" type="xs:decimal"/>
 </xs:sequence></xs:complexType></xs:element></xs:schema>"""
READ: dict[str, object] = {"description": "Tassa di prova", "amountElement": "importo", **ACCOUNT}
SERVICES: list[tuple[str, str, dict[str, object]]] = [
    ("00001", "declared", {"description": "Diritti di segreteria", "amount": 500, **ACCOUNT}),
    ("00002", "declared", {**READ, "schema": PLATES, "dueInDays": 10}),
    ("00003", "declared", READ),
    ("00004", "provided by nobody", {}),
]

PAID = (17, 20, 22)
REPORTED = (18,)


def prepare(url: str) -> None:
    """Make the tables and rows of this world in an empty database."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        configuration.put_organization(connection, ORGANIZATION, NAME)
        configuration.put_organization(connection, OTHER, "Provincia di Esempio")
        for broker in (BROKER, OTHER_BROKER):
            configuration.put_broker(connection, broker)
        configuration.put_station(connection, STATION, BROKER)
        configuration.put_station(connection, SECOND_STATION, BROKER)
        configuration.put_station(connection, OTHER_STATION, OTHER_BROKER)
        configuration.put_serving(connection, ORGANIZATION, STATION, "01")
        configuration.put_serving(connection, OTHER, OTHER_STATION, "02")
        for service, kind, settings in SERVICES:
            configuration.put_service(connection, ORGANIZATION, service, "00009", kind, settings)
        positions.add(connection, POSITIONS, YESTERDAY, ACTOR)
        option = tables.payment_option
        for serial in PAID:
            paid = update(option).where(option.c.nav == nav(serial))
            connection.execute(paid.values(paid_at=YESTERDAY, receipt_id=f"paid-{serial}"))
        for serial in REPORTED:
            reported = update(option).where(option.c.nav == nav(serial))
            connection.execute(reported.values(reported_at=YESTERDAY))
    store.close()


def face(store: Store, **settings: object) -> Wsgi:
    """Return the node face over a store, at the instant of this world."""
    fields = {"public_url": "http://ec.example/partner", "journal": "log", **settings}
    return node_face(Settings(**fields), store, lambda: NOW)
