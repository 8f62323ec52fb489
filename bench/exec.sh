#!/bin/bash
export PYTHONPATH="$LAMBDA_RUNTIME_DIR:/opt/python:$PYTHONPATH"
export ORIG_HANDLER=$_HANDLER _HANDLER=peer_attach.handler OTEL_SERVICE_NAME=$AWS_LAMBDA_FUNCTION_NAME
if [ "$PEER" = adotfast ]; then exec "$@"; fi
exec python3 /opt/python/bin/opentelemetry-instrument "$@"
