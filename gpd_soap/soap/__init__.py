"""The Node's face: paForNode over SOAP 1.1, and the only place that knows Spyne."""

from gpd_soap.soap.compat import prepare

prepare()
