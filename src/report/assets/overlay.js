// Curves of many runs over each other, and the legend that switches them.

// Okabe and Ito's colours that are legible on light and on dark ground; past them the dashes change, so that eight times four stay apart.
const HUES = ["light-dark(#0072b2,#56b4e9)", "light-dark(#d55e00,#e69f00)", "light-dark(#00795a,#35c29a)", "light-dark(#a8487f,#dd8fb8)", "light-dark(#1b1b1b,#f2f2f2)", "light-dark(#2f8fd0,#2a86c6)", "light-dark(#a87800,#f0e442)", "light-dark(#8a3b00,#ff8a4a)"];
const DASHES = ["", "7 4", "2 3", "9 3 2 3"];

function overlay(page) {
  const host = document.getElementById("overlay"), legend = document.getElementById("legend");
  const slots = new Map();

  function take(at) { let slot = 0; while ([...slots.values()].includes(slot)) slot++; slots.set(at, slot); }
  function toggle(at) { if (slots.has(at)) slots.delete(at); else take(at); page.refresh(); }
  function style(node, at) {
    const slot = slots.get(at);
    node.style.setProperty("--c", HUES[slot % HUES.length]);
    node.style.setProperty("--dash", Math.floor(slot / HUES.length) % DASHES.length ? "dashed" : "solid");
    return DASHES[Math.floor(slot / HUES.length) % DASHES.length];
  }
  function path(values, x, y) {
    let text = "", pen = "M";
    values.forEach((value, at) => { if (value === null) { pen = "M"; return; } text += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`; pen = "L"; });
    return text;
  }
  function draw() {
    const width = Math.max(300, host.clientWidth), height = 380, box = { left: 52, top: 14, width: width - 64, height: height - 60 };
    const node = canvas(host, width, height, `${page.column} by epoch of ${page.shown.length} runs, ${[...slots.keys()].filter((at) => page.isShown(at)).length} of them in colour`);
    const lines = page.shown.map((at) => [at, page.runs[at].curves[page.column]]).filter(([, values]) => values.some((value) => value !== null));
    if (!lines.length) return node.append(svg("text", { x: 20, y: 40 }, "No run of the filter has such a curve."));
    const count = Math.max(...lines.map(([, values]) => values.length));
    const sorted = lines.flatMap(([, values]) => values.filter((value) => value !== null)).sort((left, right) => left - right);
    const usual = sorted[Math.floor((sorted.length - 1) * 0.97)], scale = linear([sorted[0], Math.min(sorted[sorted.length - 1], usual * 1.5)], 5);
    const x = (at) => box.left + (count < 2 ? 0.5 : at / (count - 1)) * box.width, y = (value) => box.top + (1 - scale.place(value)) * box.height;
    valueAxis(node, scale, box);
    epochAxis(node, count, box, "epoch");
    const changes = new Set(lines.filter(([at]) => slots.has(at)).flatMap(([at]) => page.runs[at].changes));
    if (changes.size === 1) for (const change of changes) node.append(svg("line", { class: "change", x1: x(change), x2: x(change), y1: box.top, y2: box.top + box.height }));
    for (const [at, values] of lines.filter(([at]) => !slots.has(at))) node.append(svg("path", { class: "faint", d: path(values, x, y), "data-at": at }));
    for (const [at, values] of lines.filter(([at]) => slots.has(at))) {
      const line = svg("path", { class: "on", d: path(values, x, y), "data-at": at });
      line.setAttribute("stroke-dasharray", style(line, at));
      node.append(line);
    }
    follow(node, lines, x, y, count, box);
  }
  function follow(node, lines, x, y, count, box) {
    node.addEventListener("pointermove", (event) => {
      const frame = node.getBoundingClientRect(), epoch = Math.round((event.clientX - frame.left - box.left) / box.width * (count - 1));
      const on = lines.filter(([at]) => slots.has(at)), near = (on.length ? on : lines).filter(([, values]) => values[epoch] != null);
      if (!near.length) return page.light(null), hideNote();
      const distance = ([, values]) => Math.abs(y(values[epoch]) - (event.clientY - frame.top));
      const [at, values] = near.reduce((best, line) => distance(line) < distance(best) ? line : best);
      page.light(at);
      showNote(event, page.runs[at].label, [`epoch ${epoch}: ${page.column} ${values[epoch]}`]);
    });
    node.addEventListener("pointerleave", () => { page.light(null); hideNote(); });
  }
  function entries() {
    legend.replaceChildren(...page.ranked().map((at) => {
      const run = page.runs[at], pressed = slots.has(at);
      const button = make("button", { type: "button", "aria-pressed": pressed, "data-at": at, title: run.label }, make("span", { class: "line", "aria-hidden": "true" }), make("span", { class: "name" }, run.label),
        make("span", { class: "value" }, run.reached === null ? "–" : run.reached.toFixed(4)));
      if (pressed) style(button, at);
      return make("li", {}, button);
    }));
  }
  function swatches() {
    for (const row of page.rows) {
      const button = row.querySelector(".swatch"), at = Number(row.dataset.at), pressed = String(slots.has(at));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
      if (slots.has(at)) style(button, at);
    }
  }
  legend.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    toggle(Number(button.dataset.at));
    legend.querySelector(`[data-at="${button.dataset.at}"]`)?.focus();
  });
  legend.addEventListener("pointerover", (event) => page.light(event.target.closest("button")?.dataset.at ?? null));
  legend.addEventListener("pointerleave", () => page.light(null));
  return { draw, update: () => { entries(); swatches(); draw(); }, toggle, only: (ats) => { slots.clear(); ats.forEach(take); page.refresh(); } };
}
