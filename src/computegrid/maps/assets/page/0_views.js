// A page has one or several views: dispatches of one scenario. One is shown at a time, or how it differs from the base.
function rows(columns) {
  const keys = Object.keys(columns);
  return (columns[keys[0]] || []).map((_, i) => Object.fromEntries(keys.map((key) => [key, columns[key][i]])));
}
for (const name of ["regions", "sites", "flows"]) data[name] = rows(data[name]);
for (const flow of data.flows) Object.assign(flow, { control: data.sites[flow.site].control, group: data.sites[flow.site].group });
const words = data.words, study = data.study;
const state = { view: -1, moved: false, hour: -1, shade: study ? study.shade : "price", selected: null, show: { flows: true, sites: true, regions: true }, least: 0 };

function unpack(packed) {
  const bytes = atob(packed.steps), count = packed.low.length, hours = data.hours.length;
  return function (row, hour) {
    if (row < 0 || row >= count) return 0;
    const at = 2 * (row * hours + hour);
    const step = bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8);
    return packed.low[row] + (packed.span[row] * step) / 65535;
  };
}
const demandIn = unpack(data.hourly.region_demand_mw);
const regionDemand = (i) => (mean() ? data.regions[i].demand_mw : demandIn(i, state.hour));
const mean = () => state.hour < 0;
const none = { mw: 0, price: null, rtt_ms: null, made_of: [], work: [] };
const views = data.views.map(function (view) {
  const row = new Map(view.flows.at.map((flow, k) => [flow, k])), carried = rows(view.flows), same = new Set(view.same); // same: as in the base
  const hourly = Object.fromEntries(Object.entries(view.hourly).map(([name, packed]) => [name, unpack(packed)]));
  const regions = rows(view.regions), sites = rows(view.sites);
  return {
    regime: view.regime, name: view.name, moved_mw: view.moved_mw, totals: view.totals, rules: view.rules, rule: view.flow_rule, moved: view.moved_rule, regions, sites,
    flow: (i) => (row.has(i) ? carried[row.get(i)] : same.has(i) ? base().flow(i) : none),
    flowMw: (i) => (same.has(i) ? base().flowMw(i) : !row.has(i) ? 0 : mean() ? carried[row.get(i)].mw : hourly.flow_mw(row.get(i), state.hour)),
    siteUsed: (i) => (mean() ? sites[i].used_mw : hourly.site_used_mw(i, state.hour)),
    regionValue: function (i, shade) {
      if (shade === "price") return mean() ? regions[i].price : hourly.region_price(i, state.hour);
      if (shade !== "unserved" || mean()) return regions[i][shade + "_share"];
      const wanted = regionDemand(i);
      return wanted > 0 ? hourly.region_unserved_mw(i, state.hour) / wanted : 0;
    },
  };
});

// What is shown now: the mean of all hours, or one hour; of the view, or its change against the base.
const view = () => views[state.view];
const base = () => views[study ? study.base : 0];
const compared = () => study && state.view !== study.base;
const flowMw = (i) => view().flowMw(i);
const siteUsed = (i) => view().siteUsed(i);
const regionValue = (i, shade) => view().regionValue(i, shade);
const flowMoved = (i) => view().flowMw(i) - base().flowMw(i);
const siteMoved = (i) => view().siteUsed(i) - base().siteUsed(i);
const regionMoved = (i, shade) => view().regionValue(i, shade) - base().regionValue(i, shade);
const flowSize = (i) => (state.moved ? Math.abs(flowMoved(i)) : flowMw(i));
const flowColour = (i) => (state.moved ? data.change[flowMoved(i) < 0 ? 0 : 2] : data.colours[data.flows[i].group]);
const flowRule = () => (state.moved ? view().moved : view().rule);
function meanSize(i) { // by which flows are ranked, whatever the hour
  const mw = view().flow(i).mw;
  return state.moved ? Math.abs(mw - base().flow(i).mw) : mw;
}
function take(index, moved) { // make a view the one whose figures the marks carry
  state.view = index; state.moved = moved;
  data.regions.forEach((region, i) => Object.assign(region, view().regions[i]));
  data.sites.forEach((site, i) => Object.assign(site, view().sites[i]));
  data.flows.forEach((flow, i) => Object.assign(flow, view().flow(i)));
  state.least = flowRule().least_mw;
}
take(study ? study.opening : 0, study ? study.moved : false);
