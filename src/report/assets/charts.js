// Scales, axes and the floating note that the plots of many runs share. Everything is drawn in real pixels.
const svg = (tag, attributes, ...children) => make(`svg:${tag}`, attributes, ...children);

// 1, 2, 2.5 or 5 times a power of ten: the next above.
function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 2.5, 5].find((factor) => raw <= factor * power * (1 + 1e-9)) ?? 10) * power;
}
function shortNumber(value) {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential().replace("e+", "e").replace(/(\.\d{3})\d+/, "$1") : String(Number(value.toPrecision(4)));
}
function linear(values, count) {
  let low = Math.min(...values), high = Math.max(...values);
  if (!(low <= high)) { low = 0; high = 1; }
  if (low === high) { low -= Math.abs(low) * 0.05 || 0.05; high += Math.abs(high) * 0.05 || 0.05; }
  const step = roundStep((high - low) / count), first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
  const ticks = [];
  for (let at = first; at <= last; at++) ticks.push([at * step, shortNumber(at * step)]);
  const [from, to] = [first * step, last * step];
  return { place: (value) => Math.min(1, Math.max(0, (value - from) / (to - from))), value: (place) => from + place * (to - from), ticks, numeric: true };
}
function logarithmic(values) {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const ticks = [];
  for (let power = Math.ceil(low - 1e-9); power <= high + 1e-9; power++) ticks.push([10 ** power, shortNumber(10 ** power)]);
  if (ticks.length < 2) for (const value of [10 ** low, 10 ** high]) ticks.push([value, shortNumber(value)]);
  return { place: (value) => (Math.log10(value) - low) / (high - low), value: (place) => 10 ** (low + place * (high - low)), ticks, numeric: true };
}
// The axis for the texts of one key: linear, logarithmic where a factor of ten lies between positive numbers, else by kind.
function axisOf(texts) {
  const known = texts.filter((text) => text !== null), numbers = known.map(Number);
  const kinds = [...new Set(known)];
  if (known.length && numbers.every(Number.isFinite) && known.every((text) => text !== "") && kinds.length > 1) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const scale = low > 0 && high / low >= 10 ? logarithmic(numbers) : linear(numbers, 4);
    if (kinds.length <= 6) scale.ticks = kinds.map((kind) => [Number(kind), shortNumber(Number(kind))]);
    return { ...scale, of: (text) => text === null ? null : scale.place(Number(text)) };
  }
  kinds.sort();
  const place = (text) => kinds.length < 2 ? 0.5 : (kinds.indexOf(text) + 0.5) / kinds.length;
  return { numeric: false, ticks: kinds.map((kind) => [kind, kind]), place, of: (text) => text === null ? null : place(text) };
}
function valueAxis(node, scale, box) {
  for (const [value, label] of scale.ticks) {
    const y = box.top + (1 - scale.place(value)) * box.height;
    node.append(svg("line", { class: "gl", x1: box.left, x2: box.left + box.width, y1: y, y2: y }), svg("text", { class: "end", x: box.left - 8, y: y + 4 }, label));
  }
}
function epochAxis(node, count, box, title) {
  const step = count < 8 ? 1 : Math.ceil(roundStep((count - 1) / 6));
  for (let at = 0; at < count; at += step)
    node.append(svg("text", { class: "middle", x: box.left + (count < 2 ? 0.5 : at / (count - 1)) * box.width, y: box.top + box.height + 18 }, String(at)));
  node.append(svg("line", { class: "ax", x1: box.left, x2: box.left + box.width, y1: box.top + box.height, y2: box.top + box.height }),
    svg("text", { class: "end", x: box.left + box.width, y: box.top + box.height + 34 }, title));
}
function canvas(host, width, height, label) {
  const node = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  host.replaceChildren(node);
  return node;
}

const note = make("div", { class: "float", "aria-hidden": "true" });
function showNote(event, title, lines) {
  if (!note.isConnected) document.body.append(note);
  note.replaceChildren(make("b", {}, title), ...lines.map((line) => make("div", {}, line)));
  note.style.visibility = "visible";
  note.style.left = `${Math.max(4, Math.min(event.clientX + 14, document.documentElement.clientWidth - note.offsetWidth - 8))}px`;
  note.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - note.offsetHeight - 8))}px`;
}
function hideNote() { note.style.visibility = "hidden"; }
