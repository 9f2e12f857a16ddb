// Land below, flows on a canvas, points above; then everything is drawn once.
for (const [name, level] of [["land", 200], ["flows", 410], ["points", 420], ["labels", 430]]) {
  const pane = map.createPane(name);
  pane.style.zIndex = level;
  if (name === "land" || name === "labels") pane.style.pointerEvents = "none";
}
const ground = { interactive: false, pane: "land", renderer: L.canvas({ pane: "land", padding: 0.2 }) };
const lands = land.polygons.map((rings) => rings.map((ring) => unwind(ring, land.units)));
L.polygon(lands, { ...ground, stroke: false, fillColor: "#f2efe8", fillOpacity: 1 }).addTo(map);
L.polyline(lands.flat().flatMap(coast), { ...ground, weight: 0.6, color: "#cfc9bd" }).addTo(map);
L.polyline(land.lines.map((line) => unwind(line, land.units)), { ...ground, weight: 0.8, color: "#8d8577" }).addTo(map);
function coast(ring) { // a ring without the sides that only the edge of the map gave it
  const edge = (p) => [data.west_deg, data.west_deg + 360].some((lon) => Math.abs(p[1] - lon) < 1e-6);
  const parts = [[]];
  ring.forEach(function (p, k) {
    if (k && edge(p) && edge(ring[k - 1])) parts.push([]);
    parts[parts.length - 1].push(p);
  });
  return parts.filter((part) => part.length > 1);
}
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
flowLines.forEach(function (line, i) {
  line.bindTooltip(() => tooltip("flow", i), { sticky: true, opacity: 1, className: "cg-tip" });
  line.on("click", (event) => { L.DomEvent.stop(event); select("flow", i); });
});
flowLayer.addTo(map); regionLayer.addTo(map); siteLayer.addTo(map);
function redraw() { updateFlows(); updatePoints(); showPoints(); updateLegend(); updateLabels(); }
let extent = study ? "home" : "all";
function fit() { // all there is, and how far north its arcs go; or the regions alone
  const [low, high] = data.bounds[extent], aside = map.getSize().x < 600 ? 26 : 62, arcs = extent === "all" ? drawnFlows().filter((line) => flowSize(line.index) > nothing()) : [];
  const north = arcs.reduce((most, line) => Math.max(most, Math.min(76, line.getBounds().getNorth())), high[0]);
  map.fitBounds([low, [north, high[1]]], { paddingTopLeft: [aside, 54], paddingBottomRight: [aside, 44], maxZoom: 6, animate: false });
}
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
fitMarks(); fit(); spread(); updateControls(); redraw(); updatePanel();
map.on("zoomend", () => { spread(); updateLabels(); });
map.on("moveend", updateLabels);
map.on("click", () => { if (state.selected) select(null); });
map.on("dragstart zoomstart", (event) => { if (event.target === map && map._loaded) moved = moved || document.hasFocus(); });
window.addEventListener("resize", () => { map.invalidateSize({ animate: false }); fitMarks(); if (!moved) fit(); spread(); redraw(); });
part("open-table").addEventListener("click", () => openTable(study ? "study" : "flows"));
part("open-panel").addEventListener("click", function () {
  const hidden = root.classList.toggle("cg-no-side");
  this.setAttribute("aria-expanded", String(!hidden));
  map.invalidateSize({ animate: false });
});
root.dataset.drawMs = String(Math.round(performance.now() - started));
root.dataset.ready = "true";
