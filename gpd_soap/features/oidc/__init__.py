"""OpenID Connect: operators sign in at the provider of their institution.

`id_token` and what imports it need the extra `oidc` of the package.
"""
