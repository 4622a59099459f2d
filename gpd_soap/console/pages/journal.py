"""The journal of exchanges with the Node: the list, and one entry."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _
from gpd_soap.console.work import calls
from gpd_soap.console.work.asking import ROOTS, Route, message
from gpd_soap.console.work.filters import OUTCOMES, entries_given
from gpd_soap.core import rome
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.access.audit import NOTHING, Subject
from gpd_soap.store.journal.entries import Entry, EntryKey, JournalQuery
from gpd_soap.store.retention.terms import TermKind
from gpd_soap.usecases import journal
from gpd_soap.usecases.figures.days import begin_of
from gpd_soap.usecases.retention import terms

ROWS = 25
#: SPEC: pagoPA's service level: microseconds within which an answer is quick.
QUICK = 2_000_000
#: LIMIT: entries that one page looks at where no index finds those of its filters, some 30 ms.
MOST_LOOKED_AT = 10_000
#: LIMIT: days that are searched where no day is given.
LATEST = timedelta(days=30)


class Journal:
    """The views of the journal."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the settings of these parts."""
        self._store, self._settings = parts.store, parts.settings

    def page(self, organization: str) -> Response:
        """Return entries, the newest first."""
        given, errors = entries_given(request.args)
        first = given.first or rome.day_of(g.now - LATEST)
        last = given.last or rome.day_of(g.now)
        query = JournalQuery(
            organization,
            begin_of(first),
            rome.end_of_day(last),
            ROWS,
            operation=given.operation,
            outcome=given.outcome,
            fault=given.fault,
            nav=given.nav,
            iuv=given.iuv,
            receipt_id=given.receipt_id,
            psp=given.psp,
            station=given.station,
            after=given.after,
            most_looked_at=MOST_LOOKED_AT,
        )
        entries, following = journal.page(self._store, query)
        return render(
            "journal/journal.html",
            422 if errors else 200,
            title=_("Giornale"),
            entries=entries,
            following=following.reference if following else None,
            after=given.after,
            most_looked_at=MOST_LOOKED_AT,
            calls=calls,
            outcomes=OUTCOMES,
            given=given,
            errors=errors,
            first=first,
            last=last,
            months=self._months(organization),
            quick=QUICK,
            nothing=NOT_GIVEN,
            has_journal=self._settings.journal == "database",
        )

    def show(self, organization: str, entry: str) -> Response:
        """Return one entry."""
        try:
            key = EntryKey.of(entry)
        except (ValueError, OverflowError):
            raise NotFound from None
        read = journal.entry(self._store, organization, key)
        known = read.nav != NOT_GIVEN or read.receipt_id is not None
        nav = read.nav if read.nav != NOT_GIVEN else None
        set_subjects(Subject(nav, receipt_id=read.receipt_id) if known else NOTHING)
        words = calls.operation_words(read.operation)
        answer = calls.fault_words(read.fault) if read.outcome != "OK" else _("risposto OK")
        return render(
            "journal/entry.html",
            title=f"{words}: {answer}",
            entry=read,
            calls=calls,
            again=self._again(read),
            months=self._months(organization),
            quick=QUICK,
            nothing=NOT_GIVEN,
        )

    def _again(self, entry: Entry) -> str | None:
        """Returns the command that asks the same again, or None if it would change something."""
        if entry.operation not in ROOTS or not (entry.nav.isascii() and entry.nav.isdecimal()):
            return None
        sent = message(
            entry.operation, Route(entry.organization, entry.broker, entry.station), entry.nav
        )
        return (
            f"curl -sS {self._settings.address} -H 'Content-Type: text/xml; charset=utf-8'"
            f" -H 'SOAPAction: \"{entry.operation}\"' --data-binary '{sent}'"
        )

    def _months(self, organization: str) -> int:
        """Returns for how many months the organization's entries are kept."""
        by_default = terms.RULES[TermKind.JOURNAL].months
        return terms.read(self._store).get((organization, TermKind.JOURNAL), by_default)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of the journal."""
    views = Journal(parts)
    blueprint = Blueprint("journal", __name__, url_prefix="/console/<organization>/journal")
    blueprint.add_url_rule("", "page", views.page)
    blueprint.add_url_rule("/<entry>", "show", views.show)
    return blueprint
