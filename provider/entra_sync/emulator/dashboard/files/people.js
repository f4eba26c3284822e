// People of two tenants side by side.

import { ask, read, seen } from "./data.js";
import { h, pill } from "./dom.js";
import { List, disclose } from "./list.js";
import { toolbar } from "./toolbar.js";

const STATES = {
  synchronized: ["Synchronized", "good"],
  failed: ["Failed", "bad"],
  removed: ["Removed", "wait"],
  skipped: ["Skipped", "quiet"],
  unlinked: ["Not linked", "quiet"],
  target: ["Only in the target", "quiet"],
};
const EXPLAINED = {
  synchronized: "The user has this account in the target",
  failed: "The last attempt to provision the user failed",
  removed: "The user left the scope, and the job deleted the account",
  skipped: "Assigned, but without an account: a filter or the mapping leaves the user out",
  unlinked: "The job does not know the user",
  target: "An account that belongs to no user in the source",
};
const CHOICES = [
  ["", "In this link"], ["all", "All users"], ["synchronized", "Synchronized"], ["failed", "Failed"], ["removed", "Removed"],
  ["skipped", "Skipped"], ["unlinked", "Not linked"], ["target", "Only in the target"],
];

/** The tab: people of the shown link's two tenants, or of a tenant that nothing links. */
export function peopleTab(go) {
  const { link, tenant } = seen;
  const list = new List({
    source: "people", unit: "users", kind: link ? "people" : "people alone",
    parameters: () => ({ job: link?.job, tenant: link ? null : tenant.id, find: read().find, state: shown(link) }),
    head: link
      ? [[heading(link.source), "source"], ["", "bond"], [link.target ? heading(link.target) : "No target yet", "target"]]
      : [["Name", "source"], ["User principal name", "principal"]],
    key: ({ source, target }) => source?.id ?? `account ${target.id}`,
    cells: link ? sides : alone,
    detail: (row) => detail(row, link, tenant, go),
    empty: () => (read().find || read().state ? (shown(link) === "linked" ? "No user of this link matches. Choose All users to look in both tenants." : "No user matches.")
      : link ? "The job knows no user yet: it has not run, or no user is assigned. Choose All users to see both tenants." : "There is no user yet."),
  });
  return {
    element: h("div", null,
      toolbar(list, { find: "Name, address or id", choices: link ? CHOICES : null, choice: "state" }), list.element),
    restart: () => list.restart(),
    changed: () => list.changed(),
  };
}

/** The part of the list that the address asks for: the users of a link, unless all are asked for. */
function shown(link) {
  const { state } = read();
  if (!link || state === "all") return "";
  return state || "linked";
}

function heading({ displayName, cloudLabel }) {
  return [displayName, h("span", { class: "faint" }, ` ${cloudLabel}`)];
}

function sides(row) {
  const [text, tone] = STATES[row.state];
  const linked = row.source && row.target && row.state !== "target";
  const source = row.source ? identity(row.source) : h("span", { class: "missing" }, "No user in the source");
  return [
    h("td", { class: "source" }, disclose(source)),
    h("td", { class: `bond${linked ? " tied" : ""} ${row.state}` }, row.state === "unlinked" ? h("span", { class: "faint", title: EXPLAINED.unlinked }, text) : pill(text, tone, EXPLAINED[row.state])),
    h("td", { class: "target" }, row.target ? identity(row.target) : null, row.code ? h("small", { class: "code" }, row.code) : null),
  ];
}

function alone({ source }) {
  return [
    h("td", { class: "source" }, disclose(h("span", { class: "person" }, h("b", null, name(source)), tags(source)))),
    h("td", { class: "principal" }, source.principalName),
  ];
}

function identity(person) {
  return h("span", { class: "person" },
    h("b", null, name(person)), tags(person), h("small", null, person.gone ? person.id : person.principalName));
}

function name(person) {
  return person.displayName ?? person.principalName ?? person.id;
}

function tags({ userType, enabled, deleted, gone }) {
  const found = [];
  if (gone) found.push(["gone for good", "bad"]);
  else if (deleted) found.push(["deleted", "bad"]);
  if (enabled === false) found.push(["disabled", "wait"]);
  if (userType === "Guest") found.push(["guest", "quiet"]);
  return found.map(([text, tone]) => h("span", { class: `tag ${tone}` }, text));
}

async function detail(row, link, tenant, go) {
  const found = await ask("person", {
    job: link?.job, tenant: link ? null : tenant.id, id: row.source?.id, account: row.source ? null : row.target.id,
  });
  const both = found.source && found.target;
  const differ = found.attributes.filter(({ source, target }) => source !== target).length;
  return [
    found.failure ? failed(found.failure) : null,
    found.assigned.length ? h("p", null, "Assigned through ", h("b", null, found.assigned.join(", ")), ".") : null,
    link && !found.assigned.length && row.source ? h("p", null, "Not assigned, so not in scope.") : null,
    both ? h("p", { class: "faint" }, `${found.attributes.length - differ} of ${found.attributes.length} attributes are equal; the others are marked.`) : null,
    h("table", { class: "attributes" },
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "Attribute"),
        found.source ? h("th", { scope: "col" }, link?.source.displayName ?? tenant.displayName) : null,
        found.target ? h("th", { scope: "col" }, link.target.displayName) : null)),
      h("tbody", null, found.attributes.map(({ name, source, target }) =>
        h("tr", { class: both && source !== target ? "differs" : null }, h("th", { scope: "row" }, name),
          found.source ? value(source) : null, found.target ? value(target) : null)))),
    link && row.source
      ? h("p", null, h("button", { type: "button", class: "quiet", onclick: () => go({ tab: "provisioning", find: row.source.id, state: "" }) }, "Provisioning log of this user"))
      : null,
  ];
}

function failed({ code, count, nextCycle }) {
  return h("p", { class: "callout" }, h("b", null, code), count > 1 ? `, ${count} times in a row.` : ".",
    ` The next attempt is in cycle ${nextCycle} at the earliest; the provisioning log has the reason.`);
}

function value(text) {
  return text === null ? h("td", { class: "faint" }, "–") : h("td", null, text);
}
