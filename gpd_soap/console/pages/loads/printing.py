"""The notices of a load as PDF: begun as a job, taken away as a zip."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, url_for
from werkzeug.exceptions import Conflict, NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.loads.exports import step_up_for
from gpd_soap.console.loads.prints import BATCH, batch_of, is_installed
from gpd_soap.console.parts import Parts
from gpd_soap.console.viewer import viewer
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents.batches import BatchState, Choice
from gpd_soap.store.loads import loads
from gpd_soap.store.loads.loads import StoredLoad


class Pages:
    """The documents of the loads of an organization."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the clock of these parts, and what prints."""
        self._parts = parts

    def begin(self, organization: str, load: str) -> AnyResponse:
        """Begin to print every notice of a load; each request after the first changes nothing."""
        if not is_installed():
            raise Conflict
        from gpd_soap.features.documents.archive.batch import Request, begin
        from gpd_soap.features.documents.archive.job import enqueue_batch

        def work(connection: Transaction) -> None:
            # WHY: of two requests at once, the second one must read what the first one began.
            loads.lock(connection, organization, load)
            stored = _existing(connection, organization, load)
            if stored.loaded_at is None or stored.is_running:
                raise Conflict
            if batch_of(connection, stored) is not None:
                return
            request = Request(choice=Choice(loaded_at=stored.loaded_at))
            batch = begin(connection, organization, request, viewer().actor, self._parts.clock())
            enqueue_batch(connection, batch)
            loads.note(connection, stored, {**stored.figures, BATCH: batch.id})
            g.record(connection, Subject(resource=batch.id), organization)

        in_transaction(self._parts.store, work)
        return redirect(url_for("loads.one", organization=organization, load=load), 303)

    def zip(self, organization: str, load: str) -> AnyResponse:
        """Return the documents of a load, with a table of those that could not be made."""
        stored = read_only(self._parts.store, lambda c: _existing(c, organization, load))
        batch = read_only(self._parts.store, lambda c: batch_of(c, stored))
        if batch is None or batch.state != BatchState.DONE or not is_installed():
            raise NotFound
        first = step_up_for(self._parts, batch.total)
        if first is not None:
            return first
        from gpd_soap.features.documents.archive.batch import zip_of

        archive = self._parts.open_printer(self._parts.store).archive
        content = zip_of(self._parts.store, archive, batch)
        response = Response(content, content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{batch.id}.zip"'
        return response


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages."""
    pages, blueprint = Pages(parts), Blueprint("loads_print", __name__)
    one = "/console/<organization>/loads/<load>"
    blueprint.add_url_rule(f"{one}/print", "begin", pages.begin, methods=["POST"])
    blueprint.add_url_rule(f"{one}/notices.zip", "zip", pages.zip)
    return blueprint


def _existing(connection: Transaction, organization: str, load_id: str) -> StoredLoad:
    stored = loads.get(connection, organization, load_id)
    if stored is None:
        raise NotFound
    return stored
