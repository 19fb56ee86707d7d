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

  /* Today, the plan, every step between them, and twelve months of both. */
  function outlook(table, point) {
    const reached = STEPS.map((_, place) => {
      const partial = { ...AS_TODAY };
      STEPS.slice(0, place + 1).forEach((name) => { partial[name] = point[name]; });
      return cost(table, partial);
    });
    const today = cost(table, AS_TODAY);
    return {
      today,
      plan: reached[reached.length - 1],
      steps: reached.map((amount, place) => amount - (place ? reached[place - 1] : today)),
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

  function rangeText(view, board) {
    if (!board.range) return board.range_note;
    const [low, high] = board.range.map((factor) => wholeMoney(factor * view.plan, board.symbol));
    return "Likely " + low + " to " + high + ".";
  }

  /* What the limit says, and the escalation in tenths of a percent that would meet it. */
  function limitLine(view, board, point) {
    if (board.limit === null) return { text: "", set: null };
    const name = sentenceMoney(cents(board.limit), board.symbol);
    const over = cents(view.plan) - cents(board.limit);
    if (over <= 0) {
      const spare = sentenceMoney(-over, board.symbol);
      return { text: "Within your " + name + " limit, " + spare + " to spare.", set: null };
    }
    const share = seek(board.table, point, "escalate", board.limit);
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

  const HEADROOM = { bars: 1.3, months: 1.15 };

  function graphOf(card) {
    const host = document.getElementById(JSON.stringify({ card, type: "graph" }));
    const plot = host && host.querySelector(".js-plotly-plot");
    return plot && plot.data && plot.data.length ? plot : null;
  }

  function isOnScreen(plot) {
    const box = plot.getBoundingClientRect();
    return box.bottom > 0 && box.top < window.innerHeight;
  }

  function barsUpdate(plot, view, board) {
    const trace = plot.data[0];
    const x = trace.x.slice();
    const text = trace.text.slice();
    x[1] = view.plan;
    text[1] = money(view.plan, board.symbol);
    const end = Math.max(...x, board.limit || 0) || 1;
    return [{ x: [x], text: [text] }, { "xaxis.range": [0, end * HEADROOM.bars] }, [0]];
  }

  function placedSteps(view) {
    const placed = [[0, view.today]];
    let reached = view.today;
    for (const change of view.steps) {
      placed.push([reached, change]);
      reached += change;
    }
    placed.push([0, view.plan]);
    return placed;
  }

  function waterfallUpdate(plot, view, board) {
    const placed = placedSteps(view);
    const last = placed.length - 1;
    const isTotal = (place) => place === 0 || place === last;
    const ends = placed.slice(0, last).map(([base, length]) => base + length);
    const reached = placed.map(([base, length]) => Math.max(Math.abs(base), Math.abs(base + length)));
    return [
      {
        base: [placed.map(([base, length]) => Math.min(base, base + length)), undefined],
        x: [placed.map(([, length]) => Math.abs(length)), ends.flatMap((end) => [end, end, null])],
        text: [placed.map(([, length], place) => (isTotal(place)
          ? money(length, board.symbol) : stepText(length, board.symbol))), undefined],
        "marker.pattern.shape": [placed.map(([, length], place) => (
          isTotal(place) || length <= 0 ? "" : "/")), undefined],
      },
      { "xaxis.range": [0, (Math.max(...reached) || 1) * HEADROOM.bars] },
      [0, 1],
    ];
  }

  function monthsUpdate(plot, view, board) {
    const split = board.split;
    const joint = Math.max(split - 1, 0);
    const parts = (amounts) => [
      amounts.slice(0, split), split < amounts.length ? amounts.slice(joint) : []];
    const last = view.monthsPlan.length - 1;
    const end = Math.max(...view.monthsPlan, ...view.monthsToday, board.limit || 0) || 1;
    const layout = { "yaxis.range": [0, end * HEADROOM.months] };
    const names = plot.layout.annotations.length - 2;
    [["as today", view.monthsToday[last]], ["this plan", view.monthsPlan[last]]].forEach(
      ([name, amount], place) => {
        const annotation = "annotations[" + (names + place) + "].";
        layout[annotation + "y"] = amount;
        layout[annotation + "text"] = name + "<br>" + wholeMoney(amount, board.symbol);
      });
    return [{ y: [...parts(view.monthsToday), ...parts(view.monthsPlan)] }, layout, [0, 1, 2, 3]];
  }

  const CARDS = {
    "whatif-bars": barsUpdate,
    "whatif-waterfall": waterfallUpdate,
    "whatif-months": monthsUpdate,
  };

  /* Figures out of sight wait for the release. */
  function draw(view, board) {
    for (const [card, update] of Object.entries(CARDS)) {
      const plot = graphOf(card);
      if (plot && isOnScreen(plot)) window.Plotly.update(plot, ...update(plot, view, board));
    }
  }

  clientside.whatif = {};
  window.tollbookWhatif = {
    axisWeights, cost, months, outlook, seek, money, sentence, rangeText, limitLine, stepText,
    wholeMoney, draw, placedSteps,
  };
})();
