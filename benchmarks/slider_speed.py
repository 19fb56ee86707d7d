"""From a slider's change to the repainted figure, while somebody drags.

What-if as it is (corner costs interpolated in the browser), over ten thousand and over ten
million stored requests, stands beside the usual way, a server callback for every change. All
show a plan as bars and waterfall in one Chromium; a real mouse drags the same slider the same
way, and the server runs on the same machine. A measurement begins when the slider's value
changes and ends when the frame is painted in which the bars show that value. Exits 1 when
What-if misses its limits. Run: ``python -m benchmarks.slider_speed``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from playwright.sync_api import sync_playwright
from waitress import wasyncore
from waitress.server import create_server

from benchmarks.request_stores import FEW, MANY, NOW, request_store
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from dashboard.pages.whatif import charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse
from ingest.configuration import Configuration
from pricing import load_book

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask
    from playwright.sync_api import Browser

P50_LIMIT_MS, P95_LIMIT_MS = 30.0, 40.0
STEPS, WARM_UP, PAUSE_MS = 220, 20, 16

PROBE = """(() => {
  const probe = window.probe = { changes: 0, painted: [] };
  const changedAt = new Map();
  let latest = null;
  new MutationObserver((changes) => {
    if (!probe.plot) return;
    latest = changes[changes.length - 1].target.getAttribute("aria-valuenow");
    changedAt.set(latest, performance.now());
    probe.changes += 1;
  }).observe(document,
    { subtree: true, attributes: true, attributeFilter: ["aria-valuenow"] });
  function drawn() {
    const value = probe.plot.layout.meta ? String(probe.plot.layout.meta.value) : latest;
    const since = changedAt.get(value);
    if (since === undefined) return;
    changedAt.delete(value);
    requestAnimationFrame(() => {
      const afterPaint = new MessageChannel();
      afterPaint.port1.onmessage = () => probe.painted.push(performance.now() - since);
      afterPaint.port2.postMessage(0);
    });
  }
  probe.watch = (plot) => {
    probe.plot = plot;
    new MutationObserver(drawn).observe(plot,
      { subtree: true, childList: true, attributes: true, attributeFilter: ["d"] });
  };
})()"""


@dataclass(frozen=True)
class Drag:
    """What one drag gave: changes of the slider, and milliseconds until each was painted."""

    changes: int
    painted: Sequence[float]

    def quantile(self, share: float) -> float:
        """Return the painting time that so many paintings stayed within."""
        ordered = sorted(self.painted)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def context_of(folder: Path, requests: int) -> DashboardContext:
    store = request_store(folder, requests)
    return DashboardContext(Source(store.path, load_book(), Configuration(), lambda: NOW))


def callback_app(context: DashboardContext) -> Dash:
    """Return the usual way: each change of the slider asks the server for both figures."""
    app = Dash("callback_per_change", server=True)
    app.layout = dmc.MantineProvider(
        [
            html.H1(id="sentence"),
            html.Div(
                dmc.Slider(
                    id="escalate",
                    value=12,
                    min=0,
                    max=100,
                    updatemode="drag",
                    label=None,
                    thumbLabel="Escalate to full, percent",
                ),
                style={"width": 220, "margin": 20},
            ),
            dcc.Graph(id="bars"),
            dcc.Graph(id="waterfall"),
        ]
    )

    @app.callback(
        Output("sentence", "children"),
        Output("bars", "figure"),
        Output("waterfall", "figure"),
        Input("escalate", "value"),
    )
    def draw(value: int) -> tuple[Any, ...]:
        state = parse(f"?escalate={value}", STATE_KEYS, DEFAULT_RANGE)
        screen = screen_of(context, state)
        bars = charts.bars_chart(screen.board, screen.view, screen.limit, screen.hues).figure
        waterfall = charts.waterfall_chart(screen.board, screen.view, screen.controls).figure
        bars["layout"]["meta"] = {"value": value}
        return screen.sentence, bars, waterfall

    return app


@contextmanager
def served(server: Flask) -> Iterator[str]:
    running = create_server(server, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.effective_port}"
    finally:
        running.trigger.pull_trigger(lambda: wasyncore.close_all(running._map))  # noqa: SLF001
        thread.join(timeout=5)
        running.task_dispatcher.shutdown()


def dragged(browser: Browser, address: str) -> Drag:
    page = browser.new_page(viewport={"width": 1_440, "height": 1_000})
    page.add_init_script(PROBE)
    page.goto(address)
    page.wait_for_selector(".js-plotly-plot .barlayer .point")
    page.wait_for_load_state("networkidle")
    thumb = page.get_by_role("slider", name="Escalate to full, percent")
    box = thumb.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate("probe.watch(document.querySelector('.js-plotly-plot'))")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(STEPS):
        there_and_back = abs((step * 2) % 220 - 110)
        page.mouse.move(x + 110 - there_and_back, y)
        page.wait_for_timeout(PAUSE_MS)
        if step == WARM_UP:
            page.evaluate("probe.changes = probe.painted.length = 0")
    changes = page.evaluate("probe.changes")
    painted = page.evaluate("probe.painted")
    page.mouse.up()
    page.close()
    return Drag(changes, painted)


def line(name: str, drag: Drag) -> str:
    numbers = f"{drag.quantile(0.5):8.1f} {drag.quantile(0.95):8.1f}"
    return f"{name:<36} {drag.changes:>8} {len(drag.painted):>8} {numbers}"


def main() -> None:
    """Measure the page over both stores and the usual way, and print them side by side."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        few, many = (context_of(Path(folder), requests) for requests in (FEW, MANY))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with (
            served(create_app(few).server) as small,
            served(create_app(many).server) as large,
            served(callback_app(few).server) as theirs,
        ):
            here = dragged(browser, f"{small}/whatif")
            there = dragged(browser, f"{large}/whatif")
            usual = dragged(browser, theirs)
        browser.close()
    columns = ("changes", "painted", "p50", "p95")
    print(f"{'ms to the repainted figure':<36} " + " ".join(f"{name:>8}" for name in columns))
    print(line(f"What-if, {FEW:,} requests", here))
    print(line(f"What-if, {MANY:,} requests", there))
    print(line("a server callback per change", usual))
    for name, above, below in (("many to few", there, here), ("callback to many", usual, there)):
        half, most = (above.quantile(share) / below.quantile(share) for share in (0.5, 0.95))
        print(f"{name:<36} {'':>8} {'':>8} {half:7.1f}x {most:7.1f}x")
    print(f"limits: p50 {P50_LIMIT_MS:.0f} ms, p95 {P95_LIMIT_MS:.0f} ms")
    if any(
        drag.quantile(0.5) > P50_LIMIT_MS or drag.quantile(0.95) > P95_LIMIT_MS
        for drag in (here, there)
    ):
        sys.exit("What-if is slower than its limits")


if __name__ == "__main__":
    main()
