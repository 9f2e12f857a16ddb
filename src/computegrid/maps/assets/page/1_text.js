// Elements, numbers and scales. Text from data is only ever written with textContent.
function rows(columns) {
  const keys = Object.keys(columns);
  return (columns[keys[0]] || []).map((_, i) => Object.fromEntries(keys.map((key) => [key, columns[key][i]])));
}
for (const name of ["regions", "sites", "flows"]) data[name] = rows(data[name]);
for (const flow of data.flows) Object.assign(flow, { control: data.sites[flow.site].control, group: data.sites[flow.site].group });
const words = data.words;
const state = { hour: -1, shade: "price", selected: null, show: { flows: true, sites: true, regions: true }, least: data.flow_rule.least_mw };

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
  const digits = size === 0 || size >= 1000 ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
}
const write = (text, values) => text.replace(/%([a-z])/g, (_, key) => values[key]);
const mw = (value) => number(value) + " MW";
const usd = (value) => number(value) + " USD/MWh";
const priced = (value) => number(value) + " " + data.price_unit;
const percent = (value) => (value * 100).toLocaleString("en-US", { maximumFractionDigits: 1 }) + " %";

function unpack(packed, hours) {
  const bytes = atob(packed.steps);
  const rows = packed.low.length;
  return function (row, hour) {
    if (row < 0 || row >= rows) return 0;
    const at = 2 * (row * hours + hour);
    const step = bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8);
    return packed.low[row] + (packed.span[row] * step) / 65535;
  };
}
const hourly = {};
for (const [name, packed] of Object.entries(data.hourly || {})) hourly[name] = unpack(packed, data.hours.length);

// What is shown now: the mean of all hours, or one hour.
const mean = () => state.hour < 0;
const flowMw = (i) => (mean() ? data.flows[i].mw : hourly.flow_mw(i, state.hour));
const siteUsed = (i) => (mean() ? data.sites[i].used_mw : hourly.site_used_mw(i, state.hour));
const regionDemand = (i) => (mean() ? data.regions[i].demand_mw : hourly.region_demand_mw(i, state.hour));
function regionValue(i, shade) {
  const region = data.regions[i];
  if (shade === "price") return mean() ? region.price : hourly.region_price(i, state.hour);
  if (shade === "unserved") {
    if (mean()) return region.unserved_share;
    const wanted = hourly.region_demand_mw(i, state.hour);
    return wanted > 0 ? hourly.region_unserved_mw(i, state.hour) / wanted : 0;
  }
  return shade === "foreign" ? region.foreign_share : region.away_share;
}

function mix(a, b, t) {
  const at = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
  return "#" + [0, 1, 2].map((k) => Math.round(at(a, k) + (at(b, k) - at(a, k)) * t).toString(16).padStart(2, "0")).join("");
}
function ramp(share) {
  const stops = data.ramp, x = Math.min(1, Math.max(0, share)) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(x));
  return mix(stops[k], stops[k + 1], x - k);
}
function domain(shade) { return shade === "price" ? (mean() ? data.price_range : data.hour_price_range) : [0, 1, false, false]; }
function shadeColour(i) {
  const [low, high] = domain(state.shade);
  return ramp(high > low ? (regionValue(i, state.shade) - low) / (high - low) : 0.5);
}
const lineWidth = (value) => Math.max(0.7, data.scale.flow_px * Math.sqrt(value / data.scale.flow_mw));
const radius = (value) => data.scale.site_px * Math.sqrt(Math.max(0, value) / data.scale.site_mw);
function nice(value) {
  const power = Math.pow(10, Math.floor(Math.log10(value))), lead = value / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
