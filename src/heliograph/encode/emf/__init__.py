"""From the SDK's metrics to CloudWatch's embedded metric format (EMF), as lines.

The lines are a function of the metrics: the time, the invocation's properties and whoever is told
about what had to be changed come in as arguments. What an encoder remembers makes it faster, and
changes nothing. The rules and their sources are those of the emf spec.
"""

from __future__ import annotations

from .encoder import Encoder
from .options import Options
from .point import DistributionDataPoint

__all__ = ["DistributionDataPoint", "Encoder", "Options"]
