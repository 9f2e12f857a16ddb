// Land below, flows on a canvas, points above; then everything is drawn once.
for (const [name, level] of [["land", 200], ["flows", 410], ["points", 420], ["labels", 430]]) {
  const pane = map.createPane(name);
  pane.style.zIndex = level;
  if (name === "land" || name === "labels") pane.style.pointerEvents = "none";
}
L.geoJSON(land, { interactive: false, pane: "land", renderer: L.canvas({ pane: "land", padding: 0.2 }), style: { stroke: true, weight: 0.6, color: "#cfc9bd", fillColor: "#f2efe8", fillOpacity: 1 } }).addTo(map);
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
flowLines.forEach(function (line, i) {
  line.bindTooltip(() => tooltip("flow", i), { sticky: true, opacity: 1, className: "cg-tip" });
  line.on("click", (event) => { L.DomEvent.stop(event); select("flow", i); });
});
flowLayer.addTo(map); regionLayer.addTo(map); siteLayer.addTo(map);
function redraw() { updateFlows(); updatePoints(); showPoints(); updateLegend(); updateLabels(); }
let extent = study ? "home" : "all";
function fit() { map.fitBounds(data.bounds[extent], { padding: [44, 44], maxZoom: 6, animate: false }); }
const frame = L.control({ position: "topleft" });
frame.onAdd = function () {
  const button = (name, sign, text) => el("button", { type: "button", title: text, "aria-label": text, text: sign, "data-extent": name, on: { click: () => { extent = name; fit(); } } });
  const box = el("div", { class: "leaflet-bar cg-frame" }, button("home", "⌂", words.frame_home), button("all", "⤢", words.frame_all));
  L.DomEvent.disableClickPropagation(box);
  return box;
};
frame.addTo(map);
let moved = false;
const started = performance.now();
updateClock(); updateViews();
map.invalidateSize({ animate: false });
fit(); spread(); updateControls(); redraw(); updatePanel();
map.on("zoomend", () => { spread(); updateLabels(); });
map.on("moveend", updateLabels);
map.on("click", () => { if (state.selected) select(null); });
map.on("dragstart zoomstart", (event) => { if (event.target === map && map._loaded) moved = moved || document.hasFocus(); });
window.addEventListener("resize", () => { map.invalidateSize({ animate: false }); if (!moved) fit(); });
part("open-table").addEventListener("click", () => openTable(study ? "study" : "flows"));
part("open-panel").addEventListener("click", function () {
  const hidden = root.classList.toggle("cg-no-side");
  this.setAttribute("aria-expanded", String(!hidden));
  map.invalidateSize({ animate: false });
});
root.dataset.drawMs = String(Math.round(performance.now() - started));
root.dataset.ready = "true";
