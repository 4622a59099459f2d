"""The pages of loads: send a file, see what is wrong, mend it, load it, take it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.exceptions import Conflict, Gone, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.loads import labels, shown
from gpd_soap.console.loads.exports import step_up_for
from gpd_soap.console.loads.facts import (
    answers_in,
    as_download,
    content_type,
    count,
    given,
    line_of,
    load_key,
    seconds,
    stays,
)
from gpd_soap.console.loads.groups import Cells, describe, groups
from gpd_soap.console.loads.latest import names_of
from gpd_soap.console.loads.prints import is_installed, prints
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core import rome
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.usecases.loads import refusals
from gpd_soap.usecases.loads.manage import Loads
from gpd_soap.usecases.loads.mend import RefusedRow
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.undo import Way

#: LIMIT: loads, and notices of a load, on a page.
PAGE, NOTICES = 20, 50
#: LIMIT: refused rows that are read for the cells of a page.
READ = 5_000
#: LIMIT: bytes of the form around a file.
FORM = 1 << 16
FILE = "file"
Errors = list[tuple[str, str]]


class Pages:
    """The pages of the loads of an organization."""

    def __init__(self, parts: Parts) -> None:
        """Use the store, the clock and the settings of these parts."""
        self._parts = parts

    def page(self, organization: str) -> Response:
        """Return the list, with the form for a file."""
        return self._list([])

    def receive(self, organization: str) -> AnyResponse:
        """Take a file, and lead to its trial."""
        most = self._parts.settings.max_load + FORM
        if (request.content_length or 0) > most:
            # WHY: a form that is refused in its middle would leave a file open for a while.
            return self._list([(FILE, self._refusal(refusals.Why.TOO_LARGE))], 413)
        request.max_content_length = most
        try:
            sent = request.files.get(FILE)
        except RequestEntityTooLarge:
            return self._list([(FILE, self._refusal(refusals.Why.TOO_LARGE))], 413)
        if sent is None or not sent.filename:
            return self._list([(FILE, _("Scegli un file."))])
        try:
            load = self._loads.receive(organization, sent.filename, sent.stream)
        except refusals.FileNotLoadable as refusal:
            return self._list([(FILE, self._refusal(refusal.why))])
        except refusals.LoadRunning:
            return self._list([("", _("Un altro carico è in corso: aspetta che finisca."))], 409)
        return self._to(load)

    def one(self, organization: str, load: str) -> Response:
        """Return the page of a load."""
        return self._page(self._get(load), [])

    def progress(self, organization: str, load: str) -> Response:
        """Return how far a load is; the page of the load once it has ended."""
        stored = self._get(load)
        if not stored.is_running or stored.is_interrupted:
            response = Response(status=200)
            response.headers["HX-Refresh"] = "true"
            if "HX-Request" not in request.headers:
                response.status_code, response.location = 303, self._address(stored)
            return response
        return self._progress(stored)

    def answer(self, organization: str, load: str) -> AnyResponse:
        """Take how a file is to be read, and try it so."""
        answers = answers_in(request.form)
        stored = self._change(lambda: self._loads.answer(organization, load, answers))
        if stored.state != State.RECEIVED:
            return self._to(stored)
        reading = reading_of(stored.reading)
        errors = [(each, _("Serve per tutte le righe.")) for each in reading.missing]
        if reading.amounts is None:
            errors.append(("amounts", _("Scegli come sono scritti gli importi.")))
        return self._page(stored, errors, 422)

    def load(self, organization: str, load: str) -> AnyResponse:
        """Begin to store the positions of a file."""
        confirmed = request.form.get("reading", "")
        return self._to(self._change(lambda: self._loads.load(organization, load, confirmed)))

    def cancel(self, organization: str, load: str) -> AnyResponse:
        """Stop what is at work, or throw a trial away."""
        stored = self._change(lambda: self._loads.cancel(organization, load))
        done = "load-stopped" if stored.state == State.STOPPED else "load-thrown"
        return self._to(stored, done=done)

    def resume(self, organization: str, load: str) -> AnyResponse:
        """Begin again what was interrupted."""
        return self._to(self._change(lambda: self._loads.resume(organization, load)))

    def undo(self, organization: str, load: str) -> AnyResponse:
        """Take back what a load has created."""
        way = request.form.get("way", "")
        if way not in list(Way):
            error = _("Scegli se cancellarle o ritirarle.")
            return self._page(self._get(load), [(f"way-{Way.DELETE}", error)], 422)
        return self._to(self._change(lambda: self._loads.undo(organization, load, Way(way))))

    def mend(self, organization: str, load: str) -> AnyResponse:
        """Return the refused rows, in the form of the file."""
        stored = self._get(load)
        first = step_up_for(self._parts, stored.figures.get("refused", 0))
        if first is not None:
            return first
        reading, today = reading_of(stored.reading), rome.day_of(g.now)

        def explain(row: RefusedRow) -> tuple[str, str]:
            return describe(row, reading, today)

        try:
            stored, content = self._loads.to_mend(organization, load, explain)
        except refusals.FileRemoved:
            raise Gone from None
        # WHY: the words of the language are looked up now, because the answer is sent after it.
        name = _("da correggere") + f" {stored.name}"
        return as_download(list(content), name, content_type(reading))

    def notices(self, organization: str, load: str) -> Response:
        """Return the notices that a load made."""
        stored = self._get(load)
        first = line_of(request.args.get("after", ""))
        rows = self._loads.notices(stored, first, NOTICES + 1)
        more = len(rows) > NOTICES
        following = rows[NOTICES - 1].line if more else None
        title = _("Avvisi di %(name)s") % {"name": stored.name}
        return render(
            "loads/made.html",
            title=title,
            load=stored,
            rows=rows[:NOTICES],
            following=following,
            first=first,
        )

    def _list(self, errors: Errors, status: int | None = None) -> Response:
        after = load_key(request.args.get("after", ""))
        rows = self._loads.page(viewer().code, after, PAGE + 1)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return render(
            "loads/list.html",
            status=status or (422 if errors else 200),
            title=_("Carichi"),
            rows=rows[:PAGE],
            state_of=shown.state,
            who=self._names(rows),
            following=f"{last.created_at.isoformat()} {last.id}" if last else "",
            errors=errors,
            most=shown.size(self._parts.settings.max_load),
            size_of=shown.size,
        )

    def _page(self, load: StoredLoad, errors: Errors, status: int = 200) -> Response:
        if load.is_running and not load.is_interrupted:
            return self._progress(load)
        reading = reading_of(load.reading)
        stored_parts = self._loads.stored_parts(load)
        sees = viewer().sees_persons and stored_parts.refused
        names = self._loads.header(load) if sees else []
        rows: Iterable[RefusedRow] = islice(self._loads.refused_rows(load), READ) if sees else ()
        rules = load.figures.get("rules", [])
        cells = Cells(rows, reading, names)
        findings = self._loads.findings(load) if any(not rule[3] for rule in rules) else []
        warned = self._loads.findings(load, warnings=True) if any(r[3] for r in rules) else []
        words, today = shown.state(load), rome.day_of(g.now)
        return render(
            "loads/one.html",
            status,
            title=words.title,
            load=load,
            state=words,
            reading=reading,
            read_as=shown.read_as(reading),
            columns=shown.columns(reading, names),
            figures=load.figures,
            by_position=shown.is_by_position(load),
            sums=shown.sums(load.figures),
            bar=shown.bar(count(load, "ready", "present"), count(load, "refused")),
            groups=groups(rules, findings, cells, today),
            warnings=groups(rules, warned, cells, today, warnings=True),
            stored_parts=stored_parts,
            who=self._names([load]).get(load.actor, ""),
            size=shown.size(load.size),
            seconds=seconds(load),
            same=self._loads.same_file(load) if load.state == State.TRIALLED else None,
            stays=stays(load),
            prints=prints(self._parts.store, load),
            can_print=is_installed(),
            given=given(reading, request.form),
            errors=errors,
            field_label=labels.field,
        )

    def _progress(self, load: StoredLoad) -> Response:
        words = shown.state(load)
        return render(
            "loads/progress.html",
            title=words.title,
            load=load,
            state=words,
            done=load.done or 0,
            total=load.total or 0,
        )

    @property
    def _loads(self) -> Loads:
        return Loads(self._parts.store, self._parts.clock, viewer().actor, g.record)

    def _get(self, load_id: str) -> StoredLoad:
        try:
            return self._loads.get(viewer().code, load_id)
        except refusals.LoadNotFound:
            raise NotFound from None

    def _change(self, work: Any) -> StoredLoad:
        """Return what a change returns.  Raises NotFound, Conflict and Gone."""
        try:
            changed: StoredLoad = work()
        except refusals.LoadNotFound:
            raise NotFound from None
        except refusals.FileRemoved:
            raise Gone from None
        except (refusals.LoadInOtherState, refusals.LoadRunning, refusals.ReadingChanged):
            raise Conflict from None
        return changed

    def _names(self, loads: Iterable[StoredLoad]) -> dict[str, str]:
        """Return the names of who sent these files, by their ids."""
        return read_only(self._parts.store, lambda c: names_of(c, loads))

    def _refusal(self, why: refusals.Why) -> str:
        return _(labels.REFUSED[why])

    def _address(self, load: StoredLoad, done: str | None = None) -> str:
        return url_for("loads.one", organization=load.organization, load=load.id, done=done)

    def _to(self, load: StoredLoad, done: str | None = None) -> AnyResponse:
        return redirect(self._address(load, done), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of loads."""
    pages, blueprint = Pages(parts), Blueprint("loads", __name__)
    base = "/console/<organization>/loads"
    one = f"{base}/<load>"
    rules: Iterator[tuple[str, str, str]] = iter(
        [
            (base, "page", "GET"),
            (base, "receive", "POST"),
            (one, "one", "GET"),
            (f"{one}/progress", "progress", "GET"),
            (f"{one}/rows", "mend", "GET"),
            (f"{one}/notices", "notices", "GET"),
            *((f"{one}/{name}", name, "POST") for name in ("answer", "load", "cancel")),
            *((f"{one}/{name}", name, "POST") for name in ("resume", "undo")),
        ]
    )
    for rule, name, method in rules:
        blueprint.add_url_rule(rule, name, getattr(pages, name), methods=[method])
    return blueprint
