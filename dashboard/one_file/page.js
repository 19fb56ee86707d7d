/* What the file does by itself: draws its figures in the reader's colours, filters its tables. */
(function () {
  "use strict";

  const { figures, dark, config } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const NARROW = 600;

  function recoloured(value) {
    if (typeof value === "string") return dark[value] || value;
    if (Array.isArray(value)) return value.map(recoloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, recoloured(inner)]));
    }
    return value;
  }

  /* On a narrow screen flags have no room and axes say less. */
  function fitted(layout) {
    const shown = { ...layout, dragmode: false };
    if (window.innerWidth >= NARROW) return shown;
    shown.annotations = (shown.annotations || []).filter((one) => one.name !== "flag");
    for (const [key, change] of Object.entries((shown.meta || {}).narrow || {})) {
      shown[key] = { ...shown[key], ...change };
    }
    return shown;
  }

  function draw() {
    for (const place of document.querySelectorAll("[data-figure]")) {
      const figure = JSON.parse(JSON.stringify(figures[place.dataset.figure]));
      const { data, layout } = root.dataset.scheme === "dark" ? recoloured(figure) : figure;
      window.Plotly.react(place, data, fitted(layout), config);
    }
  }

  function setScheme(name) {
    root.dataset.scheme = name;
    draw();
  }

  const wish = window.matchMedia("(prefers-color-scheme: dark)");
  setScheme(wish.matches ? "dark" : "light");
  wish.addEventListener("change", () => setScheme(wish.matches ? "dark" : "light"));
  document.getElementById("scheme").addEventListener("click", () => {
    setScheme(root.dataset.scheme === "dark" ? "light" : "dark");
  });

  /* Every word must stand somewhere in a row. */
  function filter(field) {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...field.closest("section").querySelectorAll("tbody tr")];
    for (const row of rows) {
      const text = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const seen = rows.filter((row) => !row.hidden).length;
    field.closest(".filter").querySelector("[role=status]").textContent =
      words.length ? seen + " of " + rows.length + " rows; the total is of all" : "";
  }

  for (const field of document.querySelectorAll("[data-filter]")) {
    field.addEventListener("input", () => filter(field));
  }
})();
