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
    [words.work, mw(flowMw(i))], changed(flowMoved(i), " MW"), [mean() ? words.price : words.mean_price, priced(flow.price)], [words.control, flow.control],
    [words.round_trip, flow.rtt_ms === null ? "" : number(flow.rtt_ms) + " ms"],
  ];
  for (let k = 0; k < flow.work.length; k += 2) rows.push(["· " + data.workloads[flow.work[k]], mw(flow.work[k + 1])]);
  return rows;
}
const changed = (change, unit) => [words.change, compared() && Math.abs(change) > slightMw() ? signed(change, unit) : ""];
function versus(i, shade) { // how far a figure of a region is from that in the base
  const change = compared() ? regionMoved(i, shade) * (shade === "price" ? 1 : 100) : 0;
  return Math.abs(change) > (shade === "price" ? slightPrice() : 5e-4) ? " (" + signed(change, "") + ")" : "";
}
function regionRows(i) {
  const region = data.regions[i];
  return [
    [words.demand, mw(regionDemand(i))], [words.price, priced(regionValue(i, "price")) + versus(i, "price")],
    [words.unserved_share, percent(regionValue(i, "unserved")) + versus(i, "unserved")],
    [words.away_share, percent(region.away_share) + versus(i, "away")], [words.foreign_share, region.foreign_share === null ? "" : percent(region.foreign_share) + versus(i, "foreign")],
    [words.estimate_note, region.estimate ? words.yes : ""],
  ];
}
function siteRows(i) {
  const site = data.sites[i];
  return [
    [words.capacity, mw(site.capacity_mw)],
    [words.used, mw(siteUsed(i)) + (site.capacity_mw > 0 ? " · " + percent(siteUsed(i) / site.capacity_mw) : "")], changed(siteMoved(i), " MW"),
    [words.closed, site.closed ? words.yes : ""], [words.reserve, site.reserve_mw > 0 ? mw(site.reserve_mw) : ""],
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
  if (state.selected && window.matchMedia("(max-width: 600px)").matches) part("selected").querySelector("h2").scrollIntoView({ block: "nearest" }); // below the map
}
function bars(title, list) { // [label, value MW, detail, colour]
  const total = list.reduce((sum, row) => sum + Math.abs(row[1]), 0), box = el("div", { class: "cg-bars" }, el("h3", { text: title }));
  list.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  for (const [label, value, detail, colour] of list.slice(0, 12)) {
    box.append(el("div", { class: "cg-bar" },
      el("span", { class: "cg-bar-name", text: label }), el("span", { class: "cg-bar-value", text: state.moved ? signed(value, " MW") : mw(value) + " · " + percent(total ? value / total : 0) }),
      el("i", { css: { width: (100 * (total ? Math.abs(value) / total : 0)).toFixed(1) + "%", background: colour } }),
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
  const touching = data.flows.map((f, i) => [f, state.moved ? flowMoved(i) : flowMw(i), flowColour(i)]).filter(([f, value]) => f[on.kind] === on.index && Math.abs(value) > nothing());
  const said = (f) => (f.price === null ? "" : (mean() ? "" : words.mean_short + " ") + priced(f.price)), title = state.moved ? " · " + words.mode_moved : "";
  if (!touching.length) box.append(el("p", { text: state.moved ? words.moved_none : words.nothing }));
  if (on.kind === "region") {
    if (touching.length) box.append(bars(words.served_by + title, touching.map(([f, value, colour]) => [data.sites[f.site].label, value, f.control + " · " + said(f), colour])));
    const paid = touching.filter(([f]) => f.mw > 0);
    if (data.price_parts.length && paid.length) box.append(madeOf(paid));
  } else if (touching.length) {
    box.append(bars(words.serves + title, touching.map(([f, value, colour]) => [data.regions[f.region].label, value, said(f), colour])));
  }
  box.append(rulesOf(on.kind, on.index));
  if (!mean() || state.moved || !touching.length) return;
  const kinds = {};
  for (const [f, value] of touching) for (let k = 0; k < f.work.length; k += 2) kinds[f.work[k]] = (kinds[f.work[k]] || 0) + (f.mw > 0 ? (f.work[k + 1] * value) / f.mw : 0);
  box.append(bars(words.by_workload, Object.entries(kinds).map(([k, value]) => [data.workloads[k], value, "", "#6b7280"])));
}
function madeOf(touching) {
  const sum = touching.reduce((total, row) => total + row[0].mw, 0), box = el("div", { class: "cg-bars" }, el("h3", { text: words.made_of + (mean() ? "" : " · " + words.mean_of_hours) }));
  data.price_parts.forEach(function (name, k) {
    const value = touching.reduce((total, [f]) => total + f.made_of[k] * f.mw, 0) / sum;
    if (Math.abs(value) >= 10 * slightPrice()) box.append(el("div", { class: "cg-bar" }, el("span", { class: "cg-bar-name", text: name }), el("span", { class: "cg-bar-value", text: usd(value) })));
  });
  return box;
}
function rulesOf(kind, index) { // by which rules a region or site is blocked, limited or charged
  const box = el("div", { class: "cg-rules", "data-part": "rules" }, el("h3", { text: words.rules })), places = kind + "s";
  for (const [at, price, unit, binds] of view().rules) {
    const rule = data.rules[at], count = rule[places][index];
    if (!count) continue;
    const of = write(words["touch_" + kind], { n: number(count), t: number(data.reach[places][index]) });
    const worth = signed(price, " USD/" + unit), says = rule.kind === "Defer" ? write(words.waits, { x: number(rule.waits) }) : rule.kind === "Charge" ? worth : !binds ? words.slack : write(rule.kind === "Forbid" ? words.saves : words.binds, { x: rule.kind === "Forbid" ? number(Math.abs(price)) + " USD/" + unit : worth });
    box.append(el("p", { class: "cg-rule cg-rule-" + rule.kind }, el("b", { text: words["kind_" + rule.kind] }), " ", el("span", { text: rule.label }),
      el("small", { text: of + (rule.hours ? " · " + words.some_hours : "") + " · " + says }), rule.source ? el("small", { text: words.source + ": " + rule.source }) : null));
  }
  if (box.children.length === 1) box.append(el("p", { class: "cg-small", text: words.rules_none }));
  return box;
}
