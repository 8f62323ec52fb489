"""Bedrock's models: Converse, InvokeModel and their streams, as far as a stream is read in line."""

import json
from contextlib import suppress

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError, ParamValidationError
from opentelemetry import trace

MEASURED = True
FAMILIES = (
    "amazon.titan", "amazon.nova", "anthropic.claude", "cohere.command-r", "cohere.command",
    "meta.llama", "mistral.mistral", "another.model",
)  # fmt: skip
PROMPT = "What is secret-prompt? " * 20
MESSAGES = [
    {"role": "user", "content": [{"text": PROMPT}]},
    {"role": "assistant", "content": [
        {"text": "I ask."}, {"toolUse": {"toolUseId": "t0", "name": "search", "input": {"q": "x"}}},
    ]},
    {"role": "user", "content": [
        {"toolResult": {"toolUseId": "t0", "content": [{"text": "secret-result"}]}},
    ]},
]  # fmt: skip
CONFIG = {"temperature": 0.5, "topP": 0.9, "maxTokens": 100, "stopSequences": ["|", "end"]}
BODIES = {
    "amazon.titan": {
        "inputText": PROMPT,
        "textGenerationConfig": {
            "temperature": 0, "topP": 1, "maxTokenCount": 10, "stopSequences": ["|"],
        },
    },
    "amazon.nova": {
        "messages": MESSAGES[:1], "system": [{"text": "secret-system"}],
        "inferenceConfig": {
            "temperature": 0.1, "topP": 0.2, "max_new_tokens": 3, "stopSequences": [],
        },
    },
    "anthropic.claude": {
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "temperature": 1.0,
        "top_p": 0.5, "stop_sequences": ["x"], "system": "secret-system",
        "messages": [
            {"role": "user", "content": PROMPT},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "u0", "name": "search",
                                               "input": {"q": "secret"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u0",
                                          "content": "secret-result"}]},
        ],
    },
    "cohere.command-r": {
        "message": PROMPT, "max_tokens": 5, "temperature": 0.3, "p": 0.4, "stop_sequences": ["s"],
    },
    "cohere.command": {
        "prompt": PROMPT, "max_tokens": 5, "temperature": 0.3, "p": 0.4, "stop_sequences": ["s"],
    },
    "meta.llama": {"prompt": PROMPT, "max_gen_len": 5, "temperature": 0.3, "top_p": 0.4},
    "mistral.mistral": {
        "prompt": PROMPT, "max_tokens": 5, "temperature": 0.3, "top_p": 0.4, "stop": ["s"],
    },
    "another.model": {"anything": 1},
}  # fmt: skip

tracer = trace.get_tracer("program")


def main(endpoint):
    config = Config(retries={"max_attempts": 0})
    session = boto3.Session("id", "secret", region_name="eu-central-1")
    models = session.client("bedrock-runtime", endpoint_url=endpoint, config=config)
    for part in (converse, streams, bodies, chunks, odd):
        with tracer.start_as_current_span(part.__name__):
            part(models)


def converse(models):
    models.converse(modelId="anthropic.claude:plain")
    models.converse(modelId="anthropic.claude:tool", messages=MESSAGES, inferenceConfig=CONFIG,
                    system=[{"text": "secret-system"}])  # fmt: skip
    models.converse(modelId="amazon.nova:bare", messages=MESSAGES[:1])
    for status in ("429", "400", "500"):
        with suppress(ClientError):
            models.converse(modelId=f"amazon.nova:{status}", messages=MESSAGES[:1])
    with suppress(ParamValidationError):
        models.converse(modelId="amazon.nova", messages="none")


def streams(models):
    for scenario in ("plain", "tool", "long"):
        asked = models.converse_stream(
            modelId=f"anthropic.claude:{scenario}", messages=MESSAGES, inferenceConfig=CONFIG
        )
        list(asked["stream"])
        with tracer.start_as_current_span("after"):
            pass
    asked = models.converse_stream(modelId="amazon.nova:plain", messages=MESSAGES)
    for event in asked["stream"]:
        if "messageStop" in event:
            break
    asked["stream"].close()
    models.converse_stream(modelId="amazon.nova:plain", messages=MESSAGES)["stream"].close()
    with suppress(EventStreamError):
        list(models.converse_stream(modelId="amazon.nova:error")["stream"])
    with suppress(ClientError):
        models.converse_stream(modelId="amazon.nova:429")


def bodies(models):
    for family in FAMILIES:
        said = models.invoke_model(modelId=f"{family}:plain", body=json.dumps(BODIES[family]))
        json.loads(said["body"].read())
    said = models.invoke_model(modelId="amazon.titan:plain", body=b"")
    assert b"".join(said["body"].iter_chunks(7)).startswith(b"{")
    said = models.invoke_model(modelId="anthropic.claude:plain", body=bytearray(b"{}"))
    assert len(list(said["body"].iter_lines())) == 1
    said = models.invoke_model(modelId="anthropic.claude:plain", body=b'{"max_tokens": 4}')
    with said["body"] as stream:
        assert json.load(stream)["role"] == "assistant"
    with suppress(ClientError):
        models.invoke_model(modelId="amazon.titan:429", body="{}")


def chunks(models):
    for family in (*FAMILIES[:3], "cohere.command"):
        said = models.invoke_model_with_response_stream(
            modelId=f"{family}:plain", body=json.dumps(BODIES[family])
        )
        said["body"].close() if family == "cohere.command" else list(said["body"])
    said = models.invoke_model_with_response_stream(modelId="anthropic.claude:error", body="{}")
    with suppress(EventStreamError):
        list(said["body"])


def odd(models):
    for scenario in ("text", "empty", "list", "missing", "bytes"):
        for family in FAMILIES[:7]:
            models.invoke_model(modelId=f"{family}:{scenario}", body="{}")["body"].read()
    for body in ("no JSON", "[]", "5", "null", '"text"', '{"messages": 5}', '{"system": {}}'):
        for family in FAMILIES[:4]:
            models.invoke_model(modelId=f"{family}:plain", body=body)["body"].read()
    models.apply_guardrail(
        guardrailIdentifier="g", guardrailVersion="1", source="INPUT",
        content=[{"text": {"text": "secret-guarded"}}],
    )  # fmt: skip
