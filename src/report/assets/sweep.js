// What the keys did to the objective: parallel coordinates, one plot a key, and the progress over time.
function parallel(page) {
  const host = document.getElementById("parallel-chart");
  let from = null;
  return function draw() {
    const axes = page.keys.map((key, at) => ({ key, ...axisOf(page.runs.map((run) => run.settings[at])), text: (run) => run.settings[at] }));
    axes.push({ key: page.objective, ...axisOf(page.runs.map((run) => run.reached)), text: (run) => run.reached });
    const width = Math.max(host.parentElement.clientWidth, axes.length * 96), height = 330, top = 44, bottom = height - 20;
    const node = canvas(host, width, height, `Parallel coordinates of ${page.shown.length} runs over ${page.keys.join(", ")} and ${page.objective}`);
    const x = (at) => 46 + at * (width - 110) / Math.max(1, axes.length - 1), y = (place) => bottom - place * (bottom - top);
    for (const at of page.ranked().reverse()) {
      const points = axes.map((axis, place) => [x(place), axis.of(axis.text(page.runs[at]))]).filter(([, value]) => value !== null);
      node.append(svg("path", { class: "run", "data-at": at, style: `--q:${page.goodness(at).toFixed(3)}`, d: points.map(([left, value], nth) => `${nth ? "L" : "M"}${left.toFixed(1)} ${y(value).toFixed(1)}`).join("") }));
    }
    axes.forEach((axis, at) => drawAxis(node, axis, x(at), y, { top, bottom }, at));
    node.addEventListener("pointerover", (event) => {
      const at = event.target.dataset?.at;
      if (at === undefined) return;
      page.light(Number(at));
      showNote(event, page.runs[at].label, axes.map((axis) => `${axis.key} ${axis.text(page.runs[at]) ?? "–"}`));
    });
    node.addEventListener("pointerout", () => { page.light(null); hideNote(); });
  };
  function drawAxis(node, axis, x, y, { top, bottom }, at) {
    const short = axis.key.split(".").slice(-2).join("."), odd = at % 2;
    node.append(svg("line", { class: "ax", x1: x, x2: x, y1: top, y2: bottom }), svg("text", { class: at ? "middle strong" : "strong", x: at ? x : x - 40, y: odd ? 14 : 30 }, short.length > 24 ? `${short.slice(0, 23)}…` : short));
    for (const [value, label] of axis.ticks) node.append(svg("text", { x: x + 6, y: y(axis.place(value)) + 4 }, label.length > 14 ? `${label.slice(0, 13)}…` : label));
    const brush = svg("rect", { class: "brush", x: x - 7, width: 14, y: top, height: 0 }), grip = svg("rect", { class: "grip", x: x - 11, width: 22, y: top - 6, height: bottom - top + 12 });
    node.append(brush, grip);
    const place = (event) => Math.min(1, Math.max(0, (bottom - (event.clientY - node.getBoundingClientRect().top)) / (bottom - top)));
    grip.addEventListener("pointerdown", (event) => { from = place(event); grip.setPointerCapture(event.pointerId); });
    grip.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = place(event);
      brush.setAttribute("y", y(Math.max(from, to))); brush.setAttribute("height", Math.abs(y(from) - y(to)));
    });
    grip.addEventListener("pointerup", (event) => { const [low, high] = [from, place(event)].sort((left, right) => left - right); from = null; page.keep(axis, high - low < 0.02 ? null : [low, high]); });
  }
}

function scatter(node, page, axis, textOf, ats, scale, box) {
  valueAxis(node, scale, box);
  node.append(svg("line", { class: "ax", x1: box.left, x2: box.left + box.width, y1: box.top + box.height, y2: box.top + box.height }));
  for (const [value, label] of axis.ticks) node.append(svg("text", { class: "middle", x: box.left + 8 + axis.place(value) * (box.width - 16), y: box.top + box.height + 17 }, label.length > 12 ? `${label.slice(0, 11)}…` : label));
  for (const at of ats) {
    const place = axis.of(textOf(page.runs[at]));
    if (place === null || page.runs[at].reached === null) continue;
    const aside = ((at * 0.618) % 1 - 0.5) * 10;
    node.append(svg("circle", { class: "spot", r: 3.5, "data-at": at, cx: box.left + 8 + place * (box.width - 16) + aside, cy: box.top + (1 - scale.place(page.runs[at].reached)) * box.height }));
  }
  node.addEventListener("pointerover", (event) => {
    const at = event.target.dataset?.at;
    if (at !== undefined) { page.light(Number(at)); showNote(event, page.runs[at].label, [`${page.objective} ${page.runs[at].reached}`, `${textOf(page.runs[at]) ?? ""}`]); }
  });
  node.addEventListener("pointerout", () => { page.light(null); hideNote(); });
}
function byKey(page) {
  const host = document.getElementById("key-charts");
  return function draw() {
    const figures = page.keys.map((key) => make("figure", {}, make("h3", {}, key), make("div", { class: "chart" })));
    host.replaceChildren(...figures);
    const scale = linear(page.shown.map((at) => page.runs[at].reached).filter((value) => value !== null), 4);
    page.keys.forEach((key, nth) => {
      const chart = figures[nth].lastChild, width = chart.clientWidth || 270, node = canvas(chart, width, 190, `${page.objective} against ${key}`);
      scatter(node, page, axisOf(page.runs.map((run) => run.settings[nth])), (run) => run.settings[nth], page.shown, scale, { left: 46, top: 8, width: width - 64, height: 152 });
    });
  };
}
function progress(page) {
  const host = document.getElementById("progress-chart");
  const order = page.runs.map((_, at) => at).filter((at) => page.runs[at].reached !== null).sort((left, right) => (page.runs[left].started ?? 0) - (page.runs[right].started ?? 0) || left - right);
  return function draw() {
    const width = Math.max(300, host.clientWidth), box = { left: 52, top: 10, width: width - 64, height: 210 };
    const node = canvas(host, width, 264, `${page.objective} of runs in order of their start`), ats = order.filter(page.isShown);
    const scale = linear(ats.map((at) => page.runs[at].reached), 4), x = (nth) => box.left + (ats.length < 2 ? 0.5 : nth / (ats.length - 1)) * box.width;
    valueAxis(node, scale, box);
    epochAxis(node, ats.length, box, "runs started");
    let best = null, line = "";
    ats.forEach((at, nth) => {
      const value = page.runs[at].reached, y = (value) => box.top + (1 - scale.place(value)) * box.height;
      node.append(svg("circle", { class: "spot", r: 3, cx: x(nth), cy: y(value), "data-at": at }));
      if (best === null || page.better(value, best)) { line += best === null ? `M${x(nth)} ${y(value)}` : `H${x(nth)}V${y(value)}`; best = value; }
    });
    if (best !== null) node.append(svg("path", { class: "sofar", d: `${line}H${x(ats.length - 1)}` }));
    node.addEventListener("pointerover", (event) => { const at = event.target.dataset?.at; if (at !== undefined) { page.light(Number(at)); showNote(event, page.runs[at].label, [`${page.objective} ${page.runs[at].reached}`]); } });
    node.addEventListener("pointerout", () => { page.light(null); hideNote(); });
  };
}
