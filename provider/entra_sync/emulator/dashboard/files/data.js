// Asking the emulator, and the place in the page that the address names.

const ROOT = "/_emulator/dashboard/";

/** What the page knows: the emulated moment, the cloud with its tenants, and which of them is looked at. */
export const seen = { now: "", overview: null, tenant: null, link: null };

/** JSON from one of the dashboard's sources; an answer that is an error is thrown with its text. */
export async function ask(source, parameters = {}, signal = undefined) {
  const wanted = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const answer = await fetch(`${ROOT}${source}?${new URLSearchParams(wanted)}`, { signal, cache: "no-store" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? `the emulator answered ${answer.status}`);
  return body;
}

/** The parts of the address after "#", such as the tenant, the tab and what is looked for. */
export function read() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Change parts of the address; empty ones go. A step that the back button should undo is a `step`. */
export function write(changes, step = false) {
  const parts = Object.entries({ ...read(), ...changes }).filter(([, value]) => value);
  const address = `#${new URLSearchParams(parts)}`;
  if (address === location.hash) return;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
