// Elements and the forms in which numbers, moments and ids are shown. Text is only ever set as text, never as HTML.

/** An element: `h("td", {class: "number", onclick: f}, "text", child, …)`; null children are left out. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...h("p", null, ...children).childNodes);
}

/** A colored word; `tone` is good, wait, bad or quiet. */
export function pill(text, tone, title) {
  return h("span", { class: `pill ${tone}`, title }, text);
}

const whole = new Intl.NumberFormat("en-US");

/** 12345 as "12,345". */
export function number(value) {
  return whole.format(value);
}

/** "1 person", "2 people". */
export function count(value, one, many) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" });

/** "5 Jan 2026, 08:40:00 UTC". */
export function moment(text) {
  const at = new Date(text);
  return `${dayAndYear.format(at)}, ${clock.format(at)} UTC`;
}

/** A moment in a list: the time, and the day where that is not today. */
export function when(text, now) {
  const at = new Date(text);
  const today = text.slice(0, 10) === now.slice(0, 10);
  return h("time", { datetime: text, title: moment(text) },
    today ? null : h("span", { class: "day" }, `${day.format(at)} `), clock.format(at));
}

/** "12 min ago" or "in 28 min", by the emulated clock. */
export function distance(text, now) {
  const seconds = Math.round((new Date(text) - new Date(now)) / 1000);
  const size = Math.abs(seconds);
  const amount =
    size < 60 ? `${size} s` : size < 3600 ? `${Math.round(size / 60)} min`
    : size < 172800 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86400)} days`;
  if (size < 1) return "just now";
  return seconds > 0 ? `in ${amount}` : `${amount} ago`;
}

/** A path with long ids cut short; the whole of it is elsewhere on the page. */
export function shortPath(path) {
  return path
    .replace(/([A-Za-z]\w*)\.[0-9a-f]{32}\.[0-9a-f-]{36}/g, "$1…")
    .replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "$1…");
}
