
// A run while it goes on.
(() => {
  const AGAIN = 2000;
  const FOCUSABLE = "a, button, summary, [tabindex]";
  const main = document.querySelector("main");
  const now = document.getElementById("now");
  const notice = document.getElementById("notice");
  const stop = document.getElementById("stop");
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const shown = new Map();
  let hasEnded = false;
  let presses = 0;

  const say = (text, isUrgent = false) => {
    notice.textContent = text;
    notice.classList.toggle("urgent", isUrgent);
  };
  const isSelected = (part) => {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(part, true);
  };

  // What whoever looks has done to a part of the page, and the same done to the part that takes its place.
  const folds = (part) => [part, ...part.querySelectorAll("details")].filter((each) => each.localName === "details");
  const titleOf = (fold) => fold.querySelector("summary").textContent;
  const remembered = (part) => ({
    open: folds(part).filter((fold) => fold.open).map(titleOf),
    tables: [...part.querySelectorAll("figure:has(.values[aria-expanded='true'])")].map((figure) => figure.id),
    scrolled: [...part.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]),
    focused: [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement),
    pointed: [...part.querySelectorAll("figure[data-at]")].map((figure) => [figure.id, Number(figure.dataset.at)]),
  });
  const recall = (part, { open, tables, scrolled, focused, pointed }) => {
    for (const fold of folds(part)) fold.open = open.includes(titleOf(fold));
    for (const id of tables) part.querySelector(`[id="${id}"] .values`)?.click();
    part.querySelectorAll(".scroll").forEach((box, place) => { [box.scrollLeft, box.scrollTop] = scrolled[place] ?? [0, 0]; });
    part.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
    for (const [id, at] of pointed) part.querySelector(`[id="${id}"]`)?.dispatchEvent(new CustomEvent("show", { detail: at }));
  };

  // Puts the parts of a report in place of those that differ. What is in view stays where it is.
  const nameOf = (part) => part.id || titleOf(part);
  const place = (markup) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = markup;
    const old = new Map([...main.children].map((part) => [nameOf(part), part]));
    const inView = [...old].find(([, part]) => part.getBoundingClientRect().bottom > 0)?.[0];
    const before = old.get(inView)?.getBoundingClientRect().top;
    let last = null;
    for (const part of [...fresh.content.children]) {
      const name = nameOf(part);
      const known = old.get(name);
      const text = part.outerHTML;
      old.delete(name);
      if (known && (shown.get(name) === text || isSelected(known))) {
        last = known;
        continue;
      }
      shown.set(name, text);
      const done = known && remembered(known);
      if (known) known.replaceWith(part);
      else if (last) last.after(part);
      else main.prepend(part);
      part.dispatchEvent(new Event("placed", { bubbles: true }));
      if (done) recall(part, done);
      last = part;
    }
    for (const gone of old.values()) gone.remove();
    const after = [...main.children].find((part) => nameOf(part) === inView)?.getBoundingClientRect().top;
    if (scrollY > 0 && before !== undefined && after !== undefined) scrollBy({ top: after - before, behavior: "instant" });
  };

  const ended = () => {
    hasEnded = true;
    stop.hidden = true;
    say("The run has ended. This page keeps what it shows, and goes on when a next run starts at this address.");
  };
  const lost = () => {
    stop.disabled = true;
    if (!hasEnded) say("The run can't be reached: its process has ended, or the connection is cut. This page keeps what it shows, and goes on when a run starts at this address.", true);
  };
  const connect = () => {
    const source = new EventSource("/events");
    const close = () => {
      source.close();
      setTimeout(connect, AGAIN);
    };
    source.addEventListener("run", (event) => {
      // Another run has a page of its own.
      if (event.data !== document.body.dataset.run) return location.reload();
      if (hasEnded) return;
      stop.disabled = !token;
      stop.title = token ? "No request begins any more, those in flight finish, and the report is made" : "Open the address that the run has printed, with its #token=.., to stop it from here";
      if (presses === 0) say("");
    });
    source.addEventListener("head", (event) => { if (!isSelected(now)) now.innerHTML = event.data; });
    source.addEventListener("report", (event) => place(event.data));
    source.addEventListener("end", () => {
      ended();
      close();
    });
    source.addEventListener("error", () => {
      lost();
      close();
    });
  };

  stop.addEventListener("click", async () => {
    const answer = await fetch("/stop", { method: "POST", headers: { "x-sse-load-token": token } }).catch(() => null);
    if (!answer) return lost();
    if (!answer.ok) return say(`The run was not stopped: ${await answer.text()}`, true);
    presses += 1;
    stop.textContent = "Cut off what is in flight";
    if (presses > 1) stop.disabled = true;
    say(await answer.text(), true);
  });
  connect();
})();
