// Light or dark, and copying. No text ever becomes markup: everything goes through textContent.
"use strict";
const root = document.documentElement;
const remembered = { get: () => { try { return localStorage.getItem("frostline-theme"); } catch { return null; } },
  set: (theme) => { try { localStorage.setItem("frostline-theme", theme); } catch { /* a page from a file may not remember */ } } };
const shownDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
if (["light", "dark"].includes(remembered.get())) root.dataset.theme = remembered.get();

function make(tag, attributes = {}, ...children) {
  const node = tag.startsWith("svg:") ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

document.addEventListener("DOMContentLoaded", () => {
  const toggle = document.getElementById("theme");
  const label = () => { toggle.textContent = shownDark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", `Switch to the ${shownDark() ? "light" : "dark"} theme`); };
  toggle.hidden = false;
  toggle.addEventListener("click", () => { root.dataset.theme = shownDark() ? "light" : "dark"; remembered.set(root.dataset.theme); label(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "Copied"; });
  }
});
