// The legend: every mark of the map with its unit.
function updateLegend() {
  const box = clear(part("legend"));
  box.append(el("h2", { text: words.legend }));
  if (state.show.flows) {
    const groups = Object.keys(data.colours).filter((group) => data.groups_present.includes(group));
    if (state.moved) box.append(el("h3", { text: words.moved_legend }), el("div", { class: "cg-keys" }, changeKey(2, words.more), changeKey(0, words.less)));
    else box.append(el("h3", { text: words.flows_legend }),
      el("div", { class: "cg-keys" }, ...groups.map((group) => el("span", { class: "cg-key" }, el("i", { css: { background: data.colours[group] } }), el("span", { text: data.group_names[group] })))));
    const top = nice(widest());
    const sizes = [top, nice(top / 8), nice(top / 60)].filter((value, k, all) => all.indexOf(value) === k);
    box.append(el("div", { class: "cg-sizes" }, ...sizes.map((value) => el("span", { class: "cg-size" }, arrow(lineWidth(value)), el("span", { text: mw(value) })))),
      el("p", { class: "cg-small", text: state.moved ? words.moved_width : words.width_note }));
    if (data.flows.some((flow) => flow.arc.length > 1)) box.append(el("p", { class: "cg-small", text: words.cut_note }));
  }
  const top = nice(data.scale.site_mw);
  const sizes = [top, nice(top / 5), nice(top / 30)].filter((value, k, all) => all.indexOf(value) === k);
  if (state.show.sites) {
    box.append(el("h3", { text: words.sites_legend }),
      el("div", { class: "cg-sizes" }, ...sizes.map((value) => el("span", { class: "cg-size" }, circle(radius(value), 0.6), el("span", { text: mw(value) })))),
      el("p", { class: "cg-small", text: state.moved ? words.moved_sites : words.used_note }),
      el("div", { class: "cg-keys" }, ...[["estimate", words.estimate], ["idle", words.planned], ["out", words.damaged], ["closed", words.closed], ["reserve", words.reserve_legend]]
        .filter(([name]) => data.marks_present.includes(name) || (name === "closed" ? data.sites.some((site) => site.closed) : name === "reserve" && data.sites.some((site) => site.reserve_mw > 0)))
        .map(([name, text]) => el("span", { class: "cg-key" }, circle(7, 0, name), el("span", { text })))));
  }
  if (state.show.regions) {
    const about = [el("p", { class: "cg-small", text: shaded ? words.shape_note : words.region_note })];
    if (data.regions.some((region) => region.estimate)) about.push(el("div", { class: "cg-keys" }, el("span", { class: "cg-key" }, square(7), el("span", { text: words.estimate }))));
    if (state.moved) { box.append(...changeLegend(), ...about); return; }
    const [low, high, below, above] = domain(state.shade), digits = high - low >= 10 || high === low ? 0 : Math.min(12, 1 - Math.floor(Math.log10(high - low)));
    const text = state.shade === "price" ? (value) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : percent;
    box.append(el("h3", { text: words["shade_" + state.shade] }),
      el("div", { class: "cg-ramp", css: { background: "linear-gradient(90deg," + data.ramp.join(",") + ")" } }),
      el("div", { class: "cg-ramp-ends" }, el("span", { text: (below ? "≤ " : "") + text(low) }),
        el("span", { text: state.shade === "price" ? data.price_unit : "" }), el("span", { text: (above ? "≥ " : "") + text(high) })), ...about);
  }
}
function arrow(weight) {
  const high = Math.max(10, weight * 2 + 4), id = "cg-fade-" + Math.round(weight * 1000);
  return svg("svg", { width: 54, height: high, "aria-hidden": "true" },
    svg("defs", {}, svg("linearGradient", { id }, svg("stop", { offset: 0, "stop-color": "#475569", "stop-opacity": 0.18 }), svg("stop", { offset: 1, "stop-color": "#475569", "stop-opacity": 0.9 }))),
    svg("rect", { x: 0, y: high / 2 - weight / 2, width: 46 - weight, height: weight, fill: "url(#" + id + ")" }),
    svg("path", { d: `M${46 - weight * 1.2} ${high / 2 - 1.5 - weight * 0.9}L52 ${high / 2}L${46 - weight * 1.2} ${high / 2 + 1.5 + weight * 0.9}z`, fill: "#475569" }));
}
function circle(r, share, kind) {
  const size = 2 * r + 4, c = size / 2, colour = "#475569";
  const dash = kind === "estimate" ? "4 2.5" : kind === "idle" ? "1 3" : "none";
  const node = svg("svg", { width: size, height: size, "aria-hidden": "true" }, svg("circle", { cx: c, cy: c, r, fill: "#fff", stroke: colour, "stroke-width": 1.4, "stroke-dasharray": dash }));
  if (share) node.append(svg("circle", { cx: c, cy: c, r: r * Math.sqrt(share), fill: colour }));
  if (kind === "reserve") { node.firstChild.setAttribute("stroke", data.change[2]); node.firstChild.setAttribute("stroke-width", 2.5); node.firstChild.setAttribute("stroke-dasharray", "5 3"); }
  if (kind === "out" || kind === "closed") node.append(svg("path", { d: `M${c - 5} ${c - 5}l10 10M${c - 5} ${c + 5}l10 -10`, stroke: "#a30000", "stroke-width": 2 }));
  return node;
}
const square = (r) => svg("svg", { width: 2 * r + 4, height: 2 * r + 4, "aria-hidden": "true" }, svg("rect", { x: 2, y: 2, width: 2 * r, height: 2 * r, fill: data.ramp[1], stroke: "#4a4038", "stroke-dasharray": "3 2" }));
const changeKey = (k, text) => el("span", { class: "cg-key" }, el("i", { class: k ? "" : "cg-dashed", css: { "--of": data.change[k] } }), el("span", { text }));
function changeLegend() {
  const [top, most] = changeRange(state.shade), unit = state.shade === "price" ? " " + data.price_unit : " %";
  const text = (sign) => sign + (most > top * 1.001 ? "≥ " : "") + number(state.shade === "price" ? top : 100 * top) + unit;
  return [el("h3", { text: words.change_of + " · " + words["by_" + state.shade] }),
    el("div", { class: "cg-ramp", css: { background: "linear-gradient(90deg," + [0, 1, 2].map(changeShade).join(",") + ")" } }),
    el("div", { class: "cg-ramp-ends" }, el("span", { text: text("−") }), el("span", { text: "0" }), el("span", { text: text("+") }))];
}
