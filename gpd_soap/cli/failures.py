"""The text of a failure on the command line, without any text that may quote personal data."""

from __future__ import annotations

from collections.abc import Iterator

#: What to do where SQLite cannot use the file of GPD_DATABASE_URL, by SQLite's name of the error.
SQLITE = {
    "SQLITE_NOTADB": "the file of GPD_DATABASE_URL is no SQLite database: name another file,"
    " or restore this one from a backup",
    "SQLITE_CORRUPT": "the database of GPD_DATABASE_URL is damaged: restore it from a backup",
    "SQLITE_CANTOPEN": "the file of GPD_DATABASE_URL cannot be opened: its folder must exist,"
    " and this user must have write access to both",
    "SQLITE_READONLY": "the file of GPD_DATABASE_URL cannot be written: give this user write"
    " access to it and its folder",
    "SQLITE_READONLY_DIRECTORY": "the folder of GPD_DATABASE_URL cannot be written: give this"
    " user write access to it",
}
#: PostgreSQL's code for a right that the user does not have.
DENIED = "42501"
#: How psycopg and libpq begin their message about a host name that they cannot resolve.
UNKNOWN_HOST = ("failed to resolve host", "could not translate host name")


def known_cause(error: BaseException) -> str | None:
    """What to do about a database that cannot be used; None for every other failure."""
    for cause in _causes(error):
        text = SQLITE.get(getattr(cause, "sqlite_errorname", ""))
        if text is not None:
            return text
        if getattr(cause, "sqlstate", None) == DENIED:
            return (
                "the database user of GPD_DATABASE_URL may not do this: run the command as the"
                " owner of the tables"
            )
        if str(cause).startswith(UNKNOWN_HOST):
            return "the host of GPD_DATABASE_URL is unknown: check its name"
    return None


def failure_text(error: Exception) -> str:
    """The cause of a failure and its remedy, if they are known; else its kind and location."""
    from gpd_soap.monitoring.logs import locations
    from gpd_soap.store.database.transaction import DATABASE_ERRORS, Unavailable

    cause = known_cause(error)
    if cause is not None:
        return cause
    if isinstance(error, DATABASE_ERRORS):
        return f"{Unavailable()}\n  {Unavailable.hint}"
    return f"{type(error).__name__} at {', '.join(locations(error.__traceback__)[-3:])}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and the errors that it was raised from."""
    while error is not None:
        yield error
        original = getattr(error, "orig", None)
        error = original if isinstance(original, BaseException) else error.__cause__
