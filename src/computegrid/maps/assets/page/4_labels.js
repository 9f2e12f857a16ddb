// Names of the largest sites and regions, as many as fit without touching each other.
const labelPane = { nodes: [] };
function updateLabels() {
  labelPane.nodes.forEach((node) => node.remove());
  labelPane.nodes = [];
  const taken = [], written = new Set(), pane = map.getPane("labels"), size = map.getSize();
  const wanted = [];
  if (state.show.sites) siteOrder.slice(0, 160).forEach((i) => wanted.push(["site", i, Math.max(data.sites[i].used_mw, data.sites[i].capacity_mw * 0.12)]));
  if (state.show.regions) regionOrder.slice(0, 120).forEach((i) => wanted.push(["region", i, data.regions[i].demand_mw * 0.6 + (dark(i) ? 1e9 * lostShare(i) : 0)]));
  wanted.sort((a, b) => b[2] - a[2]);
  const most = Math.round((size.x * size.y) / 30000);
  for (const [kind, i] of wanted) {
    if (labelPane.nodes.length >= most) break;
    const item = (kind === "site" ? data.sites : data.regions)[i];
    const at = kind === "site" ? siteMarks[i].outer.getLatLng() : L.latLng(item.lat_deg, item.lon_deg);
    const point = map.latLngToContainerPoint(at);
    if (point.x < 0 || point.y < 0 || point.x > size.x || point.y > size.y) continue;
    const r = Math.max(3, radius(kind === "site" ? item.capacity_mw : item.demand_mw));
    const text = kind === "region" && dark(i) ? item.short + " −" + percent(lostShare(i)) : item.short;
    if (written.has(item.short)) continue;
    const wide = width(text, 11) + 4, high = 14;
    for (const [x, y] of [[point.x + r + 2, point.y - 7], [point.x - r - wide - 2, point.y - 7], [point.x - wide / 2, point.y - r - high], [point.x - wide / 2, point.y + r]]) {
      const box = [x, y, x + wide, y + high];
      if (x < 2 || x + wide > size.x - 2 || y < 2 || y + high > size.y - 2) continue;
      if (taken.some((o) => box[0] < o[2] && o[0] < box[2] && box[1] < o[3] && o[1] < box[3])) continue;
      taken.push(box); written.add(item.short);
      const node = el("div", { class: "cg-label cg-label-" + kind + (text === item.short ? "" : " cg-label-dark"), "aria-hidden": "true", text });
      L.DomUtil.setPosition(node, map.containerPointToLayerPoint([Math.round(x), Math.round(y)]));
      pane.append(node); labelPane.nodes.push(node);
      break;
    }
  }
}
function dark(i) { return study && study.kind === "freeze" && compared() && lostShare(i) >= 0.005; }
const ruler = document.createElement("canvas").getContext("2d");
function width(text, px) {
  ruler.font = px + "px " + getComputedStyle(root).fontFamily;
  return ruler.measureText(text).width;
}
