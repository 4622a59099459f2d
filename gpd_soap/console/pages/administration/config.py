"""The settings of an organization: its name, what it prints, its stations, its services."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from flask import Blueprint, Response, g, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import menu
from gpd_soap.console.forms import Errors, errors_of
from gpd_soap.console.gates import UNFIT
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.usecases import refusals
from gpd_soap.usecases.configuration import Registry
from gpd_soap.usecases.service_rules import CODE
from gpd_soap.validation.configuration import OrganizationFields, ServingFields, StationFields
from gpd_soap.validation.finding import validate
from gpd_soap.validation.logo import MAX_BYTES
from gpd_soap.validation.printing import PrintFields

#: LIMIT: stations, and services, that one page lists.
MOST = PageRequest(200, 0)
#: The texts of what is printed, by their field.
TEXTS = ("info", "cbill", "account_holder", "authorisation")
FLAGS = ("site", "app")
#: Fields of a form whose name in a body is another, both ways.
JSON_NAMES = {"account_holder": "accountHolder"}
FIELDS = {"segregationCode": "segregation_code", "accountHolder": "account_holder"}
LANGUAGES = {
    "it": N_("italiano"),
    "it-en": N_("italiano, sotto in grigio l’inglese"),
    "it-de": N_("italiano, sotto in grigio il tedesco"),
    "it-fr": N_("italiano, sotto in grigio il francese"),
    "it-sl": N_("italiano, sotto in grigio lo sloveno"),
    "it+en": N_("italiano e inglese alla pari"),
    "it+de": N_("italiano e tedesco alla pari"),
    "it+fr": N_("italiano e francese alla pari"),
    "it+sl": N_("italiano e sloveno alla pari"),
}
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Pages:
    """The pages of settings; the guard has checked who may open them."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._parts = parts

    @property
    def _registry(self) -> Registry:
        return Registry(self._parts.store, g.record)

    def page(self, organization: str) -> Response:
        """Return the settings of an organization."""
        return self._page({}, [])

    def rename(self, organization: str) -> AnyResponse:
        """Rename the organization."""
        fields = validate(OrganizationFields, {"name": request.form.get("name", "").strip()})
        if isinstance(fields, tuple):
            return self._page(request.form, errors_of(fields))
        self._registry.put_organization(organization, fields.name, may_register=False)
        return _back("renamed")

    def put_printing(self, organization: str) -> AnyResponse:
        """Change what is printed on notices."""
        form = request.form
        given: dict[str, object] = {
            JSON_NAMES.get(name, name): form.get(name, "").strip() or None for name in TEXTS
        }
        given |= {name: name in form for name in FLAGS} | {"language": form.get("language", "")}
        logo = request.files.get("logo")
        if "remove_logo" in form:
            given["logo"] = None
        elif logo is not None and logo.filename:
            given["logo"] = base64.b64encode(logo.stream.read(MAX_BYTES + 1)).decode()
        fields = validate(PrintFields, given)
        if isinstance(fields, tuple):
            return self._page(form, errors_of(fields, FIELDS))
        self._registry.put_printing(organization, fields)
        return _back("printing")

    def logo(self, organization: str) -> Response:
        """Return the picture of the logo."""
        picture = self._registry.printing(organization).logo
        if picture is None:
            raise NotFound
        kinds = (kind for start, kind in PICTURES.items() if picture.startswith(start))
        response = Response(picture, content_type=next(kinds, "image/svg+xml"))
        # WHY: an SVG that is opened by itself is a document, and runs nothing.
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response

    def serve(self, organization: str) -> AnyResponse:
        """Let a station serve the organization, or change how it does."""
        form = request.form
        name, broker = form.get("station", "").strip(), form.get("broker", "").strip()
        code = form.get("segregation_code", "").strip() or None
        given = {"segregationCode": code, "broadcast": "broadcast" in form}
        fields = validate(ServingFields, given)
        if isinstance(fields, tuple):
            return self._page(form, errors_of(fields, FIELDS))
        try:
            if broker and viewer().operator.serves_every:
                station = validate(StationFields, {"broker": broker})
                if isinstance(station, tuple):
                    return self._page(form, errors_of(station))
                self._registry.put_station(name, station.broker, with_broker=True)
            self._registry.serve(organization, name, fields)
        except refusals.StationNotFound:
            return self._page(form, [("station", _("Questa stazione non è registrata."))])
        except refusals.InUse:
            return self._page(form, [("segregation_code", _("Un servizio usa il codice di ora."))])
        return _back("station-served")

    def withdraw(self, organization: str, station: str) -> AnyResponse:
        """End the serving of the organization by a station."""
        try:
            self._registry.withdraw(organization, station)
        except refusals.InUse:
            return self._page({}, [("", _("Prima vanno tolti i servizi che usano il suo codice."))])
        return _back("station-withdrawn")

    def withdraw_service(self, organization: str, service: str, subject: str) -> AnyResponse:
        """End the offer of a service."""
        self._registry.withdraw_service(organization, service, subject)
        return _back("service-withdrawn")

    def _page(self, given: Mapping[str, str], errors: Errors) -> Response:
        registry, code = self._registry, viewer().code
        printing = registry.printing(code)
        stations, _total = registry.serving(code, MOST)
        services, _total = registry.services(code, MOST)
        users = {
            each.segregation_code: [
                f"{one.service_id}/{one.subject_id}"
                for one in services
                if one.settings.get(CODE) == each.segregation_code
            ]
            for each in stations
        }
        return render(
            "config/config.html",
            UNFIT if errors else 200,
            title=_("Impostazioni"),
            printed=_printed(printing, given),
            has_logo=printing.logo is not None,
            print_languages=[(key, _(words)) for key, words in LANGUAGES.items()],
            stations=stations,
            services=services,
            users=users,
            given=given,
            errors=errors,
        )


def _printed(printing: PrintSettings, given: Mapping[str, str]) -> dict[str, object]:
    """Return what the form of printing shows: what is stored, or what was sent and refused."""
    stored = printing._asdict()
    if "language" not in given:
        return stored
    sent: dict[str, object] = {name: given.get(name, "") for name in (*TEXTS, "language")}
    return stored | sent | {name: name in given for name in FLAGS}


def _back(done: str) -> AnyResponse:
    return redirect(menu.address(viewer(), "config.page", done=done), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of settings."""
    pages = Pages(parts)
    blueprint = Blueprint("config", __name__, url_prefix="/console/<organization>/config")
    blueprint.add_url_rule("", "page", pages.page)
    blueprint.add_url_rule("/logo", "logo", pages.logo)
    for path, endpoint, view in (
        ("/name", "rename", pages.rename),
        ("/printing", "put_printing", pages.put_printing),
        ("/stations", "serve", pages.serve),
        ("/stations/<station>/withdraw", "withdraw", pages.withdraw),
        ("/services/<service>/<subject>/withdraw", "withdraw_service", pages.withdraw_service),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=["POST"])
    return blueprint
