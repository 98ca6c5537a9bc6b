// What is asked of the site, and accounts as they are named in its books.

import { h, to } from "./dom.js";

export class Refused extends Error {}

/** Ask; an answer that is no success is an error with its text. */
export async function ask(path, query) {
  const given = Object.entries(query || {}).filter(([, value]) => value !== "" && value != null);
  const parameters = new URLSearchParams(given).toString();
  let answer;
  try {
    answer = await fetch("api/" + path + (parameters ? "?" + parameters : ""), {
      cache: "no-store",
    });
  } catch {
    throw new Refused("the site cannot be reached");
  }
  const text = await answer.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refused(text.trim() || "an answer that cannot be read");
  }
  if (!answer.ok) throw new Refused(body.error || "refused");
  return body;
}

/** All pages of a list, each handed on as it comes; `until` may end it. */
export async function pages(path, key, take, until) {
  let after = "0";
  for (;;) {
    const items = await ask(path, { after, limit: 256 });
    take(items);
    if (items.length < 256 || until()) return;
    after = items[items.length - 1][key];
  }
}

/** The lines of an account. */
export const lines = (account, query, ...children) =>
  to("ledger", { account, ...query }, ...children);

/** An account by its name: an agent leads to its own view, all others to their lines. */
export function account(name) {
  const agent = /^agent:(\d+)$/.exec(name);
  return agent ? to("agent/" + agent[1], null, name) : lines(name, null, name);
}

const LEVELS = { running: "good", up: "good", down: "warn", paused: "warn", desk: "soft" };

/** A state in its word, with a dot; `level` is that of another word, where this one has two. */
export const state = (word, level, reason) =>
  h("span", { class: "dot " + (LEVELS[level || word] || "bad"), title: reason || null }, word);

export const wrong = (error) => h("p", { class: "error", role: "alert" }, error.message);
