"""The addresses that are opened in every role, language and width, by who builds them.

A role that may not open one gets a page that says so, which is checked as well.
"""

from tests.console.harness import ORGANIZATION

ORG = f"/console/{ORGANIZATION}"

#: Sessions, people and configuration.
SHELL = [
    "/console/me",
    "/console/me?done=preferences",
    "/console/step-up",
    f"{ORG}/config/services/new",
    f"{ORG}/config/services/00001/00001",
    f"{ORG}/there-is-no-such-page",
]

#: Search, notices, positions.
NOTICE = [
    f"{ORG}/notices?q=esempio",
    f"{ORG}/notices?q=347000000000001034",
    f"{ORG}/notices/347000000000001033",
    f"{ORG}/notices/347000000000001336",
    f"{ORG}/notices/347000000000000225?order=newest",
    f"{ORG}/notices/347000000000001033/try",
    f"{ORG}/notices/347000000000001033/correct",
    f"{ORG}/positions/DEMO-PLAN-OR-SINGLE",
    f"{ORG}/positions/new?instalments=3&amount=250,00",
]

#: Home, worklist, receipts, journal, station.
WORK: list[str] = [
    "/console/overview",
    f"{ORG}/",
    f"{ORG}/worklist",
    f"{ORG}/receipts",
    f"{ORG}/journal",
    f"{ORG}/station",
]

#: Files of positions.
LOADS = [f"{ORG}/loads", f"{ORG}/loads?after=none", f"{ORG}/loads/load_none"]

PAGES = [*SHELL, *NOTICE, *WORK, *LOADS]
#: The addresses that need no session.
OPEN_PAGES = [
    "/console/sign-in",
    "/console/sign-in?done=password-changed",
    "/console/signed-out",
    "/console/invitation/none",
    "/console/demo/none",
]
