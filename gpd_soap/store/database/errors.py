"""What an operator must act on when the store cannot serve."""

from __future__ import annotations

from gpd_soap.core.errors import OperatorError


class StoreError(OperatorError):
    """Something of the database that an operator must act on."""

    hint = "check GPD_DATABASE_URL, then run `gpd-soap health`"


class UnusableDatabase(StoreError):
    """The database address is not one that we can use."""


class StaleSchema(StoreError):
    """The database has not the tables that this version needs."""

    hint = "run `gpd-soap db upgrade`"


class LaterSchema(StaleSchema):
    """The database has tables of a later version than this."""

    hint = (
        "run the version that upgraded the database, or a later one; if another program did,"
        " give gpd-soap a database of its own"
    )


class Contended(StoreError):
    """Others kept changing the same position; the sender must try again."""


class AlreadyKept(StoreError):
    """What should be new is in the store already."""

    hint = "each IUPD, NAV and IUV may be used once for ever by an organization"
