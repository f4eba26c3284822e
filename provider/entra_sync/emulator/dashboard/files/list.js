// A list that may be as long as a tenant is large: one page of it is here, the rest stays with the emulator.

import { ask } from "./data.js";
import { fill, h, number } from "./dom.js";

const SIZE = 50;

/**
 * A paged table.
 *
 * `source` names the data; `parameters()` says what is looked for; `head` are the column titles; `cells(row)` gives a
 * row's cells and `key(row)` its identity; `detail(row)` resolves to what opens below a row; `empty()` says why there
 * is nothing; `unit` is what the rows are called.
 */
export class List {
  constructor({ source, parameters, head, cells, key, detail, empty, unit, kind }) {
    Object.assign(this, { source, parameters, head, cells, key, detail, empty, unit });
    this.places = [null];
    this.open = new Map();
    this.rows = [];
    this.next = null;
    this.body = h("tbody");
    this.note = h("p", { class: "note", role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.previous = h("button", { type: "button", onclick: () => this.turn(-1) }, "Previous");
    this.following = h("button", { type: "button", onclick: () => this.turn(1) }, "Next");
    this.newest = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.restart() }, "Show what is new");
    const titles = head.map(([title, style]) => h("th", { scope: "col", class: style }, title));
    this.element = h("div", { class: `list ${kind}` }, this.problem,
      h("table", null, h("thead", null, h("tr", null, titles)), this.body),
      h("div", { class: "pager" }, this.note, this.newest, h("span", { class: "turn" }, this.previous, this.following)));
  }

  /** Read from the beginning, as when something else is looked for. */
  restart() {
    this.places = [null];
    return this.load();
  }

  turn(step) {
    if (step > 0) this.places.push(this.next);
    else this.places.pop();
    this.load().then(() => this.element.scrollIntoView({ block: "nearest" }));
  }

  /** Something changed: read this page again. A search that took many questions waits for a click instead. */
  changed() {
    if (this.busy || this.deep) this.newest.hidden = false;
    else this.load();
  }

  /** Read the current page; a search goes on until the page is full or everything was looked at. */
  async load() {
    this.stop?.abort();
    const { signal } = (this.stop = new AbortController());
    this.busy = true;
    this.newest.hidden = true;
    const rows = [];
    let [place, examined, questions] = [this.places.at(-1), 0, 0];
    try {
      do {
        const page = await ask(this.source, { ...this.parameters(), after: place, size: SIZE - rows.length }, signal);
        rows.push(...page.rows);
        place = page.next;
        examined += page.examined;
        questions += 1;
        if (questions > 1) this.show(rows, place, `Looked at ${number(examined)} so far…`);
      } while (rows.length < SIZE && place !== null);
      this.deep = questions > 2;
      this.show(rows, place, null);
      this.problem.hidden = true;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.problem.textContent = `This list could not be read: ${error.message}.`;
      this.problem.hidden = false;
    }
    this.busy = false;
  }

  show(rows, next, progress) {
    this.rows = rows;
    this.next = next;
    const first = (this.places.length - 1) * SIZE + 1;
    const keys = new Set(rows.map(this.key));
    for (const key of [...this.open.keys()]) if (!keys.has(key)) this.open.delete(key);
    this.body.replaceChildren(...rows.flatMap((row) => this.rendered(row)));
    if (!rows.length && !progress) {
      this.body.append(h("tr", { class: "nothing" }, h("td", { colspan: this.head.length }, this.empty())));
    }
    const last = number(first + rows.length - 1);
    const range = rows.length ? `${number(first)} to ${last}${next === null ? ` of ${last}` : ""}` : "";
    this.note.textContent = progress ?? range;
    this.previous.disabled = this.places.length === 1;
    this.following.disabled = next === null || Boolean(progress);
    this.element.classList.toggle("short", !rows.length || (this.places.length === 1 && next === null));
  }

  rendered(row) {
    const key = this.key(row);
    const opened = this.open.get(key);
    const line = h("tr", { class: "row", onclick: (event) => this.toggle(event, row) }, this.cells(row));
    const button = line.querySelector("button.disclose");
    button?.setAttribute("aria-expanded", String(Boolean(opened)));
    if (!opened) return [line];
    line.classList.add("opened");
    this.refresh(row, opened);
    return [line, h("tr", { class: "detail" }, h("td", { colspan: this.head.length }, opened))];
  }

  toggle(event, row) {
    if (event.target.closest("a, td.detail") || String(getSelection())) return;
    const key = this.key(row);
    if (this.open.has(key)) this.open.delete(key);
    else this.open.set(key, h("div", { class: "detail-body" }));
    const had = document.activeElement?.closest("tr.row") !== null;
    const index = this.rows.findIndex((other) => this.key(other) === key);
    this.show(this.rows, this.next, null);
    if (had) this.body.querySelectorAll("tr.row")[index]?.querySelector("button.disclose")?.focus();
  }

  async refresh(row, place) {
    try {
      fill(place, await this.detail(row));
    } catch (error) {
      fill(place, h("p", { class: "problem" }, `Nothing more is known: ${error.message}.`));
    }
  }
}

/** The button in a row's first cell that opens what is below. */
export function disclose(...children) {
  return h("button", { type: "button", class: "disclose", "aria-expanded": "false" }, children);
}
