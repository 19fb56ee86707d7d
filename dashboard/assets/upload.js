/* Drop zones: each file streams to the server, the server says how its import goes. A file
   that was only looked at waits until somebody imports or discards it. */
(function () {
  "use strict";

  const POLL_MILLISECONDS = 250;
  const SENT_AT_ONCE = 2;
  const HEADER = "X-Tollbook-Upload";

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  /* One file's line: its name, a bar, and words; a page drawn anew gets it back. */
  function lineFor(zone, file) {
    const line = element("div", "upload-file");
    const words = element("div", "upload-words", "waiting to be sent");
    const track = element("div", "upload-track");
    const done = element("div", "upload-done");
    done.style.width = "0";
    track.append(done);
    line.append(element("div", "upload-name", file.name), track, words);
    zone.querySelector(".upload-status").append(line);
    const say = (text) => {
      const place = line.isConnected ? null : document.querySelector("#page .upload-status");
      if (place) place.append(line);
      words.textContent = text;
    };
    return {
      say,
      share: (part) => { done.style.width = (part * 100).toFixed(1) + "%"; },
      end: (text) => { track.remove(); line.classList.add("upload-ended"); say(text); },
      remove: () => line.remove(),
    };
  }

  function bytes(number) {
    const units = ["bytes", "kB", "MB", "GB"];
    let place = 0;
    while (number >= 1000 && place < units.length - 1) { number /= 1000; place += 1; }
    return number.toFixed(place && number < 10 ? 1 : 0) + " " + units[place];
  }

  function send(zone, file, line) {
    return new Promise((resolve, reject) => {
      if (file.size > Number(zone.dataset.largestBytes)) throw new Error(refusal(413));
      const request = new XMLHttpRequest();
      const then = encodeURIComponent(zone.dataset.then);
      request.open("POST", "/api/upload?then=" + then + "&name=" + encodeURIComponent(file.name));
      request.setRequestHeader(HEADER, "1");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        if (!event.lengthComputable) return;
        line.share(event.loaded / event.total);
        line.say("sent " + bytes(event.loaded) + " of " + bytes(event.total));
      };
      request.onload = () => {
        const answer = request.response || {};
        if (request.status === 200 && answer.job) resolve(answer.job);
        else reject(new Error(answer.sentence || refusal(request.status)));
      };
      request.onerror = () => reject(new Error("The server did not answer; is tollbook still running?"));
      request.send(file);
    });
  }

  function refusal(status) {
    return status === 413
      ? "The file is too large for the browser; import it with: tollbook import FILE"
      : "The server refused the file (" + status + ").";
  }

  async function followed(job, say) {
    for (;;) {
      const answer = await fetch("/api/imports/" + job);
      if (!answer.ok) throw new Error("The server no longer knows this import.");
      const now = await answer.json();
      if (now.state === "done" || now.state === "failed" || now.state === "held") return now;
      const speed = now.rows
        ? ", " + now.rows.toLocaleString("en") + " rows, " +
          Math.round(now.rows_per_second).toLocaleString("en") + " a second"
        : "";
      say(now.sentence + speed);
      await new Promise((wait) => { window.setTimeout(wait, POLL_MILLISECONDS); });
    }
  }

  /* Lets some work begin at a time: a browser has few connections, and they are needed to ask. */
  function gate(places) {
    const waiting = [];
    return async (work) => {
      if (places === 0) await new Promise((go) => { waiting.push(go); });
      else places -= 1;
      try {
        return await work();
      } finally {
        if (waiting.length) waiting.shift()();
        else places += 1;
      }
    };
  }

  const sending = gate(SENT_AT_ONCE);

  /* One file from the disk to the end of its import or look; it fails alone. */
  async function takeOne(zone, file, line) {
    try {
      const job = await sending(() => send(zone, file, line));
      line.share(1);
      const result = await followed(job, line.say);
      if (result.state === "held") {
        line.remove();
        showHeld();
      } else {
        line.end(result.sentence);
      }
      return result;
    } catch (error) {
      line.end(file.name + ": " + error.message);
      return { state: "failed", sentence: file.name + ": " + error.message };
    }
  }

  async function take(zone, files) {
    zone.querySelectorAll(".upload-ended").forEach((line) => { line.remove(); });
    const lines = [...files].map((file) => [file, lineFor(zone, file)]);
    const results = await Promise.all(lines.map(([file, line]) => takeOne(zone, file, line)));
    if (results.some((result) => result.state === "done")) show(results);
  }

  /* The page that was waiting for usage shows it, with what became of the files on top. */
  function show(results) {
    const set = window.dash_clientside.set_props;
    set("import-result", { children: results.map((result) => result.sentence).join(" ") });
    set("add-usage", { opened: false });
    set("source-version", { data: Date.now() });
  }

  /* The files that wait for a decision are drawn anew, where the page has a place for them. */
  function showHeld() {
    if (document.getElementById("held-files")) {
      window.dash_clientside.set_props("held-version", { data: Date.now() });
    }
  }

  /* Imports or discards a file that waits, or looks at it as the form round the button says. */
  async function decide(button) {
    const card = button.closest(".held-file");
    const words = card.querySelector(".held-status");
    const buttons = card.querySelectorAll("button");
    const say = (text) => { words.textContent = text; };
    buttons.forEach((each) => { each.disabled = true; });
    try {
      const result = await decided(button, say);
      if (result.state === "failed") throw new Error(result.sentence);
      if (result.state === "done") show([result]);
      else showHeld();
      if (result.state !== "held") document.getElementById("main").focus({ preventScroll: true });
      say("");
    } catch (error) {
      say(error.message);
    }
    buttons.forEach((each) => { each.disabled = false; });
  }

  async function decided(button, say) {
    const { job, decision } = button.dataset;
    const answer = await post(job, decision, button.closest("form"));
    if (!answer.ok) throw new Error(sentenceOf(answer.text));
    return decision === "discard" ? { state: "discarded" } : followed(job, say);
  }

  /* The answer is read to its end: the browser ends a request only then, or by a timer of its own. */
  async function post(job, verb, form) {
    const answer = await fetch("/api/held/" + job + "/" + verb, {
      method: "POST",
      headers: { [HEADER]: "1" },
      body: form ? new URLSearchParams(new FormData(form)) : null,
    });
    return { ok: answer.ok, text: await answer.text() };
  }

  function sentenceOf(text) {
    try {
      return JSON.parse(text).sentence;
    } catch (error) {
      return "This file does not wait here any more; choose it again.";
    }
  }

  function zoneOf(event) {
    return event.target instanceof Element ? event.target.closest(".drop-zone") : null;
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-decision]");
    if (button) decide(button);
  });
  document.addEventListener("click", (event) => {
    const zone = zoneOf(event);
    if (!zone || !event.target.closest("[data-action=choose-files]")) return;
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.multiple = true;
    chooser.onchange = () => { if (chooser.files.length) take(zone, chooser.files); };
    chooser.click();
  });
  /* What stands in a form is kept: the cards are drawn anew when a file comes or goes. */
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".mapping-form");
    if (form) post(form.querySelector("[data-job]").dataset.job, "draft", form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.closest(".held-file")) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    const zone = zoneOf(event);
    if (zone) zone.classList.add("drop-zone-over");
  });
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event);
    if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("drop-zone-over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const zone = zoneOf(event);
    if (!zone) return;
    zone.classList.remove("drop-zone-over");
    if (event.dataTransfer.files.length) take(zone, event.dataTransfer.files);
  });
})();
