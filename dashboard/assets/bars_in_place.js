/* Moves the bars of a drawn figure, for while somebody drags.

   Plotly draws a figure of bars anew in 25 to 40 ms; writing new lengths into what it has drawn
   takes less than one. Only horizontal bars with their texts and the lines between them are moved.
   Whatever needs more (a longer axis, elements that are not as expected) is left to Plotly: then
   `place` changes nothing and says false. Who calls it lets Plotly draw once the drag has ended. */
(function () {
  "use strict";

  const CORNER = 3;
  const TEXT_GAP = 3; // Plotly's own distance between the end of a bar and its text

  /* Top and bottom of a bar, from the path that Plotly drew. */
  function span(path) {
    const heights = [];
    for (const [, command, numbers] of path.getAttribute("d").matchAll(/([MAVH])([^MAVHZ]*)/g)) {
      if (command !== "H") heights.push(Number(numbers.split(/[ ,]/).pop()));
    }
    return [Math.min(...heights), Math.max(...heights)];
  }

  function outline(left, right, top, bottom, hasBase) {
    const room = hasBase ? (right - left) / 2 : right - left;
    const r = Math.max(0, Math.min(CORNER, room, (bottom - top) / 2));
    if (r === 0) return `M${left},${top}V${bottom}H${right}V${top}Z`;
    const arc = (x, y) => `A ${r},${r} 0 0 0 ${x},${y}`;
    const start = hasBase
      ? `M${left + r},${top}${arc(left, top + r)}V${bottom - r}${arc(left + r, bottom)}`
      : `M${left},${top}V${bottom}`;
    return `${start}H${right - r}${arc(right, bottom - r)}V${top + r}${arc(right - r, top)}Z`;
  }

  function moveBar({ path, text }, bar, pixel, hasBase) {
    const right = pixel(bar.to);
    path.setAttribute("d", outline(pixel(bar.from), right, ...span(path), hasBase));
    const height = text.getAttribute("transform").split(/[,)]/)[1];
    text.setAttribute("text-anchor", "start");
    text.setAttribute("transform", `translate(${right + TEXT_GAP},${height})`);
    if (text.textContent !== bar.text) text.textContent = bar.text;
  }

  function moveLine(line, x) {
    const [, top, bottom] = line.getAttribute("d").match(/^M[^,]+,([\d.]+)L[^,]+,([\d.]+)$/);
    line.setAttribute("d", `M${x},${top}L${x},${bottom}`);
  }

  /* bars: {from, to, text} in amounts, from <= to; joints: the amount at which each line stands. */
  function place(plot, bars, joints) {
    const axis = plot._fullLayout.xaxis;
    const drawn = [...plot.querySelectorAll(".barlayer .point")].map((point) => ({
      path: point.querySelector("path"), text: point.querySelector("text[transform]") }));
    const lines = [...plot.querySelectorAll(".scatterlayer path.js-line")];
    const isExpected = drawn.length === bars.length && lines.length === joints.length
      && drawn.every(({ path, text }) => path && text);
    if (!isExpected || bars.some((bar) => bar.to > axis.range[1])) return false;
    const pixel = (amount) => axis.c2p(amount);
    const hasBase = plot.data[0].base !== undefined;
    bars.forEach((bar, at) => moveBar(drawn[at], bar, pixel, hasBase));
    lines.forEach((line, at) => moveLine(line, pixel(joints[at])));
    return true;
  }

  window.tollbookBars = { place };
})();
