"""How long a session lasts."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpd_soap.store.people.sessions import Session

#: LIMIT: 30 minutes without a request, so that a screen that was left shows nothing for long.
IDLE = timedelta(minutes=30)
#: LIMIT: 10 hours from sign-in, whatever is done.
LONGEST = timedelta(hours=10)
#: LIMIT: 10 minutes between the password and the second factor.
TO_PROVE = timedelta(minutes=10)
#: LIMIT: 10 minutes in which a factor that was proved counts as proved now.
RECENT = timedelta(minutes=10)
#: LIMIT: a use is stored once a minute, so that an idle session ends up to a minute early.
TOUCHED = timedelta(minutes=1)


def is_alive(session: Session, now: datetime) -> bool:
    """Return whether a session lasts at `now`."""
    if not session.proved:
        return now - session.started_at < TO_PROVE
    return now - session.started_at < LONGEST and now - session.used_at < IDLE


def is_raised(session: Session, now: datetime) -> bool:
    """Return whether a factor was proved lately enough for what asks for one again."""
    return session.proved and now - session.raised_at < RECENT


def needs_touch(session: Session, now: datetime) -> bool:
    """Return whether the use of a session must be stored."""
    return now - session.used_at >= TOUCHED
