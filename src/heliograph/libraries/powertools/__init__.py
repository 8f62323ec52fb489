"""Powertools' batch utility: each record that it processes has its span (triggers spec 1.3).

Put in place when its module is imported, in `BatchProcessor`, `AsyncBatchProcessor` and what
derives from them.
"""

from __future__ import annotations

from ..._guard import guard, guarded, unframe
from ...journal import state
from ...journal.recording import dress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

FAILED = "fail"
"""What the answer about a record begins with whose handler raised."""


def install(module: ModuleType) -> None:
    """Put a span around the processing of a record.

    Args:
        module: The one that has the processors, just imported.
    """
    kind, async_kind = module.BatchProcessor, module.AsyncBatchProcessor
    one, other = kind._process_record, async_kind._async_process_record

    def _process_record(self: Any, record: Any) -> Any:
        span = _enter(record)
        try:
            answer = one(self, record)
        except BaseException as error:
            _leave(span, error)
            unframe(error)
            raise
        _leave(span, _error(self, answer))
        return answer

    async def _async_process_record(self: Any, record: Any) -> Any:
        span = _enter(record)
        try:
            answer = await other(self, record)
        except BaseException as error:
            _leave(span, error)
            unframe(error)
            raise
        _leave(span, _error(self, answer))
        return answer

    dress(_process_record, one)
    dress(_async_process_record, other)
    kind._process_record = _process_record
    async_kind._async_process_record = _async_process_record


def _enter(record: Any) -> Any:
    if not state.active:
        return None
    from ...per_record import record as span_of

    span = guarded("starting the span of a record", span_of, record)
    if span is not None:
        span.__enter__()
    return span


def _leave(span: Any, error: BaseException | None) -> None:
    if span is not None:
        span.__exit__(type(error) if error is not None else None, error, None)


def _error(processor: Any, answer: Any) -> BaseException | None:
    """Return what the record's handler raised; the utility keeps it, and says that it failed."""
    with guard("reading what became of a record"):
        if type(answer) is tuple and answer and answer[0] == FAILED:
            error = processor.exceptions[-1][1]
            return error if isinstance(error, BaseException) else None
    return None
