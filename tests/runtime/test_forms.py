"""Every form of a handler, and what is wrong with one: all that the bare runtime says of it."""

from __future__ import annotations

import pytest

FINE = """
import os
def handler(event, context): return [__name__, os.environ["_HANDLER"], event]
"""


@pytest.fixture
def files(tmp_path):
    """Write files beside app.py, for the bare function and for the one with the layer."""

    def write(**texts):
        for task in ("task0", "task1"):
            for name, text in texts.items():
                path = tmp_path / task / (name.replace("__", "/") + ".py")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    return write


@pytest.mark.parametrize(
    ("handler", "texts"),
    [
        pytest.param("app.handler", {"app": FINE}, id="module"),
        pytest.param("a/b/c.handler", {"a__b__c": FINE}, id="slashes"),
        pytest.param("a.b.handler", {"a__b": FINE}, id="dots"),
        pytest.param("a/b.c.handler", {"a__b__c": FINE}, id="slashes-and-dots"),
        pytest.param(
            "orders.api.handler",
            {"orders__api": FINE + "\nfrom . import stock", "orders__stock": "LEFT = 1"},
            id="relative-import",
        ),
        pytest.param(
            "app.handler",
            {"app": "class Handler:\n    def __call__(self, e, c): return e\nhandler = Handler()"},
            id="object",
        ),
        pytest.param(
            "app.handler",
            {"app": "from functools import partial\ndef f(n, e, c): return n\n"
                    "handler = partial(f, 3)"},
            id="partial",
        ),
        pytest.param("app.lambda_handler", {"app": "lambda_handler = lambda e, c: 4"}, id="lambda"),
        pytest.param(
            "app.handler",
            {"app": "def __getattr__(name):\n    if name == 'handler': return lambda e, c: name\n"
                    "    raise AttributeError(name)"},
            id="module-getattr",
        ),
    ],
)  # fmt: skip
def test_answers_as_bare(runtime, both, files, handlers_of, handler, texts):
    """The handler is found as the runtime finds it, and its span has its name."""
    files(**texts)

    bare, layered = both(runtime, None, [{"n": 1}], handler=handler)

    assert layered.seen == bare.seen
    assert layered.seen.answers[0][:2] == ["response", 202]
    (document,) = handlers_of(layered.documents)
    assert document["name"] == handler
    assert document["metadata"]["default"]["code.function.name"] == handler


@pytest.mark.parametrize(
    ("handler", "texts", "error_type", "message"),
    [
        pytest.param(
            "nope.handler", {"app": FINE}, "Runtime.ImportModuleError",
            "Unable to import module 'nope': No module named 'nope'", id="no-module",
        ),
        pytest.param(
            "a/nope.handler", {"a__b": FINE}, "Runtime.ImportModuleError",
            "Unable to import module 'a/nope': No module named 'a.nope'", id="no-module-in-package",
        ),
        pytest.param(
            "app.x", {"app": FINE}, "Runtime.HandlerNotFound",
            "Handler 'x' missing on module 'app'", id="no-attribute",
        ),
        pytest.param(
            "handler", {"app": FINE}, "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)", id="no-dot",
        ),
        pytest.param(
            "sys.exit", {"app": FINE}, "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module", id="built-in",
        ),
        pytest.param(
            ".app.handler", {"app": FINE}, "TypeError",
            "the 'package' argument is required to perform a relative import for '.app'",
            id="relative",
        ),
        pytest.param(
            "app.handler", {"app": "def handler(event, context)\n    return 1"},
            "Runtime.UserCodeSyntaxError", None, id="syntax-error",
        ),
        pytest.param(
            "app.handler", {"app": "import broken", "broken": "x = = 1"},
            "Runtime.UserCodeSyntaxError", None, id="syntax-error-below",
        ),
        pytest.param(
            "app.handler", {"app": "def price(): raise ValueError('no price')\nprice()"},
            "ValueError", "no price", id="value-error",
        ),
        pytest.param(
            "app.handler", {"app": "import stock", "stock": "None.left"},
            "AttributeError", "'NoneType' object has no attribute 'left'", id="attribute-error",
        ),
        pytest.param(
            "app.handler",
            {"app": "class Lost(AttributeError): pass\ntry: {}['a']\n"
                    "except KeyError as e: raise Lost('gone') from e"},
            "Lost", "gone", id="kind-of-attribute-error",
        ),
        pytest.param(
            "app.handler", {"app": "import stock", "stock": "from json import nothing"},
            "Runtime.ImportModuleError", None, id="import-error-below",
        ),
        pytest.param(
            "app.handler", {"app": "import missing_library"}, "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'missing_library'", id="no-library",
        ),
    ],
)  # fmt: skip
def test_reports_what_is_wrong_as_bare(runtime, both, files, handler, texts, error_type, message):
    """Type, message, stack and exit are the bare runtime's, and name the user's module."""
    files(**texts)

    bare, layered = both(runtime, None, [{"n": 1}], handler=handler)

    assert layered.seen == bare.seen
    assert layered.seen.exit_code == 1
    ((reported, report),) = layered.seen.init_errors
    assert reported == report["errorType"] == error_type
    assert message is None or report["errorMessage"] == message
    assert "runtime.bootstrap" not in str(report)
    assert "runtime/bootstrap" not in str(report)
    assert "heliograph" not in str(report)
    assert layered.ours == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        pytest.param("import sys; sys.exit(0)", 0, id="exit-0"),
        pytest.param("import sys; sys.exit(4)", 4, id="exit-4"),
        pytest.param("import os; os._exit(5)", 5, id="os-exit"),
        pytest.param("raise SystemExit('no database')", 1, id="text"),
    ],
)
def test_an_exit_at_import_is_the_same_exit(runtime, both, source, code):
    """A module that ends the process at its import ends it with the same code and words."""
    bare, layered = both(runtime, source, [{"n": 1}])

    assert layered.seen == bare.seen
    assert layered.seen.exit_code == code
    assert layered.ours == []


def test_spans_of_a_failed_init_arrive(runtime, run):
    """What was recorded at import is sent at exit, with the SDK not loaded before, no thread."""
    source = """
import heliograph
with heliograph.span("load"), heliograph.span("read"):
    pass
raise ValueError("no configuration")
"""

    ran = run(runtime, source)

    assert ran.seen.exit_code == 1
    assert ran.seen.init_errors[0][0] == "ValueError"
    names = sorted(document["name"] for document in ran.documents)
    assert names == ["lab", "read"]  # X-Ray names a root segment after the service
    assert ran.ours == []
    assert ran.seen.stderr == []


def test_user_code_reads_its_own_handler_name(one_runtime, run):
    """`_HANDLER` has its own value again when user code looks at it."""
    source = "import os\nNAME = os.environ['_HANDLER']\ndef handler(e, c): return NAME"

    ran = run(one_runtime, source)

    assert ran.seen.answers[0][2] == "app.handler"
