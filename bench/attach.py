"""What the handlers of the OpenTelemetry layers do: wrap the function, then name it to the runtime.

Copied into their layers as `peer_attach.py`; `exec.sh` beside it is their exec wrapper.
"""

import importlib
import os

PEER = os.environ["PEER"]

if PEER == "adotfast":
    from amazon.opentelemetry.distro.opentelemetry_lite_sdk import (  # type: ignore[import-not-found] # the peer's own
        configure_lite_mode,
    )

    configure_lite_mode()
if PEER.startswith("adot"):
    from opentelemetry.instrumentation.aws_lambda import (  # type: ignore[import-not-found] # too
        AwsLambdaInstrumentor,
    )

    AwsLambdaInstrumentor().instrument(skip_dep_check=True)

module, name = os.environ["ORIG_HANDLER"].rsplit(".", 1)
handler = getattr(importlib.import_module(module), name)
