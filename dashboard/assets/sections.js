/* Folded sections of What-if: what is open stands in the address, and only that is asked for. */
(function () {
  "use strict";

  const clientside = (window.dash_clientside = window.dash_clientside || {});

  const SECTION = "details.section[data-section]"; // those of other pages have no name

  /* Sections with links in them, which must keep the open ones open. */
  const WITH_LINKS = ["opportunities", "side-by-side"];

  function all() {
    return [...document.querySelectorAll(SECTION)];
  }

  function inAddress(search) {
    return (new URLSearchParams(search || "").get("open") || "").split(",").filter(Boolean);
  }

  function withOpen(search, names) {
    const keys = new URLSearchParams(search || "");
    if (names.length) keys.set("open", names.join(","));
    else keys.delete("open");
    const text = keys.toString();
    return text ? "?" + text : "";
  }

  function areAlike(one, other) {
    return one.length === other.length && one.every((name) => other.includes(name));
  }

  /* The address for each open section that was not asked with it before. */
  function ask(opened, shown, before, ids) {
    followHash();
    if (shown) shownSearch = shown.search;
    return ids.map(({ section }, place) => {
      if (!shown || !opened.includes(section)) return clientside.no_update;
      const search = WITH_LINKS.includes(section) ? withOpen(shown.search, opened) : shown.search;
      return search === before[place] ? clientside.no_update : search;
    });
  }

  /* The address without its open sections, its keys in one order. */
  function planIn(search) {
    const keys = new URLSearchParams(search || "");
    keys.delete("open");
    keys.sort();
    return keys.toString();
  }

  let shownSearch = null;
  let written = null;
  let isAddressNewer = false; // somebody followed a link, and the server has not shown it yet

  /* Writes plan and open sections together, so that neither takes the other back. */
  function write(opened, shown, search) {
    const triggers = clientside.callback_context.triggered.map((each) => each.prop_id);
    if (triggers.includes("whatif-shown.data")) isAddressNewer = false;
    shownSearch = shown.search;
    const isRead = shown.read !== undefined && planIn(search) === planIn(shown.read);
    const plan = isAddressNewer || isRead ? search : shown.search;
    if (areAlike(opened, inAddress(search)) && planIn(plan) === planIn(search)) {
      return clientside.no_update;
    }
    written = withOpen(plan, opened);
    return written;
  }

  /* An address from elsewhere opens what it names. */
  function follow(search) {
    if (search === written || !document.getElementById("whatif")) return;
    written = null;
    isAddressNewer = planIn(search) !== planIn(shownSearch);
    if (isAddressNewer) clientside.set_props("whatif-address", { data: search });
    const wanted = inAddress(search);
    for (const section of all()) section.open = wanted.includes(section.dataset.section);
  }

  document.addEventListener("toggle", (event) => {
    if (!event.target.matches(SECTION)) return;
    const opened = all().filter((section) => section.open).map((each) => each.dataset.section);
    clientside.set_props("whatif-sections", { data: opened });
  }, true);

  /* ---- links to a section, or to a place inside one -------------------------------------- */

  function openAt(hash) {
    const place = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const section = place && place.closest(SECTION);
    if (!section) return false;
    section.open = true;
    place.scrollIntoView({ block: "start" });
    if (place.matches("input")) place.focus({ preventScroll: true });
    return true;
  }

  let followed = null;

  /* Of an address that leads to a section: once, when the page is there. */
  function followHash() {
    const hash = window.location.hash;
    if (hash === followed) return;
    followed = hash;
    window.setTimeout(() => openAt(hash), 0);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && openAt(link.getAttribute("href"))) event.preventDefault();
  });

  clientside.sections = { ask, write, follow };
})();
