// The page of many runs: one state (filter, order, column, what is switched on), and everything drawn from it.
document.addEventListener("DOMContentLoaded", () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("table"), body = table.tBodies[0], filter = document.getElementById("filter");
  const heads = [...table.tHead.rows[0].cells], rows = [...body.rows];
  const cells = rows.map((row) => [...row.cells].map((cell) => cell.dataset.v ?? ""));
  const words = cells.map((row) => row.join(" ").toLowerCase());
  const all = data.runs.map((_, at) => at);
  const better = (left, right) => data.maximised ? left > right : left < right;
  const rank = (left, right) => {
    const [a, b] = [data.runs[left].reached, data.runs[right].reached];
    return a === b ? left - right : a === null ? 1 : b === null ? -1 : better(a, b) ? -1 : 1;
  };
  const order = [...all].sort(rank), places = new Map(order.map((at, nth) => [at, nth]));
  const shown = new Set(all);
  const drawings = [];
  const page = {
    runs: data.runs, keys: data.keys, objective: data.objective, column: data.objective, rows, shown: all, better,
    isShown: (at) => shown.has(at), ranked: () => order.filter((at) => shown.has(at)),
    goodness: (at) => data.runs[at].reached === null ? 0 : (1 - places.get(at) / Math.max(1, all.length - 1)) ** 2,
    light, keep, refresh: () => curves.update(),
  };

  function light(at) {
    for (const node of document.querySelectorAll(".lit")) node.classList.remove("lit");
    if (at === null) return;
    for (const node of document.querySelectorAll(`tr[data-at="${at}"], .legend [data-at="${at}"], svg [data-at="${at}"]`)) node.classList.add("lit");
  }

  // A term is a word, or key, comparison and value; a key may be given by its end: `lr<0.001` means `top.optimizer.lr`.
  function test(term) {
    const parts = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(term);
    if (!parts) return (at) => words[at].includes(term.toLowerCase());
    const [, key, sign, wanted] = parts, number = Number(wanted);
    const exact = heads.findIndex((head) => head.dataset.key === key), column = exact >= 0 ? exact : heads.findIndex((head) => head.dataset.key?.endsWith(`.${key}`) || head.dataset.key?.endsWith(key));
    if (column < 0) return () => false;
    return (at) => {
      const text = cells[at][column], value = Number(text);
      if (sign === "=") return text === wanted || (text !== "" && value === number);
      return text !== "" && ({ "<": value < number, ">": value > number, "<=": value <= number, ">=": value >= number })[sign];
    };
  }
  function apply() {
    const tests = filter.value.trim().split(/\s+/).filter(Boolean).map(test);
    shown.clear();
    for (const at of all) if (tests.every((holds) => holds(at))) shown.add(at);
    rows.forEach((row) => { row.hidden = !shown.has(Number(row.dataset.at)); });
    page.shown = all.filter((at) => shown.has(at));
    document.getElementById("count").textContent = `${shown.size} of ${all.length}`;
    curves.update();
    drawings.forEach((draw) => draw());
  }
  function keep(axis, range) {
    const others = filter.value.trim().split(/\s+/).filter((term) => term && !new RegExp(`^${axis.key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(<=|>=|=)`).test(term));
    if (range && axis.numeric) others.push(`${axis.key}>=${Number(axis.value(range[0]).toPrecision(4))}`, `${axis.key}<=${Number(axis.value(range[1]).toPrecision(4))}`);
    else if (range) { const inside = axis.ticks.filter(([kind]) => axis.place(kind) >= range[0] && axis.place(kind) <= range[1]); if (inside.length === 1) others.push(`${axis.key}=${inside[0][0]}`); }
    filter.value = others.join(" ");
    apply();
  }

  body.addEventListener("click", (event) => { const button = event.target.closest(".swatch"); if (button) curves.toggle(Number(button.closest("tr").dataset.at)); });
  body.addEventListener("pointerover", (event) => light(event.target.closest("tr")?.dataset.at ?? null));
  body.addEventListener("pointerleave", () => light(null));
  let waiting = 0;
  filter.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, all.length > 100 ? 120 : 0); });
  for (const button of document.querySelectorAll("#columns button")) button.addEventListener("click", () => {
    page.column = button.dataset.column;
    for (const other of document.querySelectorAll("#columns button")) other.setAttribute("aria-pressed", String(other === button));
    curves.draw();
  });
  document.getElementById("best-on").addEventListener("click", () => curves.only(page.ranked().slice(0, 8)));
  document.getElementById("none-on").addEventListener("click", () => curves.only([]));

  const curves = overlay(page);
  if (document.getElementById("parallel-chart")) drawings.push(parallel(page), byKey(page), progress(page));
  sortable(table)(heads.findIndex((head) => head.dataset.key === data.objective), data.maximised ? "descending" : "ascending");
  curves.only(page.ranked().slice(0, 8));
  drawings.forEach((draw) => draw());
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; curves.draw(); drawings.forEach((draw) => draw()); } });
});
