"""Where services written by others used to import from; `gpd_soap.plugins` has the names now."""
