// Texts whose colour stands out from their ground by less than WCAG 2.2 asks of ordinary text (4.5 to 1), each with its ratio.
(() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (grounds) => {
    paint.clearRect(0, 0, 1, 1);
    for (const colour of grounds) { paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1); }
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => rgb.map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const found = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), node = walk.currentNode.parentElement;
    if (!text || !node.checkVisibility({ visibilityProperty: true }) || node.closest("script, style, .unseen, .skip, .float, .tip")) continue;
    const chain = [];
    for (let at = node; at; at = at.parentElement) chain.unshift(getComputedStyle(at).backgroundColor);
    const style = getComputedStyle(node), ink = node.closest("svg") ? style.fill : style.color;
    const [dark, light] = [luminance(over(chain)), luminance(over([...chain, ink]))].sort((left, right) => left - right);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.set(`${node.tagName} ${node.getAttribute("class") ?? ""} "${text.slice(0, 20)}"`, ratio.toFixed(2));
  }
  return [...found].map((pair) => pair.join(" ")).slice(0, 12);
})()
