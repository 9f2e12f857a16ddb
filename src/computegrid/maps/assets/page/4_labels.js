// Names of the largest sites and regions, as many as can be read: none on another, and hardly any on a mark.
const labelPane = { nodes: [] };
function updateLabels() {
  labelPane.nodes.forEach((node) => node.remove());
  labelPane.nodes = [];
  const pane = map.getPane("labels"), size = map.getSize(), wanted = [], marks = [], taken = [], written = new Set();
  function offer(kind, i, item, mw, at, worth) {
    const point = map.latLngToContainerPoint(at), r = Math.max(3, radius(mw));
    if (point.x < 0 || point.y < 0 || point.x > size.x || point.y > size.y) return;
    marks.push({ x: point.x, y: point.y, r });
    wanted.push({ kind, i, item, point, r, worth, own: marks.length - 1 });
  }
  if (state.show.sites) data.sites.forEach((site, i) => offer("site", i, site, site.capacity_mw, siteMarks[i].outer.getLatLng(), Math.max(site.used_mw, site.capacity_mw * 0.12)));
  if (state.show.regions) data.regions.forEach((region, i) => offer("region", i, region, region.demand_mw, L.latLng(region.lat_deg, region.lon_deg), region.demand_mw * 0.9 + (dark(i) ? 1e9 * lostShare(i) : 0)));
  const frame = map.getContainer().getBoundingClientRect();
  for (const name of [".leaflet-top.leaflet-left", ".leaflet-bottom.leaflet-left", ".cg-ground"]) { // names keep clear of what lies on the map
    const box = root.querySelector(name).getBoundingClientRect();
    taken.push([box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top]);
  }
  wanted.sort((a, b) => b.worth - a.worth);
  const most = Math.max(6, Math.round((size.x * size.y) / 32000));
  for (const { kind, i, item, point, r, own } of wanted.slice(0, 260)) {
    if (labelPane.nodes.length >= most) break;
    if (written.has(item.short)) continue;
    const text = kind === "region" && dark(i) ? item.short + " −" + percent(lostShare(i)) : item.short;
    const best = placed(point, r, width(text, 11, kind === "site" || dark(i)) + 2, own);
    if (!best) continue;
    taken.push(best); written.add(item.short);
    const node = el("div", { class: "cg-label cg-label-" + kind + (text === item.short ? "" : " cg-label-dark"), "aria-hidden": "true", text });
    L.DomUtil.setPosition(node, map.containerPointToLayerPoint([Math.round(best[0]), Math.round(best[1])]));
    pane.append(node); labelPane.nodes.push(node);
  }
  function placed(point, r, wide, own) { // the place beside a mark that covers least of the others
    const high = 14, gap = r + 3, low = r * 0.7;
    let best = null, least = 0.3 * wide * high;
    for (const [x, y] of [
      [point.x + gap, point.y - 7], [point.x - gap - wide, point.y - 7], [point.x - wide / 2, point.y - gap - high], [point.x - wide / 2, point.y + gap],
      [point.x + low, point.y - low - high], [point.x + low, point.y + low], [point.x - low - wide, point.y - low - high], [point.x - low - wide, point.y + low],
    ]) {
      const box = [x, y, x + wide, y + high];
      if (x < 2 || x + wide > size.x - 2 || y < 2 || y + high > size.y - 2) continue;
      if (taken.some((o) => box[0] - 5 < o[2] && o[0] < box[2] + 5 && box[1] - 2 < o[3] && o[1] < box[3] + 2)) continue;
      const covered = marks.reduce((sum, o, k) => (k === own ? sum : sum + shared(box, o)), 0);
      if (covered < least) { best = box; least = covered; }
    }
    return best;
  }
}
function shared([west, north, east, south], { x, y, r }) { // area of a box below a mark, taken as a square
  const wide = Math.min(east, x + 0.88 * r) - Math.max(west, x - 0.88 * r), high = Math.min(south, y + 0.88 * r) - Math.max(north, y - 0.88 * r);
  return wide > 0 && high > 0 ? wide * high : 0;
}
function dark(i) { return study && study.kind === "freeze" && compared() && lostShare(i) >= 0.005; }
const ruler = document.createElement("canvas").getContext("2d");
function width(text, px, bold) {
  ruler.font = (bold ? "650 " : "") + px + "px " + getComputedStyle(root).fontFamily;
  return ruler.measureText(text).width;
}
