"""The built-in kind of service: its settings, and the data that it reads."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gpd_soap.core import money
from gpd_soap.core.debt import Debtor
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.usecases.spontaneous.declared import Declared, Settings
from gpd_soap.usecases.spontaneous.quote import Account, Quote
from tests.usecases.spontaneous.samples import (
    ACCOUNT,
    BANK,
    FIXED,
    NOW,
    PLATE,
    PLATES,
    POSTAL,
    READ,
    XSD,
)

NAMES = {
    "debtorCodeElement": "codice",
    "debtorNameElement": "nome",
    "descriptionElement": "causale",
}
LONG = "x" * 141


def quote(data: str, settings: dict[str, Any], now: datetime = NOW) -> Quote:
    """Return the quote of a service."""
    answer = Declared().quote(data.encode(), settings, now)
    assert isinstance(answer, Quote), answer
    return answer


def refusal(data: str, settings: dict[str, Any]) -> Refusal:
    """Return the refusal of a service."""
    answer = Declared().quote(data.encode(), settings, NOW)
    assert isinstance(answer, Refusal), answer
    return answer


def sentence_of(data: str, settings: dict[str, Any]) -> str:
    """Return the sentence that the PSP shows for invalid service data."""
    no = refusal(data, settings)
    assert no.fault is PaaFault.PAA_SINTASSI_XSD
    return no.description.removeprefix("I dati specifici del servizio non sono validi: ")


@pytest.mark.parametrize(
    ("unit", "text", "cents"),
    [
        (None, "12.50", 1250),
        ("euro", "12.50", 1250),
        ("euro", " 0012.50\n", 1250),
        ("euro", "0.01", 1),
        ("euro", "16", 1600),
        ("euro", "16.7", 1670),
        (None, "0016", 1600),
        ("euro", "999999999.99", money.MAX_CENTS),
        ("cents", "1250", 1250),
        ("cents", "99999999999", money.MAX_CENTS),
    ],
)
def test_amount_is_read_in_the_configured_unit(unit: str | None, text: str, cents: int):
    """Euros, the default, may have one or two decimals, as `xs:decimal`; cents have none."""
    settings = {**READ, "amountUnit": unit} if unit else READ

    assert quote(f"<s><importo>{text}</importo></s>", settings).amount == cents


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        *(("cents", "12.50"), ("cents", "12.5"), ("euro", "12.500"), ("euro", "12.")),
        *(("euro", "12,50"), ("euro", "1.234,50"), ("euro", "1 000.00"), ("euro", "1e3")),
        *(
            ("euro", "NaN"),
            ("euro", ""),
            ("euro", "+1.00"),
            ("euro", "\u0661.\u0662\u0662"),
            ("cents", "²"),
        ),
    ],
)
def test_amount_in_another_unit_is_refused(unit: str, text: str):
    """Nothing is guessed about decimals, groups of thousands and exponents."""
    settings = {**READ, "amountUnit": unit}

    assert (
        sentence_of(f"<s><importo>{text}</importo></s>", settings)
        == "l'elemento importo non è un importo."
    )


@pytest.mark.parametrize("text", ["0.00", "-1.00", "1000000000.00", "9" * 5000 + ".00"])
def test_amount_out_of_range_is_a_semantic_fault(text: str):
    """The text is an amount, but no message can carry it."""
    no = refusal(f"<s><importo>{text}</importo></s>", READ)

    assert no.fault is PaaFault.PAA_SEMANTICA
    assert no.description == "L'importo indicato in importo non è ammesso."


def test_fixed_amount_is_not_read_from_the_data():
    """The content of the data makes no difference."""
    assert quote("<s><importo>0.01</importo></s>", FIXED).amount == 500


def test_texts_of_the_data_replace_the_configured_ones():
    """The description and the debtor are put on one line."""
    settings = {**READ, **NAMES}
    data = (
        "<s><importo>1.00</importo><causale> Sosta\n  in centro </causale>"
        "<codice>RSSMRA00A01A000A</codice><nome>Maria\tEsempio</nome></s>"
    )

    quoted = quote(data, settings)

    assert quoted.description == "Sosta in centro"
    assert quoted.debtor == Debtor("F", "RSSMRA00A01A000A", "Maria Esempio")


@pytest.mark.parametrize("more", ["", "<causale/><codice> </codice><nome/>"])
def test_missing_or_empty_text_is_the_configured_one(more: str):
    """Only the element of the amount is required."""
    quoted = quote(f"<s><importo>1.00</importo>{more}</s>", {**READ, **NAMES})

    assert quoted.description == "Sosta"
    assert quoted.debtor == Debtor("F", "ANONIMO", "ANONIMO")


def test_debtor_code_of_eleven_digits_is_a_company():
    """Any other code is that of a person."""
    data = "<s><importo>1.00</importo><codice>{}</codice></s>"

    kinds = [quote(data.format(c), {**READ, **NAMES}).debtor.kind for c in ("00000000191", "1234")]

    assert kinds == ["G", "F"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("<s/>", "manca l'elemento importo."),
        ("<s><importo>1.00</importo><importo>2.00</importo></s>", "l'elemento importo è ripetuto."),
        (
            "<s><importo>1.00<a/></importo></s>",
            "l'elemento importo contiene altri elementi.",
        ),
        (
            f"<s><importo>1.00</importo><causale>{LONG}</causale></s>",
            "l'elemento causale richiede da 1 a 140 caratteri.",
        ),
        (
            "<s><importo>1.00</importo><codice>A</codice></s>",
            "l'elemento codice richiede da 2 a 16 caratteri.",
        ),
        (
            f"<s><importo>1.00</importo><nome>{LONG[:71]}</nome></s>",
            "l'elemento nome richiede da 1 a 70 caratteri.",
        ),
        (
            "<s><importo>1.00</importo><nome>a&#x86;b</nome></s>",
            "l'elemento nome contiene caratteri non ammessi.",
        ),
    ],
)
def test_unreadable_element_is_named_with_its_rule(data: str, sentence: str):
    """A developer of a PSP learns what to correct."""
    assert sentence_of(data, {**READ, **NAMES}) == sentence


@pytest.mark.parametrize(
    ("namespace", "amount"), [(None, 100), ("", 200), ("urn:a", 300), ("urn:b", 400)]
)
def test_element_is_searched_in_the_configured_namespace(namespace: str | None, amount: int):
    """Without one, every namespace is searched."""
    data = (
        "<s><importo>2.00</importo><importo xmlns='urn:a'>3.00</importo>"
        "<importo xmlns='urn:b'>4.00</importo></s>"
    )
    settings = READ if namespace is None else {**READ, "namespace": namespace}
    if namespace is None:
        data = "<s><importo xmlns='urn:a'>1.00</importo></s>"

    assert quote(data, settings).amount == amount


def test_due_date_is_the_end_of_a_day_in_rome():
    """The day may differ from that in UTC, and summer time may begin before it."""
    late = datetime(2026, 3, 16, 23, 30, tzinfo=UTC)  # 00:30 of the 17th in Rome

    assert quote("<s/>", FIXED).due_at == datetime(2026, 4, 15, 21, 59, 59, 999999, UTC)
    assert quote("<s/>", {**FIXED, "dueInDays": 0}, late).due_at == datetime(
        2026, 3, 17, 22, 59, 59, 999999, UTC
    )


def test_quote_has_the_configured_account_and_names():
    """The settings are not changed."""
    more = {
        "postalIban": POSTAL,
        "remittanceInformation": "/RFB/",
        "companyName": "Comune di Altrove",
        "officeName": "Ufficio Sosta",
    }

    quoted = quote("<s/>", {**FIXED, **more})

    assert quoted.credit == Account("0101002IM", BANK, POSTAL, "/RFB/")
    assert (quoted.company_name, quoted.office_name) == ("Comune di Altrove", "Ufficio Sosta")
    assert quoted.segregation_code == "01"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (PLATE.format("no", "<importo>1.00</importo>"),
         "l'elemento targa non rispetta la regola pattern."),
        (PLATE.format("AA000AA", "<importo>uno</importo>"),
         "l'elemento importo non rispetta la regola datatype."),
        (PLATE.format("AA000AA", ""), "in service manca l'elemento importo."),
        (PLATE.format("AA000AA", "<altro/>"),
         "un elemento non previsto non è ammesso in questa posizione."),
        (PLATE.format("AA000AA", "<importo>1.00</importo><targa/>"),
         "l'elemento targa non è ammesso in questa posizione."),
        (PLATE.format("AA000AA", '<importo x="1">1.00</importo>'),
         "l'elemento importo contiene un attributo non ammesso."),
        (PLATE.format("<b/>", ""), "l'elemento targa non può contenere altri elementi."),
        ("<altro/>", "un elemento non previsto non è ammesso in questa posizione."),
        ("<service/>", "l'elemento service non è ammesso in questa posizione."),
    ],
)  # fmt: skip
def test_breach_of_the_schema_is_named_by_element_and_rule(data: str, sentence: str):
    """An element that the schema does not have is not named."""
    assert sentence_of(data, {**READ, "schema": PLATES}) == sentence


def test_data_that_follows_the_schema_is_read():
    """The quote is as without a schema."""
    data = PLATE.format("AA000AA", "<importo>7.00</importo>")

    assert quote(data, {**READ, "schema": PLATES}).amount == 700


def without(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the settings without some of them."""
    return {name: value for name, value in settings.items() if name not in names}


@pytest.mark.parametrize(
    "settings",
    [
        FIXED,
        READ,
        {**READ, **NAMES, "amountUnit": "cents", "namespace": "urn:a", "schema": PLATES},
        {**without(FIXED, "iban"), "postalIban": POSTAL, "dueInDays": 0},
    ],
)
def test_valid_settings_have_no_problem(settings: dict[str, Any]):
    """They include everything in the table of the README."""
    assert Declared().problem_with(settings) is None


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (without(FIXED, "amount"), "settings: expected either amount or amountElement"),
        ({**READ, "amount": 5}, "settings: expected either amount or amountElement"),
        ({**FIXED, "amountUnit": "euro"}, "settings: expected amountUnit only beside"),
        ({**READ, "amountUnit": "lire"}, "amountUnit: Input should be 'euro' or 'cents'"),
        (without(FIXED, "iban"), "settings: expected iban, postalIban or both"),
        ({**FIXED, "iban": "IT00X0542811101000000123456"}, "iban: the checksum"),
        ({**FIXED, "postalIban": ""}, "postalIban: expected an IBAN"),
        ({**FIXED, "amount": "500"}, "amount: Input should be a valid integer"),
        ({**FIXED, "amount": 5.0}, "amount: Input should be a valid integer"),
        ({**FIXED, "amount": True}, "amount: Input should be a valid integer"),
        ({**FIXED, "amount": 0}, "amount: "),
        ({**FIXED, "amount": money.MAX_CENTS + 1}, "amount: "),
        (without(FIXED, "description"), "description: Field required"),
        ({**FIXED, "description": ""}, "description: expected 1 to 140 characters"),
        ({**FIXED, "description": LONG}, "description: expected 1 to 140 characters"),
        ({**FIXED, "officeName": "a\x07"}, "officeName: expected 1 to 140 characters"),
        ({**FIXED, "category": ""}, "category: expected 1 to 140 characters"),
        ({**FIXED, "segregationCode": "1"}, "segregationCode: "),
        ({**FIXED, "segregationCode": "01\n"}, "segregationCode: "),
        ({**FIXED, "dueInDays": -1}, "dueInDays: "),
        ({**READ, "amountElement": "*"}, "amountElement: "),
        ({**READ, "amountElement": "{urn:a}importo"}, "amountElement: "),
        ({**READ, "descriptionElement": "a b"}, "descriptionElement: "),
        ({**READ, "namespace": "urn:}"}, "namespace: "),
        ({**FIXED, "ammount": 5}, "ammount: Extra inputs are not permitted"),
        ({**FIXED, "office_name": "a"}, "office_name: Extra inputs are not permitted"),
        ({**FIXED, "schema": "<a"}, "schema: expected well-formed XML without a DOCTYPE"),
        ({**FIXED, "schema": XSD.format("<xs:element/>")}, "schema: expected an XML Schema"),
        ({}, "description: Field required; category: Field required"),
    ],
)  # fmt: skip
def test_invalid_setting_is_named(settings: dict[str, Any], problem: str):
    """The error appears when the service is configured, not at a demand."""
    assert (Declared().problem_with(settings) or "").startswith(problem)


def test_problem_with_settings_repeats_no_value():
    """The text may be read by people who may not see an account."""
    settings = {**ACCOUNT, "iban": "IT00SEGRETO", "amount": "segreto", "description": 5}

    assert "segreto" not in (Declared().problem_with(settings) or "segreto").lower()


def test_texts_of_the_data_and_the_settings_are_normalized():
    """Blanks at the ends are dropped, and an accent is no character of its own."""
    settings = {**FIXED, **NAMES, "companyName": " Comune di Cefalu\u0300 "}
    data = "<s><codice> RSSMRA00A01A000K </codice><nome>Nicolo\u0300 Esempio</nome></s>"

    made = quote(data, settings)

    assert (made.debtor.code, made.debtor.full_name) == ("RSSMRA00A01A000K", "Nicolò Esempio")
    assert made.company_name == "Comune di Cefalù"


@pytest.mark.parametrize("element", ["codice", "nome"])
def test_invisible_character_in_the_debtor_is_refused(element: str):
    """The rule names the code point for the operator; a description may have a soft hyphen."""
    settings = {**FIXED, **NAMES}

    refused = refusal(f"<s><{element}>ab\u202ecd</{element}></s>", settings)

    assert refused.rule == f"service data: {element}, characters U+202E"
    assert quote("<s><causale>so\u00adsta</causale></s>", settings).description == "so\u00adsta"


@pytest.mark.parametrize("name", ["importo", "_", "è", "a.b-c_1", "ǅ", "ʰ1", "a²Ⅷ", "a" * 100])
def test_name_of_an_element_is_a_letter_and_then_letters_digits_and_three_marks(name: str):
    """Letters and digits are those of every script."""
    assert Declared().problem_with({**READ, "amountElement": name}) is None


@pytest.mark.parametrize(
    "name", ["", "1a", "-a", ".a", "a b", "a\n", "a:b", "{a}b", "a*", "a\u0301", "a" * 101]
)
def test_other_name_of_an_element_is_refused_by_its_pattern(name: str):
    """None of them would be searched as itself."""
    assert Declared().problem_with({**READ, "amountElement": name}) == (
        r"amountElement: String should match pattern '^[\p{L}_][\p{L}\p{N}_.\-]{0,99}$'"
    )


def test_no_validator_of_the_settings_takes_megabytes():
    """A pattern of Unicode's classes with a bound did, and every process has these settings."""
    patterns = re.findall(r"'pattern': '([^']*)'", repr(Settings.__pydantic_core_schema__))

    assert len(patterns) > 1
    assert not [pattern for pattern in patterns if "\\p" in pattern]
