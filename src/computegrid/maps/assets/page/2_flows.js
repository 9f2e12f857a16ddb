// All flows on one canvas: width by MW, colour by control, faint at the region, full at the site.
function unwind(integers, units) { // steps from point to point, as they are written in the page
  const given = [];
  let lon = 0, lat = 0;
  for (let k = 0; k < integers.length; k += 2) {
    lon += integers[k]; lat += integers[k + 1];
    given.push([lat / units, lon / units]);
  }
  return given;
}
const onMap = (lon) => (lon < data.west_deg ? lon + 360 : lon);
function curve(places) { // a smooth line on the globe through the places, a point in every 2.5 degrees of the equator
  const p = places.map(function (place) {
    const [lat, lon] = place.map((degrees) => (degrees * Math.PI) / 180);
    return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  });
  const last = p.length - 1, out = [places[0]];
  const past = (a, b, c) => a.map((_, axis) => (c ? 3 * a[axis] - 3 * b[axis] + c[axis] : 2 * a[axis] - b[axis]));
  for (let k = 0; k < last; k += 1) {
    const [a, b] = [p[k], p[k + 1]];
    const before = k ? p[k - 1] : past(a, b, p[2]), after = k + 2 <= last ? p[k + 2] : past(b, a, p[last - 2]);
    const count = Math.ceil(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / (0.0436 * Math.max(0.25, Math.hypot(a[0], a[1])))); // closer where the map is stretched
    for (let n = 1; n < count; n += 1) {
      const t = n / count, [x, y, z] = a.map((_, axis) => 0.5 * (2 * a[axis] + t * (b[axis] - before[axis])
        + t * t * (2 * before[axis] - 5 * a[axis] + 4 * b[axis] - after[axis]) + t * t * t * (3 * a[axis] - before[axis] - 3 * b[axis] + after[axis])));
      out.push([(Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI, onMap((Math.atan2(y, x) * 180) / Math.PI)]);
    }
    out.push(places[k + 1]);
  }
  return out;
}
const FlowLine = L.Polyline.extend({
  options: { smoothFactor: 0.5, noClip: true, lineCap: "butt" },
  _updatePath: function () { drawFlow(this._renderer._ctx, this); },
  _updateBounds: function () { // rings, arrows and lines led aside reach beyond the arc: the canvas must redraw there too
    L.Polyline.prototype._updateBounds.call(this);
    if (!this._pxBounds || !this._pxBounds.min) return;
    const flow = data.flows[this.index], pad = 24 + 1.4 * radius(data.regions[flow.region].demand_mw) + Math.hypot(...aside[flow.site]), by = L.point(pad, pad);
    this._pxBounds = L.bounds(this._pxBounds.min.subtract(by), this._pxBounds.max.add(by));
  },
  _containsPoint: function (point, closed) {
    if (this.empty) return false;
    if (this._loop) return Math.abs(point.distanceTo(this._loop) - this._loop.r) < 4 + this.options.weight / 2;
    const straight = this._parts;
    this._parts = this._bent || straight;
    const hit = L.Polyline.prototype._containsPoint.call(this, point, closed);
    this._parts = straight;
    return hit;
  },
});
function rgba(hex, alpha) {
  return "rgba(" + [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)).join(",") + "," + alpha + ")";
}
function drawFlow(ctx, line) {
  const flow = data.flows[line.index];
  const all = bend(line._parts.filter((points) => points.length > 1), aside[flow.site], Math.max(2.5, radius(data.sites[flow.site].capacity_mw)));
  if (line.empty || !all.length || !line._renderer._drawing) return;
  const first = all[0][0], last = all[all.length - 1][all[all.length - 1].length - 1];
  const width = line.options.weight, colour = line.options.color, alpha = line.options.opacity;
  const length = all.reduce((sum, points) => sum + points[0].distanceTo(points[points.length - 1]), 0);
  ctx.lineWidth = width;
  ctx.lineCap = "butt";
  ctx.lineJoin = "round";
  ctx.globalAlpha = 1;
  ctx.setLineDash(line.options.dashes || []);
  line._loop = null;
  line._bent = all;
  if (isHome(flow) || length < 4) { // served in place: a ring around the square
    const r = 1.3 * Math.max(3, radius(data.regions[flow.region].demand_mw)) + 2 + width / 2;
    line._loop = L.point(first.x, first.y); line._loop.r = r;
    ctx.strokeStyle = rgba(colour, 0.75 * alpha);
    ctx.beginPath(); ctx.arc(line._loop.x, line._loop.y, r, 0, 2 * Math.PI); ctx.stroke();
    return;
  }
  const tail = all[all.length - 1], head = Math.min(4 + width * 1.5, length / 3);
  all.forEach(function (points, k) {
    const from = k / all.length, to = (k + 1) / all.length, a = points[0], b = points[points.length - 1];
    const fade = ctx.createLinearGradient(a.x, a.y, b.x, b.y);
    fade.addColorStop(0, rgba(colour, alpha * (0.18 + 0.72 * from)));
    fade.addColorStop(1, rgba(colour, alpha * (0.18 + 0.72 * to)));
    ctx.beginPath();
    const end = points === tail ? cut(points, head * 0.8) : points;
    end.forEach((p, j) => (j ? ctx.lineTo(p.x, p.y) : ctx.moveTo(p.x, p.y)));
    if (shaded) { ctx.strokeStyle = "rgba(255,255,255," + 0.6 * alpha + ")"; ctx.lineWidth = width + Math.min(2, width); ctx.stroke(); ctx.lineWidth = width; }
    ctx.strokeStyle = fade;
    ctx.stroke();
  });
  const back = cut(tail, head);
  ctx.fillStyle = rgba(colour, 0.9 * alpha);
  arrowhead(ctx, back[back.length - 1], last, 1.5 + width * 0.9);
  all.slice(0, -1).forEach(function (points, k) { // cut at the map's edge: where it leaves, and where it goes on
    const next = all[k + 1], leaves = points[points.length - 1], enters = next[0];
    arrowhead(ctx, leaves, beyond(leaves, points[points.length - 2], 9), 5);
    arrowhead(ctx, beyond(enters, next[1], 9), enters, 5);
  });
}
function arrowhead(ctx, base, tip, half) {
  const dx = tip.x - base.x, dy = tip.y - base.y, size = Math.hypot(dx, dy) || 1;
  ctx.beginPath();
  ctx.moveTo(tip.x, tip.y);
  ctx.lineTo(base.x - (dy / size) * half, base.y + (dx / size) * half);
  ctx.lineTo(base.x + (dy / size) * half, base.y - (dx / size) * half);
  ctx.closePath(); ctx.fill();
}
function beyond(end, before, length) { // a point past the end of a line, in its direction
  const dx = end.x - before.x, dy = end.y - before.y, size = Math.hypot(dx, dy) || 1;
  return L.point(end.x + (dx / size) * length, end.y + (dy / size) * length);
}
function isHome(flow) { return placeOf(data.regions[flow.region]) === placeOf(data.sites[flow.site]); }
function bend(parts, [x, y], r) { // lead the line to where the circle of the site is drawn, up to its edge
  const count = parts.reduce((sum, points) => sum + points.length, 0) - 1;
  let k = 0;
  const out = parts.map((points) => points.map(function (p) {
    const share = k++ / count;
    return L.point(p.x + x * share * share, p.y + y * share * share);
  }));
  if (out.length) out[out.length - 1] = cut(out[out.length - 1], r);
  return out.filter((points) => points.length > 1 || out.length === 1);
}
function cut(points, length) { // the line without its last `length` pixels
  const out = points.slice();
  let left = length;
  while (out.length > 1) {
    const a = out[out.length - 2], b = out[out.length - 1], step = a.distanceTo(b);
    if (step > left) {
      const t = (step - left) / step;
      out[out.length - 1] = L.point(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t);
      return out;
    }
    left -= step; out.pop();
  }
  return out;
}
const canvas = L.canvas({ pane: "flows", padding: 0.2, tolerance: 4 });
const flowLines = data.flows.map(function (flow, i) {
  const line = new FlowLine(flow.arc.map((part) => curve(unwind(part, 100))), { renderer: canvas, pane: "flows", weight: 1, opacity: 1 });
  line.index = i;
  return line;
});
const flowLayer = L.featureGroup();
function isTouched(flow) {
  const on = state.selected;
  if (!on) return true;
  return on.kind === "region" ? flow.region === on.index : on.kind === "site" ? flow.site === on.index : data.flows[on.index] === flow;
}
function drawnFlows() { // largest first, so that small ones are not lost below large ones
  return flowLines.filter((line) => meanSize(line.index) >= state.least);
}
function opacity(line) { return state.selected ? 0.9 : 0.4 + 0.5 * Math.min(1, flowSize(line.index) / widest() * 2); }
let onCanvas = [];
function updateFlows() { // lines that stay are drawn anew in one go; Leaflet's own setStyle would measure each again
  const lines = state.show.flows ? drawnFlows() : [], stay = lines.length === onCanvas.length && lines.every((line, k) => line === onCanvas[k]);
  let count = 0;
  if (!stay) flowLayer.clearLayers();
  for (const line of lines) {
    const size = flowSize(line.index), touched = isTouched(data.flows[line.index]);
    const weight = lineWidth(size), less = state.moved && flowMoved(line.index) < 0;
    line.empty = size <= nothing();
    count += line.empty ? 0 : 1;
    Object.assign(line.options, { weight, color: flowColour(line.index), dashes: less ? [3 + 1.5 * weight, 2 + weight] : null, opacity: touched ? opacity(line) : 0.07 });
    if (!stay) flowLayer.addLayer(line);
  }
  onCanvas = lines;
  root.dataset.drawn = String(count);
  if (stay && lines.length && canvas._map) canvas._redrawRequest = canvas._redrawRequest || L.Util.requestAnimFrame(() => { canvas._redrawBounds = null; canvas._redraw(); });
}
