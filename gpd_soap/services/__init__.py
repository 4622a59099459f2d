"""The former path of the names in `gpd_soap.plugins`, kept for services written by others."""
