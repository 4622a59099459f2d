"""The addresses of every page of the console that is read, with real ids, early and late."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from gpd_soap.console.access import PAGES
from gpd_soap.console.work.cursors import queue_cursor
from gpd_soap.core.searching.folding import fold
from gpd_soap.store.access.keys import Role
from gpd_soap.store.journal.entries import EntryKey
from gpd_soap.store.positions.notices import NoticeKey
from gpd_soap.store.receipts.listing import ReceiptListKey
from gpd_soap.store.receipts.queue import QueueKey
from gpd_soap.validation.queries.cursors import notice_cursor, receipt_cursor
from tests import world
from tests.bench.console.furnishing import Things
from tests.bench.console.town import Town, end_of_today
from tests.console.harness import PEOPLE

ORGANIZATION = f"/console/{world.ORGANIZATION}"
ROLES = list(Role)
#: Milliseconds of server time at the 95th percentile: of a page, and of a search by name.
PAGE, SEARCH = 150, 50
#: A file that is made while it is sent: a document, or a list for a spreadsheet.
FILE = 2000
#: Pages that have no address here: they lead to another server, or answer a form half sent.
APART = {
    "static": "an asset, not a page",
    "provider.begin": "leads to a provider",
    "provider.step_up": "leads to a provider",
    "provider.add": "leads to a provider",
    "provider.callback": "is where a provider leads back",
    "sign_in.code": "answers a password that was right",
    "invitation.demo": "is served by the demo alone",
    "loads_print.zip": "sends the documents that a job has made",
    "prints.show": "shows what a job has printed, by a key",
    "prints.zip": "sends the documents that a job has made",
}


class Address(NamedTuple):
    """A page with one set of filters: where it is on its nth call, and who opens it.

    `most` is its bound in milliseconds.  `also` has statuses of an answer that is right where it
    is not a page: a paper that cannot be made.
    """

    endpoint: str
    name: str
    path: Callable[[int], str]
    most: int = PAGE
    by: tuple[str, ...] = ()
    also: tuple[int, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that open it, in turn; nobody, where no session is needed."""
        return self.by or operators_of(self.endpoint)


def operators_of(endpoint: str) -> tuple[str, ...]:
    """Return the operators that may open a page: those of the table of access."""
    access = PAGES[endpoint]
    if access.open:
        return ("",)
    return tuple(
        name
        for name, (role, organizations, scopes) in PEOPLE.items()
        if name != "stranger"
        and ROLES.index(role) >= ROLES.index(access.role)
        and (access.scope is None or access.scope in scopes)
        and (not access.every or organizations == ("*",))
    )


class Addresses:
    """The addresses of a town."""

    def __init__(self, town: Town, things: Things) -> None:
        self._town, self._things = town, things

    def __iter__(self) -> Iterator[Address]:
        """Yield every address."""
        yield from self._fixed()
        yield from self._lists()
        yield from self._searches()
        yield from self._notices()
        yield from self._work()
        yield from self._journal()
        yield from self._loads()

    def serial(self, number: int) -> int:
        """Return the serial of another position at each number, paid ones among them."""
        town = self._town
        return town.plain + 1 + number * 7919 % (town.positions - town.plain - 1)

    def _paid(self, number: int) -> int:
        """Return the serial of a position that was paid long ago."""
        serial = self.serial(number) % (self._town.positions // 2) + self._town.plain
        return serial - serial % 10 + 2

    def _payable(self, number: int) -> int:
        """Return the serial of a position of the last weeks that nobody paid."""
        serial = self._town.positions - number * 7919 % (self._town.positions // 20)
        return serial - serial % 10 - 4

    def _fixed(self) -> Iterator[Address]:
        for endpoint, path in (
            ("sign_in.form", "/console/sign-in"),
            ("sign_in.signed_out", "/console/signed-out"),
            ("root.bare", "/console"),
            ("root.start", "/console/"),
            ("me.page", "/console/me"),
            ("step_up.form", "/console/step-up"),
            ("help.page", "/console/help/notices.show"),
            ("overview.page", "/console/overview"),
            ("people.page", f"{ORGANIZATION}/people"),
            ("people.new", f"{ORGANIZATION}/people/new"),
            ("people.show", f"{ORGANIZATION}/people/clerk"),
            ("keys.page", f"{ORGANIZATION}/keys"),
            ("config.page", f"{ORGANIZATION}/config"),
            ("services.new", f"{ORGANIZATION}/config/services/new"),
            ("services.show", f"{ORGANIZATION}/config/services/00001/00009"),
            ("home.page", f"{ORGANIZATION}/"),
            ("station.page", f"{ORGANIZATION}/station"),
            ("issue.form", f"{ORGANIZATION}/positions/new?instalments=3&amount=250,00"),
            ("invitation.look", f"/console/invitation/{self._things.invitation}"),
        ):
            yield Address(endpoint, "", lambda _, path=path: path)  # type: ignore[misc]  # a default of a lambda has no type
        logo = self._query("config.logo", "none", f"{ORGANIZATION}/config/logo")
        yield logo._replace(also=(404,))
        yield self._query("search.go", "a name", f"{ORGANIZATION}/../go", q="rossi")

    def _lists(self) -> Iterator[Address]:
        due = end_of_today(self._town.now)
        recent = world.nav(self._town.positions - self._town.positions // 20)
        middle = NoticeKey(0, (due + timedelta(days=10)).isoformat(), "", recent)
        late = NoticeKey(0, (due - timedelta(days=710)).isoformat(), "",
                         world.nav(self._town.positions // 5))  # fmt: skip
        for name, more in (
            ("all", {}),
            ("in one due date", {"after": notice_cursor(middle)}),
            ("late", {"after": notice_cursor(late)}),
            *((f"state {state}", {"state": state}) for state in (
                "payable", "expired", "paid", "draft", "withdrawn", "excluded", "not-yet-valid")),
            *((f"due {which}", {"due": which}) for which in ("this-month", "next", "last-year")),
            ("paid of last year", {"state": "paid", "due": "last-year"}),
            ("not yet valid of last year", {"state": "not-yet-valid", "due": "last-year"}),
        ):  # fmt: skip
            yield self._query("notices.page", name, f"{ORGANIZATION}/notices", **more)
        for name, more in (
            ("all", {}), ("late", {"after": f"{self._ago(600).isoformat()}_5"}),
            ("readings", {"kind": "read"}), ("everything", {"kind": "all"}),
            ("of a person", {"kind": "all", "actor": "clerk"}), ("of nobody", {"actor": "nobody"}),
            ("of a time", {"kind": "read", "from": "2025-01-01", "to": "2025-06-30"}),
        ):  # fmt: skip
            yield self._query("audit.page", name, f"{ORGANIZATION}/audit", **more)
        yield Address("audit.page", "of a notice", lambda n: self._with(
            f"{ORGANIZATION}/audit", nav=world.nav(self.serial(n)), kind="all"))  # fmt: skip

    def _searches(self) -> Iterator[Address]:
        base, sees = f"{ORGANIZATION}/notices", ("clerk", "writer", "admin")
        by_name: dict[str, Callable[[int], dict[str, str]]] = {
            "a frequent surname": lambda _: {"q": "rossi"},
            "a frequent given name": lambda _: {"q": "maria"},
            "surname and a beginning": lambda _: {"q": "rossi mar"},
            "a name as given": lambda _: {"q": "anna ferrari"},
            "two surnames": lambda _: {"q": "de luca"},
            "a rare surname": lambda n: {"q": f"cognome{4000 + n % 900}"},
            "nobody": lambda n: {"q": f"zebedeo{n}"},
        }
        for name, query in by_name.items():
            yield Address("notices.page", f"name: {name}", lambda n, query=query: self._with(  # type: ignore[misc]  # a default of a lambda has no type
                base, **query(n)), SEARCH, sees)  # fmt: skip
        late = notice_cursor(NoticeKey(1, fold("rossi maria"), "", "0"))
        for name, more in (
            ("late", {"q": "rossi", "after": late}),
            ("paid", {"q": "rossi", "state": "paid"}),
            ("not yet valid", {"q": "rossi", "state": "not-yet-valid"}),
            ("this month", {"q": "rossi", "due": "this-month"}),
            ("two letters", {"q": "ma", "kind": "name"}),
            ("two letters, draft", {"q": "ma", "kind": "name", "state": "draft"}),
            ("two letters, not yet valid", {"q": "ma", "kind": "name", "state": "not-yet-valid"}),
        ):
            address = self._query("notices.page", f"narrowed: {name}", base, **more)
            yield address._replace(by=sees)
        by_code: dict[str, Callable[[int], dict[str, str]]] = {
            "notice": lambda n: {"q": world.nav(self.serial(n))},
            "IUV": lambda n: {"q": world.nav(self.serial(n))[1:]},
            "fiscal code": lambda n: {"q": str(10**10 + n * 31 % 1000)},
            "IUPD": lambda n: {"q": f"IUPD-{self.serial(n)}"},
            "receipt": lambda n: {"q": f"R{self._paid(n)}"},
            "case": lambda n: {"q": self._things.cases[n % len(self._things.cases)]},
            "a digit off": lambda n: {"q": f"30199{n:013}"},
            "words": lambda n: {"q": f"una cosa qualunque {n}"},
        }
        for name, query in by_code.items():
            yield Address("notices.page", f"code: {name}", lambda n, query=query: self._with(  # type: ignore[misc]  # a default of a lambda has no type
                base, **query(n)), by=sees)  # fmt: skip
        for endpoint, path in (("chosen.export", ".csv"), ("chosen.export_many", "-all.csv")):
            address = self._query(
                endpoint, "a name", f"{ORGANIZATION}/chosen-notices{path}", q="de luca anna"
            )
            yield address._replace(most=FILE)

    def _notices(self) -> Iterator[Address]:
        for endpoint, name, path, most in (
            ("notices.show", "any", "notices/{nav}", PAGE),
            ("notices.dry_verify", "any", "notices/{nav}/try", PAGE),
            ("changes.correct", "any", "notices/{nav}/correct", PAGE),
            ("positions.show", "any", "positions/IUPD-{serial}", PAGE),
        ):
            address = f"{ORGANIZATION}/{path}"
            yield Address(endpoint, name, lambda n, address=address: address.format(  # type: ignore[misc]  # a default of a lambda has no type
                nav=world.nav(self.serial(n)), serial=self.serial(n)), most)  # fmt: skip
        yield Address("notices.pdf", "payable", lambda n: (
            f"{ORGANIZATION}/notices/{world.nav(self._payable(n))}/pdf"), FILE)  # fmt: skip
        yield Address("positions.pdf", "payable", lambda n: (
            f"{ORGANIZATION}/notices-of/IUPD-{self._payable(n)}"), FILE)  # fmt: skip
        yield Address("notices.show", "paid", lambda n: (
            f"{ORGANIZATION}/notices/{world.nav(self._paid(n))}"))  # fmt: skip
        paths = {
            "receipts.show": "",
            "receipts.message": "/receipt.xml",
            "receipts.paper": "/receipt.pdf",
            "opening.form": "/case",
        }
        for endpoint, path in paths.items():
            yield Address(endpoint, "any", lambda n, path=path: (  # type: ignore[misc]  # a default of a lambda has no type
                f"{ORGANIZATION}/receipts/{self._of(self._things.receipts, n)}{path}"),
                FILE if path.endswith("pdf") else PAGE)  # fmt: skip
        yield Address("notices.receipt_pdf", "any", lambda n: (
            f"{ORGANIZATION}/notices/{world.nav(int(self._of(self._things.receipts, n)[1:]))}"
            f"/receipts/{self._of(self._things.receipts, n)}/pdf"), FILE)  # fmt: skip

    def _work(self) -> Iterator[Address]:
        late = queue_cursor(QueueKey(self._ago(3), "D", 0)) or ""
        old = queue_cursor(QueueKey(self._ago(200), "D", 0)) or ""
        for name, more in (
            ("open", {}), ("late", {"after": late}), ("a kind", {"kind": "double"}),
            ("messages", {"kind": "quarantine"}), ("resolved", {"resolved": "1"}),
            ("resolved, late", {"resolved": "1", "after": old}),
            ("to refund", {"resolved": "1", "outcome": "to-refund"}),
            ("old ones", {"age": "late"}), ("mine", {"mine": "1"}),
        ):  # fmt: skip
            yield self._query("worklist.page", name, f"{ORGANIZATION}/worklist", **more)
        yield Address("worklist.case", "a receipt", lambda n: (
            f"{ORGANIZATION}/worklist/{self._of(self._things.cases, n)}"))  # fmt: skip
        yield Address("worklist.case", "a message", lambda n: (
            f"{ORGANIZATION}/worklist/{self._of(self._things.messages, n)}"))  # fmt: skip
        yield Address("worklist.message", "any", lambda n: (
            f"{ORGANIZATION}/worklist/{self._of(self._things.cases, n)}/message.xml"))  # fmt: skip
        for endpoint, path in (
            ("worklist.refunds", "refunds"),
            ("worklist.all_refunds", "all-refunds"),
        ):
            address = self._query(endpoint, "", f"{ORGANIZATION}/worklist/-/{path}.csv")
            yield address._replace(most=FILE)
        cursor = receipt_cursor(ReceiptListKey(self._ago(60), "0"))
        for name, more in (
            ("all", {}), ("late", {"after": cursor}), ("a status", {"status": "double"}),
            ("applied", {"status": "applied"}), ("of a PSP", {"psp": "PSP7"}),
            ("of no PSP", {"psp": "NONE"}),
            ("of no PSP, three years", {"psp": "NONE", "first": "2023-01-01"}),
            ("three years", {"first": "2023-01-01"}),
        ):  # fmt: skip
            yield self._query("receipts.page", name, f"{ORGANIZATION}/receipts", **more)

    def _journal(self) -> Iterator[Address]:
        base, old = f"{ORGANIZATION}/journal", self._ago(170).date().isoformat()
        for name, more in (
            ("all", {}), ("late", {"after": EntryKey(self._ago(20), 5).reference}),
            ("receipts", {"operation": "paSendRTV2"}), ("refused", {"outcome": "KO"}),
            ("a rare fault", {"fault": "PAA_SYSTEM_ERROR"}),
            ("no such fault", {"fault": "PAA_SEMANTICA"}),
            ("of a PSP", {"psp": "PSP7"}), ("of no PSP", {"psp": "NONE"}),
            ("no such station", {"station": "NONE"}),
            ("of no PSP, six months", {"psp": "NONE", "first": old}),
        ):  # fmt: skip
            yield self._query("journal.page", name, base, **more)
        numbers: dict[str, Callable[[int], dict[str, str]]] = {
            "notice": lambda n: {"nav": world.nav(self.serial(n)), "first": old},
            "IUV": lambda n: {"iuv": world.nav(self.serial(n))[1:], "first": old},
            "receipt": lambda n: {"receiptId": f"R{self.serial(n)}", "first": old},
        }
        for name, query in numbers.items():
            yield Address("journal.page", name, lambda n, query=query: self._with(base, **query(n)))  # type: ignore[misc]  # a default of a lambda has no type
        yield Address(
            "journal.show", "any", lambda n: f"{base}/{self._of(self._things.entries, n)}"
        )

    def _loads(self) -> Iterator[Address]:
        base = f"{ORGANIZATION}/loads"
        one = f"{base}/{self._things.load}"
        after = f"{self._ago(150).isoformat()} x"
        yield self._query("loads.page", "first", base)
        yield self._query("loads.page", "late", base, after=after)
        yield self._query("loads.one", "any", one)
        yield self._query("loads.progress", "any", f"{one}/progress")
        yield self._query("loads.notices", "first", f"{one}/notices")
        yield self._query("loads.notices", "late", f"{one}/notices", after="1500")
        yield self._query("loads.mend", "any", f"{one}/rows")._replace(most=FILE)

    def _ago(self, days: float) -> datetime:
        return self._town.now - timedelta(days=days)

    def _query(self, endpoint: str, name: str, path: str, **query: str) -> Address:
        address = self._with(path.replace(f"{ORGANIZATION}/..", "/console"), **query)
        return Address(endpoint, name, lambda _: address)

    @staticmethod
    def _with(path: str, **query: str) -> str:
        return f"{path}?{urlencode(query)}" if query else path

    @staticmethod
    def _of(texts: tuple[str, ...], number: int) -> str:
        return texts[number % len(texts)]
