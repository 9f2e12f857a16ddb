// Layer control, the least flow shown, the clock with its slider, and the table of the same numbers.
function updateControls() {
  const box = clear(part("controls"));
  box.append(el("h2", { text: words.layers }));
  for (const name of ["flows", "sites", "regions"]) {
    box.append(el("label", {}, el("input", { type: "checkbox", "data-layer": name, checked: state.show[name] ? "" : null, on: { change: (event) => { state.show[name] = event.target.checked; redraw(); } } }), " " + words[name]));
  }
  const shades = el("fieldset", {}, el("legend", { text: words.shade_by }));
  for (const shade of data.shades) {
    shades.append(el("label", {}, el("input", { type: "radio", name: "cg-shade", value: shade, checked: state.shade === shade ? "" : null, on: { change: () => { state.shade = shade; updatePoints(); updateLegend(); } } }), " " + words["by_" + shade]));
  }
  box.append(shades);
  const steps = flowRule().steps;
  const rule = el("p", { class: "cg-small", "data-part": "rule" });
  const slider = el("input", { type: "range", min: 0, max: steps.length - 1, step: 1, value: Math.max(0, steps.indexOf(state.least)), "aria-label": words.least_flow, "data-part": "least",
    on: { input: () => { state.least = steps[Number(slider.value)]; updateFlows(); say(); } } });
  function say() { rule.textContent = ruleText(); }
  say();
  if (steps.length > 1) box.append(el("label", { class: "cg-wide", text: words.least_flow }), slider);
  box.append(rule);
}
function ruleText() {
  const rule = flowRule(), sizes = data.flows.map((_, i) => meanSize(i)).filter((size) => size >= state.least && size > nothing()), total = rule.mw;
  const sum = sizes.reduce((all, size) => all + size, 0), rest = rule.count - sizes.length;
  const text = write(words.rule_shown, { n: number(sizes.length), t: number(rule.count), p: percent(total ? sum / total : 1) });
  return rest > 0 ? text + " " + write(words.rule_rest, { n: number(rest), x: number(Math.max(state.least, rule.cut_mw)) }) : text;
}
const clock = { timer: null };
function setHour(hour) {
  const change = hour < 0 !== state.hour < 0;
  state.hour = hour;
  updateFlows(); updatePoints(); updateLabels(); updatePanel(); updateClock();
  if (change) updateLegend();
  if (study && study.kind === "freeze") { const box = part("victims"); box.replaceWith(victims()); }
}
function play() {
  if (clock.timer) { clearInterval(clock.timer); clock.timer = null; } else {
    clock.timer = setInterval(() => setHour(state.hour + 1 >= data.hours.length ? 0 : state.hour + 1), 700);
    setHour(state.hour < 0 ? 0 : state.hour);
  }
  updateClock();
}
function updateClock() {
  const box = part("clock");
  if (!box) return;
  if (!box.firstChild) {
    box.append(el("button", { type: "button", "data-part": "play", on: { click: play } }),
      el("button", { type: "button", "data-part": "mean", text: words.mean_short, on: { click: () => { if (clock.timer) play(); setHour(-1); } } }),
      el("input", { type: "range", min: 0, max: data.hours.length - 1, step: 1, value: 0, "aria-label": words.hour, "data-part": "hour", on: { input: (event) => setHour(Number(event.target.value)) } }),
      el("output", { "data-part": "time", "aria-live": "polite" }));
  }
  part("play").textContent = clock.timer ? "❚❚" : "▶";
  part("play").setAttribute("aria-label", clock.timer ? words.pause : words.play);
  part("mean").setAttribute("aria-pressed", String(mean()));
  if (!mean()) part("hour").value = state.hour;
  part("hour").setAttribute("aria-valuetext", when());
  part("time").textContent = mean() ? words.mean_of_hours : when() + local(data.hours[state.hour]);
}
function local(hour) {
  if (hour.utc === null) return "";
  const on = state.selected, i = on && on.kind === "region" ? on.index : data.clock_region, region = data.regions[i];
  if (!region || region.utc_offset_hours === null) return "";
  const time = (((hour.utc + region.utc_offset_hours) % 24) + 24) % 24;
  return " · " + String(Math.floor(time)).padStart(2, "0") + ":" + String(Math.round((time % 1) * 60)).padStart(2, "0") + " " + region.short;
}
function openTable(name) {
  const dialog = part("table"), box = clear(dialog);
  const head = el("div", { class: "cg-tabs", role: "tablist" }, ...[...(study ? ["study"] : []), "flows", "sites", "regions"].map((tab) =>
    el("button", { type: "button", role: "tab", "aria-selected": String(tab === name), text: tab === "study" ? words.study_table : words[tab], on: { click: () => openTable(tab) } })),
  el("span", { class: "cg-when", text: when() }), el("button", { type: "button", class: "cg-close", "aria-label": words.close, text: "×", on: { click: () => dialog.close() } }));
  if (name === "study") { whole(box, head); return; }
  const columns = tables[name], body = el("tbody");
  const rows = data[name].map((row, i) => [i, columns.map((column) => column[1](row, i))]).filter(([i]) => name !== "flows" || !study || flowMw(i) > 0 || Math.abs(flowMoved(i)) > nothing());
  for (const [i, cells] of rows) {
    const line = el("tr", {}, ...cells.map((cell, k) => (k ? el("td", { class: typeof cell === "number" ? "cg-number" : "", text: typeof cell === "number" ? number(cell) : cell })
      : el("th", { scope: "row" }, el("button", { type: "button", text: cell, on: { click: () => { dialog.close(); state.selected = null; select(name.slice(0, -1), i); } } })))));
    body.append(line);
  }
  box.append(head, el("div", { class: "cg-scroll", tabindex: 0 }, el("table", {}, el("caption", { text: words[name] + " · " + when() }), el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", { scope: "col", text: column[0] })))), body)));
  if (!dialog.open) dialog.showModal();
}
function whole(box, head) { // the study's own table: every figure of every view
  const line = (row, tag) => el("tr", {}, ...row.map((cell, k) => el(k && tag === "td" ? "td" : "th", { class: typeof cell === "number" ? "cg-number" : "", text: typeof cell === "number" ? number(cell) : cell === null ? "–" : cell })));
  box.append(head, el("div", { class: "cg-scroll", tabindex: 0 }, el("table", {}, el("caption", { text: words.study_table }), el("thead", {}, line(study.table.columns, "th")), el("tbody", {}, ...study.table.rows.map((row) => line(row, "td"))))));
  if (!part("table").open) part("table").showModal();
}
const tables = {
  flows: [[words.region, (f) => data.regions[f.region].label], [words.site, (f) => data.sites[f.site].label], [words.control, (f) => f.control], [words.work + " (MW)", (f, i) => flowMw(i)], ...(study ? [[words.change + " (MW)", (f, i) => flowMoved(i)]] : []), [words.mean_price + " (" + data.price_unit + ")", (f) => (f.price === null ? "" : f.price)], [words.round_trip + " (ms)", (f) => (f.rtt_ms === null ? "" : f.rtt_ms)]],
  sites: [[words.site, (s) => s.label], [words.operator, (s) => s.operator], [words.control, (s) => s.control], [words.status, (s) => s.status], [words.capacity + " (MW)", (s) => s.capacity_mw], [words.used + " (MW)", (s, i) => siteUsed(i)], [words.scarcity + " (" + data.price_unit + ")", (s) => s.scarcity], [words.estimate_note, (s) => (s.estimate ? words.yes : "")]],
  regions: [[words.region, (r) => r.label], [words.demand + " (MW)", (r, i) => regionDemand(i)], [words.price + " (" + data.price_unit + ")", (r, i) => regionValue(i, "price")], [words.unserved_share + " (%)", (r, i) => 100 * regionValue(i, "unserved")], [words.away_share + " (%)", (r) => 100 * r.away_share], [words.foreign_share + " (%)", (r) => r.foreign_share === null ? "" : 100 * r.foreign_share]],
};
