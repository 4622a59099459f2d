"""The Node's face: paForNode over SOAP 1.1; only this package imports Spyne."""

from gpd_soap.soap.compat import prepare

prepare()
