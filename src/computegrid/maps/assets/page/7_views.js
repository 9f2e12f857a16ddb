// The list of views with their figures: a radio for each, the mode, and who loses what.
function show(index, moved) {
  take(index, moved);
  updateViews();
  map.invalidateSize({ animate: false });
  redraw(); updateControls(); updatePanel();
}
function updateViews() {
  part("regime").textContent = view().regime + (state.moved && compared() ? " · " + words.against + " " + base().name : "");
  const totals = clear(part("totals"));
  for (const [name, value] of view().totals) totals.append(el("li", {}, name + " ", el("b", { text: value })));
  if (!study) return;
  const focused = document.activeElement && document.activeElement.dataset.row, box = clear(part("views"));
  const head = el("tr", {}, el("th", { scope: "col", text: study.title }), ...study.columns.map((name) => el("th", { scope: "col", text: name })));
  const lines = study.rows.map(function (row, k) {
    const radio = el("input", { type: "radio", name: "cg-view", "data-row": k, "data-view": row.view, checked: row.view === state.view ? "" : null, disabled: row.view < 0 ? "" : null, on: { change: () => show(row.view, state.moved) } });
    const name = el("label", {}, radio, el("span", { text: row.name }), row.view === study.base ? el("small", { text: words.base }) : null);
    const cells = row.cells.map(([text, more]) => el("td", { colspan: row.cells.length === 1 ? study.columns.length : null }, text, more ? el("small", { text: more }) : null));
    return el("tr", { class: row.view === state.view ? "cg-on" : "" }, el("th", { scope: "row" }, name), ...cells);
  });
  box.append(el("table", { class: "cg-views" }, el("thead", {}, head), el("tbody", {}, ...lines)));
  if (study.note) box.append(el("p", { class: "cg-small", text: study.note }));
  const modes = el("fieldset", { class: "cg-modes" }, el("legend", { text: words.shown }));
  for (const [moved, word] of [[false, words.mode_is], [true, words.mode_moved]]) {
    modes.append(el("label", {}, el("input", { type: "radio", name: "cg-mode", value: moved ? "moved" : "is", checked: state.moved === moved ? "" : null, on: { change: () => show(state.view, moved) } }), " " + word));
  }
  if (state.moved) for (const [k, text] of [[2, words.more], [0, words.less]]) modes.append(changeKey(k, text));
  box.append(modes);
  if (state.moved && !compared()) box.append(el("p", { class: "cg-small", text: words.moved_none }));
  if (study.kind === "freeze") box.append(victims());
  const again = focused && box.querySelector('[data-row="' + Number(focused) + '"]');
  if (again) again.focus();
}
const lostShare = (i) => Math.max(0, regionMoved(i, "unserved"));
function victims() {
  const box = el("div", { "data-part": "victims" });
  if (!compared()) return box;
  const hit = data.regions.map((_, i) => [i, lostShare(i) * regionDemand(i)]).filter(([, lost]) => lost > slightMw()).sort((a, b) => b[1] - a[1]);
  const total = hit.length ? hit[0][1] : 1;
  box.append(el("h3", { text: words.hit + " · " + when() }));
  for (const [i, lost] of hit.slice(0, 8)) {
    box.append(el("div", { class: "cg-bar" }, el("span", { class: "cg-bar-name", text: data.regions[i].label }),
      el("span", { class: "cg-bar-value", text: "−" + mw(lost) + " · " + percent(lostShare(i)) }),
      el("i", { css: { width: ((100 * lost) / total).toFixed(1) + "%", background: data.ramp[data.ramp.length - 1] } })));
  }
  if (hit.length > 8) box.append(el("small", { text: "+ " + (hit.length - 8) }));
  if (!hit.length) box.append(el("p", { class: "cg-small", text: words.hit_none }));
  const held = data.sites.map((site, i) => [i, site.reserve_mw || 0]).filter(([, reserve]) => reserve > 0).sort((a, b) => b[1] - a[1]);
  if (held.length) box.append(el("h3", { text: words.reserve_at }));
  for (const [i, reserve] of held.slice(0, 6)) box.append(el("div", { class: "cg-bar" }, el("span", { class: "cg-bar-name", text: data.sites[i].label }), el("span", { class: "cg-bar-value", text: mw(reserve) })));
  if (held.length > 6) box.append(el("small", { text: "+ " + (held.length - 6) }));
  return box;
}
