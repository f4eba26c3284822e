// The clouds, a tenant's heading, and the jobs that link it to other tenants.

import { seen } from "./data.js";
import { count, distance, h, moment, number, pill } from "./dom.js";

/** The clouds, each with the number of its tenants; another cloud's page is at another port. */
export function clouds({ clouds, cloud }) {
  return clouds.map(({ id, label, url, tenants }) =>
    h("a", {
      href: id === cloud ? "/" : url, "aria-current": id === cloud ? "page" : null, class: tenants ? null : "bare",
      title: count(tenants, "tenant", "tenants"),
    }, label, h("span", { class: "badge" }, number(tenants))));
}

/** One button for each tenant of the cloud. */
export function tenantTabs(tenants, choose) {
  return tenants.map((tenant) =>
    h("button", {
      type: "button", "aria-pressed": String(tenant.id === seen.tenant?.id), onclick: () => choose(tenant.name),
    }, tenant.displayName));
}

/** Name, domains and numbers of a tenant, and the tenants that it trusts. */
export function tenantHeading({ displayName, id, domains, counts, trusts }) {
  const parts = [
    count(counts.users, "user", "users"),
    counts.deletedUsers ? `${number(counts.deletedUsers)} deleted` : null,
    count(counts.groups, "group", "groups"),
    count(counts.applications, "application", "applications"),
    trusts.partners ? count(trusts.partners, "partner", "partners") : null,
  ];
  const allowed = trusts.clouds.length ? `Allows partners in the cloud ${trusts.clouds.join(", ")}` : null;
  const ticked = trusts.synchronizationFromClouds.length
    ? `Allows synchronization from ${trusts.synchronizationFromClouds.join(", ")}` : null;
  return [
    h("h1", { id: "tenant-name" }, displayName),
    h("p", { class: "facts" }, parts.filter(Boolean).map((part) => h("span", null, part))),
    h("p", { class: "faint" }, h("span", null, domains.join(", ")), h("code", null, id)),
    allowed || ticked ? h("p", { class: "faint" }, [allowed, ticked].filter(Boolean).map((text) => h("span", null, text))) : null,
  ];
}

/** What a cloud without tenants says. */
export function noTenants({ clouds, cloud }) {
  const { label } = clouds.find(({ id }) => id === cloud);
  const others = clouds.filter(({ tenants }) => tenants > 0);
  return h("div", { class: "empty" },
    h("h1", { id: "tenant-name" }, label),
    h("p", null, "This cloud has no tenant yet. ",
      others.length ? ["There are tenants in ", others.map(({ label, url }, index) => [index ? " and " : "", h("a", { href: url }, label)]), "."] : null),
    h("p", null, "Add one with ", h("code", null, "POST /_emulator/tenants"), ", or begin with sample tenants: ",
      h("code", null, "entra-sync emulate --sample contoso"), "."));
}

/** A card for each job that the tenant is an end of. */
export function links({ displayName, links }, choose) {
  if (!links.length) {
    return h("p", { class: "empty slim" }, `Nothing links ${displayName} to another tenant yet. A synchronization job shows here once there is one.`);
  }
  return links.map((link) => card(link, links.length > 1, choose));
}

function card(link, several, choose) {
  const { source, target, last, quarantine } = link;
  const current = link.job === seen.link?.job;
  return h("article", { class: `card${several && current ? " chosen" : ""}`, "aria-label": link.application },
    h("header", null,
      end(source), h("span", { class: "arrow", role: "img", "aria-label": "to" }), target ? end(target) : h("p", { class: "end" }, h("b", null, "No target yet")),
      h("p", { class: "card-state" }, state(link),
        several ? h("button", { type: "button", class: "quiet", disabled: current, onclick: () => choose(link.job) }, current ? "Shown below" : "Show") : null)),
    h("dl", { class: "figures" },
      figure("Synchronized", number(link.synchronized)),
      figure("Assigned", last ? number(last.countEntitled) : "–"),
      figure("Failing", last ? number(last.countEscrowed) : "–", last?.countEscrowed ? "bad" : null),
      figure("Last cycle", last ? distance(last.timeEnded, seen.now) : "None yet", null, last ? `${words(last.state)}, ${moment(last.timeEnded)}` : null),
      figure("Next cycle", link.due ? due(link.due) : "–", null, link.due ? moment(link.due) : null)),
    quarantine ? quarantined(quarantine) : null);
}

function end({ displayName, cloudLabel }) {
  return h("p", { class: "end" }, h("b", null, displayName), h("span", null, cloudLabel));
}

function due(text) {
  return new Date(text) <= new Date(seen.now) ? "due now" : distance(text, seen.now);
}

function figure(title, value, style, hint) {
  return h("div", { class: style, title: hint }, h("dt", null, title), h("dd", null, value));
}

function state({ code, schedule, last }) {
  if (code === "Quarantine") return pill("Quarantine", "bad");
  if (schedule !== "Active") return pill("Paused", "quiet");
  return last ? pill("Active", "good") : pill("Not run yet", "wait");
}

function quarantined({ reason, error, nextAttempt, seriesCount }) {
  return h("p", { class: "callout" }, h("b", null, words(reason), "."), " ", error?.message ?? "",
    ` Next attempt ${distance(nextAttempt, seen.now)}; ${count(seriesCount, "failed attempt", "failed attempts")} so far.`);
}

/** "TooManyDeletes" as "Too many deletes". */
export function words(name) {
  const text = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
