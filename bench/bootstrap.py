"""Start the runtime client as Lambda's /var/runtime/bootstrap.py does; never imported."""

import os
import sys

version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
places = [os.environ["LAMBDA_TASK_ROOT"], f"/opt/python/lib/{version}/site-packages", "/opt/python"]
sys.path[:0] = places

from awslambdaric.__main__ import main  # noqa: E402 - /opt comes first, as in Lambda

main(["bootstrap", os.environ["_HANDLER"]])
