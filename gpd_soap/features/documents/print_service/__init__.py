"""pagoPA's service that prints notices: its templates, and its folders."""
