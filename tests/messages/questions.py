"""The cases of verify and getPayment ("Configuration", rules 1 to 4; "Payable", rules 1 to 12)."""

from typing import Any

from tests import world
from tests.messages.build import (
    STAMP,
    claim,
    described,
    metadata,
    payment,
    qr,
    tags,
    transfer,
)
from tests.messages.case import Case, good, refused
from tests.world import nav

VERIFY, GET, GET2 = "paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2"

UNKNOWN = "Il numero avviso non corrisponde a un pagamento in attesa presso l'ente."
WITHDRAWN = "L'ente ha annullato questo avviso: il pagamento non è più dovuto."
NOT_YET = "L'avviso non è ancora pagabile."
PAID = "L'avviso risulta già pagato."
EXCLUDED = "L'avviso non è più pagabile: il debito risulta pagato in altra forma."
EXPIRED = "Il termine per pagare questo avviso è scaduto: rivolgersi all'ente."
DOMAIN = "Il codice indicato in {} non corrisponde all'ente a cui è rivolta la richiesta."
BROKER = "L'intermediario indicato non opera per l'ente."
STATION = "La stazione indicata non è configurata per l'ente e l'intermediario."
NO_STAMPS = "L'avviso comprende una marca da bollo, acquistabile solo con paGetPaymentV2."
NO_POSTAL = (
    "È richiesto l'accredito su conto corrente postale, ma l'avviso non ne ha uno"
    " per il primo versamento."
)
FAILED = "Il servizio dell'ente non è al momento disponibile: riprovare più tardi."

S, D, A, E = (
    f"PAA_PAGAMENTO_{word}" for word in ("SCONOSCIUTO", "DUPLICATO", "ANNULLATO", "SCADUTO")
)

#: Each refusal of "Payable", rules 1 to 6: the notice, the promise, code and sentence.
STATES = [
    ("unknown", nav(99), "a notice that we never issued is unknown", S, UNKNOWN),
    ("unknown-by-check-digits", "301000000000000199", "a notice with wrong check digits is unknown",
     S, UNKNOWN),
    ("unknown-by-aux-digit", "0" * 17 + "1", "a notice with another aux digit is unknown",
     S, UNKNOWN),
    ("withdrawn", nav(13), "a withdrawn notice is cancelled", A, WITHDRAWN),
    ("withdrawn-and-expired", nav(14), "withdrawn comes before expired", A, WITHDRAWN),
    ("draft", nav(15), "a draft is unknown to the Node", S, NOT_YET),
    ("not-yet-valid", nav(16), "a notice is unknown before its validity date", S, NOT_YET),
    ("paid", nav(17), "a paid notice is a duplicate", D, PAID),
    ("reported", nav(18), "a reported notice is a duplicate even without a receipt", D, PAID),
    ("single-excluded-by-plan", nav(19), "an installment paid excludes the single option", S,
     EXCLUDED),
    ("installment-paid", nav(20), "an installment that is paid is a duplicate", D, PAID),
    ("plan-excluded-by-plan", nav(24), "an installment paid excludes every other plan", S,
     EXCLUDED),
    ("expired", nav(11), "past due with switchToExpired is expired", E, EXPIRED),
]  # fmt: skip

#: Each refusal of "Configuration", rules 1 to 4: route, organization of the notice, code, sentence.
CONFIGURATION = [
    ("organization-unknown", {"organization": world.STRANGER}, world.STRANGER,
     "PAA_ID_DOMINIO_ERRATO", DOMAIN.format("idPA")),
    ("organization-before-broker", {"organization": world.STRANGER, "broker": "nobody"},
     world.STRANGER, "PAA_ID_DOMINIO_ERRATO", DOMAIN.format("idPA")),
    ("notice-of-another", {}, world.OTHER, "PAA_ID_DOMINIO_ERRATO", DOMAIN.format("fiscalCode")),
    ("broker-unknown", {"broker": "nobody"}, world.ORGANIZATION, "PAA_ID_INTERMEDIARIO_ERRATO",
     BROKER),
    ("broker-before-station", {"broker": "nobody", "station": "nowhere"}, world.ORGANIZATION,
     "PAA_ID_INTERMEDIARIO_ERRATO", BROKER),
    ("station-unknown", {"station": "nowhere"}, world.ORGANIZATION, "PAA_STAZIONE_INT_ERRATA",
     STATION),
    ("station-of-another-broker", {"broker": world.OTHER_BROKER}, world.ORGANIZATION,
     "PAA_STAZIONE_INT_ERRATA", STATION),
    ("station-serves-others", {"station": world.SECOND_STATION}, world.ORGANIZATION,
     "PAA_STAZIONE_INT_ERRATA", STATION),
]  # fmt: skip


def ask(notice: str, **more: object) -> str:
    """Return the content of a request about a notice; `more` has getPayment's own elements."""
    return claim() + qr(notice) + tags(**more)


def refusals() -> list[Case]:
    """Return every refusal, for each of the three primitives: they share one rule."""
    cases = []
    for primitive in (VERIFY, GET, GET2):
        for name, notice, promise, code, sentence in STATES:
            purpose = f"To {primitive}, {promise}."
            cases.append(refused(primitive, name, purpose, ask(notice), code, sentence))
        for name, claimed, of, code, sentence in CONFIGURATION:
            facts: dict[str, Any] = {"signed": claimed.get("organization", world.ORGANIZATION)}
            purpose = f"{primitive}: {name.replace('-', ' ')} is refused before the notice is read."
            content = claim(**claimed) + qr(nav(1), of)
            cases.append(refused(primitive, name, purpose, content, code, sentence, **facts))
        for name, serial, promise in BROKEN:
            purpose = f"{primitive}: {promise}, and no invalid response is sent."
            if primitive != VERIFY or name == "unspeakable":
                code = "PAA_SYSTEM_ERROR"
                cases.append(refused(primitive, name, purpose, ask(nav(serial)), code, FAILED))
    return cases


#: Stored positions that no API accepts.
BROKEN = [
    ("sum-is-wrong", 29, "transfers that do not sum to the amount are our failure"),
    ("no-transfers", 30, "a notice without transfers is our failure"),
    ("unspeakable", 31, "a text that no XML can carry is our failure"),
    ("empty-account", 32, "an account that breaks the contract is our failure"),
]

PROBE = "0" * 18
PROBED = {"then": {"probe": [{"organization": world.ORGANIZATION, "station": world.STATION}]}}
NOBODY = claim("00000000000", "{idBrokerPA}", "{idStation}") + qr(PROBE, "00000000000")
PROBED_NOBODY = {
    "then": {"probe": [{"organization": "00000000000", "station": "{idStation}"}]},
    "signed": "00000000000",
}

VERIFIED = [
    good(VERIFY, "single", "A payable notice is answered with its amount and due date.",
         ask(nav(1)), described(1, "100.00")),
    good(VERIFY, "installment", "An installment is payable while its plan is.",
         ask(nav(2)), described(2, "40.00")),
    good(VERIFY, "single-beside-plan", "The single option is payable while no installment is paid.",
         ask(nav(5)), described(5, "120.00")),
    good(VERIFY, "second-installment", "An installment paid does not exclude its own plan.",
         ask(nav(21)), described(21, "40.00")),
    good(VERIFY, "second-of-plan", "The other installments of a plan in payment stay payable.",
         ask(nav(23)), described(23, "50.00")),
    good(VERIFY, "two-beneficiaries", "The amount is the sum for all beneficiaries.",
         ask(nav(6)), described(6, "100.50")),
    good(VERIFY, "all-ccp", "allCCP is true when every transfer has a postal account.",
         ask(nav(7)), described(7, "105.00", ccp=True)),
    good(VERIFY, "not-all-ccp", "allCCP is false when one transfer has none.",
         ask(nav(28)), described(28, "105.00")),
    good(VERIFY, "past-due-payable", "Without switchToExpired a notice is payable after its date.",
         ask(nav(12)), described(12, "100.00", due="2026-03-15")),
    good(VERIFY, "texts", "Texts are answered whole, with accents and markup characters.",
         ask(nav(27)),
         described(27, "25.50", description='Tassa su "tutto" & altro, città',
                   office="Ufficio Tributi")),
    refused(VERIFY, "probe", "The probe is answered SCONOSCIUTO and recorded.",
            ask(PROBE), S, UNKNOWN, **PROBED),
    refused(VERIFY, "probe-of-nobody", "The probe is answered before any configuration check.",
            NOBODY, S, UNKNOWN, **PROBED_NOBODY),
]  # fmt: skip

DOCUMENT = tags(
    uniqueIdentifier=tags(
        entityUniqueIdentifierType="G", entityUniqueIdentifierValue="00000000000"
    ),
    fullName="Società Inventata <& Co.>", streetName="Via dell'Esempio", civicNumber="1/A",
    postalCode="00100", city="Roma", stateProvinceRegion="RM", country="IT",
) + "<e-mail>nessuno@esempio.invalid</e-mail>"  # fmt: skip

EVERYTHING: dict[str, str | None] = {
    "retention": "2026-05-10T23:59:59",
    "last": "true",
    "description": 'Tassa su "tutto" & altro, città',
    "office": "Ufficio Tributi",
    "debtor": DOCUMENT,
    "metadata": metadata(A="1", B="2"),
}


def payments(primitive: str) -> list[Case]:
    """Return the cases of both versions of getPayment; V2 adds companyName to a transfer."""
    v2 = primitive == GET2

    def known(company: str) -> str | None:
        return company if v2 else None

    note = {"NOTE": "due"}
    postal = {"transferType": "POSTAL"}
    support = {"IBANAPPOGGIO": world.POSTAL}
    return [
        good(primitive, "single", "A payable notice is answered with everything a payment needs.",
             ask(nav(1)), payment(1, "100.00")),
        good(primitive, "amount-is-ignored", "The requested amount is ignored.",
             ask(nav(1), amount="1.00", paymentNote="nota", dueDate="2020-01-01"),
             payment(1, "100.00")),
        good(primitive, "two-beneficiaries", "Each beneficiary has its transfer.",
             ask(nav(6)),
             payment(6, "100.50", transfer(1, "70.00"),
                     transfer(2, "30.50", world.SECOND_BANK, organization=world.OTHER,
                              company=known("Provincia di Esempio")))),
        good(primitive, "any-account", "Without transferType the bank account is answered.",
             ask(nav(7)),
             payment(7, "105.00", transfer(1, "100.00"), transfer(2, "5.00", entries=note))),
        good(primitive, "any-account-only-postal", "A lone postal account is answered as IBAN.",
             ask(nav(8)), payment(8, "100.00", transfer(1, "100.00", world.POSTAL))),
        good(primitive, "postal", "POSTAL is answered with the postal accounts.",
             ask(nav(7), transferType="POSTAL"),
             payment(7, "105.00", transfer(1, "100.00", world.POSTAL),
                     transfer(2, "5.00", world.POSTAL, entries=note))),
        refused(primitive, "postal-without", "POSTAL needs a postal account for transfer 1.",
                ask(nav(1), **postal), "PAA_SEMANTICA", NO_POSTAL),
        refused(primitive, "postal-second-only", "A postal account of transfer 2 is not enough.",
                ask(nav(28), **postal), "PAA_SEMANTICA", NO_POSTAL),
        good(primitive, "pagopa", "PAGOPA gets the bank account, the postal one as IBANAPPOGGIO.",
             ask(nav(7), transferType="PAGOPA"),
             payment(7, "105.00", transfer(1, "100.00", entries=support),
                     transfer(2, "5.00", entries={**note, **support}))),
        good(primitive, "pagopa-bank-only", "PAGOPA gets no IBANAPPOGGIO for a single account.",
             ask(nav(1), transferType="PAGOPA"), payment(1, "100.00")),
        good(primitive, "everything", "Every optional element is answered as it is stored.",
             ask(nav(27)),
             payment(27, "25.50",
                     transfer(1, "25.50", company=known("Comune & Figli <S.p.A.>"),
                              entries={"CHIAVE": "è «sì»"}), **EVERYTHING)),
        good(primitive, "past-due-payable", "The due date is the stored one, also when it is past.",
             ask(nav(12)), payment(12, "100.00", due="2026-03-15")),
    ]  # fmt: skip


STAMPS = [
    refused(GET, "stamp", "V1 cannot carry a stamp.", ask(nav(9)), "PAA_SEMANTICA", NO_STAMPS),
    good(GET2, "stamp", "A stamp is answered as richiestaMarcaDaBollo.", ask(nav(9)),
         payment(9, "116.00", transfer(1, "100.00"), transfer(2, "16.00", None, stamp=STAMP))),
    good(GET2, "stamp-alone", "A notice may be for a stamp alone.", ask(nav(10)),
         payment(10, "16.00", transfer(1, "16.00", None, stamp=STAMP))),
    refused(GET2, "stamp-first-postal", "A stamp has no postal account.",
            ask(nav(10), transferType="POSTAL"), "PAA_SEMANTICA", NO_POSTAL),
]  # fmt: skip

CASES = [*VERIFIED, *payments(GET), *payments(GET2), *STAMPS, *refusals()]
