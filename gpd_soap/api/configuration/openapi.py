"""What the OpenAPI says of the configuration."""

from __future__ import annotations

from gpd_soap.api.openapi import FLAG, Schema, objects, page_of, texts
from gpd_soap.validation import configuration as bodies

OPEN: Schema = {"type": "object", "description": "what the kind takes"}


def schemas() -> dict[str, Schema]:
    """Every body, by name."""
    return {
        "OrganizationName": bodies.Named.model_json_schema(),
        "StationOwner": bodies.Owned.model_json_schema(),
        "Serving": bodies.Serving.model_json_schema(),
        "Offer": bodies.Offer.model_json_schema(),
        "Organization": objects(texts("fiscalCode name")),
        "Broker": objects(texts("fiscalCode")),
        "Station": objects(texts("id broker")),
        "ServingStation": objects({**texts("station broker segregationCode"), "broadcast": FLAG}),
        "Service": objects({**texts("serviceId subjectId kind"), "settings": OPEN}),
        "Organizations": page_of("organizations", "Organization"),
        "Brokers": page_of("brokers", "Broker"),
        "Stations": page_of("stations", "Station"),
        "ServingStations": page_of("stations", "ServingStation"),
        "Services": page_of("services", "Service"),
    }
