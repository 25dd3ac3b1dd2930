# Written by `make docs` from the OpenAPI document. Do not edit.
"""Settings: what `client.settings` does."""

from __future__ import annotations

from ..connection import Group
from ..models.settings import NewSettings, Settings


class SettingsRoutes(Group):
    """Settings."""

    def put(self, body: NewSettings) -> Settings:
        """Change settings.

        Replace all choices of the workspace; 409 when somebody else saved since `version`.

        Scope admin.

        Route: PUT /v1/settings.
        """
        return self._call("PUT", "/v1/settings", Settings, body=body)

    def show(self) -> Settings:
        """Show settings.

        Each value in force and where it comes from.

        Scope admin.

        Route: GET /v1/settings.
        """
        return self._call("GET", "/v1/settings", Settings)
