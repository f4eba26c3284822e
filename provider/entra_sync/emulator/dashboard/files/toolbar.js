// What stands above a list: looking for something, and choosing a part.

import { read, write } from "./data.js";
import { h } from "./dom.js";

const PAUSE = 200;

/** A search field named by `find`, and choices of `[value, text]` that the address keeps under `choice`. */
export function toolbar(list, { find, choices, choice }) {
  let timer = 0;
  const field = h("input", {
    type: "search", placeholder: find, "aria-label": find, value: read().find ?? "", spellcheck: "false", autocomplete: "off",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => look({ find: field.value.trim() }), PAUSE);
    },
  });
  const buttons = (choices ?? []).map(([value, text]) =>
    h("button", { type: "button", "data-value": value, onclick: () => look({ [choice]: value }) }, text));

  function look(changes) {
    write(changes);
    mark();
    list.restart();
  }

  function mark() {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.value === (read()[choice] ?? "")));
    }
  }

  mark();
  return h("div", { class: "toolbar" }, field, buttons.length ? h("div", { class: "choices", role: "group", "aria-label": "Show" }, buttons) : null);
}
