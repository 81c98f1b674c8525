// What can be focused, or is a picture, and has no name that a screen reader could say; and identifiers that stand twice.
(() => {
  const shown = (node) => node.checkVisibility() && !node.closest("[aria-hidden=true]");
  const byId = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const name = (node) => node.getAttribute("aria-label") ?? (node.hasAttribute("aria-labelledby") ? byId(node.getAttribute("aria-labelledby")) : null)
    ?? node.getAttribute("alt") ?? (node.labels?.length ? node.labels[0].textContent : null) ?? (node.matches("svg") ? "" : node.textContent);
  const nodes = [...document.querySelectorAll("a[href], button, input, summary, [tabindex], img, [role=img], [role=region], section")].filter(shown);
  const nameless = nodes.filter((node) => !name(node).trim()).map((node) => node.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `#${id} stands twice`);
  const heads = [...document.querySelectorAll("table")].filter((table) => shown(table) && !table.querySelector("th[scope]")).map(() => "a table without heads");
  return [...nameless, ...twice, ...heads].slice(0, 12);
})()
