"""What an office issues at the counter: the configured services, and a free form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import read_only

#: LIMIT: services that a person chooses from; an organization has tens.
MOST_SERVICES = 200
FREE = "free"


class Template(NamedTuple):
    """What a service gives a notice; None where the person at the counter writes it.

    `amount` is in cents.
    """

    id: str
    name: str
    amount: int | None = None
    description: str | None = None
    category: str | None = None
    iban: str | None = None
    postal_iban: str | None = None


def templates(database: Database, organization: str) -> list[Template]:
    """Returns a template for each service of an organization that names an account.

    A service whose settings take a value from the data of a payer leaves it to the person.
    """
    request = PageRequest(MOST_SERVICES, 0)
    offered, _total = read_only(
        database, lambda c: configuration.services(c, organization, request)
    )
    rows = [_template(f"{each.service_id}-{each.subject_id}", each.settings) for each in offered]
    return [each for each in rows if each.iban or each.postal_iban]


def _template(template_id: str, settings: Mapping[str, object]) -> Template:
    amount = settings.get("amount")
    description = _text(settings.get("description"))
    return Template(
        template_id,
        description or template_id,
        amount if type(amount) is int else None,
        description,
        _text(settings.get("category")),
        _text(settings.get("iban")),
        _text(settings.get("postalIban")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
