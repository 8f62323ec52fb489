"""What a measurement or a setting asks for: its dimension sets, its resolution (emf spec 4)."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .layouts import Frame
    from .options import Tell

RESOLUTION = "aws.emf.storage_resolution"
"""The attribute that asks for high resolution (emf spec 4)."""
DIMENSION_SETS = "aws.emf.dimension_sets"
"""The attribute that names a measurement's dimension sets: lists of names, or their JSON."""
ASKED = frozenset({RESOLUTION, DIMENSION_SETS})
"""Attributes that are wishes: they are never written themselves."""


def templates(
    attributes: Mapping[str, object], metric: str, frame: Frame
) -> Sequence[Sequence[str]] | None:
    """Return the dimension sets for a point, `None` for the default one.

    The point's own wish counts first, then the sets of its metric, then those of all metrics.
    """
    wanted = attributes.get(DIMENSION_SETS)
    if wanted is not None:
        sets = _sets(wanted)
        if sets is not None:
            return sets
        frame.tell(
            f"emf dimension sets {metric}",
            f"{DIMENSION_SETS} of metric {metric!r} is {wanted!r:.200}, and must be lists of names "
            'such as [["service"],["service","route"]]: it is left out.',
        )
    for pattern, of_metric in frame.options.metric_dimensions.items():
        if fnmatchcase(metric, pattern):
            return of_metric
    return frame.sets


def _sets(wanted: object) -> list[tuple[str, ...]] | None:
    if isinstance(wanted, str):
        try:
            wanted = json.loads(wanted)
        except (ValueError, RecursionError):
            return None
    if not isinstance(wanted, (list, tuple)) or not wanted:
        return None
    for keys in wanted:
        if not isinstance(keys, (list, tuple)) or not all(isinstance(key, str) for key in keys):
            return None
    return [tuple(keys) for keys in wanted]


def fine(attributes: Mapping[str, object], tell: Tell) -> bool:
    """Whether a point asks for a resolution of one second; 60 is the default."""
    wanted = attributes.get(RESOLUTION)
    if wanted is None or wanted in (1, 60, "1", "60"):
        return wanted in (1, "1")
    tell(
        "emf storage resolution",
        f"{RESOLUTION} is {wanted!r}, and CloudWatch knows 1 and 60 (seconds): 60 is used.",
    )
    return False
