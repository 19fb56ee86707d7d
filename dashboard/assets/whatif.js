/* What-if while somebody drags: interpolates exact corner costs, knows no rate and no rule.

   The server sends the cost at every corner of the sliders' box. Between corners the cost is
   multilinear, so a weighted sum of corners is the cost itself. On release the server computes
   exactly; tests hold both to the same cent. */
(function () {
  "use strict";

  const clientside = (window.dash_clientside = window.dash_clientside || {});

  /* ---- costs at a point ------------------------------------------------------------------ */

  /* How much each entry of an axis counts at a setting. */
  function axisWeights(axis, setting) {
    if (axis.kind === "mix") {
      const shares = setting || {};
      const moved = axis.choices.slice(1).map((name) => shares[name] || 0);
      return [1 - moved.reduce((sum, share) => sum + share, 0), ...moved];
    }
    const lead = axis.has_today ? [0] : [];
    if (setting === null || setting === undefined) {
      return axis.has_today ? [1, ...axis.knots.map(() => 0)] : knotWeights(axis.knots, 0);
    }
    return [...lead, ...knotWeights(axis.knots, setting)];
  }

  function knotWeights(knots, setting) {
    const weights = knots.map(() => 0);
    const last = knots.length - 1;
    if (setting <= knots[0]) { weights[0] = 1; return weights; }
    if (setting >= knots[last]) { weights[last] = 1; return weights; }
    let right = 1;
    while (knots[right] < setting) right += 1;
    const share = (setting - knots[right - 1]) / (knots[right] - knots[right - 1]);
    weights[right - 1] = 1 - share;
    weights[right] = share;
    return weights;
  }

  /* [corner, weight] of every corner that counts; the last axis runs fastest. */
  function cornerWeights(table, point) {
    let corners = [[0, 1]];
    for (const axis of table.axes) {
      const weights = axisWeights(axis, point[axis.name]);
      const next = [];
      for (const [corner, weight] of corners) {
        for (let place = 0; place < weights.length; place += 1) {
          if (weights[place] !== 0) {
            next.push([corner * weights.length + place, weight * weights[place]]);
          }
        }
      }
      corners = next;
    }
    return corners;
  }

  function growthFactor(table, growth, month) {
    return knotWeights(table.growth_positions, growth || 0).reduce(
      (sum, weight, place) => sum + weight * table.growth_factors[place][month], 0);
  }

  /* What no control touches neither changes nor grows. */
  function grown(table, point, month, weighed, untouched) {
    return untouched + (weighed - untouched) * growthFactor(table, point.growth, month);
  }

  function cost(table, point) {
    const weighed = cornerWeights(table, point).reduce(
      (total, [corner, weight]) => total + weight * table.costs[corner], 0);
    return grown(table, point, 0, weighed, table.untouched);
  }

  function months(table, point) {
    const corners = cornerWeights(table, point);
    return table.untouched_months.map((untouched, month) => {
      const weighed = corners.reduce(
        (total, [corner, weight]) => total + weight * table.months[corner][month], 0);
      return grown(table, point, month, weighed, untouched);
    });
  }

  const AS_TODAY = { start_with: {}, escalate: 0, cache: null, batch: 0, growth: 0 };
  const STEPS = ["start_with", "escalate", "cache", "batch", "growth"];

  /* Axes beside the controls: further levers, 1 where the plan has them. */
  function switches(table) {
    return table.axes.map((axis) => axis.name).filter((name) => !STEPS.includes(name));
  }

  /* An escalation means nothing without a model to start with: the two stay together. */
  const TOGETHER = [["start_with", "escalate"], ["cache"], ["batch"], ["growth"]];

  /* Every set of others that may stand before one of so many, as bits, and its share of orders. */
  function setsBefore(place, count) {
    const sets = [];
    for (let bits = 0; bits < 2 ** count; bits += 1) {
      if (bits & (1 << place)) continue;
      let size = 0;
      for (let other = 0; other < count; other += 1) size += (bits >> other) & 1;
      let chance = count;
      for (let step = 1; step <= size; step += 1) chance *= (count - step) / step;
      sets.push([bits, 1 / chance]);
    }
    return sets;
  }

  /* What each step changes: the mean over every order, so that none gains by standing first. */
  function steps(table, point) {
    const groups = [...TOGETHER, ...switches(table).map((name) => [name])];
    const names = groups.flat();
    const known = new Map();
    const costOf = (chosen) => {
      if (!known.has(chosen)) {
        const partial = { ...AS_TODAY };
        names.forEach((name, place) => { if (chosen & (1 << place)) partial[name] = point[name]; });
        known.set(chosen, cost(table, partial));
      }
      return known.get(chosen);
    };
    const firsts = groups.map((_, place) => groups.slice(0, place).flat().length);
    const bitsOf = groups.map((group, place) => ((1 << group.length) - 1) << firsts[place]);
    const changes = names.map(() => 0);
    groups.forEach((group, place) => {
      for (const [others, weight] of setsBefore(place, groups.length)) {
        let reached = bitsOf.reduce((all, bits, at) => (others & (1 << at) ? all | bits : all), 0);
        group.forEach((_, at) => {
          const next = reached | (1 << (firsts[place] + at));
          changes[firsts[place] + at] += weight * (costOf(next) - costOf(reached));
          reached = next;
        });
      }
    });
    return changes;
  }

  /* Today, the plan, every step between them, and twelve months of both. */
  function outlook(table, point) {
    return {
      today: cost(table, AS_TODAY),
      plan: cost(table, point),
      steps: steps(table, point),
      monthsToday: months(table, { ...AS_TODAY, growth: point.growth }),
      monthsPlan: months(table, point),
    };
  }

  /* The share at which a slider meets the limit, all else as it is; null where none does. */
  function seek(table, point, name, limit) {
    const low = cost(table, { ...point, [name]: 0 });
    const high = cost(table, { ...point, [name]: 1 });
    if (low === high) return null;
    const share = (limit - low) / (high - low);
    return share >= 0 && share <= 1 ? share : null;
  }

  /* ---- amounts in words ------------------------------------------------------------------ */

  /* Half to even like the server: a sum that ends in half a cent lies within float error of it. */
  function rounded(amount) {
    const floor = Math.floor(amount);
    const rest = amount - floor;
    if (Math.abs(rest - 0.5) < 1e-6) return floor % 2 === 0 ? floor : floor + 1;
    return Math.round(amount);
  }

  function cents(amount) {
    return rounded(amount * 100);
  }

  /* Changes in whole cents that sum to the total: what is left goes to the largest remainders. */
  function inCents(changes, total) {
    const floors = changes.map((change) => Math.floor(change * 100 + 1e-6));
    const left = total - floors.reduce((sum, floor) => sum + floor, 0);
    const direction = left > 0 ? 1 : -1;
    const rest = (place) => Math.round((changes[place] * 100 - floors[place]) * 1e6) / 1e6;
    const isNone = (place) => Math.abs(changes[place]) < 1e-8;
    changes.map((_, place) => place)
      .sort((a, b) => isNone(a) - isNone(b) || direction * (rest(b) - rest(a)) || a - b)
      .slice(0, Math.abs(left))
      .forEach((place) => { floors[place] += direction; });
    return floors;
  }

  function grouped(whole) {
    return String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  }

  function centsText(amount, symbol) {
    const positive = Math.abs(amount);
    const whole = grouped(Math.floor(positive / 100));
    const sign = amount < 0 ? "-" : "";
    return sign + symbol + whole + "." + String(positive % 100).padStart(2, "0");
  }

  /* To the cent, as in tables and on bars: $1,188.00 */
  function money(amount, symbol) {
    return centsText(cents(amount), symbol);
  }

  /* In a sentence: cents only where there are some, $1,188 and $633.60 */
  function sentenceMoney(amountCents, symbol) {
    const text = centsText(amountCents, symbol);
    return text.endsWith(".00") ? text.slice(0, -3) : text;
  }

  function wholeMoney(amount, symbol) {
    const whole = rounded(amount);
    return (whole < 0 ? "-" : "") + symbol + grouped(Math.abs(whole));
  }

  function percent(part, whole) {
    return rounded((Math.abs(part) / whole) * 100) + "%";
  }

  function verdict(today, plan, board) {
    const before = cents(today);
    const after = cents(plan);
    const change = before - after;
    const share = before > 0 ? " (" + percent(change, before) + ")" : "";
    const amount = sentenceMoney(Math.abs(change), board.symbol);
    if (change === 0) return "costs the same.";
    return change > 0 ? "saves " + amount + share + "." : "costs " + amount + " more" + share + ".";
  }

  function sentence(view, board) {
    const lead = board.at_least ? "at least " : "";
    const verb = verdict(view.today, view.plan, board);
    return "Today " + lead + sentenceMoney(cents(view.today), board.symbol) + " a month. This plan "
      + lead + sentenceMoney(cents(view.plan), board.symbol)
      + (verb === "costs the same." ? " " : ": ") + verb;
  }

  /* What the limit says, and the escalation in tenths of a percent that would meet it. */
  function limitLine(view, board, point) {
    const limit = limitNow(board);
    if (limit === null) return { text: "", set: null };
    const name = sentenceMoney(cents(limit), board.symbol);
    const over = cents(view.plan) - cents(limit);
    if (over <= 0) {
      const spare = sentenceMoney(-over, board.symbol);
      return { text: "Within your " + name + " limit, " + spare + " to spare.", set: null };
    }
    const share = seek(board.table, point, "escalate", limit);
    const tenths = share === null ? null : Math.floor(share * 1000 + 1e-6);
    if (tenths === null || tenths >= Math.round((point.escalate || 0) * 1000)) {
      const lacking = sentenceMoney(over, board.symbol);
      return { text: "Over your " + name + " limit by " + lacking
        + "; no share of escalation meets it.", set: null };
    }
    return { text: "Over your " + name + " limit; " + tenthsText(tenths)
      + " escalation would meet it.", set: tenths / 10 };
  }

  function tenthsText(tenths) {
    return (tenths % 10 === 0 ? String(tenths / 10) : (tenths / 10).toFixed(1)) + "%";
  }

  function stepText(change, symbol) {
    const amount = money(Math.abs(change), symbol);
    if (cents(Math.abs(change)) === 0) return "no change";
    return change < 0 ? "\u2212" + amount + " less" : "+" + amount + " more";
  }

  /* ---- figures --------------------------------------------------------------------------- */

  const HEADROOM = { bars: 1.02, months: 1.15 };
  const CLOSE = 0.15;

  function graphOf(card) {
    const host = document.getElementById(JSON.stringify({ card, type: "graph" }));
    const plot = host && host.querySelector(".js-plotly-plot");
    return plot && plot.data && plot.data.length ? plot : null;
  }

  /* Which figures can be seen; asking for their places while drawing would cost a layout. */
  const seen = new Map();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) seen.set(entry.target, entry.isIntersecting);
  });

  function isOnScreen(plot) {
    if (!seen.has(plot)) {
      seen.set(plot, true);
      watcher.observe(plot);
    }
    return seen.get(plot);
  }

  /* The change of an axis, nothing where it ends there already: that spares a second pass. */
  function rangeTo(plot, name, end) {
    const now = plot.layout[name].range;
    return now && now[0] === 0 && now[1] === end ? {} : { [name + ".range"]: [0, end] };
  }

  /* The bars with the plan's as it is now. */
  function barsNow(plot, view, board) {
    const [{ x, text }] = plot.data;
    return {
      bars: [...x].map((amount, place) => (place === 1
        ? { from: 0, to: view.plan, text: money(view.plan, board.symbol) }
        : { from: 0, to: amount, text: text[place] })),
      joints: [],
      end: Math.max(...x, view.plan, limitNow(board) || 0) || 1,
    };
  }

  function barsUpdate(plot, view, board, room) {
    const { bars, end } = barsNow(plot, view, board);
    return [
      { x: [bars.map((bar) => bar.to)], text: [bars.map((bar) => bar.text)] },
      rangeTo(plot, "xaxis", end * HEADROOM.bars * room),
      [0],
    ];
  }

  /* The steps to the cent, as they are drawn: they lead from today's cents to the plan's. */
  function changesIn(view) {
    return inCents(view.steps, cents(view.plan) - cents(view.today)).map((change) => change / 100);
  }

  function placedSteps(view) {
    const placed = [[0, view.today]];
    let reached = view.today;
    for (const change of changesIn(view)) {
      placed.push([reached, change]);
      reached += change;
    }
    placed.push([0, view.plan]);
    return placed;
  }

  function waterfallNow(plot, view, board) {
    const placed = placedSteps(view);
    const last = placed.length - 1;
    const isTotal = (place) => place === 0 || place === last;
    const reached = placed.map(([base, length]) => Math.max(Math.abs(base), Math.abs(base + length)));
    return {
      bars: placed.map(([base, length], place) => ({
        from: Math.min(base, base + length),
        to: Math.max(base, base + length),
        text: isTotal(place) ? money(length, board.symbol) : stepText(length, board.symbol),
      })),
      joints: placed.slice(0, last).map(([base, length]) => base + length),
      shapes: placed.map(([, length], place) => (isTotal(place) || length <= 0 ? "" : "/")),
      end: Math.max(...reached) || 1,
    };
  }

  function waterfallUpdate(plot, view, board, room) {
    const { bars, joints, shapes, end } = waterfallNow(plot, view, board);
    return [
      {
        base: [bars.map((bar) => bar.from), undefined],
        x: [bars.map((bar) => bar.to - bar.from), joints.flatMap((joint) => [joint, joint, null])],
        text: [bars.map((bar) => bar.text), undefined],
        "marker.pattern.shape": [shapes, undefined],
      },
      rangeTo(plot, "xaxis", end * HEADROOM.bars * room),
      [0, 1],
    ];
  }

  /* Where both names stand by their lines: one above the other where they nearly meet. */
  function hangs(today, plan, top) {
    if (Math.abs(today - plan) > top * CLOSE) return [["middle", 0], ["middle", 0]];
    const [low, high] = [["bottom", -8], ["bottom", 26]];
    return plan > today ? [low, high] : [high, low];
  }

  function monthsUpdate(plot, view, board, room) {
    const split = board.split;
    const joint = Math.max(split - 1, 0);
    const parts = (amounts) => [
      amounts.slice(0, split), split < amounts.length ? amounts.slice(joint) : []];
    const last = view.monthsPlan.length - 1;
    const end = Math.max(...view.monthsPlan, ...view.monthsToday, limitNow(board) || 0) || 1;
    const top = end * HEADROOM.months * room;
    const layout = rangeTo(plot, "yaxis", top);
    const places = hangs(view.monthsToday[last], view.monthsPlan[last], top);
    const names = plot.layout.annotations.length - 2;
    [["as today", view.monthsToday[last]], ["this plan", view.monthsPlan[last]]].forEach(
      ([name, amount], place) => {
        const annotation = "annotations[" + (names + place) + "].";
        layout[annotation + "y"] = amount;
        layout[annotation + "text"] = name + "<br>" + wholeMoney(amount, board.symbol);
        [layout[annotation + "yanchor"], layout[annotation + "yshift"]] = places[place];
      });
    return [{ y: [...parts(view.monthsToday), ...parts(view.monthsPlan)] }, layout, [0, 1, 2, 3]];
  }

  const CARDS = {
    "whatif-bars": { now: barsNow, update: barsUpdate },
    "whatif-waterfall": { now: waterfallNow, update: waterfallUpdate },
    "whatif-months": { update: monthsUpdate },
  };
  const DRAG_ROOM = 1.2; // an axis that must grow while one drags grows so much more

  /* Figures out of sight wait for the release. */
  function eachOnScreen(work) {
    for (const [card, { now, update }] of Object.entries(CARDS)) {
      const plot = graphOf(card);
      if (plot && isOnScreen(plot)) work(plot, update, now);
    }
  }

  function drawOne(plot, update, view, board, room) {
    const [traces, layout, places] = update(plot, view, board, room);
    if (Object.keys(layout).length) window.Plotly.update(plot, traces, layout, places);
    else window.Plotly.restyle(plot, traces, places);
  }

  function draw(view, board) {
    window.clearTimeout(rest);
    eachOnScreen((plot, update) => drawOne(plot, update, view, board, 1));
  }

  /* While one drags: what can be moved in place at once, the other figures in the first pause. */
  let rest = null;

  function drag(view, board) {
    window.clearTimeout(rest);
    eachOnScreen((plot, update, now) => {
      if (now && !moved(plot, now(plot, view, board))) drawOne(plot, update, view, board, DRAG_ROOM);
    });
    rest = window.setTimeout(() => eachOnScreen((plot, update, now) => {
      if (!now) drawOne(plot, update, view, board, DRAG_ROOM);
    }), 120);
  }

  function moved(plot, { bars, joints, shapes }) {
    const drawn = plot.data[0].marker.pattern.shape;
    const isAlike = !shapes || shapes.every((shape, place) => shape === drawn[place]);
    return isAlike && window.tollbookBars.place(plot, bars, joints);
  }

  /* ---- what is set ----------------------------------------------------------------------- */

  /* The page's own keys of the address; what is absent stands at its default. */
  let own = {};
  let board = null;
  const shown = {};
  const KEY_OF = { escalate: "escalate", cache: "cached", batch: "batch", growth: "growth" };
  const PERCENT = /^-?\d{1,3}(\.\d)?$/;

  function percentText(percentage) {
    const tenths = Math.round(percentage * 10);
    return tenths % 10 === 0 ? String(tenths / 10) : (tenths / 10).toFixed(1);
  }

  function sharesOf(text) {
    if (text === "today") return {};
    const parts = text.split(",");
    if (parts.length === 1) return { [text]: 100 };
    return Object.fromEntries(parts.map((part) => {
      const colon = part.lastIndexOf(":");
      return [part.slice(0, colon), Number(part.slice(colon + 1))];
    }));
  }

  function sharesText(shares) {
    return Object.entries(shares).map(([name, part]) => name + ":" + percentText(part)).join(",");
  }

  function isMix(text) {
    return text.includes(",");
  }

  function startText() {
    return own.start || board.defaults.start;
  }

  /* What a control shows, in percent. */
  function display(control) {
    const text = own[KEY_OF[control]];
    return text === undefined ? board.defaults[control] : Number(text);
  }

  function pointNow() {
    const start = sharesOf(startText());
    return {
      start_with: Object.fromEntries(Object.entries(start).map(([name, part]) => [name, part / 100])),
      escalate: display("escalate") / 100,
      cache: own.cached === undefined ? null : Number(own.cached) / 100,
      batch: display("batch") / 100,
      growth: display("growth") / 100,
      ...Object.fromEntries(switches(board.table).map((name) => [name, 1])),
    };
  }

  function put(key, text) {
    if (text === null || text === undefined) delete own[key];
    else own[key] = text;
  }

  function setControl(control, percentage) {
    const bounds = board.bounds[control];
    const value = Math.min(Math.max(Number(percentage), bounds[0]), bounds[1]);
    const stepped = control === "growth" ? Math.round(value * 2) / 2 : value;
    const text = percentText(stepped);
    if (!PERCENT.test(text)) return;
    const isDefault = control !== "cache" && Number(text) === board.defaults[control];
    put(KEY_OF[control], isDefault ? null : text);
  }

  /* What a field under "More" shows; the server knows what it means. */
  function shownMore(key) {
    const usual = board.more[key];
    if (own[key] === undefined) return usual;
    return typeof usual === "number" ? Number(own[key]) : own[key];
  }

  function setMore(key, value) {
    const usual = board.more[key];
    if (typeof usual === "number" && (value === "" || Number.isNaN(Number(value)))) return;
    const isNone = value === "" || value === null || value === undefined;
    put(key, isNone || String(value) === String(usual) ? null : String(value));
  }

  /* Moves one share of the mix; the others give way in proportion, so that all are 100%. */
  function linkedShares(shares, moved, wanted) {
    const names = Object.keys(shares);
    const others = names.filter((name) => name !== moved);
    const value = Math.min(Math.max(Math.round(wanted), 0), 100);
    const before = others.reduce((sum, name) => sum + shares[name], 0);
    const rest = 100 - value;
    const exact = others.map((name) => (before ? (shares[name] / before) * rest : rest / others.length));
    const whole = exact.map(Math.floor);
    let missing = rest - whole.reduce((sum, part) => sum + part, 0);
    const byRest = exact.map((part, place) => [part - whole[place], -place])
      .sort((one, two) => two[0] - one[0] || two[1] - one[1]);
    for (const [, place] of byRest) {
      if (missing <= 0) break;
      whole[-place] += 1;
      missing -= 1;
    }
    const linked = { [moved]: value };
    others.forEach((name, place) => { linked[name] = whole[place]; });
    return Object.fromEntries(names.map((name) => [name, linked[name]]));
  }

  function mixNow() {
    const text = startText();
    const set = isMix(text) ? sharesOf(text) : {};
    return Object.fromEntries(board.choices.map((name) => [name, set[name] || 0]));
  }

  function limitNow(now) {
    return own.limit === undefined ? now.defaults.limit : Number(own.limit);
  }

  function targetNow(now) {
    return own.target === undefined ? limitNow(now) : Number(own.target);
  }

  /* An amount as the address writes it, null where it is none or the one it stands at anyway. */
  function amountText(value, otherwise) {
    const isNone = value === "" || value === null || value === undefined || Number(value) <= 0;
    return isNone || Number(value) === otherwise ? null : String(Math.round(Number(value) * 100) / 100);
  }

  function setMix(shares) {
    own.start = sharesText(shares);
  }

  function chooseStart(choice) {
    if (choice !== "mix") {
      put("start", choice === board.defaults.start ? null : choice);
    } else if (!isMix(startText())) {
      const shares = Object.fromEntries(board.choices.map((name) => [name, 0]));
      const first = shares[startText()] === undefined ? board.choices[0] : startText();
      const second = board.choices.find((name) => name !== first);
      shares[first] = second ? 80 : 100;
      if (second) shares[second] = 20;
      setMix(shares);
    }
  }

  function csv(names) {
    return names.map((name) => (/[",\n]/.test(name) || names.length === 1 && name === ""
      ? '"' + name.replace(/"/g, '""') + '"' : name)).join(",");
  }

  /* ---- telling the server ---------------------------------------------------------------- */

  let isPointerDown = false;
  let isWaiting = false;
  let isDragged = false;
  let timer = null;
  let told = null;
  let visit = null;

  function tell() {
    if (isPointerDown) return; // the release tells
    isWaiting = false;
    if (isDragged) draw(outlook(board.table, pointNow()), board);
    isDragged = false;
    const written = JSON.stringify(own);
    if (written === told) {
      settled();
      return;
    }
    told = written;
    clientside.set_props("whatif-plan", { data: { ...own } });
  }

  function tellIn(milliseconds) {
    isWaiting = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(tell, milliseconds);
  }

  document.addEventListener("pointerdown", () => { isPointerDown = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      isPointerDown = false;
      if (isWaiting) tellIn(40);
    }, true);
  }

  /* ---- the callback ---------------------------------------------------------------------- */

  const SETTERS = {
    "whatif-slider": (id, value) => {
      if (value === shown[id.control]) return;
      shown[id.control] = value;
      setControl(id.control, value);
    },
    "whatif-number": (id, value) => {
      if (value === "" || value === null || Number.isNaN(Number(value))) return;
      if (Number(value) !== display(id.control)) setControl(id.control, value);
    },
    "whatif-reset": (id) => {
      const keys = id.control === "more" ? Object.keys(board.more) : [KEY_OF[id.control]];
      keys.forEach((key) => put(key, null));
    },
    "whatif-more": (id, value) => setMore(id.field, value),
    "whatif-mix": (id, value) => {
      const shares = mixNow();
      if (isMix(startText()) && value !== shares[id.model]) {
        setMix(linkedShares(shares, id.model, value));
      }
    },
    "whatif-mix-number": (id, value) => {
      const shares = mixNow();
      if (isMix(startText()) && value !== "" && Number(value) !== shares[id.model]) {
        setMix(linkedShares(shares, id.model, Number(value)));
      }
    },
    "whatif-typed": (id, value) => {
      if (value === "" || value === null) return;
      const isShare = id.number === "output";
      const text = isShare ? percentText(Number(value)) : String(value);
      put(id.number, text === board.typed[id.number] ? null : text);
    },
  };

  const NAMED_SETTERS = {
    "whatif-start": chooseStart,
    "whatif-sent": (value) => put("sent", value === "directly" ? "directly" : null),
    "whatif-workload": (value) => put("workload", value === "typed" ? "typed" : null),
    "whatif-limit": (value) => put("limit", amountText(value, board.defaults.limit)),
    "whatif-target-amount": (value) => put("target", amountText(value, limitNow(board))),
    "whatif-features": (value) => {
      const isAll = board.features.every((name) => value.includes(name));
      put("apply", isAll ? null : csv(board.features.filter((code) => value.includes(code))
        .map((code) => board.feature_names[code])));
    },
    "whatif-set": () => {
      const meets = limitLine(outlook(board.table, pointNow()), board, pointNow()).set;
      if (meets !== null) setControl("escalate", meets);
    },
  };

  /* One value for every control of a kind, unchanged ones left alone. */
  function onlyChanged(ids, values, wanted) {
    return ids.map((id, place) => {
      const value = wanted(id);
      return value === values[place] ? clientside.no_update : value;
    });
  }

  /* What an amount's field is to show, left alone where it shows that. */
  function shownAmount(value, wanted) {
    const isAlike = (value === undefined || value === null ? "" : value) === (wanted ?? "");
    return isAlike ? clientside.no_update : wanted ?? "";
  }

  function applyTrigger(inputs) {
    const id = clientside.callback_context.triggered_id;
    if (id === undefined || id === null) return false;
    if (typeof id === "string") {
      if (id === "whatif-own" || id === "whatif-board") return false;
      NAMED_SETTERS[id](inputs[id]);
      return true;
    }
    SETTERS[id.type](id, clientside.callback_context.triggered[0].value);
    return true;
  }

  /* Whatever moved: sets it, draws at once, keeps slider and number equal, tells the server. */
  function move(boardNow, ownNow, sliders, numbers, resets, mix, mixNumbers, typed,
    start, sent, workload, limit, features, setClicks, target, more, sliderIds, numberIds, mixIds, mixNumberIds,
    moreIds) {
    board = boardNow;
    if (ownNow.visit !== visit) {
      visit = ownNow.visit;
      own = { ...ownNow.own };
      told = JSON.stringify(own);
    }
    const before = JSON.stringify(own);
    applyTrigger({ "whatif-start": start, "whatif-sent": sent, "whatif-workload": workload,
      "whatif-limit": limit, "whatif-features": features, "whatif-target-amount": target });
    const point = pointNow();
    const view = outlook(board.table, point);
    if (before !== JSON.stringify(own)) {
      draw(view, board);
      document.getElementById("whatif").classList.add("whatif-moving");
      tellIn(200);
    }
    const line = limitLine(view, board, point);
    const shares = mixNow();
    Object.keys(KEY_OF).forEach((control) => { shown[control] = display(control); });
    return [
      onlyChanged(sliderIds, sliders, (id) => display(id.control)),
      onlyChanged(numberIds, numbers, (id) => display(id.control)),
      onlyChanged(mixIds, mix, (id) => shares[id.model]),
      onlyChanged(mixNumberIds, mixNumbers, (id) => shares[id.model]),
      isMix(startText()) ? "mix" : startText(),
      !isMix(startText()),
      sentence(view, board),
      line.text,
      line.set === null,
      shownAmount(target, targetNow(board)),
      moreIds.map((id, place) => shownAmount(more[place], shownMore(id.field))),
    ];
  }

  /* ---- while a slider is dragged --------------------------------------------------------- */

  /* A change of a slider is drawn in the frame that shows it, without a round through Dash,
     which hears of it on release. Sliders say their value to screen readers, and to us. */
  function sliderOf(thumb) {
    const root = thumb.closest('[id^="{"]');
    const id = root && JSON.parse(root.id);
    return id && SETTERS[id.type] ? id : null;
  }

  function onThumb(thumb) {
    const id = board && sliderOf(thumb);
    if (!id) return;
    const before = JSON.stringify(own);
    SETTERS[id.type](id, Number(thumb.getAttribute("aria-valuenow")));
    if (before === JSON.stringify(own)) return;
    const point = pointNow();
    const view = outlook(board.table, point);
    drag(view, board);
    isDragged = true;
    say(view, point, id);
    tellIn(200);
  }

  /* The words on top and the number beside the slider; Dash writes the same on release. */
  function say(view, point, id) {
    const line = limitLine(view, board, point);
    write("whatif-sentence", sentence(view, board));
    write("whatif-second", line.text);
    document.getElementById("whatif-set").hidden = line.set === null;
    document.getElementById("whatif").classList.add("whatif-moving");
    if (id.type !== "whatif-slider") return;
    const number = document.getElementById(
      JSON.stringify({ control: id.control, type: "whatif-number" }));
    if (number) number.value = percentText(display(id.control)) + "%";
  }

  function write(id, text) {
    const place = document.getElementById(id);
    if (place.firstChild) place.firstChild.nodeValue = text;
    else place.textContent = text;
  }

  new MutationObserver((changes) => {
    for (const thumb of new Set(changes.map((change) => change.target))) onThumb(thumb);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-valuenow"] });

  /* ---- buttons --------------------------------------------------------------------------- */

  function focusControl(button) {
    if (button.dataset.field) {
      focusField(button.dataset.field);
      return;
    }
    const thumb = document.querySelector(
      '[id=\'' + JSON.stringify({ control: button.dataset.control, type: "whatif-slider" })
      + '\'] [role="slider"]');
    if (!thumb) return;
    thumb.scrollIntoView({ block: "center" });
    thumb.focus();
  }

  function focusField(field) {
    const input = document.getElementById(JSON.stringify({ field, type: "whatif-more" }));
    if (!input) return;
    input.closest("details").open = true;
    input.scrollIntoView({ block: "center" });
    input.focus();
  }

  /* A setting that meets the target: as if somebody typed it. */
  function meet({ control, model, percent }) {
    const id = model === undefined
      ? { type: "whatif-number", control } : { type: "whatif-mix-number", model };
    clientside.set_props(id, { value: Number(percent) });
  }

  /* The sentences, the bars and the waterfall as one picture. */
  async function copyPicture(button) {
    const cards = ["whatif-bars", "whatif-waterfall"];
    const picture = window.tollbook.pictureOf(
      [document.getElementById("whatif-sentence").textContent,
        ["whatif-likely", "whatif-second"]
          .map((id) => document.getElementById(id).textContent).join(" ")],
      cards.map(graphOf).filter(Boolean));
    await window.tollbook.givePicture(button, picture, "what-if");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    if (button.dataset.action === "whatif-focus") focusControl(button);
    if (button.dataset.action === "whatif-meet") meet(button.dataset);
    if (button.dataset.action === "whatif-picture") copyPicture(button);
  });

  /* The server has drawn everything again. */
  function settled() {
    if (!isWaiting) document.getElementById("whatif").classList.remove("whatif-moving");
  }

  clientside.whatif = { move, settled };
  window.tollbookWhatif = {
    axisWeights, cost, months, outlook, inCents, seek, money, sentence, limitLine, stepText,
    wholeMoney, draw, placedSteps, linkedShares, csv,
  };
})();
