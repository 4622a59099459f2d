"""The settings of the process.

Each source overrides those before it: defaults, a TOML file, credentials, GPD_* variables.
Credentials are a folder with one file for each setting, as systemd and Docker provide them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gpd_soap.settings import links, oidc, proxies, storage, webhooks
from gpd_soap.settings.kinds import (
    Bind,
    Names,
    OptionalBind,
    Origin,
    PublicUrl,
)
from gpd_soap.settings.sources import FILE as FILE
from gpd_soap.settings.sources import PREFIX as PREFIX
from gpd_soap.settings.sources import SettingsError as SettingsError
from gpd_soap.settings.sources import from_credentials, from_environment, from_file
from gpd_soap.settings.texts import default_text, error_text

#: LIMIT: 32 bytes of a secret, as long as the digest that is made of them.
SHORTEST_SECRET = 32


class Settings(BaseModel):
    """The settings; a variable is `GPD_` and the field's name in capitals, a file has the name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///gpd-soap.db",
        description="sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        repr=False,  # WHY: it may hold a password.
    )
    node_bind: Bind = Field(
        "127.0.0.1:8080", description="address of the node face: HOST:PORT or unix:PATH"
    )
    admin_bind: Bind = Field(
        "127.0.0.1:8081", description="address of the admin face: HOST:PORT or unix:PATH"
    )
    metrics_bind: OptionalBind = Field(
        "",
        description="address of a listener that serves /metrics alone, and asks for no key:"
        " HOST:PORT or unix:PATH; default: none",
    )
    public_url: PublicUrl = Field(
        "",
        description="URL at which the Node reaches this service, published in ?wsdl, such as"
        " https://ec.example/partner; default: node_bind",
    )
    console_url: Origin = Field(
        "",
        description="URL at which operators reach the console, for links such as invitations,"
        " without a path; default: admin_bind",
    )
    grafana_url: links.Grafana = ""
    oidc_issuer: oidc.Issuer = ""
    oidc_client_id: oidc.ClientId = ""
    oidc_client_secret: oidc.ClientSecret = ""
    oidc_scopes: oidc.Scopes = ("openid",)
    oidc_authorities: oidc.Authorities = ""
    oidc_match_claim: oidc.MatchClaim = ""
    oidc_groups_claim: oidc.GroupsClaim = "groups"
    oidc_rights: oidc.Rights = ()
    oidc_create: oidc.Create = False
    oidc_acr: oidc.Acr = ()
    oidc_amr: oidc.Amr = ("mfa",)
    node_tls_certificate: str = Field(
        "", description="PEM file: certificate of the node face with its chain; turns on mutual TLS"
    )
    node_tls_key: str = Field(
        "", description="PEM file: key of that certificate, if not in the same file"
    )
    node_tls_authorities: str = Field(
        "",
        description="PEM file: authorities that sign the certificates of the node face's callers",
    )
    node_tls_crl: str = Field(
        "",
        description="PEM file: revocation lists (CRL) of those authorities; a caller whose"
        " certificate is on one is refused",
    )
    node_proxies: proxies.NodeProxies = ()
    node_callers: Names = Field(
        (),
        description="names (CN) of the certificates that may call the node face, separated by"
        " commas; default: every certificate of the authorities",
    )
    node_open: bool = Field(
        False,
        description="let other machines reach the node face without TLS or proxies: anybody who"
        " reaches it can mark a notice paid",
    )
    admin_open: bool = Field(
        False,
        description="let other machines reach the admin face, which has no TLS: a proxy in front"
        " must protect its keys",
    )
    admin_proxies: proxies.AdminProxies = ()
    workers: Annotated[int, Field(ge=0, le=256)] = Field(
        0,
        description="processes of the node face, or of the only face served; 0: one for each core",
    )
    admin_workers: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="processes of the admin face, if both faces are served"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(4, description="threads of each process")
    pin: bool = Field(
        False, description="bind each process to one core; for a machine without other services"
    )
    max_body: Annotated[int, Field(ge=1024, le=64 << 20)] = Field(
        1 << 20, description="largest body of a request, in bytes"
    )
    max_bulk_body: Annotated[int, Field(ge=1024, le=64 << 20)] = Field(
        4 << 20,
        description="largest body of a request for many positions at the admin face, in bytes",
    )
    max_load: Annotated[int, Field(ge=1024, le=64 << 20)] = Field(
        16 << 20,
        description="largest file of positions that is sent to the console or the API, in bytes",
    )
    # LIMIT: requests in 10 s.  GPD's gateway allows 100; 1000 stops only a runaway script.
    rate: Annotated[int, Field(ge=0)] = Field(
        1000,
        description="most requests of a key to a process of the admin face in 10 s; 0: no limit",
    )
    admin_requests: Annotated[int, Field(ge=0)] = Field(
        0,
        description="most requests that a process of the admin face handles at once; 0: one fewer"
        " than its threads",
    )
    key_requests: Annotated[int, Field(ge=0)] = Field(
        0,
        description="most requests of one key that a process of the admin face handles at once;"
        " 0: half of its threads",
    )
    # LIMIT: wrong keys in 60 s; a program that goes on with a revoked key each second stays below.
    wrong_keys: Annotated[int, Field(ge=0)] = Field(
        100,
        description="most wrong keys of an address to a process of the admin face in 60 s; 0: no"
        " limit",
    )
    duplicate_receipt: Literal["ok", "fault"] = Field(
        "ok", description="answer to a repeated receipt: ok, or fault for PAA_RECEIPT_DUPLICATA"
    )
    demand_window: Annotated[int, Field(ge=0)] = Field(
        1800, description="seconds in which a repeated demand returns the same notice"
    )
    check_answers: bool = Field(
        True, description="check every answer against the contract before it is sent"
    )
    journal: Literal["database", "log", "none"] = Field(
        "database", description="where each exchange is recorded: database, log or none"
    )
    work: bool = Field(
        True,
        description="do background work in the processes of the admin face; false where"
        " `gpd-soap work` does it",
    )
    webhook_secret: webhooks.Secret = ""
    webhook_key: webhooks.Key = ""
    webhook_networks: webhooks.PrivateNetworks = ()
    webhook_ports: webhooks.ReceiverPorts = ()
    webhook_certificates: webhooks.Certificates = ()
    webhook_authorities: webhooks.Authorities = ()
    webhook_seconds: webhooks.Seconds = 15
    documents: storage.Storage = ""
    documents_endpoint: storage.Endpoint = ""
    documents_region: storage.Region = "us-east-1"
    documents_key_id: storage.KeyId = ""
    documents_secret: storage.Secret = ""
    documents_read_back: storage.ReadBack = True
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="lowest level that is logged: debug, info, warning or error"
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings from the file that GPD_CONFIG names, credentials and variables.

        Raises SettingsError for an unknown setting or an invalid value; its text never repeats a
        value.
        """
        in_file, variables = from_file(environ), from_environment(environ)
        credentials = from_credentials(environ, cls.model_fields)
        try:
            return cls.model_validate({**in_file, **credentials, **variables})
        except ValidationError as error:
            texts = [error_text(detail, variables) for detail in error.errors()]
            raise SettingsError("; ".join(texts)) from None

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        """Refuse incomplete mutual TLS, and TLS both here and at a proxy."""
        if bool(self.node_tls_certificate) != bool(self.node_tls_authorities):
            raise ValueError("node_tls_certificate and node_tls_authorities go together")
        if self.node_tls_crl and not self.node_tls_certificate:
            raise ValueError("node_tls_crl needs node_tls_certificate; a proxy has its own lists")
        if self.node_tls_certificate and self.node_proxies:
            raise ValueError("node_tls_certificate and node_proxies exclude each other")
        if self.node_callers and not (self.node_tls_certificate or self.node_proxies):
            raise ValueError("node_callers needs node_tls_certificate or node_proxies")
        return self

    @model_validator(mode="after")
    def _binds_differ(self) -> Settings:
        """Refuse one address for two faces: one of them would not be served."""
        binds = [each for each in (self.node_bind, self.admin_bind, self.metrics_bind) if each]
        if len(set(binds)) < len(binds):
            raise ValueError(
                "node_bind, admin_bind, metrics_bind: each needs an address of its own"
            )
        return self

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Settings:
        """Refuse an OpenID provider without what signing in by it needs."""
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("oidc_issuer and oidc_client_id go together")
        if self.oidc_issuer and not self.console_url:
            raise ValueError("oidc_issuer needs console_url, to which the provider sends back")
        if self.oidc_create and not self.oidc_rights:
            raise ValueError("oidc_create needs oidc_rights: nobody gets in without a group")
        return self

    @model_validator(mode="after")
    def _webhook_secret_is_long(self) -> Settings:
        """Refuse a secret that could be guessed."""
        if 0 < len(self.webhook_secret.encode()) < SHORTEST_SECRET:
            raise ValueError("webhook_secret needs at least 32 characters")
        return self

    @model_validator(mode="after")
    def _bucket_is_whole(self) -> Settings:
        """Refuse a bucket without its service and key: a library would look for others."""
        named = (self.documents_endpoint, self.documents_key_id, self.documents_secret)
        if self.documents.startswith(storage.BUCKET) and not all(named):
            raise ValueError("documents needs its _endpoint, _key_id and _secret for a bucket")
        return self

    @property
    def address(self) -> str:
        """The URL that ?wsdl publishes."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.node_tls_certificate else "http"
        if self.node_bind.startswith("unix:"):
            return f"{scheme}://localhost/partner"
        host, _, port = self.node_bind.rpartition(":")
        host = "127.0.0.1" if host in ("0.0.0.0", "", "[::]") else host  # noqa: S104  # not a bind
        return f"{scheme}://{host}:{port}/partner"


def variables() -> list[tuple[str, str, str]]:
    """Return name, default and help of every variable, the one that names the file first."""
    fields = Settings.model_fields.items()
    return [
        (FILE, "", "TOML file of these settings, by their names in small letters without GPD_"),
        *(
            (PREFIX + name.upper(), default_text(field.default), field.description or "")
            for name, field in fields
        ),
    ]
