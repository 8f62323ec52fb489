"""What the span of an HTTP request has where no official instrumentor describes it."""

from ...develop.fallback import of_request as facts

__all__ = ["facts"]
