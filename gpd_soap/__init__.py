"""The creditor institution's side of pagoPA's paForNode contract."""

__version__ = "0.1.0"
