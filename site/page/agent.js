// One agent: its balance over time, how long it lasts, and its lines.

import { h, to, fresh, place, sheet, list, heads, steps, Table } from "./dom.js";
import { nanos, exact, money, hourly, rate, lasts, runway } from "./figures.js";
import { span, count, some, bytes, clock, short } from "./figures.js";
import { ask, lines, wrong } from "./books.js";
import { stateOf, stateText } from "./agents.js";
import { lineTable } from "./ledger.js";

/** Balances out of movements, from now backwards. */
function balances(past) {
  let balance = nanos(past.account.credits) - nanos(past.account.debits);
  const points = [{ us: past.account.wall_us, frame: past.account.frame, balance }];
  for (const point of past.points) {
    points.push({ us: point.wall_us, frame: point.frame, balance });
    balance += nanos(point.out) - nanos(point.in);
  }
  if (!past.next && past.points.length)
    points.push({
      us: past.points[past.points.length - 1].wall_us,
      frame: past.account.opened_frame,
      balance,
    });
  return points.reverse();
}

const pointTable = (id) =>
  new Table(
    "Balance after each of these frames, the latest first",
    [
      {
        title: "Frame",
        head: true,
        cell: (row) => lines("agent:" + id, { to: row.frame }, count(row.frame)),
      },
      { title: "Balance", n: true, cell: (row) => money(row.balance) },
      { title: "Time", n: true, cell: (row) => clock(row.us, true) },
    ],
    { quiet: true },
  );

function curve(past, id) {
  const points = balances(past);
  const drawn = steps(points.map((point) => [Number(point.us), Number(point.balance)]));
  if (!drawn) return h("p", { class: "empty" }, "Nothing has moved yet.");
  const high = points.reduce((most, point) => (point.balance > most ? point.balance : most), 0n);
  const table = pointTable(id);
  table.show([...points].reverse());
  const text =
    `From ${exact(points[0].balance)} at ${clock(points[0].us)} to ` +
    `${exact(points[points.length - 1].balance)} at ${clock(points[points.length - 1].us)}; ` +
    `at most ${exact(high)}.`;
  return [
    h(
      "figure",
      { class: "plot", role: "img", "aria-label": "Balance over time. " + text },
      drawn,
      h(
        "div",
        { class: "ticks", "aria-hidden": "true" },
        h("span", {}, ticks(high)),
        h("span", {}, ticks(high / 2n)),
        h("span", {}, "0"),
      ),
      h(
        "div",
        { class: "times", "aria-hidden": "true" },
        h("span", {}, clock(points[0].us, true)),
        h("span", {}, clock(points[points.length - 1].us, true)),
      ),
    ),
    past.next
      ? h(
          "p",
          { class: "say" },
          `Back to frame ${count(past.next)}; earlier ones are `,
          lines("agent:" + id, { to: past.next }, "in the books"),
          ".",
        )
      : null,
    h("details", {}, h("summary", {}, "These points as a table"), table.element),
  ];
}

const ticks = (amount) => exact(amount).replace(/(\.\d{3})\d+$/, "$1");

/** Movements of the last minutes, of those that the past has. */
function lately(past) {
  const end = BigInt(past.account.site_time_us);
  const points = past.points.filter((point) => end - BigInt(point.site_time_us) <= 600000000n);
  const sum = (key) => points.reduce((all, point) => all + nanos(point[key]), 0n);
  const first = points.length ? BigInt(points[points.length - 1].site_time_us) : end;
  return { used: sum("used"), earned: sum("earned"), us: end - first };
}

function headsOf(agent, past, unit) {
  const { used, earned, us } = past ? lately(past) : { used: 0n, earned: 0n, us: 0n };
  const balance = nanos(agent.balance);
  const over = us > 0n ? ` over the last ${span(Number(us) / 1e6)}` : "";
  const pace = (amount) => (us > 0n ? rate(hourly(amount, us), unit + " an hour") : "none");
  return heads([
    [
      "Balance",
      lines("agent:" + agent.id, null, money(balance, unit)),
      agent.needs ? "needs " + exact(nanos(agent.needs)) + " to go on" : "as of the last frame",
    ],
    ["Burn", pace(used), "used" + over],
    ["Income", pace(earned), "earned by work" + over],
    [
      "Runway",
      us > 0n ? runway(lasts(balance, used, earned, us)) : "does not fall",
      agent.dry_in_s ? "by its rent alone " + span(Number(agent.dry_in_s)) : "it pays no rent",
    ],
  ]);
}

function identity(agent) {
  return list([
    ["number", agent.id],
    ["customer", to("customer/" + agent.customer, null, agent.customer)],
    ["parent", agent.parent === "0" ? null : to("agent/" + agent.parent, null, agent.parent)],
    [
      "leash held by",
      agent.leash_holder ? to("agent/" + agent.leash_holder, null, agent.leash_holder) : null,
    ],
    ["code", short(agent.code)],
    [
      "born in frame",
      lines(
        "agent:" + agent.id,
        { from: agent.born_frame, to: agent.born_frame },
        count(agent.born_frame),
      ),
    ],
    ["low-balance alert", nanos(agent.mark) ? exact(nanos(agent.mark)) : "none"],
    [
      "burial reserve",
      lines("agent:" + agent.id, { code: "burial deposit" }, exact(nanos(agent.burial))),
    ],
  ]);
}

const does = (agent) =>
  list([
    ["turns", `${count(agent.turns)}, ${count(agent.traps)} undone`],
    ["fuel", count(agent.fuel)],
    ["memory", bytes(agent.memory_bytes)],
    ["buffers", bytes(agent.buffer_bytes)],
    ["inbox", `${some(agent.inbox, "event")}, ${bytes(agent.inbox_bytes)}`],
    ["slots, facets", `${count(agent.slots)}, ${count(agent.facets)}`],
    ["channels, codes", `${count(agent.channels)}, ${count(agent.codes)}`],
  ]);

function log(items) {
  if (!items.length) return h("p", { class: "empty" }, "It has written nothing.");
  return h(
    "ol",
    { class: "log", tabindex: "0", role: "list", "aria-label": "Log, the latest first" },
    items
      .reverse()
      .map((line) =>
        h(
          "li",
          { class: line.by },
          h("span", { class: "soft" }, `${line.line} ${line.by}`),
          h("span", { class: "mono" }, line.text),
        ),
      ),
  );
}

class Agent {
  constructor(main, id) {
    this.id = id;
    this.title = h("h1", { tabindex: "-1" }, "Agent " + id);
    this.top = h("div");
    this.curve = h("div");
    this.facts = h("div");
    this.acts = h("div");
    this.lines = h("div");
    this.log = h("div");
    fresh(
      main,
      h("p", { class: "crumb" }, to("agents", null, "Agents")),
      this.title,
      this.top,
      h(
        "div",
        { class: "sheets" },
        sheet("Balance over time", "s8", this.curve),
        sheet("Who it is", "s4", this.facts),
        sheet("Its last lines in the books", "s8", this.lines),
        sheet("What it does", "s4", this.acts),
        sheet("Its log", "", this.log),
      ),
    );
  }

  async load(unit) {
    const { id } = this;
    await this.part(this.top, async () => {
      this.agent = await ask("agent", { id });
      this.draw(unit);
    });
    await this.part(this.curve, async () => {
      this.past = await ask("history", { account: id });
      const open = this.curve.querySelector("details[open]") !== null;
      place(this.curve, curve(this.past, id));
      const details = this.curve.querySelector("details");
      if (details) details.open = open;
      if (this.agent) this.draw(unit);
    });
    await this.part(this.lines, async () => {
      const found = await ask("transfers", { account: "agent:" + id, limit: 12 });
      const table = lineTable("Its last lines", "agent:" + id, true);
      table.show(found.lines);
      place(
        this.lines,
        found.lines.length ? table.element : h("p", { class: "empty" }, "It has none yet."),
        h("p", { class: "say" }, lines("agent:" + id, null, "All its lines")),
      );
    });
    await this.part(this.log, async () => {
      if (!this.agent) return;
      const last = BigInt(this.agent.log_line);
      const items = await ask("logs", { id, after: last > 60n ? last - 60n : 0n, limit: 60 });
      place(this.log, log(items));
    });
  }

  /** One part of the view may fail and leave the others. */
  async part(element, load) {
    try {
      if (!this.stopped) await load();
    } catch (error) {
      place(element, wrong(error));
    }
  }

  /** What a person would do about it. */
  next() {
    const { agent } = this;
    if (stateOf(agent) === "dry")
      return [": ", h("code", { class: "next" }, `serai agent fund ${agent.id} AMOUNT`)];
    return agent.state === "frozen"
      ? [": ", h("code", { class: "next" }, "serai agent thaw " + agent.id)]
      : null;
  }

  draw(unit) {
    const { agent } = this;
    place(
      this.title,
      agent.name + " ",
      h("span", { class: "soft" }, agent.id + " "),
      h("small", {}, stateText(agent)),
    );
    place(
      this.top,
      headsOf(agent, this.past, unit),
      h("p", { class: "say warn" }, agent.reason, this.next()),
    );
    place(this.facts, identity(agent));
    place(this.acts, does(agent));
  }
}

export function agent(main, query, id) {
  let timer = null,
    now = null;
  const view = new Agent(main, id);
  const load = async () => {
    if (view.loading) return;
    view.loading = true;
    await view.load(now.currency);
    view.loading = false;
  };
  return {
    title: "Agent " + id,
    now: (figures) => {
      const begins = now === null;
      now = figures;
      if (!begins) return;
      load();
      timer = setInterval(load, 5000);
    },
    stop: () => {
      clearInterval(timer);
      view.stopped = true;
    },
  };
}
