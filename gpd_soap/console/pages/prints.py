"""The ticked notices of a list as PDF: begun as a job, followed on a page, taken away as a zip."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, g, redirect, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.loads.exports import step_up_for
from gpd_soap.console.loads.prints import is_installed
from gpd_soap.console.notices.batch import MOST_SHOWN, go_on, outcome_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchState
from gpd_soap.usecases.document_refusals import BatchEnded, BatchIsRunning


class Prints:
    """The views of a batch of notices."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts, and what prints."""
        self._parts = parts

    def show(self, organization: str, batch: str) -> Response:
        """Return how far a batch is, which notices were refused, and the way to its zip."""

        def work(connection: Transaction) -> Response:
            existing = _existing(connection, organization, batch)
            outcome = outcome_of(connection, existing)
            return render(
                "notices/prints.html",
                title=_("Avvisi da stampare"),
                batch=existing,
                outcome=outcome,
                most=MOST_SHOWN,
                is_bare=_says_nothing(printing.read(connection, organization)),
            )

        return read_only(self._parts.store, work)

    def resume(self, organization: str, batch: str) -> AnyResponse:
        """Go on with a batch that was stopped; one that has ended or runs stays as it is."""
        existing = read_only(self._parts.store, lambda c: _existing(c, organization, batch))
        with suppress(BatchEnded, BatchIsRunning):
            go_on(self._parts.store, existing, g.now, g.record)
        return address_of(existing)

    def zip(self, organization: str, batch: str) -> AnyResponse:
        """Return the documents, with a table of those that could not be made."""
        existing = read_only(self._parts.store, lambda c: _existing(c, organization, batch))
        if existing.state != BatchState.DONE or not is_installed():
            raise NotFound
        first = step_up_for(self._parts, existing.total)
        if first is not None:
            return first
        from gpd_soap.features.documents.archive.batch import lines_of, zip_of

        lines = [each for each in lines_of(self._parts.store, existing) if each.document]
        set_subjects(*(Subject(each.nav) for each in lines))
        archive = self._parts.open_printer(self._parts.store).archive
        content = zip_of(self._parts.store, archive, existing)
        response = Response(content, content_type="application/zip")
        name = f"avvisi-{g.now:%Y-%m-%d}.zip"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def address_of(batch: Batch) -> AnyResponse:
    """Return the way to the page of a batch that was begun."""
    return redirect(url_for("prints.show", organization=batch.organization, batch=batch.id), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of batches of notices."""
    pages, blueprint = Prints(parts), Blueprint("prints", __name__)
    one = "/console/<organization>/prints/<batch>"
    blueprint.add_url_rule(one, "show", pages.show)
    blueprint.add_url_rule(f"{one}/resume", "resume", pages.resume, methods=["POST"])
    blueprint.add_url_rule(f"{one}/notices.zip", "zip", pages.zip)
    return blueprint


def _says_nothing(settings: PrintSettings) -> bool:
    """Return whether an organization has written nothing about itself for its notices."""
    return settings._replace(language=PrintSettings().language) == PrintSettings()


def _existing(connection: Transaction, organization: str, batch_id: str) -> Batch:
    batch = batches.get(connection, organization, batch_id)
    if batch is None:
        raise NotFound
    return batch
