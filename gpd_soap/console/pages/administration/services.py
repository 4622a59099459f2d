"""Services for spontaneous payments: one is added, or its settings are changed."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import menu
from gpd_soap.console.forms import Errors
from gpd_soap.console.gates import UNFIT
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.services import form as forms
from gpd_soap.console.services.form import Form, service_of, summary, words_of
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.store.configuration.read import Offered
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.usecases import refusals
from gpd_soap.usecases.configuration import Registry

#: LIMIT: stations whose codes a form offers.
MOST = PageRequest(200, 0)
CHANGED = 412


class Services:
    """The form of a service; the guard has checked who may open it."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._parts = parts

    @property
    def _registry(self) -> Registry:
        return Registry(self._parts.store, g.record)

    def new(self, organization: str) -> Response:
        """Return the form of a new service."""
        return self._page(forms.empty(), None, [])

    def show(self, organization: str, service: str, subject: str) -> Response:
        """Return the form of a service that is offered."""
        stored = self._stored(organization, service, subject)
        if stored is None:
            raise NotFound
        return self._page(forms.of_service(stored), stored, [])

    def add(self, organization: str) -> AnyResponse:
        """Offer a new service."""
        form = Form(forms.empty().kind, request.form)
        offered, errors = service_of(form, organization)
        if offered is None:
            return self._page(form, None, errors)
        if self._stored(organization, offered.service_id, offered.subject_id) is not None:
            there = _("Questo servizio c’è già: per cambiarlo si apre dalle impostazioni.")
            return self._page(form, None, [("serviceId", there)])
        return self._offer(organization, form, offered, None)

    def change(self, organization: str, service: str, subject: str) -> AnyResponse:
        """Change the settings of a service."""
        stored = self._stored(organization, service, subject)
        if stored is None:
            raise NotFound
        given = {**request.form.to_dict(), "serviceId": service, "subjectId": subject}
        form = Form(stored.kind, given)
        if request.form.get("seen") != forms.seen(stored):
            changed = _("Qualcun altro l’ha cambiato mentre lo guardavi: guarda com’è adesso.")
            return self._page(form, stored, [("", changed)], CHANGED)
        offered, errors = service_of(form, organization)
        if offered is None:
            return self._page(form, stored, errors)
        return self._offer(organization, form, offered, stored)

    def _offer(
        self, organization: str, form: Form, offered: Offered, stored: Offered | None
    ) -> AnyResponse:
        try:
            self._registry.offer(organization, offered)
        except refusals.InvalidConfiguration as refused:
            names = (each.field.rpartition(".")[2] for each in refused.errors)
            return self._page(form, stored, [(name, words_of(name)) for name in names])
        return redirect(menu.address(viewer(), "config.page", done="service-saved"), 303)

    def _stored(self, organization: str, service: str, subject: str) -> Offered | None:
        try:
            return self._registry.service(organization, service, subject)
        except refusals.ServiceNotFound:
            return None

    def _page(
        self, form: Form, stored: Offered | None, errors: Errors, status: int = UNFIT
    ) -> Response:
        stations, _total = self._registry.serving(viewer().code, MOST)
        # WHY: a list that lacks what is stored or was sent would show another code.
        named = {form.get("segregationCode"), *(each.segregation_code for each in stations)}
        codes = sorted(code for code in named if code)
        return render(
            "config/service.html",
            status if errors else 200,
            title=_("Un servizio nuovo") if stored is None else _("Cambiare il servizio"),
            form=form,
            stored=stored,
            seen=forms.seen(stored),
            current=None if stored is None else forms.of_service(stored),
            codes=[(code, code) for code in codes],
            errors=errors,
            summary=summary(errors),
            changed=status == CHANGED,
        )


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of services."""
    pages = Services(parts)
    prefix = "/console/<organization>/config/services"
    blueprint = Blueprint("services", __name__, url_prefix=prefix)
    blueprint.add_url_rule("/new", "new", pages.new)
    blueprint.add_url_rule("/new", "add", pages.add, methods=["POST"])
    one = "/<service>/<subject>"
    blueprint.add_url_rule(one, "show", pages.show)
    blueprint.add_url_rule(one, "change", pages.change, methods=["POST"])
    return blueprint
