// Regions are squares (demand), sites are circles (capacity, used part filled); one area scale for both.
const vector = L.svg({ pane: "points", padding: 0.5 });
const Square = L.CircleMarker.extend({
  _updatePath: function () {
    const r = this._radius * 0.886, p = this._point; // the area of a circle of this radius
    this._renderer._setPath(this, this._empty() ? "M0 0" : `M${p.x - r} ${p.y - r}h${2 * r}v${2 * r}h${-2 * r}z`);
  },
});
const Disc = L.CircleMarker.extend({ // its area is exact: Leaflet's own rounds the radius, and draws nothing as a dot
  _updatePath: function () {
    const r = this._radius, p = this._point;
    this._renderer._setPath(this, this._empty() || r <= 0 ? "M0 0" : `M${p.x - r} ${p.y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`);
  },
});
const Cross = L.CircleMarker.extend({
  _updatePath: function () {
    const r = this._radius, p = this._point;
    this._renderer._setPath(this, this._empty() ? "M0 0" : `M${p.x - r} ${p.y - r}l${2 * r} ${2 * r}M${p.x - r} ${p.y + r}l${2 * r} ${-2 * r}`);
  },
});
const option = (more) => Object.assign({ renderer: vector, pane: "points" }, more);
const regionMarks = data.regions.map((region, i) => introduce(new Square([region.lat_deg, region.lon_deg], option({ color: "#4a4038", fillOpacity: 0.92 })), "region", i));
const regionShapes = data.regions.map(function (region, i) { // shaded below the flows, on their canvas, so that both can be pointed at
  if (!region.shape) return null;
  const rings = region.shape.map((polygon) => polygon.map((ring) => unwind(ring, data.shape_units)));
  return introduce(L.polygon(rings, { renderer: canvas, pane: "flows", weight: 0.6, color: "#6b6459", fillOpacity: 1 }), "region", i);
});
const isOpen = (site) => site.status === "" || site.status === "operational";
const siteMarks = data.sites.map(function (site, i) {
  const colour = data.colours[site.group], at = [site.lat_deg, site.lon_deg];
  const idle = site.status === "planned" || site.status === "under_construction" || site.status === "announced";
  const outer = new Disc(at, option({
    color: colour, weight: 1.4, fillColor: "#ffffff", fillOpacity: idle ? 0.25 : 0.82,
    dashes: idle ? "1 3" : site.estimate ? "4 2.5" : null,
  }));
  const inner = new Disc(at, option({ stroke: false, fillColor: colour, fillOpacity: 0.9, interactive: false }));
  const cross = new Cross(at, option({ color: "#a30000", weight: 2, fill: false, interactive: false }));
  const reserve = new Disc(at, option({ color: data.change[2], weight: 2.5, fill: false, interactive: false, dashArray: "5 3" }));
  cross.always = !isOpen(site) && !idle;
  const marks = [introduce(outer, "site", i), inner];
  if (cross.always || views.some((other) => other.sites[i].closed)) marks.push(cross);
  if (views.some((other) => other.sites[i].reserve_mw > 0)) marks.push(reserve);
  return { outer, inner, cross, reserve, layer: L.featureGroup(marks) };
});
function introduce(mark, kind, i) {
  mark.bindTooltip(() => tooltip(kind, i), { sticky: true, direction: "auto", opacity: 1, className: "cg-tip" });
  mark.on("click", (event) => { L.DomEvent.stop(event); select(kind, i); });
  mark.on("add", function () {
    const path = mark.getElement && mark.getElement();
    if (!path) return;
    const text = (kind === "site" ? data.sites : data.regions)[i].label;
    for (const [key, value] of [["tabindex", "0"], ["role", "button"], ["aria-label", words[kind] + ": " + text], ["data-kind", kind], ["data-index", i]]) path.setAttribute(key, value);
    path.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); select(kind, i); } };
  });
  return mark;
}
const regionLayer = L.featureGroup(), siteLayer = L.featureGroup();
function bySize(list, size) { return list.map((_, i) => i).sort((a, b) => size(b) - size(a)); }
const siteOrder = bySize(data.sites, (i) => data.sites[i].capacity_mw);
const regionOrder = bySize(data.regions, (i) => data.regions[i].demand_mw);

function updatePoints() {
  for (const i of regionOrder) {
    const mark = regionMarks[i], shape = regionShapes[i], fillColor = shadeColour(i), r = Math.max(3, radius(regionDemand(i)));
    const chosen = state.selected && state.selected.kind === "region" && state.selected.index === i;
    mark.setRadius(r);
    mark.setStyle({ fillColor, weight: chosen ? 3 : 1, dashArray: data.regions[i].estimate && r >= 5 ? "3 2" : null });
    if (shape) shape.setStyle({ fillColor, weight: chosen ? 2.5 : 0.6 });
  }
  for (const i of siteOrder) {
    const { outer, inner, cross, reserve } = siteMarks[i], site = data.sites[i], r = Math.max(2.5, radius(site.capacity_mw));
    const chosen = state.selected && state.selected.kind === "site" && state.selected.index === i;
    const used = state.moved ? Math.abs(siteMoved(i)) : siteUsed(i), quiet = r < 5 && used <= nothing();
    outer.setRadius(r); outer.setStyle({ weight: chosen ? 3.5 : r < 5 ? 0.8 : 1.4, opacity: quiet ? 0.55 : 1, dashArray: r < 5 ? null : outer.options.dashes });
    const share = site.capacity_mw > 0 ? Math.min(1, used / site.capacity_mw) : 0;
    inner.setRadius(r * Math.sqrt(share));
    outer.setStyle({ color: state.moved || site.closed ? "#6b7280" : data.colours[site.group] });
    inner.setStyle({ fillColor: state.moved ? data.change[siteMoved(i) < 0 ? 0 : 2] : data.colours[site.group] });
    cross.setRadius(Math.max(2.5, r * 0.7)); cross.setStyle({ weight: r < 5 ? 1.3 : 2, opacity: cross.always || site.closed ? 1 : 0 });
    reserve.setRadius(Math.max(4, radius(site.reserve_mw || 0))); reserve.setStyle({ opacity: site.reserve_mw > 0 ? 1 : 0 });
  }
}
function showPoints() {
  regionLayer.clearLayers(); siteLayer.clearLayers();
  if (state.show.regions) for (const i of regionOrder) {
    regionLayer.addLayer(regionMarks[i]);
    if (regionShapes[i]) { regionLayer.addLayer(regionShapes[i]); regionShapes[i].bringToBack(); }
  }
  if (state.show.sites) siteOrder.forEach((i) => siteLayer.addLayer(siteMarks[i].layer));
}
// Sites at one place are set side by side around it, next to the square of its demand.
const places = {}, aside = data.sites.map(() => [0, 0]);
const placeOf = (item) => Math.round(item.lat_deg * 4) + "," + Math.round(item.lon_deg * 4);
const wantedAt = {};
data.regions.forEach((region, i) => { (wantedAt[placeOf(region)] = wantedAt[placeOf(region)] || []).push(i); });
data.sites.forEach(function (site, i) {
  const key = placeOf(site);
  (places[key] = places[key] || []).push(i);
});
function spread() {
  const scale = map.getZoom();
  for (const [key, group] of Object.entries(places)) {
    const set = (wantedAt[key] || []).map(function (i) {
      const at = map.project([data.regions[i].lat_deg, data.regions[i].lon_deg], scale);
      return { x: at.x, y: at.y, r: 1.05 * Math.max(3, radius(data.regions[i].demand_mw)) };
    });
    if (group.length + set.length < 2) continue;
    for (const i of group.slice().sort((a, b) => data.sites[b].capacity_mw - data.sites[a].capacity_mw)) {
      const r = Math.max(2.5, radius(data.sites[i].capacity_mw)) + 0.7;
      const home = map.project([data.sites[i].lat_deg, data.sites[i].lon_deg], scale);
      let x = home.x, y = home.y;
      for (let k = 0; set.some((o) => Math.hypot(o.x - x, o.y - y) < o.r + r) && k < 600; k += 1) {
        const turn = k * 2.399963, far = 1.1 * Math.sqrt(k + 1) * Math.max(2, r * 0.35);
        x = home.x + far * Math.cos(turn); y = home.y + far * Math.sin(turn);
      }
      set.push({ x, y, r });
      aside[i] = [x - home.x, y - home.y];
      const at = map.unproject([x, y], scale), marks = siteMarks[i];
      [marks.outer, marks.inner, marks.cross, marks.reserve].forEach((mark) => mark && mark.setLatLng(at));
    }
  }
}
