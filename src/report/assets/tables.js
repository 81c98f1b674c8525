// A table whose heads are buttons that sort it. Rows without a value come last, equals keep the order of the file.
function sortable(table) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const values = new Map(rows.map((row, nth) => [row, { nth, cells: [...row.cells].map((cell) => cell.dataset.v ?? "") }]));
  function sort(column, direction) {
    const of = (row) => values.get(row).cells[column], sign = direction === "ascending" ? 1 : -1;
    const numeric = rows.every((row) => of(row) === "" || Number.isFinite(Number(of(row))));
    const compared = (a, b) => numeric ? a - b : a < b ? -1 : a > b ? 1 : 0;
    body.append(...[...rows].sort((left, right) => {
      const [a, b] = [of(left), of(right)];
      const first = a === "" || b === "" ? (a === "") - (b === "") : sign * compared(a, b);
      return first || values.get(left).nth - values.get(right).nth;
    }));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", direction);
  }
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const now = head.getAttribute("aria-sort"), first = /accuracy/.test(head.dataset.key) ? "descending" : "ascending";
    sort(column, now ? (now === "ascending" ? "descending" : "ascending") : first);
  }));
  return sort;
}
document.addEventListener("DOMContentLoaded", () => { for (const table of document.querySelectorAll(".sorts:not(#table)")) sortable(table); });
