"""What code adds to the configured pipeline: objects of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .development import Development


class Extras:
    """Processors, exporters, readers and views of `heliograph.configure`.

    Attributes:
        development: Makes what develops the journal, where that is not Lambda's `Development`.
    """

    def __init__(
        self,
        span_processors: Sequence[Any] | None = None,
        span_exporters: Sequence[Any] | None = None,
        metric_readers: Sequence[Any] | None = None,
        metric_exporters: Sequence[Any] | None = None,
        views: Sequence[Any] | None = None,
    ) -> None:
        self.span_processors = list(span_processors or ())
        self.span_exporters = list(span_exporters or ())
        self.metric_readers = list(metric_readers or ())
        self.metric_exporters = list(metric_exporters or ())
        self.views = list(views or ())
        self.development: Callable[..., Development] | None = None
