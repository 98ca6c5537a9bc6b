// Which view is shown, and the stream of figures that all of them live on.

import { put } from "./dom.js";
import { count } from "./figures.js";
import { ask } from "./books.js";
import { overview } from "./overview.js";
import { agents } from "./agents.js";
import { agent } from "./agent.js";
import { customers, customer } from "./customers.js";
import { links, link, prices } from "./links.js";
import { ledger } from "./ledger.js";

const VIEWS = { "": overview, agents, agent, customers, customer, links, link, prices, ledger };
const POLL_MS = 5000;

const main = document.getElementById("main");
const live = document.getElementById("live");
const frame = document.getElementById("frame");

let shown = null;
let now = null;

/* ---- views ---- */

function asked() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  let word = rest.join("/");
  try {
    word = decodeURIComponent(word);
  } catch {
    word = "";
  }
  return { name, word, query: Object.fromEntries(new URLSearchParams(query || "")) };
}

function mark(name) {
  const view = { agent: "agents", customer: "customers", link: "links" }[name] || name;
  for (const entry of document.querySelectorAll("#views a")) {
    if (entry.getAttribute("href") === "#/" + view) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
}

function show(moved) {
  const { name, word, query } = asked();
  if (shown && shown.stop) shown.stop();
  shown = (Object.hasOwn(VIEWS, name) ? VIEWS[name] : overview)(main, query, word);
  mark(Object.hasOwn(VIEWS, name) ? name : "");
  document.title = shown.title + " – Serai";
  if (now && shown.now) shown.now(now);
  if (!moved) return;
  window.scrollTo(0, 0);
  const heading = main.querySelector("h1");
  if (heading) heading.focus({ preventScroll: true });
}

/* ---- figures ---- */

function take(figures) {
  now = figures;
  put(frame, "frame " + count(now.frame));
  say(now.phase === "serving" ? "live" : now.phase, now.phase === "serving" ? "good" : "warn");
  if (shown && shown.now) shown.now(now);
}

function say(word, level) {
  put(live, word);
  live.className = "dot " + level;
}

/** Without a stream, such as when too many are open: ask now and then. */
async function poll() {
  try {
    take(await ask("overview"));
  } catch (error) {
    say(error.message.includes("starts") ? "starting" : "no connection", "bad");
  }
}

function listen() {
  const stream = new EventSource("api/events");
  stream.onmessage = (event) => take(JSON.parse(event.data));
  stream.onerror = () => {
    say("no connection", "bad");
    if (stream.readyState !== EventSource.CLOSED) return; /* it tries again by itself */
    poll();
    setTimeout(listen, POLL_MS);
  };
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
/** Whose page it is. */
async function sign() {
  const [status, words] = await Promise.all([ask("status"), ask("words")]);
  put(
    document.getElementById("foot"),
    `Read only. Every figure leads to its lines in the books. ` +
      `Site ${status.site}, Serai ${words.version}.`,
  );
}

window.addEventListener("hashchange", () => show(true));
show(false);
poll();
listen();
sign().catch(() => {}); /* the site starts: the foot stays as it is */
