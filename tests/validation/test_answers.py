"""An accepted position makes answers that the Node accepts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gpd_soap.contract.schema import Schema
from gpd_soap.core.codes import COUNTRIES
from gpd_soap.core.debt import NodeRoute, Notice
from gpd_soap.core.faults import Refusal
from gpd_soap.core.notice import NoticeNumber
from gpd_soap.core.payable import payable
from gpd_soap.core.payment import due, offer
from gpd_soap.core.position import NewPosition
from gpd_soap.core.text import clean, invisible
from gpd_soap.soap import codec, models
from gpd_soap.soap.node_rules import broken_rule
from gpd_soap.soap.responses import Outcome, to_response
from gpd_soap.store import tables
from gpd_soap.store.positions import insert
from gpd_soap.store.store import Store
from gpd_soap.validation.convert import check, position_of
from tests.conftest import KINDS, LendDatabase
from tests.drawn import draws
from tests.store.samples import ACTOR, prepare
from tests.validation.bodies import BANK, HASH, ORGANIZATION, OTHER, POSTAL, body, iuv

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
ROUTE = NodeRoute(ORGANIZATION, "15376371009", "15376371009_01")
CONTRACT = Schema()
TRANSFER_TYPES = (None, "POSTAL", "PAGOPA")

CHARACTERS = st.characters(exclude_categories=["Cc", "Cs", "Cn"])
VISIBLE = CHARACTERS.filter(lambda character: invisible(character) is None)

Body = dict[str, Any]


def fits_a_path(name: str) -> bool:
    """Return whether a URL path can have this name."""
    return "/" not in name and name not in (".", "..")


def texts(
    most: int, least: int = 1, characters: st.SearchStrategy[str] = VISIBLE
) -> st.SearchStrategy[str]:
    """Generate texts of accepted characters, the longest included."""
    return st.text(characters, min_size=least, max_size=min(most, 12)).filter(
        lambda text: least <= len(clean(text)) <= most
    ) | st.sampled_from(
        ["x" * most, "è" * most, "&<>]]>'\""[: max(most, least)], "\U0001f600" * most]
    )


def prose() -> st.SearchStrategy[str]:
    """Generate texts for the payer, which may have invisible characters."""
    return texts(140, characters=CHARACTERS)


entries = st.lists(
    st.fixed_dictionaries({"key": texts(140), "value": prose()}),
    max_size=10,
    unique_by=lambda entry: clean(entry["key"]),
)
accounts: st.SearchStrategy[Body] = st.sampled_from(
    [{"iban": BANK}, {"postalIban": POSTAL}, {"iban": BANK, "postalIban": POSTAL},
     {"stamp": {"hashDocument": HASH, "stampType": "01", "provincialResidence": "RM"}}]
)  # fmt: skip
addresses = st.fixed_dictionaries(
    {},
    optional={
        "streetName": texts(70),
        "civicNumber": texts(16),
        "postalCode": texts(16),
        "city": texts(35),
        "province": texts(35),
        "region": texts(35),
        "phone": texts(35),
        "country": st.sampled_from(sorted(COUNTRIES)),
        "email": st.from_regex(
            r"[a-zA-Z0-9_.+-]{1,9}@[a-z0-9-]{1,9}(\.[a-z-]{1,9}){0,2}", fullmatch=True
        ),
        "officeName": texts(140),
        "validityDate": st.sampled_from(["2026-03-16", "2000-01-01T00:00:00Z", None]),
        "payStandIn": st.booleans(),
    },
)


@st.composite
def transfers(draw: st.DrawFn, number: int) -> Body:
    """Generate a transfer."""
    optional = {"organizationFiscalCode": st.sampled_from([ORGANIZATION, OTHER]),
                "companyName": texts(140), "transferMetadata": entries}  # fmt: skip
    return {
        "idTransfer": str(number),
        "amount": draw(st.integers(1, 99_999_999_999 // 5)),
        "remittanceInformation": draw(prose()),
        "category": draw(st.sampled_from(["0101002IM", "9/0101002IM/", "è" * 140])),
        **draw(accounts),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


@st.composite
def options(draw: st.DrawFn, serial: int) -> Body:
    """Generate an option, single or of the plan."""
    drawn = [draw(transfers(number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    days = draw(st.dates(datetime(2026, 3, 17).date(), datetime(2999, 12, 30).date()))  # noqa: DTZ001  # days, not instants
    optional = {"paymentOptionMetadata": entries, "retentionDate": st.just("2999-12-31")}
    return {
        "iuv": iuv(serial),
        "amount": sum(transfer["amount"] for transfer in drawn),
        "description": draw(prose()),
        "isPartialPayment": draw(st.booleans()),
        "dueDate": days.isoformat(),
        "transfer": drawn,
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Generate a position that the check may accept."""
    return {
        "iupd": draw(texts(255).filter(fits_a_path)),
        "type": draw(st.sampled_from("FG")),
        "fiscalCode": draw(texts(16, 2)),
        "fullName": draw(texts(70)),
        "companyName": draw(texts(140)),
        "switchToExpired": draw(st.booleans()),
        "paymentOption": [
            draw(options(serial)) for serial in range(1, draw(st.integers(1, 3)) + 1)
        ],
        **draw(addresses),
    }


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Store:
    """A store with the organization."""
    return shared_database(request.param, prepare).store


def never() -> NoticeNumber:
    """Fail, because every option has its number."""
    raise AssertionError


def stored_notices(store: Store, position: NewPosition) -> list[Notice]:
    """Store the position alone, and return its notices as the store reads them."""
    with store.begin() as connection:
        connection.execute(tables.transfer.delete())
        connection.execute(tables.payment_option.delete())
        connection.execute(tables.position.delete())
        insert.add(connection, [position], NOW, ACTOR)
    notices = [store.notice(ROUTE, option.nav).notice for option in position.options]
    return [notice for notice in notices if notice is not None]


def checked_answer(outcome: Outcome, response: Any) -> Any:
    """Return the answer to an outcome, after checking it by the schema and the Node's rules."""
    answer = to_response(outcome, response, ORGANIZATION)
    content = codec.writer(response)(answer)
    name = response.get_type_name()
    text = f'<p:{name} xmlns:p="{models.NAMESPACE}">{content}</p:{name}>'
    assert CONTRACT.check(etree.fromstring(text)) is None
    assert broken_rule(answer) is None
    return answer


@draws(30)
@given(content=bodies())
def test_every_accepted_position_fits_every_answer(store: Store, content: Body):
    """These are verify and getPayment V1 and V2, with every transferType."""
    checked = check(content, ORGANIZATION)
    assert checked.errors == ()
    assert checked.body is not None
    position = position_of(checked.body, ORGANIZATION, NOW - timedelta(days=1), never)

    notices = stored_notices(store, position)

    assert len(notices) == len(position.options)
    for notice, option in zip(notices, position.options, strict=True):
        assert notice.transfers == tuple(sorted(option.transfers))
        assert payable(notice, NOW) is None
        verified = checked_answer(due(ORGANIZATION, notice), models.PaVerifyPaymentNoticeRes)
        assert verified.outcome == "OK"
        for transfer_type in TRANSFER_TYPES:
            for response in (models.PaGetPaymentRes, models.PaGetPaymentV2Response):
                stamps = response is models.PaGetPaymentV2Response
                outcome = offer(notice, transfer_type, stamps=stamps)
                answer = checked_answer(outcome, response)
                assert (answer.outcome == "KO") == isinstance(outcome, Refusal)
                expected = _may_be_refused(notice, transfer_type, stamps=stamps)
                assert isinstance(outcome, Refusal) == expected


def _may_be_refused(notice: Notice, transfer_type: str | None, *, stamps: bool) -> bool:
    """Return whether V1 refuses a stamp, or POSTAL a transfer 1 without a postal account."""
    first = next(transfer for transfer in notice.transfers if transfer.number == 1)
    stamped = any(transfer.stamp for transfer in notice.transfers)
    return (stamped and not stamps) or (transfer_type == "POSTAL" and first.postal_iban is None)


@given(st.text(st.characters(), max_size=40))
def test_accepted_text_survives_xml(content: str):
    """Any other text is refused."""
    checked = check(body(fullName=content), ORGANIZATION)
    if checked.body is not None:
        element = etree.Element("x")
        element.text = checked.body.full_name
        assert etree.fromstring(etree.tostring(element)).text == clean(content)
    else:
        assert {error.rule for error in checked.errors} <= {"characters", "length"}
