// Agents: which has how much, how fast it burns that, and how long it lasts.

import { h, to, fresh, place, put, Table } from "./dom.js";
import { nanos, money, hourly, rate, lasts, runway, span } from "./figures.js";
import { count, some, bytes } from "./figures.js";
import { ask, pages, lines, state, wrong } from "./books.js";

const SHOWN = 100; // rows of a page
const MANY = 1024; // of more agents than that, all are loaded only when asked for
const BURN_MOST = 4096; // account numbers of one answer

/** What accounts used and earned over the last minutes, in windows of numbers. */
class Burns {
  constructor() {
    this.accounts = new Map();
    this.us = 0n;
  }

  async load(ids) {
    const accounts = new Map();
    for (let first = Math.min(...ids); first <= Math.max(...ids); first += BURN_MOST) {
      const last = first + BURN_MOST - 1;
      if (!ids.some((id) => id >= first && id <= last)) continue;
      const answer = await ask("burn", { from: first, to: last });
      this.us = BigInt(answer.span_us);
      answer.accounts.forEach((one) =>
        accounts.set(one.id, { used: nanos(one.used), earned: nanos(one.earned) }),
      );
    }
    this.accounts = accounts;
  }

  of(id) {
    return this.accounts.get(id) || { used: 0n, earned: 0n };
  }

  hourly(id, key) {
    return hourly(this.of(id)[key], this.us);
  }

  lasts(agent) {
    const { used, earned } = this.of(agent.id);
    return lasts(nanos(agent.balance), used, earned, this.us);
  }
}

/** "dry" is a frozen agent that a little money thaws. */
export const stateOf = (agent) => (agent.reason.startsWith("out of money") ? "dry" : agent.state);

export const stateText = (agent) =>
  state(stateOf(agent), stateOf(agent) === "frozen" ? "paused" : null, agent.reason);

class Agents {
  constructor(query, unit) {
    this.query = query;
    this.unit = unit;
    this.all = [];
    this.page = 0;
    this.burns = new Burns();
    this.table = new Table("Agents of this site", this.columns(), {
      changed: () => this.first(),
      quiet: true,
    });
    this.said = h("span", { class: "soft", role: "status" });
    this.filter();
    this.pager();
    this.body = h("div", {}, this.table.element);
    this.element = h("div", {}, this.form, h("div", { class: "sheet" }, this.body, this.pages));
  }

  columns() {
    const pace = (key) => (agent) => this.burns.hourly(agent.id, key);
    return [
      {
        title: "Name",
        head: true,
        sort: (agent) => agent.name,
        cell: (agent) => [
          to("agent/" + agent.id, null, agent.name),
          " ",
          h("span", { class: "soft" }, agent.id),
        ],
      },
      { title: "State", sort: stateOf, cell: (agent) => stateText(agent) },
      {
        title: "Customer",
        n: true,
        off: true,
        sort: (agent) => Number(agent.customer),
        cell: (agent) => to("customer/" + agent.customer, null, agent.customer),
      },
      {
        title: "Memory",
        n: true,
        off: true,
        sort: (agent) => Number(agent.memory_bytes),
        cell: (agent) => bytes(agent.memory_bytes),
      },
      {
        title: "Inbox",
        n: true,
        off: true,
        sort: (agent) => Number(agent.inbox),
        cell: (agent) => count(agent.inbox),
      },
      {
        title: "Balance",
        n: true,
        sort: (agent) => nanos(agent.balance),
        cell: (agent) => lines("agent:" + agent.id, null, money(nanos(agent.balance))),
      },
      {
        title: `Burn, ${this.unit} an hour`,
        n: true,
        label: "burns",
        sort: pace("used"),
        cell: (agent) => (this.burns.us > 0n ? rate(pace("used")(agent)) : "…"),
      },
      {
        title: "Income",
        n: true,
        off: true,
        sort: pace("earned"),
        cell: (agent) => (this.burns.us > 0n ? rate(pace("earned")(agent)) : "…"),
      },
      {
        title: "Runway",
        n: true,
        label: "lasts",
        sort: (agent) => this.burns.lasts(agent),
        cell: (agent) => (this.burns.us > 0n ? runway(this.burns.lasts(agent)) : "…"),
      },
    ];
  }

  filter() {
    this.name = h("input", {
      id: "name",
      type: "search",
      autocomplete: "off",
      oninput: () => this.first(),
    });
    this.state = h(
      "select",
      { id: "state", onchange: () => this.first() },
      ["", "running", "dry", "frozen"].map((word) =>
        h(
          "option",
          { value: word, selected: word === (this.query.state || "") },
          word || "any state",
        ),
      ),
    );
    this.form = h(
      "form",
      { class: "form", onsubmit: (event) => event.preventDefault() },
      h("div", { class: "grow" }, h("label", { for: "name" }, "Name, number or code"), this.name),
      h("div", { class: "short" }, h("label", { for: "state" }, "State"), this.state),
      this.query.customer
        ? h(
            "p",
            { class: "say" },
            "Of customer " + this.query.customer + ". ",
            to("agents", null, "Show all"),
          )
        : null,
    );
  }

  pager() {
    this.back = h(
      "button",
      { class: "press", type: "button", onclick: () => this.turn(-1) },
      "Previous",
    );
    this.next = h(
      "button",
      { class: "press", type: "button", onclick: () => this.turn(1) },
      "Next",
    );
    this.again = h(
      "button",
      { class: "press", type: "button", onclick: () => this.load() },
      "Load again",
    );
    this.pages = h("div", { class: "pages" }, this.back, this.next, this.again, this.said);
  }

  turn(by) {
    this.page += by;
    this.show();
  }

  first() {
    this.page = 0;
    this.show();
  }

  wanted() {
    const word = this.name.value.trim().toLowerCase(),
      kind = this.state.value;
    return this.all.filter(
      (agent) =>
        (!word || agent.name.includes(word) || agent.id === word || agent.code.startsWith(word)) &&
        (!kind || stateOf(agent) === kind) &&
        (!this.query.customer || agent.customer === this.query.customer),
    );
  }

  show() {
    const found = this.table.ordered(this.wanted());
    const first = this.page * SHOWN,
      last = Math.min(found.length, first + SHOWN);
    this.table.show(found.slice(first, last));
    this.table.element.hidden = found.length === 0;
    this.back.hidden = this.next.hidden = found.length <= SHOWN;
    this.again.hidden = this.all.length < MANY;
    this.back.disabled = this.page === 0;
    this.next.disabled = last >= found.length;
    const range = found.length > SHOWN ? `${count(first + 1)} to ${count(last)} of ` : "";
    const words =
      found.length === 0
        ? this.all.length
          ? "No agent is like that"
          : "No agent lives here yet"
        : `${range}${some(found.length, "agent")}`;
    const burn =
      this.burns.us > 0n ? `; burn over the last ${span(Number(this.burns.us) / 1e6)}` : "";
    put(
      this.said,
      words + (this.loading && this.all.length >= MANY ? ", loading" : found.length ? burn : ""),
    );
  }

  async load() {
    if (this.loading) return;
    this.loading = true;
    const all = [],
      whole = this.all.length > 0;
    try {
      await pages(
        "agents",
        "id",
        (items) => {
          all.push(...items);
          if (!whole) {
            this.all = all;
            this.show();
          }
        },
        () => this.stopped,
      );
      this.all = all;
      if (all.length && !this.stopped) await this.burns.load(all.map((agent) => Number(agent.id)));
      this.loading = false;
      if (!this.stopped) this.show();
    } catch (error) {
      this.loading = false;
      place(this.said, wrong(error));
    }
  }
}

export function agents(main, query) {
  let view = null,
    timer = null;
  fresh(main, h("h1", { tabindex: "-1" }, "Agents"));
  return {
    title: "Agents",
    now: (now) => {
      if (view) return;
      view = new Agents(query, now.currency);
      main.append(view.element);
      view.load();
      timer = setInterval(() => {
        if (view.all.length < MANY) view.load();
      }, 5000);
    },
    stop: () => {
      clearInterval(timer);
      if (view) view.stopped = true;
    },
  };
}
