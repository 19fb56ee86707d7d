/* What the browser does alone: colours, links that keep filters, copies, keys, uploads.
   No money is computed here. */
(function () {
  "use strict";

  const SHARED = ["range", "zone", "compare", "team", "feature", "model", "environment",
    "endpoint", "project", "api_key", "variant", "provider", "tier"];

  const NARROW = 600;

  function recoloured(value, dark) {
    if (typeof value === "string") return dark[value] || value;
    if (Array.isArray(value)) return value.map((item) => recoloured(item, dark));
    if (value && typeof value === "object") {
      const result = {};
      for (const key of Object.keys(value)) result[key] = recoloured(value[key], dark);
      return result;
    }
    return value;
  }

  /* A figure in the colours of the scheme on screen. Figures travel in light colours. */
  function themed(figure, _scheme, dark) {
    if (!figure) return window.dash_clientside.no_update;
    const fitted = forThisScreen(figure);
    return schemeOnScreen() === "dark" ? recoloured(fitted, dark) : fitted;
  }

  /* What Mantine wrote on the page: the toggle's own property comes late or not at all. */
  function schemeOnScreen() {
    return document.documentElement.dataset.mantineColorScheme || "light";
  }

  new MutationObserver(() => {
    if (window.dash_clientside && window.dash_clientside.set_props) {
      window.dash_clientside.set_props("scheme-on-screen", { data: schemeOnScreen() });
    }
  }).observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });

  /* On a narrow screen flags have no room, and a finger that drags wants to scroll. */
  function forThisScreen(figure) {
    const layout = { ...figure.layout };
    if (window.matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    if (window.innerWidth < NARROW) {
      layout.annotations = (layout.annotations || []).filter((one) => one.name !== "flag");
      const narrow = (layout.meta || {}).narrow || {};
      for (const key of Object.keys(narrow)) layout[key] = { ...layout[key], ...narrow[key] };
    }
    return { ...figure, layout };
  }

  function sharedSearch(search) {
    const kept = new URLSearchParams();
    for (const [key, value] of new URLSearchParams(search || "")) {
      if (SHARED.includes(key)) kept.append(key, value);
    }
    const written = kept.toString();
    return written ? "?" + written : "";
  }

  function linksThatKeepFilters(search, pathname, ids) {
    const kept = sharedSearch(search);
    const current = (pathname || "/").replace(/\/+$/, "") || "/";
    return [
      ids.map((id) => id.path + kept),
      ids.map((id) => (id.path === current ? "nav-link nav-link-current" : "nav-link")),
    ];
  }

  /* The address with the page's own keys as their controls have them; defaults are not written. */
  function chosen(values, ids, search) {
    const unchanged = window.dash_clientside.no_update;
    const keys = new URLSearchParams(search || "");
    const before = keys.toString();
    ids.forEach((id, place) => {
      const value = values[place];
      const text = value === undefined || value === null ? "" : String(value);
      if (text === "" || text === id.default) keys.delete(id.key);
      else keys.set(id.key, text);
    });
    const after = keys.toString();
    return after === before ? unchanged : after && "?" + after;
  }

  /* The burger opens the navigation on a narrow screen; going somewhere closes it. */
  function navbar(opened, pathname, navbarNow) {
    const triggered = window.dash_clientside.callback_context.triggered;
    const byAddress = triggered.some((item) => item.prop_id.startsWith("url."));
    const isOpen = byAddress ? false : Boolean(opened);
    return [{ ...navbarNow, collapsed: { mobile: !isOpen } }, isOpen];
  }

  /* ---- copies ------------------------------------------------------------ */
  function cardOf(button) {
    return button.closest(".chart-card");
  }

  function say(button, text) {
    const before = button.dataset.label || button.textContent;
    button.dataset.label = before;
    button.textContent = text;
    window.setTimeout(() => { button.textContent = before; }, 1600);
  }

  async function copySentence(button) {
    const sentence = cardOf(button).querySelector(".chart-sentence").textContent;
    await copyText(sentence);
    say(button, "Copied");
  }

  async function copyText(text) {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  const MARGIN = 16;
  const LINE = 22;

  /* Charts under their sentences, on a ground of the scheme, at twice the size. */
  async function pictureOf(sentences, plots) {
    const style = getComputedStyle(document.body);
    const width = Math.max(...plots.map((plot) => plot.clientWidth), 640);
    const images = await Promise.all(plots.map((plot) => imageOf(plot, width)));
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    const font = "600 15px " + style.fontFamily;
    pen.font = font;
    const lines = sentences.flatMap((sentence) => wrapped(pen, sentence, width));
    const head = 20 + lines.length * LINE;
    const height = images.reduce((sum, [, tall]) => sum + tall, head) + MARGIN;
    canvas.width = (width + 2 * MARGIN) * 2;
    canvas.height = height * 2;
    pen.scale(2, 2);
    pen.fillStyle = style.backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = style.color;
    pen.font = font;
    lines.forEach((line, place) => pen.fillText(line, MARGIN, 28 + place * LINE));
    let top = head;
    for (const [image, tall] of images) {
      pen.drawImage(image, MARGIN, top, width, tall);
      top += tall;
    }
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  }

  async function imageOf(plot, width) {
    const height = plot.clientHeight;
    const image = new Image();
    image.src = await window.Plotly.toImage(plot, { format: "png", width, height, scale: 2 });
    await image.decode();
    return [image, height];
  }

  /* A sentence in lines that fit. */
  function wrapped(pen, text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      const longer = last ? last + " " + word : word;
      if (last && pen.measureText(longer).width > width) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  function copyPicture(button) {
    const card = cardOf(button);
    const sentence = card.querySelector(".chart-sentence").textContent;
    const picture = pictureOf([sentence], [card.querySelector(".js-plotly-plot")]);
    return givePicture(button, picture, button.dataset.card || "chart");
  }

  async function givePicture(button, picture, name) {
    if (navigator.clipboard && window.ClipboardItem && window.isSecureContext) {
      try {
        await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        say(button, "Copied");
        return;
      } catch (refused) {
        /* a browser that does not let pages copy pictures gets a file instead */
      }
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await picture);
    link.download = name + ".png";
    link.click();
    URL.revokeObjectURL(link.href);
    say(button, "Saved");
  }

  async function copyLink(button) {
    await copyText(window.location.href);
    say(button, "Copied");
  }

  /* The text of the element that the button names. */
  async function copyNamedText(button) {
    await copyText(document.getElementById(button.dataset.from).textContent);
    say(button, "Copied");
  }

  function openShortcuts() {
    window.dash_clientside.set_props("shortcuts", { opened: true });
  }

  function openAddUsage() {
    window.dash_clientside.set_props("add-usage", { opened: true });
  }

  const ACTIONS = {
    "open-add-usage": openAddUsage,
    "copy-sentence": copySentence,
    "copy-picture": copyPicture,
    "copy-link": copyLink,
    "copy-text": copyNamedText,
    "open-shortcuts": openShortcuts,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    const act = button && ACTIONS[button.dataset.action];
    if (act) act(button);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.closest(".filter-bar")) event.preventDefault();
  });

  /* ---- keys --------------------------------------------------------------- */
  let afterG = 0;
  const PLACES = { o: "/", w: "/whatif", a: "/budgets", l: "/lab", b: "/bill", p: "/prices", i: "/imports" };

  function isTyping(target) {
    return target.closest("input, textarea, select, [contenteditable=true]") !== null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") {
      openShortcuts();
    } else if (event.key === "/") {
      const first = document.querySelector(".filter-bar input");
      if (first && first.offsetParent) { event.preventDefault(); first.focus(); }
    } else if (event.key === "g") {
      afterG = event.timeStamp;
    } else if (PLACES[event.key] && event.timeStamp - afterG < 1500) {
      afterG = 0;
      const link = [...document.querySelectorAll(".nav-link")].find(
        (item) => new URL(item.href).pathname === PLACES[event.key]);
      if (link) { event.preventDefault(); link.click(); }
    }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.tollbook = { themed, linksThatKeepFilters, navbar, chosen };

  /* Offers every preset whatever stands in the field, then what fits the words. */
  window.dashMantineFunctions = window.dashMantineFunctions || {};
  window.dashMantineFunctions.everyOption = ({ options }) => options;

  /* The grid in the page's own colours; it follows the scheme by itself. */
  const agGrid = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  agGrid.tollbookGrid = (quartz) => quartz.withParams({
    accentColor: "var(--ink)",
    backgroundColor: "var(--card)",
    borderColor: "var(--rule)",
    foregroundColor: "var(--ink)",
    headerBackgroundColor: "var(--card)",
    headerTextColor: "var(--muted)",
    headerFontWeight: 500,
    rowHoverColor: "var(--soft)",
    selectedRowBackgroundColor: "var(--soft)",
    fontFamily: "inherit",
    fontSize: 14,
    cellHorizontalPadding: 12,
    columnBorder: false,
    wrapperBorder: false,
    wrapperBorderRadius: 0,
    headerColumnResizeHandleColor: "transparent",
  });

  window.tollbook = { sharedSearch, recoloured, copyText, say, pictureOf, givePicture };
})();
