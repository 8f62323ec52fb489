"""What a pipeline is made of, as its `pipeline.json` says: functions and what lies between them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from .table import Table

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

NAME = "pipeline.json"
MAX_BATCH = 10_000
"""Most messages that an event source mapping of SQS hands over at once."""
PLACEHOLDER = re.compile(r"\$\{(\w+)\.([\w-]+)\}")
"""Stands for an address in a variable: `${topics.orders}`."""


@dataclass(frozen=True)
class Target:
    """Where a topic or a rule delivers to: a function or a queue, one of them."""

    function: str = ""
    queue: str = ""
    raw: bool = False
    """Whether a topic delivers to a queue without its envelope."""


@dataclass(frozen=True)
class FunctionSpec:
    """A function: its handler, and variables of its own."""

    handler: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QueueSpec:
    """A queue, who reads it, and where messages go that nobody could."""

    function: str = ""
    batch_size: int = 10
    report_batch_item_failures: bool = False
    dead_letter_queue: str = ""
    max_receive_count: int = 3


@dataclass(frozen=True)
class Rule:
    """A rule of the bus: which events it takes, and where they go."""

    pattern: Mapping[str, Any]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Pipeline:
    """The whole description; `root` is the directory of the functions' code."""

    root: Path
    gateway: str
    functions: Mapping[str, FunctionSpec]
    topics: Mapping[str, tuple[Target, ...]]
    queues: Mapping[str, QueueSpec]
    rules: Mapping[str, Rule]
    partners: Mapping[str, int]
    """Services of others, which answer every request with a status."""


def read(directory: str | os.PathLike[str]) -> Pipeline:
    """Read the description in a directory.

    Raises:
        ConfigurationError: There is none, or something in it is wrong.
    """
    root = Path(directory)
    try:
        text = (root / NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no UTF-8"
        raise ConfigurationError(
            f"{str(root / NAME)!r} cannot be read ({said}); a pipeline is a directory with a {NAME}"
        ) from error
    try:
        return described(root, json.loads(text))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}: {error.msg}"
        raise ConfigurationError(f"{str(root / NAME)!r} is not JSON: {place}") from error


def described(root: Path, value: object) -> Pipeline:
    """Return what the JSON value of a description says.

    Raises:
        ConfigurationError: Something in it is wrong.
    """
    whole = Table(NAME, value)
    everywhere = whole.take_texts("env")
    pipeline = Pipeline(
        root=root,
        gateway=whole.take("gateway", str),
        functions={
            name: _function(table, everywhere)
            for name, table in whole.take_tables("functions").items()
        },
        topics={
            name: _targets(f"{name!r} in 'topics'", given)
            for name, given in whole.take("topics", dict, {}).items()
        },
        queues={name: _queue(table) for name, table in whole.take_tables("queues").items()},
        rules={name: _rule(table) for name, table in whole.take_tables("rules").items()},
        partners={name: _partner(table) for name, table in whole.take_tables("partners").items()},
    )
    whole.end()
    _check(pipeline)
    return pipeline


def _function(table: Table, everywhere: Mapping[str, str]) -> FunctionSpec:
    made = FunctionSpec(table.take("handler", str), {**everywhere, **table.take_texts("env")})
    table.end()
    return made


def _queue(table: Table) -> QueueSpec:
    made = QueueSpec(
        function=table.take("function", str, ""),
        batch_size=table.take_positive("batch_size", 10, MAX_BATCH),
        report_batch_item_failures=table.take("report_batch_item_failures", bool, default=False),
        dead_letter_queue=table.take("dead_letter_queue", str, ""),
        max_receive_count=table.take_positive("max_receive_count", 3, 1000),
    )
    table.end()
    return made


def _rule(table: Table) -> Rule:
    pattern = table.take("pattern", dict)
    _check_pattern(f"'pattern' of {table.where}", pattern)
    made = Rule(pattern, _targets(f"'targets' of {table.where}", table.take("targets", list)))
    table.end()
    return made


def _partner(table: Table) -> int:
    status = table.take("status", int, 200)
    table.end()
    return status


def _targets(where: str, given: object) -> tuple[Target, ...]:
    if not isinstance(given, list):
        raise ConfigurationError(f"{where} is no list of targets: [...]")
    return tuple(_target(Table(f"a target of {where}", one)) for one in given)


def _target(table: Table) -> Target:
    made = Target(
        table.take("function", str, ""),
        table.take("queue", str, ""),
        table.take("raw", bool, default=False),
    )
    table.end()
    if bool(made.function) == bool(made.queue):
        raise ConfigurationError(f"{table.where} has to name a 'function' or a 'queue'")
    return made


def _check_pattern(where: str, pattern: Mapping[str, object]) -> None:
    for name, value in pattern.items():
        if isinstance(value, dict):
            _check_pattern(f"{name!r} in {where}", value)
        elif not isinstance(value, list) or any(isinstance(one, (dict, list)) for one in value):
            raise ConfigurationError(f"{name!r} in {where} is no list of exact values")


def _check(pipeline: Pipeline) -> None:
    if not pipeline.functions:
        raise ConfigurationError(f"{NAME} has no functions")
    for where, function in _named_functions(pipeline):
        if function not in pipeline.functions:
            raise ConfigurationError(f"{where} names the function {function!r}, which is not there")
    for where, queue in _named_queues(pipeline):
        if queue not in pipeline.queues:
            raise ConfigurationError(f"{where} names the queue {queue!r}, which is not there")
    for queue in pipeline.queues:
        if queue.endswith(".fifo"):
            raise ConfigurationError(f"{queue!r} in 'queues': FIFO queues are not played here")
    for name, function_spec in pipeline.functions.items():
        for variable, value in function_spec.env.items():
            for kind, what in PLACEHOLDER.findall(value):
                if what not in getattr(pipeline, kind if kind in ADDRESSED else "", ()):
                    raise ConfigurationError(
                        f"{variable} of {name!r} has ${{{kind}.{what}}}, which is not there; "
                        f"there are {', '.join(sorted(_addressed(pipeline))) or 'none'}"
                    )


ADDRESSED = ("topics", "queues", "partners")


def _addressed(pipeline: Pipeline) -> Iterator[str]:
    for kind in ADDRESSED:
        yield from (f"${{{kind}.{name}}}" for name in getattr(pipeline, kind))


def _all_targets(pipeline: Pipeline) -> Iterable[tuple[str, Target]]:
    for name, targets in pipeline.topics.items():
        yield from ((f"{name!r} in 'topics'", target) for target in targets)
    for name, rule in pipeline.rules.items():
        yield from ((f"{name!r} in 'rules'", target) for target in rule.targets)


def _named_functions(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    yield "'gateway'", pipeline.gateway
    for name, queue in pipeline.queues.items():
        if queue.function:
            yield f"{name!r} in 'queues'", queue.function
    yield from ((where, one.function) for where, one in _all_targets(pipeline) if one.function)


def _named_queues(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    for name, queue in pipeline.queues.items():
        if queue.dead_letter_queue:
            yield f"{name!r} in 'queues'", queue.dead_letter_queue
    yield from ((where, one.queue) for where, one in _all_targets(pipeline) if one.queue)
