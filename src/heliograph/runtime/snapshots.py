"""SnapStart: what is loaded before the snapshot; a restored environment (lifecycle spec 1.8).

Loaded where Lambda takes a snapshot.
"""

from __future__ import annotations

from . import lifecycle


def hook() -> None:
    """Register with the runtime's own hooks, if the runtime has them."""
    try:
        import snapshot_restore_py
    except ImportError:
        return
    snapshot_restore_py.register_before_snapshot(lifecycle.load_now)
    snapshot_restore_py.register_after_restore(lifecycle.restored)
