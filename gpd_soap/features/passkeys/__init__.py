"""Passkeys: operators sign in by a device that verifies who holds it.

All modules but `relying_party` need the extra `passkey` of the package.
"""
