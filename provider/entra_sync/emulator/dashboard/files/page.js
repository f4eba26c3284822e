// The page as a whole: which tenant, which link, which tab; and keeping up with what happens.

import { ask, read, seen, write } from "./data.js";
import { fill, h, moment } from "./dom.js";
import { cyclesList, provisioningTab, requestsTab } from "./logs.js";
import { peopleTab } from "./people.js";
import { clouds, links, noTenants, tenantHeading, tenantTabs } from "./tenant.js";

const EVERY = 1000;

const TABS = [
  { id: "people", title: "Users", make: peopleTab },
  { id: "cycles", title: "Cycles", make: cyclesList },
  { id: "provisioning", title: "Provisioning log", make: provisioningTab },
  { id: "requests", title: "Requests", make: requestsTab },
];

const at = (id) => document.getElementById(id);
let shown = "";
let tab = null;

/** Find in the overview what the address names: the tenant, and the link that people, cycles and log are about. */
function choose() {
  const { tenants } = seen.overview;
  const wanted = read();
  seen.tenant = tenants.find((tenant) => tenant.name === wanted.tenant) ?? tenants[0] ?? null;
  const known = seen.tenant?.links ?? [];
  seen.link = known.find((link) => link.job === wanted.link) ?? known[0] ?? null;
}

function drawHead() {
  const { overview, tenant } = seen;
  fill(at("clouds"), clouds(overview));
  document.title = `${tenant?.displayName ?? overview.clouds.find((cloud) => cloud.id === overview.cloud).label}: Entra emulator`;
  at("tenants").hidden = overview.tenants.length < 2;
  fill(at("tenants"), tenantTabs(overview.tenants, (name) => go({ tenant: name, link: "", find: "", state: "" })));
  fill(at("tenant"), tenant ? tenantHeading(tenant) : noTenants(overview));
  fill(at("links"), tenant ? links(tenant, (job) => go({ link: job, find: "", state: "" })) : null);
}

function drawTabs(current) {
  at("tabs").hidden = seen.tenant === null;
  fill(at("tabs"), TABS.map(({ id, title }) =>
    h("button", {
      type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "panel", "aria-selected": String(id === current),
      tabindex: id === current ? "0" : "-1", onclick: () => go({ tab: id, find: "", state: "" }), onkeydown: arrow,
    }, title)));
}

function arrow(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const index = TABS.findIndex(({ id }) => event.currentTarget.id === `tab-${id}`);
  const { id } = TABS.at((index + step) % TABS.length);
  go({ tab: id, find: "", state: "" });
  at(`tab-${id}`).focus();
}

function go(changes) {
  write(changes, true);
  draw();
}

/** Draw what the address names; a list that is already there only learns that something changed. */
function draw() {
  choose();
  drawHead();
  const current = TABS.find(({ id }) => id === read().tab) ?? TABS[0];
  drawTabs(current.id);
  const wanted = [current.id, seen.tenant?.id, seen.link?.job].join();
  if (wanted === shown) return;
  shown = wanted;
  const panel = at("panel");
  panel.setAttribute("aria-labelledby", `tab-${current.id}`);
  if (seen.tenant === null) {
    tab = null;
    fill(panel);
    return;
  }
  tab = current.make(go);
  fill(panel, tab.element);
  tab.restart();
}

function drawClock(now) {
  seen.now = now;
  at("clock").dateTime = now;
  const [date, time] = moment(now).split(", ");
  fill(at("clock"), h("span", { class: "date" }, `${date}, `), time);
}

let stamp = "";

/** Ask whether anything changed, and read it if so. */
async function beat() {
  if (document.hidden) return;
  try {
    const pulse = await ask("pulse");
    drawClock(pulse.now);
    at("live").textContent = "Live";
    at("live").className = "live on";
    if (pulse.stamp === stamp) return;
    const first = seen.overview === null;
    seen.overview = await ask("overview");
    stamp = seen.overview.stamp;
    const before = shown;
    draw();
    if (!first && before === shown) tab?.changed();
  } catch (error) {
    at("live").textContent = error instanceof TypeError ? "Not connected" : `Error: ${error.message}`;
    at("live").className = "live off";
  }
}

/** Go on asking; the longer an answer takes, as from a very large tenant, the longer the emulator is left alone. */
async function follow() {
  const began = performance.now();
  await beat();
  setTimeout(follow, EVERY + 10 * (performance.now() - began));
}

addEventListener("popstate", () => seen.overview && (shown = "", draw()));
document.addEventListener("visibilitychange", beat);
follow();
