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
    "SQLITE_FULL": "the disk of GPD_DATABASE_URL is full: free some space",
}
UNKNOWN_HOST = "the host of GPD_DATABASE_URL is unknown: check its name"
#: What to do where PostgreSQL cannot be reached or lets nobody in, by a part of the message of
#: psycopg or libpq.  The server's own messages may be in another language; `REFUSED` answers those.
#: WHY: such an error has no code, and its whole text names users and hosts.
POSTGRESQL = {
    "failed to resolve host": UNKNOWN_HOST,
    "could not translate host name": UNKNOWN_HOST,
    "Connection refused": "no PostgreSQL answers at the host and port of GPD_DATABASE_URL: start"
    " it, and check its listen_addresses and port",
    "No such file or directory": "no PostgreSQL answers at the socket of GPD_DATABASE_URL:"
    " start it, or name a host",
    "timeout expired": "the host of GPD_DATABASE_URL does not answer: check its name, its port"
    " and the firewall",
    "invalid port number": "the port in GPD_DATABASE_URL must be 1 to 65535",
    "does not match host name": "the database's certificate is for another host name: write the"
    " certificate's name into GPD_DATABASE_URL, with hostaddr=ADDRESS where it has no address",
    "certificate verify failed": "the database's certificate is of another authority: name the file"
    " of its authority as sslrootcert in GPD_DATABASE_URL",
    "root certificate file": "the file of sslrootcert in GPD_DATABASE_URL cannot be read: name the"
    " file of the authority that signed the database's certificate, or `system`",
    "certificate": "PostgreSQL's certificate cannot be checked: see sslmode, sslrootcert, sslcert"
    " and sslkey in GPD_DATABASE_URL, whose files must exist",
    "does not support SSL": "the database has no TLS, which sslmode in GPD_DATABASE_URL asks"
    " for: set ssl, ssl_cert_file and ssl_key_file of PostgreSQL",
    "no pg_hba.conf entry": "PostgreSQL lets nobody connect so: add a line for the user, the"
    " database and this machine's address to its pg_hba.conf, and reload it",
    "no password supplied": "PostgreSQL asks for a password: put it into GPD_DATABASE_URL, or name"
    " a file with it in PGPASSFILE",
    "password authentication failed": "PostgreSQL refuses the user or the password of"
    " GPD_DATABASE_URL: check both, or ALTER ROLE … PASSWORD '…' as a superuser",
    "permission denied for database": "the user of GPD_DATABASE_URL may not connect: GRANT CONNECT"
    " ON DATABASE … TO … as the owner of the database",
    'database "': "PostgreSQL has no database of the name in GPD_DATABASE_URL: check it, or CREATE"
    " DATABASE … OWNER … as a superuser",
}
REFUSED = (
    "PostgreSQL refuses the connection: check the user, the password and the database of"
    " GPD_DATABASE_URL"
)
#: SPEC: PostgreSQL, "Error Codes": insufficient_privilege.
NO_RIGHT = "42501"
MORE_RIGHTS = (
    "the user of GPD_DATABASE_URL may not do this: the owner of the tables runs"
    " `gpd-soap db grant ROLE` after each upgrade, and alone may upgrade, grant and purge"
)


def known_cause(error: BaseException) -> str | None:
    """What to do about a database that cannot be used; None for every other failure."""
    for cause in _causes(error):
        text = SQLITE.get(getattr(cause, "sqlite_errorname", "")) or _postgresql(cause)
        if text is not None:
            return text
    return None


def failure_text(error: Exception) -> str:
    """The cause of a failure and its remedy, if they are known; else its kind and location."""
    from gpd_soap.monitoring.logs import locations
    from gpd_soap.store.database.transaction import DATABASE_ERRORS, Unavailable

    cause = known_cause(error)
    if cause is not None:
        return cause
    if isinstance(error, DATABASE_ERRORS):
        return with_hint(Unavailable())
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}"
    return f"{type(error).__name__} at {', '.join(locations(error.__traceback__)[-3:])}"


def with_hint(error: BaseException) -> str:
    """The text of an error and what to do about it, on one line."""
    hint = getattr(error, "hint", "")
    return f"{error}; {hint}" if hint else str(error)


def _postgresql(cause: BaseException) -> str | None:
    """What to do about a failed connection; None for a failure of another kind."""
    if type(cause).__module__.partition(".")[0] != "psycopg":
        return None
    code = getattr(cause, "sqlstate", None)
    if code is not None:
        return MORE_RIGHTS if code == NO_RIGHT else None
    # WHY: a failure before a session has no code, and a failed statement has one.
    text = str(cause)
    for part, remedy in POSTGRESQL.items():
        if part in text:
            return remedy
    return REFUSED if text.startswith("connection failed") else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and the errors that it was raised from."""
    while error is not None:
        yield error
        original = getattr(error, "orig", None)
        error = original if isinstance(original, BaseException) else error.__cause__
