// The curves of one run: a cursor that follows pointer and arrow keys and shows the values as metrics.csv has them.
document.addEventListener("DOMContentLoaded", () => {
  const plots = document.querySelector(".plots");
  if (!plots) return;
  const rows = JSON.parse(document.getElementById("metrics").textContent);
  const tip = document.getElementById("tip"), spoken = document.getElementById("spoken");
  const panels = [...plots.querySelectorAll(".plot")];
  const names = ["training accuracy", "training loss", "validation accuracy", "validation loss", "learning rate"];
  let at = rows.length - 1;

  function place(value, panel) {
    const [low, high] = [Number(panel.dataset.low), Number(panel.dataset.high)];
    return 1 - Math.min(1, Math.max(0, (value - low) / (high - low)));
  }
  function mark(panel, left) {
    const cursor = panel.querySelector(".cursor");
    cursor.style.left = left; cursor.style.display = "block";
    for (const dot of panel.querySelectorAll(".dot")) {
      const text = rows[at].values[Number(dot.dataset.column)], value = Number(text);
      const known = text !== "" && Number.isFinite(value);
      dot.style.display = known ? "block" : "none";
      if (known) { dot.style.left = left; dot.style.top = `${place(value, panel) * 100}%`; }
    }
  }
  function fill(row) {
    const body = make("tbody");
    for (const column of [2, 0, 3, 1, 4])
      body.append(make("tr", {}, make("th", { scope: "row" }, names[column]), make("td", { "data-column": column }, row.values[column])));
    tip.replaceChildren(make("b", {}, `${row.stage} epoch ${row.epoch}`), make("table", {}, body));
  }
  function show(next, panel, aloud) {
    at = Math.max(0, Math.min(rows.length - 1, next));
    const left = rows.length < 2 ? "50%" : `${at / (rows.length - 1) * 100}%`;
    panels.forEach((each) => mark(each, left));
    fill(rows[at]);
    const box = panel.getBoundingClientRect(), outer = plots.getBoundingClientRect();
    const x = box.left - outer.left + box.width * parseFloat(left) / 100;
    const beside = x + 14 + tip.offsetWidth > outer.width ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, Math.min(beside, outer.width - tip.offsetWidth))}px`;
    tip.style.top = `${box.top - outer.top + (outer.width < 560 ? box.height + 28 : 12)}px`;
    tip.style.visibility = "visible";
    if (aloud) spoken.textContent = `${tip.firstChild.textContent}: ` + [2, 3, 0, 1].map((column) => `${names[column]} ${rows[at].values[column]}`).join(", ");
  }
  function hide() {
    tip.style.visibility = "hidden";
    for (const node of plots.querySelectorAll(".cursor, .dot")) node.style.display = "none";
  }
  for (const panel of panels) {
    panel.addEventListener("pointermove", (event) => {
      const box = panel.getBoundingClientRect();
      show(Math.round((event.clientX - box.left) / box.width * (rows.length - 1)), panel, false);
    });
    panel.addEventListener("pointerleave", hide);
    panel.addEventListener("blur", hide);
    panel.addEventListener("focus", () => { if (panel.matches(":focus-visible")) show(at, panel, true); });
    panel.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: rows.length - 1 };
      if (event.key === "Escape") return hide();
      if (!(event.key in steps)) return;
      event.preventDefault();
      show(steps[event.key], panel, true);
    });
  }
});
