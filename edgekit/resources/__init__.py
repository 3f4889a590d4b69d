"""Files that travel with edgekit, files that it keeps for a user, and the cores that it may use."""

from edgekit.resources.folders import cache_folder, data_folder, resource_folder, settings_folder
from edgekit.resources.processors import usable_cores

__all__ = ["cache_folder", "data_folder", "resource_folder", "settings_folder", "usable_cores"]
