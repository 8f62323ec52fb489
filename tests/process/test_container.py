"""The recipes of docs/containers.md: their instructions carried out, in a root of their own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from heliograph.lab.invocation import Invocation
from heliograph.lab.runtime_api import RuntimeApi
from scripts.places import packages

ROOT = Path(__file__).parents[2]
RECIPES = re.findall(
    r"```dockerfile\n(.*?)```", (ROOT / "docs" / "containers.md").read_text(), re.DOTALL
)

APP = """
import boto3
import heliograph

def handler(event, context):
    heliograph.annotate("order", event["order"])
    return {"paid": event["order"]}
"""

# What AWS's base image does: /lambda-entrypoint.sh names the handler, bootstrap runs the wrapper.
ENTRYPOINT = """#!/bin/sh
export _HANDLER="$1"
exec $AWS_LAMBDA_EXEC_WRAPPER /var/lang/bin/python -S -s /var/runtime/bootstrap.py
"""
BOOTSTRAP = """
import os, site, sys
site.setquit()
version = "python%d.%d" % sys.version_info[:2]
sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], f"/opt/python/lib/{version}/site-packages",
                "/opt/python", "/var/runtime"]
from awslambdaric.__main__ import main
main([sys.argv[0], os.environ["_HANDLER"]])
"""

ENTER = """
set -e
for place in /usr /lib /lib64 /bin /dev "$LANG_HOME"; do
  [ -e "$place" ] || continue
  mkdir -p "$IMAGE$place" && mount --rbind "$place" "$IMAGE$place"
done
mkdir -p "$IMAGE/var/lang" && mount --bind "$LANG_HOME" "$IMAGE/var/lang"
chroot=$(command -v chroot)
exec env -i $VARIABLES "$chroot" "$IMAGE" sh -c 'cd /var/task && exec "$@"' - "$@"
"""


def instructions(recipe):
    """Yield a Dockerfile's instructions and their arguments."""
    for line in recipe.strip().splitlines():
        name, _, rest = line.partition(" ")
        yield name, json.loads(rest) if rest.startswith("[") else shlex.split(rest)


class Image:
    """A root tree, an environment and a command, made by the instructions of a recipe.

    Args:
        tree: Where the root is made.
        runtime: Packages that a base image, or `pip install`, would bring.
        context: Where COPY copies from.
    """

    def __init__(self, tree, runtime, context):
        self.tree, self.context, self.runtime = tree, context, runtime
        self.env = {"PATH": "/var/lang/bin:/usr/bin:/bin", "LAMBDA_TASK_ROOT": "/var/task"}
        self.entrypoint, self.cmd = [], []
        for folder in ("var/task", "var/runtime", "tmp", "proc", "etc"):
            (tree / folder).mkdir(parents=True)

    def on_from(self, base):
        if "lambda" in base:
            shutil.copytree(self.runtime, self.tree / "var/runtime", dirs_exist_ok=True)
            (self.tree / "var/runtime/bootstrap.py").write_text(BOOTSTRAP)
            (self.tree / "lambda-entrypoint.sh").write_text(ENTRYPOINT)
            (self.tree / "lambda-entrypoint.sh").chmod(0o755)
            self.entrypoint = ["/lambda-entrypoint.sh"]

    def on_run(self, *command):
        assert command == ("pip", "install", "/heliograph", "awslambdaric", "boto3")
        site = self.tree / "site"  # where the same packages are laid that pip would install
        shutil.copytree(self.runtime, site)
        version = self.runtime.name
        shutil.copytree(packages(self.context / "layer", version), site, dirs_exist_ok=True)
        for info in (self.context / "layer" / "python").glob("*.dist-info"):
            shutil.copytree(info, site / info.name)
        self.env["PYTHONPATH"] = "/site"

    def on_copy(self, source, target):
        place = self.tree / target.lstrip("/")
        if source.endswith("/"):
            shutil.copytree(self.context / source, place, dirs_exist_ok=True)
        else:
            shutil.copy(self.context / source, place)

    def on_env(self, setting):
        self.env.update([setting.split("=", 1)])

    def on_workdir(self, place):
        assert place == "/var/task"

    def on_entrypoint(self, *command):
        self.entrypoint = list(command)

    def on_cmd(self, *command):
        self.cmd = list(command)

    def start(self, lang_home, log, **env):
        """Start the container's command in a mount namespace of its own."""
        variables = {**self.env, **env}
        assert not any(" " in value for value in variables.values())
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", ENTER, "sh", *self.entrypoint, *self.cmd],
            env={
                **os.environ,
                "IMAGE": str(self.tree),
                "LANG_HOME": lang_home,
                "VARIABLES": " ".join(f"{name}={value}" for name, value in variables.items()),
            },
            stdout=log,
            stderr=log,
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces and chroot need root")
@pytest.mark.parametrize("recipe", RECIPES, ids=["aws-base-image", "any-image"])
def test_recipe(recipe, one_runtime, layer, daemon, tmp_path):
    """Every recipe gives a function that answers, and whose trace arrives."""
    context = tmp_path / "context"
    context.mkdir()
    (context / "app.py").write_text(APP)
    (context / "layer").symlink_to(layer)
    (context / "heliograph").mkdir()  # a checkout, which pip installs
    image = Image(tmp_path / "image", ROOT / one_runtime["runtime_dir"], context)
    for name, arguments in instructions(recipe):
        getattr(image, f"on_{name.lower()}")(*arguments)
    home = subprocess.run(
        [one_runtime["python"], "-c", "import sys; print(sys.base_prefix)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()

    log = tmp_path / "log"
    with RuntimeApi() as api, log.open("w") as written:
        running = image.start(
            home,
            written,
            AWS_LAMBDA_RUNTIME_API=api.address,
            AWS_LAMBDA_FUNCTION_NAME="shop",
            AWS_REGION="eu-central-1",
            AWS_XRAY_DAEMON_ADDRESS=daemon.address,
        )
        try:
            dispatch = api.hand_out(Invocation({"order": "7"}))
            over = api.wait(lambda: dispatch.answer or running.poll() is not None, 30)
            assert over, log.read_text()
            assert dispatch.answer is not None, log.read_text()
            assert json.loads(dispatch.answer.body) == {"paid": "7"}
            (document,) = daemon.wait_documents(1)
        finally:
            running.kill()
            running.wait()

    assert document["name"] == "app.handler"
    assert document["annotations"]["order"] == "7"
    assert "Traceback" not in log.read_text()


def test_there_are_two_recipes():
    """The page has the recipes that are tried here."""
    assert len(RECIPES) == 2
