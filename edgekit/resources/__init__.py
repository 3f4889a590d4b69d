"""Where files are found: those that travel with edgekit, and those that it keeps for a user."""

from edgekit.resources.folders import cache_folder, data_folder, resource_folder, settings_folder

__all__ = ["cache_folder", "data_folder", "resource_folder", "settings_folder"]
