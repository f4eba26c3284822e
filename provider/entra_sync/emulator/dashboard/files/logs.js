// A job's cycles, the provisioning log, and what clients asked.

import { ask, read, seen } from "./data.js";
import { h, number, pill, shortPath, when } from "./dom.js";
import { List, disclose } from "./list.js";
import { words } from "./tenant.js";
import { toolbar } from "./toolbar.js";

function tab(list, tools) {
  return {
    element: h("div", null, tools ? toolbar(list, tools) : null, list.element),
    restart: () => list.restart(),
    changed: () => list.changed(),
  };
}

/** What a tab about jobs shows where there is no job. */
function unlinked(text) {
  return { element: h("p", { class: "empty" }, text), restart() {}, changed() {} };
}

// Cycles

const COUNTED = [
  ["create", "Created"], ["update", "Updated"], ["disable", "Disabled"], ["delete", "Deleted"],
  ["skipped", "Skipped"], ["failure", "Failed"],
];
const RESULTS = { Succeeded: "good", EntryLevelErrors: "wait", Failed: "bad" };

/** The tab with the cycles of the shown link's job. */
export function cyclesList() {
  const { link } = seen;
  if (!link) return unlinked("There is no job, so there are no cycles.");
  return tab(new List({
    source: "cycles", unit: "cycles", kind: "cycles",
    parameters: () => ({ job: link.job }),
    head: [["Began", "time"], ["Result"], ["Assigned", "number"], ...COUNTED.map(([, title]) => [title, "number"])],
    key: ({ id }) => id,
    cells: (cycle) => [
      h("td", { class: "time" }, disclose(when(cycle.timeBegan, seen.now))),
      h("td", { class: "result" }, pill(words(cycle.state), RESULTS[cycle.state]), cycle.initial ? h("span", { class: "tag quiet" }, "initial") : null,
        cycle.quarantine ? h("span", { class: "tag bad" }, "quarantine") : null),
      figure("Assigned", cycle.countEntitled),
      COUNTED.map(([name, title]) => figure(title, cycle.counts[name] ?? 0, name === "failure" && cycle.counts[name] ? "bad" : "")),
    ],
    detail: async (cycle) => [
      cycle.quarantine ? h("p", { class: "callout" }, h("b", null, words(cycle.quarantine), "."), " ", cycle.message) : null,
      h("dl", { class: "pairs" },
        pair("Cycle", h("code", null, cycle.id)), pair("Failing people", number(cycle.countEscrowed)),
        pair("Kind", cycle.initial ? "Initial: all assigned users were looked at" : "Incremental: only users who changed were looked at")),
    ],
    empty: () => "No cycle has run yet.",
  }));
}

function figure(title, value, style = "") {
  return h("td", { class: `number ${value ? style : "zero"}`, "data-title": title }, number(value));
}

function pair(title, value) {
  return h("div", null, h("dt", null, title), h("dd", null, value));
}

// Provisioning log

const STATUSES = { success: ["Success", "good"], failure: ["Failure", "bad"], skipped: ["Skipped", "quiet"], warning: ["Warning", "wait"] };
const STATUS_CHOICES = [["", "Everything"], ["success", "Success"], ["failure", "Failure"], ["skipped", "Skipped"]];

/** The tab with the provisioning log: of the shown link's job. */
export function provisioningTab() {
  const { link } = seen;
  if (!link) return unlinked("Nothing links this tenant to another, so nothing was provisioned.");
  const list = new List({
    source: "provisioning", unit: "entries", kind: "provisioning",
    parameters: () => ({ tenant: link.source.id, job: link.job, find: read().find, status: read().state }),
    head: [["Time", "time"], ["Action"], ["User"], ["Outcome"]],
    key: ({ id }) => id,
    cells: (entry) => {
      const [text, tone] = STATUSES[entry.status];
      return [
        h("td", { class: "time" }, disclose(when(entry.at, seen.now))),
        h("td", { class: "action" }, words(entry.action)),
        h("td", { class: "who" }, h("span", { class: "person" }, h("b", null, entry.source.displayName ?? entry.source.id), h("small", null, entry.source.principalName))),
        h("td", { class: "outcome" }, pill(entry.code ?? text, tone, text), h("small", null, entry.reason ?? written(entry))),
      ];
    },
    detail: async (row) => {
      const entry = await ask("provisioning-entry", { tenant: link.source.id, id: row.id });
      return [steps(entry.steps), modified(entry.modifiedProperties)];
    },
    empty: () => (read().find || read().state ? "No entry fits." : "Nothing was provisioned yet."),
  });
  return tab(list, { find: "Name, address, id or error code", choices: STATUS_CHOICES, choice: "state" });
}

function written({ modified }) {
  return modified ? `${number(modified)} ${modified === 1 ? "property" : "properties"} written` : "";
}

function steps(found) {
  return h("ol", { class: "steps" }, found.map((step) =>
    h("li", { class: (STATUSES[step.status] ?? ["", "quiet"])[1] }, h("b", null, words(step.name)), h("span", null, step.description))));
}

function modified(properties) {
  if (!properties.length) return null;
  return h("table", { class: "attributes" },
    h("thead", null, h("tr", null, ["Property", "Before", "After"].map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", null, properties.map(({ displayName, oldValue, newValue }) =>
      h("tr", null, h("th", { scope: "row" }, displayName), value(oldValue), value(newValue)))));
}

function value(text) {
  return text === null || text === "" ? h("td", { class: "faint" }, "–") : h("td", null, text);
}

// Requests

/** The tab with what clients asked of the tenant, and what unknown callers asked of its cloud. */
export function requestsTab() {
  const { tenant } = seen;
  const list = new List({
    source: "requests", unit: "requests", kind: "requests",
    parameters: () => ({ tenant: tenant.id, find: read().find, writes: read().state }),
    head: [["Time", "time"], ["Method"], ["Path"], ["Answer"]],
    key: ({ id }) => id,
    cells: (record) => [
      h("td", { class: "time" }, disclose(when(record.at, seen.now))),
      h("td", { class: "method" }, h("code", { class: record.writes ? "writes" : null }, record.method)),
      h("td", { class: "path" }, h("code", null, shortPath(record.path)), record.batch ? h("span", { class: "tag quiet" }, "in a batch") : null),
      h("td", { class: "answer" }, status(record), record.code ? h("small", null, record.code) : null),
    ],
    detail: async (row) => {
      const { body } = row.hasBody ? await ask("request", { id: row.id }) : { body: null };
      return [
        h("dl", { class: "pairs" }, pair("Path", h("code", null, row.path)), pair("Request id", h("code", null, row.id)),
          pair("Tenant", row.tenant || "none: no good token was shown")),
        body === null ? null : h("pre", null, JSON.stringify(body, null, 2)),
      ];
    },
    empty: () => (read().find || read().state ? "No request fits." : "There is no request yet."),
  });
  return tab(list, { find: "Path, method, status or error code", choices: [["", "Everything"], ["only", "Only writes"]], choice: "state" });
}

function status({ status }) {
  if (status === 0) return pill("dropped", "bad", "The connection was closed without an answer");
  return pill(String(status), status < 300 ? "good" : status < 500 ? "wait" : "bad");
}
