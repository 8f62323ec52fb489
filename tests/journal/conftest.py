"""What the recorders' tests share: a server with scripted answers, Lambda's environment."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import heliograph
from heliograph import testing

ENVIRONMENT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def stub():
    """A server whose answers are scripted by the path."""
    path = Path(__file__).parents[1] / "parity" / "stub.py"
    spec = importlib.util.spec_from_file_location("parity_stub", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Stub()
    yield server
    server.close()


@pytest.fixture
def in_lambda(monkeypatch):
    """Runs a function as a handler, in the environment of Lambda."""

    def run(function, header=ENVIRONMENT):
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        return heliograph.wrap(lambda event, context: function())({}, testing.FakeContext())

    return run
