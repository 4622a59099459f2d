"""The problems of requests about the configuration."""

from __future__ import annotations

from gpd_soap.api.problems import Problem

BAD_CONFIGURATION = Problem(
    400,
    "Error in the configuration data",
    "The content of the request breaks a rule: see errors.",
)
BROKER_NOT_FOUND = Problem(404, "Not found the broker", "The broker is not registered here.")
STATION_NOT_FOUND = Problem(404, "Not found the station", "The station is not registered here.")
NOT_SERVING = Problem(404, "Not found the station", "The station does not serve the organization.")
SERVICE_NOT_FOUND = Problem(
    404, "Not found the service", "The organization offers no service of these identifiers."
)
IN_USE = Problem(409, "In use", "Something else still needs it: see errors.")
