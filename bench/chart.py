"""The chart of the README: what a cold start waits for, by peer. Drawn from a run's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from bench.peers import BARE, OURS, PEERS

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, ROW, LEFT, RIGHT, TOP = 840, 22, 250, 90, 44
TITLES = {"hello": "a function that does nothing", "orders": "a function with boto3 and requests"}
OURS_COLOUR, OTHERS_COLOUR, TEXT_COLOUR = "#0f8a5f", "#8b98a5", "#6e7781"
"""Legible on a light and on a dark page."""


def chart(run: dict[str, Any]) -> str:
    """Return an SVG of the milliseconds that each peer adds to init and the first response."""
    parts: list[str] = []
    top = 0
    for workload, title in TITLES.items():
        if workload in run["figures"]:
            bars = dict(added(run["figures"][workload]))
            parts += panel(f"Added to a cold start of {title}, ms", bars, top)
            top += TOP + ROW * len(bars) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">\n'
        "<title>What instrumentation adds to a cold start</title>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def added(measured: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield what each peer makes the first caller wait longer: init and the first response."""
    for peer in PEERS:
        if peer is not BARE and peer.name in measured:
            more = measured[peer.name]["added"]
            yield peer.title, sum(more[figure][0] for figure in ("init", "first"))


def panel(title: str, bars: dict[str, float], top: int) -> Iterator[str]:
    """Yield the elements of one group of bars."""
    most = max([*bars.values(), 1.0])
    yield (
        f'<text x="0" y="{top + 26}" fill="{TEXT_COLOUR}" font-weight="600">{escape(title)}</text>'
    )
    for number, (name, value) in enumerate(sorted(bars.items(), key=lambda bar: bar[1])):
        y = top + TOP + ROW * number
        length = max(1.0, max(value, 0.0) / most * (WIDTH - LEFT - RIGHT))
        colour = OURS_COLOUR if name.startswith(OURS.title) else OTHERS_COLOUR
        yield (
            f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end" fill="{TEXT_COLOUR}">'
            f"{escape(name)}</text>"
        )
        yield (
            f'<rect x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{ROW - 7}" rx="2" '
            f'fill="{colour}"/>'
        )
        yield (
            f'<text x="{LEFT + length + 8:.1f}" y="{y + 13}" fill="{TEXT_COLOUR}">'
            f"{value:.0f}</text>"
        )
