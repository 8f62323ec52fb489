"""From the SDK's metrics to CloudWatch's embedded metric format (EMF), as records and as lines.

Pure functions: the time, the invocation's properties and whoever is told about what had to be
changed come in as arguments. The rules and their sources are those of the emf spec.
"""

from __future__ import annotations

from .options import Options
from .point import DistributionDataPoint
from .record import records, to_lines

__all__ = ["DistributionDataPoint", "Options", "records", "to_lines"]
