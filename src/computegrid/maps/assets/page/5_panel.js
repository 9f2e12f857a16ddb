// Tooltips, and the side panel for what is selected: who serves it, at what price, made of what.
function facts(rows) {
  const list = el("dl", { class: "cg-facts" });
  for (const [name, value] of rows) if (value !== null && value !== undefined && value !== "") list.append(el("dt", { text: name }), el("dd", { text: value }));
  return list;
}
const when = () => (mean() ? words.mean_of_hours : data.hours[state.hour].label);
function flowRows(flow, i) {
  const rows = [
    [words.region, data.regions[flow.region].label], [words.site, data.sites[flow.site].label],
    [words.work, mw(flowMw(i))], [mean() ? words.price : words.mean_price, priced(flow.price)], [words.control, flow.control],
    [words.round_trip, flow.rtt_ms === null ? "" : number(flow.rtt_ms) + " ms"],
  ];
  for (let k = 0; k < flow.work.length; k += 2) rows.push(["· " + data.workloads[flow.work[k]], mw(flow.work[k + 1])]);
  return rows;
}
function regionRows(i) {
  const region = data.regions[i];
  return [
    [words.demand, mw(regionDemand(i))], [words.price, priced(regionValue(i, "price"))],
    [words.unserved_share, percent(regionValue(i, "unserved"))],
    [words.away_share, percent(region.away_share)], [words.foreign_share, region.foreign_share === null ? "" : percent(region.foreign_share)],
    [words.estimate_note, region.estimate ? words.yes : ""],
  ];
}
function siteRows(i) {
  const site = data.sites[i];
  return [
    [words.capacity, mw(site.capacity_mw)],
    [words.used, mw(siteUsed(i)) + (site.capacity_mw > 0 ? " · " + percent(siteUsed(i) / site.capacity_mw) : "")],
    [words.control, site.control], [words.operator, site.operator], [words.chip, site.chip], [words.status, site.status],
    ["PUE", site.pue === null ? "" : number(site.pue)], [words.energy_price, site.energy_usd_per_mwh === null ? "" : usd(site.energy_usd_per_mwh)],
    [words.scarcity, priced(site.scarcity)], [words.estimate_note, site.estimate ? words.yes : ""],
  ];
}
function tooltip(kind, i) {
  const item = kind === "flow" ? null : (kind === "site" ? data.sites : data.regions)[i];
  const rows = kind === "flow" ? flowRows(data.flows[i], i) : kind === "site" ? siteRows(i) : regionRows(i);
  return el("div", { "data-kind": kind, "data-index": i },
    el("strong", { text: item ? item.label : words.flow }), el("span", { class: "cg-when", text: when() }), facts(rows));
}
function select(kind, index) {
  state.selected = kind === null || (state.selected && state.selected.kind === kind && state.selected.index === index) ? null : { kind, index };
  updateFlows(); updatePoints(); updatePanel(); updateClock();
}
function bars(title, list) { // [label, value MW, detail, colour]
  const total = list.reduce((sum, row) => sum + row[1], 0), box = el("div", { class: "cg-bars" }, el("h3", { text: title }));
  list.sort((a, b) => b[1] - a[1]);
  for (const [label, value, detail, colour] of list.slice(0, 12)) {
    box.append(el("div", { class: "cg-bar" },
      el("span", { class: "cg-bar-name", text: label }), el("span", { class: "cg-bar-value", text: mw(value) + " · " + percent(total ? value / total : 0) }),
      el("i", { css: { width: (100 * (total ? value / total : 0)).toFixed(1) + "%", background: colour } }),
      detail ? el("small", { text: detail }) : null));
  }
  if (list.length > 12) box.append(el("small", { text: "+ " + (list.length - 12) }));
  return box;
}
function updatePanel() {
  const box = clear(part("selected")), on = state.selected;
  box.hidden = !on;
  if (!on) return;
  const flow = on.kind === "flow" ? data.flows[on.index] : null;
  const item = flow ? null : (on.kind === "site" ? data.sites : data.regions)[on.index];
  box.append(el("button", { type: "button", class: "cg-close", "aria-label": words.close, text: "×", on: { click: () => select(null) } }),
    el("p", { class: "cg-kind", text: words[on.kind] + " · " + when() }), el("h2", { text: item ? item.label : data.regions[flow.region].label + " → " + data.sites[flow.site].label }),
    facts(flow ? flowRows(flow, on.index) : on.kind === "site" ? siteRows(on.index) : regionRows(on.index)));
  if (flow) { if (data.price_parts.length) box.append(madeOf([[flow, flow.mw]])); return; }
  const touching = data.flows.map((f, i) => [f, flowMw(i)]).filter(([f, value]) => f[on.kind] === on.index && value > 0);
  if (!touching.length) { box.append(el("p", { text: words.nothing })); return; }
  if (on.kind === "region") {
    box.append(bars(words.served_by, touching.map(([f, value]) => [data.sites[f.site].label, value, f.control + " · " + (mean() ? "" : words.mean_short + " ") + priced(f.price), data.colours[f.group]])));
    if (data.price_parts.length) box.append(madeOf(touching));
  } else {
    box.append(bars(words.serves, touching.map(([f, value]) => [data.regions[f.region].label, value, (mean() ? "" : words.mean_short + " ") + priced(f.price), data.colours[f.group]])));
  }
  const kinds = {};
  for (const [f, value] of touching) for (let k = 0; k < f.work.length; k += 2) kinds[f.work[k]] = (kinds[f.work[k]] || 0) + (f.mw > 0 ? (f.work[k + 1] * value) / f.mw : 0);
  if (mean()) box.append(bars(words.by_workload, Object.entries(kinds).map(([k, value]) => [data.workloads[k], value, "", "#6b7280"])));
}
function madeOf(touching) {
  const sum = touching.reduce((total, row) => total + row[0].mw, 0), box = el("div", { class: "cg-bars" }, el("h3", { text: words.made_of + (mean() ? "" : " · " + words.mean_of_hours) }));
  data.price_parts.forEach(function (name, k) {
    const value = touching.reduce((total, [f]) => total + f.made_of[k] * f.mw, 0) / sum;
    if (Math.abs(value) >= 0.005) box.append(el("div", { class: "cg-bar" }, el("span", { class: "cg-bar-name", text: name }), el("span", { class: "cg-bar-value", text: usd(value) })));
  });
  return box;
}
