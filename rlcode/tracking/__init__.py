"""How a run is recorded and shown: one folder on disk, one live view in the terminal."""

from rlcode.tracking.folder import RunFolder
from rlcode.tracking.tracker import Tracker

__all__ = ["RunFolder", "Tracker"]
