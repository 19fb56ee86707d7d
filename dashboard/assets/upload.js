/* Drop zones: each file streams to the server, the server says how its import goes. */
(function () {
  "use strict";

  const POLL_MILLISECONDS = 250;

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  /* One file's line: its name, a bar, and words. */
  function lineFor(zone, file) {
    const status = zone.querySelector(".upload-status");
    const line = element("div", "upload-file");
    const words = element("div", "upload-words", "sending");
    const track = element("div", "upload-track");
    const done = element("div", "upload-done");
    done.style.width = "0";
    track.append(done);
    line.append(element("div", "upload-name", file.name), track, words);
    status.append(line);
    return {
      share: (part) => { done.style.width = (part * 100).toFixed(1) + "%"; },
      say: (text) => { words.textContent = text; },
      end: (text) => { track.remove(); words.textContent = text; },
    };
  }

  function send(file, line) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/api/upload?name=" + encodeURIComponent(file.name));
      request.setRequestHeader("X-Tollbook-Upload", "1");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        if (!event.lengthComputable) return;
        line.share(event.loaded / event.total);
        line.say("sending, " + Math.round((event.loaded / event.total) * 100) + "%");
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

  async function followed(job, line) {
    for (;;) {
      const answer = await fetch("/api/imports/" + job);
      if (!answer.ok) throw new Error("The server no longer knows this import.");
      const now = await answer.json();
      if (now.state === "done" || now.state === "failed") return now;
      const speed = now.rows
        ? ", " + now.rows.toLocaleString("en") + " rows, " +
          Math.round(now.rows_per_second).toLocaleString("en") + " a second"
        : "";
      line.say(now.sentence + speed);
      await new Promise((wait) => { window.setTimeout(wait, POLL_MILLISECONDS); });
    }
  }

  async function take(zone, files) {
    zone.querySelector(".upload-status").replaceChildren();
    const results = await Promise.all([...files].map(async (file) => {
      const line = lineFor(zone, file);
      try {
        const job = await send(file, line);
        line.share(1);
        const result = await followed(job, line);
        line.end(result.sentence);
        return result;
      } catch (error) {
        line.end(error.message);
        return { state: "failed", sentence: error.message };
      }
    }));
    if (results.some((result) => result.state === "done")) show(results);
  }

  /* The page that was waiting for usage shows it, with what became of the files on top. */
  function show(results) {
    const set = window.dash_clientside.set_props;
    set("import-result", { children: results.map((result) => result.sentence).join(" ") });
    set("add-usage", { opened: false });
    set("source-version", { data: Date.now() });
  }

  function zoneOf(event) {
    return event.target instanceof Element ? event.target.closest(".drop-zone") : null;
  }

  document.addEventListener("click", (event) => {
    const zone = zoneOf(event);
    if (!zone || !event.target.closest("[data-action=choose-files]")) return;
    const chooser = document.createElement("input");
    chooser.type = "file";
    chooser.multiple = true;
    chooser.onchange = () => { if (chooser.files.length) take(zone, chooser.files); };
    chooser.click();
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
