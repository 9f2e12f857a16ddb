// Elements, numbers and scales. Text from data is only ever written with textContent.
function el(tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (key === "text") node.textContent = value;
    else if (key === "class") node.className = value;
    else if (key === "on") for (const [name, act] of Object.entries(value)) node.addEventListener(name, act);
    else if (key === "css") for (const [name, set] of Object.entries(value)) node.style.setProperty(name, set);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}
function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const child of children) node.append(child);
  return node;
}
function clear(node) { while (node.firstChild) node.removeChild(node.firstChild); return node; }
function part(name) { return root.querySelector("[data-part=" + name + "]"); }

function number(value) {
  if (value === null || value === undefined || !isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return String(Number(value.toPrecision(2)));
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
}
const write = (text, values) => text.replace(/%([a-z])/g, (_, key) => values[key]);
const signed = (value, unit) => (value > 0 ? "+" : value < 0 ? "−" : "±") + number(Math.abs(value)) + unit;
// What is shown beside the widest flow or the dearest price, and what is nothing there.
const slightMw = () => 1e-6 * data.scale.flow_mw, slightPrice = () => 1e-5 * Math.max(Math.abs(data.price_range[0]), Math.abs(data.price_range[1]));
const clean = (value, least) => (Math.abs(value) < least ? 0 : value);
const mw = (value) => number(clean(value, slightMw())) + " MW";
const usd = (value) => number(clean(value, slightPrice())) + " USD/MWh";
const priced = (value) => number(clean(value, slightPrice())) + " " + data.price_unit;
const percent = (value) => (value * 100).toLocaleString("en-US", { maximumFractionDigits: 1 }) + " %";

function mix(a, b, t) {
  const at = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
  return "#" + [0, 1, 2].map((k) => Math.round(at(a, k) + (at(b, k) - at(a, k)) * t).toString(16).padStart(2, "0")).join("");
}
const shaded = data.regions.some((region) => region.shape);
if (shaded) { // whole areas in a lighter ramp, so that flows and names can be read on them
  root.classList.add("cg-shaded");
  data.ramp = data.ramp.map((colour) => mix(colour, "#ffffff", 0.4));
}
const changeShade = (k) => (shaded ? mix(data.change[k], "#ffffff", 0.45) : data.change[k]);
function ramp(share) {
  const stops = data.ramp, x = Math.min(1, Math.max(0, share)) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(x));
  return mix(stops[k], stops[k + 1], x - k);
}
function domain(shade) { return shade === "price" ? (mean() ? data.price_range : data.hour_price_range) : [0, data.share_ranges[shade], false, false]; }
function changeRange(shade) { // the largest change of a region in this view, but for the most extreme twentieth
  const all = data.regions.map((_, i) => Math.abs(regionMoved(i, shade))), most = all.reduce((a, b) => Math.max(a, b), 0);
  const found = all.filter((change) => change > 1e-8 * most).sort((a, b) => a - b);
  return found.length ? [found[Math.floor(0.95 * (found.length - 1))], found[found.length - 1]] : [1, 1];
}
function shadeColour(i) {
  if (state.moved) {
    const share = Math.max(-1, Math.min(1, regionMoved(i, state.shade) / changeRange(state.shade)[0]));
    return mix(changeShade(1), changeShade(share < 0 ? 0 : 2), Math.abs(share));
  }
  const [low, high] = domain(state.shade);
  return ramp(high > low ? (regionValue(i, state.shade) - low) / (high - low) : 0.5);
}
// What is below this beside the widest flow is a solver's rounding.
const nothing = () => 1e-8 * data.scale.flow_mw;
const widest = () => (state.moved ? view().moved_mw : data.scale.flow_mw);
let fitted = 1; // marks are smaller on a small map, so that a phone shows more than the largest of them
function fitMarks() { const size = map.getSize(); fitted = Math.min(1, Math.pow(Math.sqrt(size.x * size.y) / 520, 1.5)) || 1; }
const lineWidth = (value) => Math.max(0.7, fitted * data.scale.flow_px * Math.sqrt(value / widest()));
const radius = (value) => fitted * data.scale.site_px * Math.sqrt(Math.max(0, value) / data.scale.site_mw);
function nice(value) {
  const power = Math.pow(10, Math.floor(Math.log10(value))), lead = value / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
