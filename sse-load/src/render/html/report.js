"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  // Dark or light: as the system says, until the button says otherwise. A page by mail may not be allowed to remember it.
  const remembered = {
    get() { try { return localStorage.getItem("sse-load-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("sse-load-theme", theme); } catch { /* It holds for this visit. */ } },
  };
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const current = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const show = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    button.textContent = current() === "dark" ? "Light colours" : "Dark colours";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = current() === "dark" ? "light" : "dark";
    remembered.set(theme);
    show(theme);
  });
  dark.addEventListener("change", () => show());
  show(remembered.get());

  const element = (parent, name, attributes = {}, text = "") => {
    const made = parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return parent.appendChild(made);
  };

  // The values of a plot at a place, by the pointer or by the arrow keys.
  const liven = (figure) => {
    const svg = figure.querySelector("svg[role=img]");
    const plot = JSON.parse(figure.querySelector("script").textContent);
    const [left, top, right, bottom] = plot.area;
    let place = -1;
    let shown = [];
    const tip = element(figure, "div", { class: "tip", role: "status" });
    tip.hidden = true;

    const hide = () => {
      shown.forEach((mark) => mark.remove());
      shown = [];
      tip.hidden = true;
      delete figure.dataset.at;
    };
    const showAt = (next) => {
      hide();
      place = Math.min(Math.max(next, 0), plot.x.length - 1);
      figure.dataset.at = place;
      const x = plot.x[place];
      shown.push(element(svg, "path", { class: "cross", d: `M${x} ${top}V${bottom}` }));
      tip.replaceChildren();
      element(tip, "b", {}, plot.at[place]);
      for (const line of plot.lines) {
        const y = line.y[place];
        if (y === null || y === undefined) continue;
        shown.push(element(svg, "circle", { class: `mark ${line.class}`, cx: x, cy: y, r: 8 }));
        const row = element(tip, "span");
        element(row, "i", {}, line.name);
        element(row, "span", {}, line.text[place]);
      }
      if (shown.length === 1) element(tip, "span", {}, "no values");
      tip.hidden = false;
      // Where the drawing is wider than the screen, the place is moved into sight.
      const canvas = svg.parentElement;
      const inside = (x * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width - canvas.scrollLeft;
      if (inside < 0 || inside > canvas.clientWidth) canvas.scrollLeft += inside - canvas.clientWidth / 2;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const at = svg.getBoundingClientRect().left - figure.getBoundingClientRect().left + x * scale;
      const beyond = at + 14 + tip.offsetWidth > figure.clientWidth;
      tip.style.left = `${beyond ? Math.max(at - 14 - tip.offsetWidth, 0) : at + 14}px`;
      tip.style.top = `${svg.getBoundingClientRect().top - figure.getBoundingClientRect().top + top * scale + 8}px`;
    };
    const nearest = (clientX) => {
      const box = svg.getBoundingClientRect();
      const x = (clientX - box.left) * (svg.viewBox.baseVal.width / box.width);
      if (x < left - 10 || x > right + 10) return -1;
      let best = 0;
      plot.x.forEach((at, index) => { if (Math.abs(at - x) < Math.abs(plot.x[best] - x)) best = index; });
      return best;
    };

    if (plot.x.length === 0) return;
    figure.addEventListener("show", (event) => showAt(event.detail));
    svg.addEventListener("pointermove", (event) => {
      const at = nearest(event.clientX);
      if (at < 0) hide(); else showAt(at);
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: plot.x.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      if (next === undefined) return;
      event.preventDefault();
      showAt(next);
    });

    // The same as a table, for those who would rather read it.
    const toggle = element(figure, "button", { class: "values", type: "button", "aria-expanded": "false" }, "Values as a table");
    toggle.addEventListener("click", () => {
      const old = figure.querySelector(".scroll");
      toggle.setAttribute("aria-expanded", String(!old));
      if (old) return old.remove();
      const title = figure.querySelector("h3").textContent;
      const scroll = element(figure, "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
      const table = element(scroll, "table");
      const head = element(element(table, "thead"), "tr");
      for (const name of [plot.label, ...plot.lines.map((line) => line.name)]) element(head, "th", { scope: "col", class: "number" }, name);
      const body = element(table, "tbody");
      plot.at.forEach((at, index) => {
        const row = element(body, "tr");
        for (const text of [at, ...plot.lines.map((line) => line.text[index] ?? "–")]) element(row, "td", { class: "number" }, text);
      });
    });
  };
  document.querySelectorAll("figure.plot").forEach(liven);
  // A page of a run that goes on gets new ones.
  addEventListener("placed", (event) => event.target.querySelectorAll("figure.plot").forEach(liven));

  // On paper nothing can be unfolded. Afterwards the page is as it was.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    unfolded.forEach((folded) => { folded.open = true; });
  });
  addEventListener("afterprint", () => unfolded.forEach((folded) => { folded.open = false; }));
})();
