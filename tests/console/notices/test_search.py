"""Search: whatever is typed or scanned, what it was taken for, and the list of notices."""

import pytest

from gpd_soap.core.debt import Debtor
from gpd_soap.store.positions import insert
from gpd_soap.store.positions.notices import NoticeKey
from gpd_soap.validation.queries.cursors import notice_cursor
from tests.console.harness import ACTOR, ORGANIZATION, OTHER, STRANGER, Console
from tests.console.notices.office import (
    CODE,
    EXPIRED,
    NAME,
    ORG,
    PAID,
    SINGLE,
    WITHDRAWN,
    audit_of,
    one,
    text,
)
from tests.world import nav, option, position

LIST = f"{ORG}/notices"


def add_people(console: Console) -> None:
    """Store the notices of two persons of the same beginning."""
    people = [("Rossi Mario", "RSSMRA58T04X999U", 1), ("Rossi Maria", "RSSMRA71C52X999J", 2)]
    with console.store.begin() as connection:
        for name, code, first in people:
            options = [option(10_000 * first + each) for each in range(2)]
            debtor = Debtor("F", code, name)
            new = position(f"ROSSI-{first}", *options, debtor=debtor, published_at=console.now)
            insert.add(connection, [new], console.now, ACTOR)


@pytest.mark.parametrize(
    "typed",
    [
        EXPIRED,
        "3470 0000 0000 0010 33",
        "3470.0000.0000.0010.33",
        EXPIRED[1:],
        f"PAGOPA|002|{EXPIRED}|{ORGANIZATION}|10000",
    ],
)
def test_number_in_any_spelling_opens_its_notice_at_once(console: Console, typed: str):
    """Typed with blanks or points, as an IUV, or scanned from the paper."""
    client = console.client("writer")
    first = client.get("/console/go", query_string={"q": typed, "organization": ORGANIZATION})
    second = client.get(first.location)

    assert (first.status_code, second.status_code) == (303, 303)
    assert second.location == one(EXPIRED)


def test_search_opens_the_position_of_an_iupd_and_a_paid_notice(console: Console):
    """An IUPD opens the position, and a notice that has a receipt its notice."""
    client = console.client("writer")

    several = f"{ORG}/positions/DEMO-PLAN-OR-SINGLE"
    assert client.get(f"{LIST}?q=DEMO-PLAN-OR-SINGLE").location == several
    assert client.get(f"{LIST}?q=DEMO-SINGLE").location == one(SINGLE)
    assert client.get(f"{LIST}?q={PAID}").location == one(PAID)


def test_name_shows_first_who_and_then_which(console: Console):
    """Two persons of one beginning are told apart by the end of their codes."""
    add_people(console)
    page = console.client("writer").get(f"{LIST}?q=rossi+mar")
    shown = text(page)

    assert shown.startswith('id="contenuto" tabindex="-1"> 4 avvisi per «rossi mar»')
    assert "Letto come cognome e nome ." in shown
    assert "Rossi Mario …999U, 2 avvisi" in shown
    assert "Rossi Maria …999J, 2 avvisi" in shown
    assert "<mark>Rossi Mar</mark>ia" in page.get_data(as_text=True)


def test_wrong_check_digits_are_named_and_the_right_number_is_offered(console: Console):
    """It is looked up all the same."""
    shown = text(console.client("writer").get(f"{LIST}?q=347000000000001034"))

    assert "Nessun avviso con questo numero" in shown
    assert "ma le cifre di controllo dovrebbero essere 33" in shown
    assert "Forse è" in shown
    assert "3470 0000 0000 0010 33" in shown


def test_number_with_a_digit_off_is_offered(console: Console):
    """Any of the eighteen digits may be wrong."""
    shown = text(console.client("writer").get(f"{LIST}?q=347000000100001033"))

    assert "3470 0000 0000 0010 33" in shown


def test_number_of_another_length_says_how_many_digits_it_has(console: Console):
    """A digit was left out on the telephone."""
    shown = text(console.client("writer").get(f"{LIST}?q=34700000000000103"[:-1]))

    assert "16 cifre" in shown or "15 cifre" in shown


def test_text_that_finds_nothing_says_what_to_ask(console: Console):
    """The pattern of every empty list: as what it was sought, and what to try next."""
    client = console.client("writer")
    name, word, number = (
        text(client.get(f"{LIST}?q={typed}"))
        for typed in ("nessuno+di+qui", "nessuno", "347999999999999999")
    )

    assert "Nessun avviso trovato" in name
    assert "Cercato come cognome e nome ." in name
    assert "Cercato come cognome e nome , posizione , ricevuta ." in word
    for shown in (name, word):
        assert "Chiedere il codice fiscale : un nome si scrive in più modi" in shown
        assert "se non è 77777777777, l’avviso non è nostro" in shown
        assert "Cercare la persona" not in shown
    assert "Far leggere anche il codice dell’ente" in number
    assert "Cercare la persona" in number


def test_number_of_one_receipt_opens_it(console: Console):
    """One hit is no list."""
    receipt = f"demo-{PAID}"
    answer = console.client("writer").get(f"{LIST}?q={receipt}")

    assert answer.status_code == 303
    assert answer.location == f"{ORG}/receipts/{receipt}"


@pytest.mark.parametrize("typed", ["esempio", CODE, "maria es"])
def test_operator_without_persons_cannot_search_by_them(console: Console, typed: str):
    """Neither a name nor a code finds anything, and nothing says whether it would."""
    page = console.client("reader").get(LIST, query_string={"q": typed})

    assert page.status_code == 200
    assert NAME not in page.get_data(as_text=True)
    assert "Tributo" not in page.get_data(as_text=True)
    assert "Per nome e codice fiscale cerca chi ha il permesso" in text(page)


def test_list_hides_persons_from_who_may_not_see_them(console: Console):
    """The rows are there, and the names are not."""
    page = console.client("reader").get(LIST).get_data(as_text=True)

    assert "Tributo di esempio 1" in page
    assert NAME not in page
    assert CODE[-4:] not in page


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state=expired", {EXPIRED}),
        ("state=withdrawn", {WITHDRAWN}),
        ("state=paid", {PAID}),
        ("due=this-month&state=payable", {"301000000000001154"}),
        ("due=days&from=2026-11-26&to=2026-11-26", {EXPIRED, "301000000000001154"}),
        ("q=esempio&state=expired", {EXPIRED}),
        ("from=2026-11-26&to=2026-11-26&state=expired", {EXPIRED}),
        ("state=nonsense&due=nonsense&after=nonsense&q=maria&state=draft", None),
    ],
)
def test_filters_narrow_the_list(console: Console, query: str, numbers: set[str] | None):
    """State and due date, with and without a text; what is no filter is left out."""
    page = console.client("writer").get(f"{LIST}?{query}")
    shown = {each[:18] for each in page.get_data(as_text=True).split('name="nav" value="')[1:]}

    assert page.status_code == 200
    assert numbers is None or shown == numbers


def test_key_of_another_list_begins_at_the_first_page(console: Console):
    """An address that was put together by hand causes no error."""
    other = notice_cursor(NoticeKey(0, "ROSSIMARIO", "P", SINGLE))
    page = console.client("writer").get(LIST, query_string={"after": other})

    assert page.status_code == 200
    assert "Tributo di esempio 15" in text(page)


def test_pages_of_a_list_follow_each_other(console: Console):
    """A place in the list is in the address."""
    with console.store.begin() as connection:
        many = position("MANY", *(option(10_000 + n) for n in range(45)), published_at=console.now)
        insert.add(connection, [many], console.now, ACTOR)
    client, seen, address = console.client("writer"), set[str](), f"{LIST}?q=maria"
    for _page in range(4):
        page = client.get(address).get_data(as_text=True)
        seen |= {each[:18] for each in page.split('name="nav" value="')[1:]}
        links = [each for each in page.split('href="') if "after=" in each.partition('"')[0]]
        if len(links) < 1 + ("after=" in address):
            break
        address = links[-1].partition('"')[0].replace("&amp;", "&")

    assert {nav(10_000 + n) for n in range(45)} <= seen
    assert SINGLE in seen


@pytest.mark.parametrize("code", [STRANGER, OTHER, "x", ""])
def test_search_in_an_organization_of_others_leads_nowhere(console: Console, code: str):
    """The organization of a form is no way in."""
    answer = console.client("clerk").get(f"/console/go?q={SINGLE}&organization={code}")

    assert answer.status_code == 303
    assert answer.location == f"{LIST}?q={SINGLE}"


def test_number_is_found_from_a_page_about_no_organization(console: Console):
    """The organization that has it is looked for; what nobody has is said, and not only ignored."""
    for role in ("admin", "writer"):
        client = console.client(role)
        assert client.get(f"/console/go?q={SINGLE}").location == f"{LIST}?q={SINGLE}"
        unknown = client.get("/console/go?q=347999999999999999")
        assert unknown.location == "/console/overview?q=347999999999999999"
        assert "c’è un numero «347999999999999999»" in text(client.get(unknown.location))


def test_scanned_code_of_another_organization_is_named(console: Console):
    """The paper is of somebody else."""
    scanned = f"PAGOPA|002|{SINGLE}|{STRANGER}|10000"
    shown = text(console.client("writer").get(LIST, query_string={"q": scanned}))

    assert "L’avviso è di un altro ente" in shown


def test_search_is_recorded_without_what_was_typed(console: Console):
    """The audit has the page, and no name."""
    console.client("clerk").get(f"{LIST}?q=esempio")
    rows = [row for row in audit_of(console) if row.method == "GET"]

    assert [row.path for row in rows] == ["/console/<organization>/notices"]
    assert "esempio" not in str(rows)


def test_very_long_text_is_cut_and_answered(console: Console):
    """Ten thousand letters are no reason to fail."""
    answer = console.client("writer").get(LIST, query_string={"q": "rossi " * 2000})

    assert answer.status_code in (200, 303)
