"""Consent: what each address allows, for which purpose and channel."""
