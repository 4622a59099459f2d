"""The operations on jobs, of one organization and of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.jobs import models, responses
from gpd_soap.api.openapi import Responses, answer, refusals
from gpd_soap.api.responses import listed
from gpd_soap.clock import Clock
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.jobs.read import JobFilter
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.manage import Jobs
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.jobs import AnyJobPath, JobPath, JobSearch


def group(store: Store, clock: Clock) -> Group:
    """Returns the operations on jobs."""
    operations = Operations(Jobs(store, clock, cancelled={"documents.batch": _cancel_batch}))
    return Group(
        "jobs",
        "Jobs: work that is done apart from the request that began it.",
        lambda api: _declare(api, operations),
        models.MODELS,
    )


def _cancel_batch(
    connection: Transaction, organization: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """End the batch of a cancelled job."""
    # WHY: a face that prints nothing imports nothing of documents.
    from gpd_soap.features.documents.archive.job import cancelled

    cancelled(connection, organization, payload, now)


class Operations:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, jobs: Jobs) -> None:
        """Use `jobs` for every operation."""
        self._jobs = jobs

    def page(self, path: OrganizationPath, query: JobSearch) -> Response:
        """List the jobs of an organization, the newest first."""
        return self._page(path.organizationfiscalcode, query)

    def get(self, path: JobPath, query: NoQuery) -> Response:
        """Read a job of an organization: how far it is, and how it ended."""
        return jsonify(responses.job(self._jobs.get(path.organizationfiscalcode, path.id)))

    def retry(self, path: JobPath, query: NoQuery) -> Response:
        """Attempt a dead or waiting job of an organization now."""
        return jsonify(responses.job(self._jobs.retry(path.organizationfiscalcode, path.id)))

    def cancel(self, path: JobPath, query: NoQuery) -> Response:
        """Cancel a job of an organization; one that runs ends after its present step."""
        return jsonify(responses.job(self._jobs.cancel(path.organizationfiscalcode, path.id)))

    def page_any(self, query: JobSearch) -> Response:
        """List the jobs of every organization and of the installation, the newest first."""
        return self._page(None, query)

    def get_any(self, path: AnyJobPath, query: NoQuery) -> Response:
        """Read a job of any organization or of the installation."""
        return jsonify(responses.job(self._jobs.get(None, path.id)))

    def retry_any(self, path: AnyJobPath, query: NoQuery) -> Response:
        """Attempt a dead or waiting job of any organization or of the installation now."""
        return jsonify(responses.job(self._jobs.retry(None, path.id)))

    def cancel_any(self, path: AnyJobPath, query: NoQuery) -> Response:
        """Cancel a job of any organization; one that runs ends after its present step."""
        return jsonify(responses.job(self._jobs.cancel(None, path.id)))

    def _page(self, organization: str | None, query: JobSearch) -> Response:
        which = JobFilter(organization, query.state, query.kind)
        rows, total = self._jobs.page(which, query.slice())
        return jsonify(listed("jobs", [responses.job(each) for each in rows], total, query))


def _declare(api: APIBlueprint, on: Operations) -> None:
    page: Responses = {200: answer(models.Jobs, "A page of jobs.")}
    one: Responses = {200: answer(models.Job, "The job."), **refusals(404)}
    changed = {**one, **refusals(409)}
    of_one, any_job = f"{ORGANIZATION}/jobs", "/jobs"
    add(api.get, of_one, on.page, "listJobs", None, page)
    add(api.get, f"{of_one}/<id>", on.get, "getJob", None, one)
    add(api.post, f"{of_one}/<id>/retry", on.retry, "retryJob", None, changed)
    add(api.post, f"{of_one}/<id>/cancel", on.cancel, "cancelJob", None, changed)
    add(api.get, any_job, on.page_any, "listAllJobs", None, page)
    add(api.get, f"{any_job}/<id>", on.get_any, "getAnyJob", None, one)
    add(api.post, f"{any_job}/<id>/retry", on.retry_any, "retryAnyJob", None, changed)
    add(api.post, f"{any_job}/<id>/cancel", on.cancel_any, "cancelAnyJob", None, changed)
