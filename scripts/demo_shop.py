"""`make demo-shop`: a function that has no line about telemetry, through the layer.

Redis is Debian's, the database SQLite, a small HTTP server stands for another team's prices.
Nothing leaves this machine.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import brought, debian, demo, pythons
from scripts.databases import Redis
from scripts.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = ROOT / "examples" / "shop"


def task(path: Path, python: str) -> Path:
    """Lay the example out as a deployment package: its code, and what it requires beside it.

    Args:
        path: Where.
        python: The interpreter that it is for.
    """
    found = pythons.probe(python)
    assert found, f"{python} is no Python of Lambda's"
    path.mkdir()
    (path / "app.py").write_bytes((EXAMPLE / "app.py").read_bytes())
    for place in brought.libraries(found, "shop").iterdir():
        (path / place.name).symlink_to(place)
    return path


def database(path: Path) -> None:
    """Make a database with an article in stock."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE articles (name TEXT PRIMARY KEY, left INTEGER)")
        connection.execute("INSERT INTO articles VALUES ('lens', 7)")
    connection.close()


@contextmanager
def surroundings(folder: Path, python: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Start what the function needs; yields its package and its variables.

    Args:
        folder: For what is written.
        python: The interpreter that runs it.
    """
    with Redis(debian.build(), folder) as cache, demo.partner() as partner:
        where = task(folder / "task", python)
        database(where / "shop.db")
        env = {
            "PARTNER_URL": partner,
            "REDIS_URL": f"redis://127.0.0.1:{cache.port}",
            "DATABASE_URL": "sqlite:///shop.db",
        }
        yield where, env


def main() -> int:
    """Run the demo; return the exit status."""
    demo.alone()
    if missing := debian.lacking():
        print(f"demo-shop: this is not {missing}, from which its Redis is")
        return 1
    newest = demo.runtime()
    print(f"examples/shop/app.py through the layer, on Python {newest['version']}.", flush=True)
    layer = f"--layer={demo.LAYER}"
    good, refused = (f"--event={EXAMPLE / name}" for name in ("event.json", "refused.json"))
    with (
        tempfile.TemporaryDirectory(prefix="heliograph-shop-") as temporary,
        surroundings(Path(temporary), newest["python"]) as (where, env),
    ):
        title = "An order, cold; then warm, with the price in the cache"
        fine = demo.shown(title, where, env, good, "--times=2", layer)
        fine &= demo.shown("An order that is refused", where, env, refused, layer)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
