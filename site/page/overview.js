// The first view: money, then work, agents, disk and links.

import { h, to, fresh, place, put, sheet, list, bar, spark, Table } from "./dom.js";
import { nanos, exact, money, hourly, rate, count, some, bytes, clock, span } from "./figures.js";
import { ask, lines, state, wrong } from "./books.js";

// The numbers that the site's accounts of revenue have.
const REVENUE_FIRST = 16;
const REVENUE_LAST = 47;

const holds = (account) => nanos(account.credits) - nanos(account.debits);

/** A figure of the row at the top: what it is, the figure, and a word on it. */
function head(name, lead) {
  const figure = h("dd", {});
  const note = h("dd", { class: "note" }, lead || "");
  return { element: h("div", {}, h("dt", {}, name), figure, note), figure, note };
}

class Money {
  constructor() {
    this.revenue = head("Revenue");
    this.pace = head("Burn", "is measured");
    this.owed = head("Liabilities");
    this.bound = head("Held and deposited");
    this.table = new Table(
      "Revenue by resource, since the site began",
      [
        {
          title: "Resource",
          head: true,
          cell: (row) => lines(row.name, null, row.name.slice(8)),
        },
        { title: "Share", wide: true, off: true, cell: (row) => bar(row.part) },
        { title: "An hour", n: true, label: "an hour", cell: (row) => row.pace },
        {
          title: "Revenue",
          n: true,
          cell: (row) => lines(row.name, null, money(row.amount)),
        },
      ],
      { quiet: true },
    );
    this.heads = h(
      "dl",
      { class: "heads" },
      [this.revenue, this.pace, this.owed, this.bound].map((part) => part.element),
    );
    this.earned = new Map();
    this.us = 0n;
  }

  /** What each revenue account took in over the last minutes, out of the journal. */
  measured(burn) {
    this.us = BigInt(burn.span_us);
    this.earned = new Map(
      burn.accounts.map((one) => [one.id, nanos(one.earned) - nanos(one.used)]),
    );
    this.frames = [burn.first_frame, burn.last_frame];
  }

  now(now) {
    const unit = now.currency;
    const revenue = now.accounts.filter((one) => one.name.startsWith("revenue:"));
    const amounts = revenue.map(holds);
    const sum = amounts.reduce((a, b) => a + b, 0n);
    const most = amounts.reduce((a, b) => (a > b ? a : b), 1n);
    place(this.revenue.figure, to("ledger", { account: "revenue" }, money(sum, unit)));
    put(this.revenue.note, `since the site began, ${count(now.turns)} turns`);
    this.shown = revenue
      .map((one, i) => ({
        name: one.name,
        amount: amounts[i],
        part: Number((amounts[i] * 1000n) / most) / 1000,
        pace: this.us > 0n ? rate(hourly(this.earned.get(one.id) ?? 0n, this.us)) : "",
      }))
      .sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0));
    this.table.show(this.shown);
    this.rate(unit);
    const brought = now.accounts.filter((one) => one.name === "treasury").map(holds)[0] ?? 0n;
    place(this.owed.figure, to("customers", null, money(nanos(now.liabilities), unit)));
    place(
      this.owed.note,
      "owed to customers and agents; ",
      lines("treasury", null, "brought in"),
      " " + exact(-brought),
    );
    this.held(now, unit);
  }

  rate(unit) {
    if (this.us === 0n) return;
    const all = [...this.earned.values()].reduce((a, b) => a + b, 0n);
    place(
      this.pace.figure,
      to(
        "ledger",
        { account: "revenue", from: this.frames[0], to: this.frames[1] },
        rate(hourly(all, this.us), unit + " an hour"),
      ),
    );
    put(this.pace.note, `what agents pay the site, over the last ${span(Number(this.us) / 1e6)}`);
  }

  held(now, unit) {
    const sum = (kind) =>
      now.accounts
        .filter((one) => one.name.startsWith(kind + ":"))
        .map(holds)
        .reduce((a, b) => a + b, 0n);
    const [held, deposit] = [sum("held"), sum("deposit")];
    place(this.bound.figure, money(held + deposit, unit));
    place(
      this.bound.note,
      to("ledger", { account: "held" }, "between owners"),
      " " + exact(held),
      ", ",
      to("ledger", { account: "deposit" }, "deposits"),
      " " + exact(deposit),
    );
  }
}

class Work {
  constructor() {
    this.figures = h("div", {});
    this.curve = h("div", {});
    this.element = sheet("Turns", "", this.figures, this.curve);
    this.paces = [];
  }

  now(now) {
    const at = performance.now();
    if (this.last && at > this.last.at + 200) {
      const seconds = (at - this.last.at) / 1000;
      const pace = (field) => Number(BigInt(now[field]) - BigInt(this.last.now[field])) / seconds;
      this.paces = [...this.paces.slice(-119), pace("turns")];
      this.frames = pace("frame");
    }
    if (!this.last || at > this.last.at + 200) this.last = { at, now };
    const pace = this.paces.length ? this.paces[this.paces.length - 1] : null;
    place(
      this.figures,
      list([
        ["turns a second", pace === null ? "…" : pace.toFixed(pace < 10 ? 1 : 0)],
        ["frames a second", this.frames === undefined ? "…" : this.frames.toFixed(1)],
        ["undone, of all turns", `${count(now.traps)} of ${count(now.turns)}`],
        ["births", to("ledger", { code: "birth fee" }, count(now.births))],
        ["ready to run now", count(now.agents.ready)],
        ["messages in inboxes", count(now.survey.inbox_messages)],
      ]),
    );
    if (this.paces.length > 1) place(this.curve, spark(this.paces));
  }
}

const STATES = [
  ["running", "running"],
  ["dry", "dry"],
  ["frozen_by_site", "frozen by the site"],
  ["frozen_by_customer", "frozen by its customer"],
  ["frozen_by_leash", "frozen by a leash"],
];

function agents(now) {
  const all = Number(now.agents.all);
  return [
    list([
      ["all", to("agents", null, count(all))],
      ...STATES.filter(([key]) => key === "running" || now.agents[key] !== "0").map(
        ([key, word]) => [
          word,
          to(
            "agents",
            { state: key === "running" ? "running" : key === "dry" ? "dry" : "frozen" },
            count(now.agents[key]),
          ),
        ],
      ),
      ["dry within an hour, by rent", count(now.survey.dry_in_hour)],
      ["dry within a day, by rent", count(now.survey.dry_in_day)],
      ["memory", bytes(now.survey.memory_bytes)],
      ["buffers", bytes(now.survey.buffer_bytes)],
      ["customers", to("customers", null, count(now.customers))],
      ["ends of channels", count(now.channel_ends)],
    ]),
  ];
}

function disk(now) {
  const [free, total] = [Number(now.disk.free_bytes), Number(now.disk.total_bytes)];
  const level =
    free < Number(now.disk.full_bytes) ? "over" : free < Number(now.disk.low_bytes) ? "near" : "";
  return [
    h(
      "p",
      { class: "pair" },
      h("span", {}, bytes(free) + " free"),
      h("span", { class: "soft" }, "of " + bytes(total)),
    ),
    bar(total ? 1 - free / total : 0, level),
    list([
      ["warns below", bytes(now.disk.low_bytes)],
      ["takes no agents below", bytes(now.disk.full_bytes)],
      ["drained", now.drained ? "yes: no turn runs" : "no"],
      ["last frame", to("ledger", { to: now.frame }, count(now.frame))],
      ["closed at", clock(now.frame_wall_us, true)],
    ]),
  ];
}

const linkTable = () =>
  new Table(
    "Links",
    [
      {
        title: "Link",
        head: true,
        cell: (row) => to("link/" + encodeURIComponent(row.name), null, row.name),
      },
      { title: "State", cell: (row) => state(row.state) },
      {
        title: "We owe",
        n: true,
        label: "we owe",
        cell: (row) => lines(`link:${row.interface}:out`, null, money(nanos(row.we_owe))),
      },
      {
        title: "It owes",
        n: true,
        label: "it owes",
        cell: (row) => lines(`link:${row.interface}:in`, null, money(nanos(row.it_owes))),
      },
    ],
    { quiet: true },
  );

/** Attention: what a person should look at, in words. */
function notices(now) {
  const said = [];
  if (now.phase !== "serving") said.push(`The site is ${now.phase}.`);
  if (now.drained) said.push("The site is drained: no turn runs and nothing is born.");
  if (Number(now.disk.free_bytes) < Number(now.disk.low_bytes)) said.push("The disk fills.");
  for (const link of now.links)
    if (link.state !== "up") said.push(`Link ${link.name} is ${link.state}.`);
  if (now.agents.dry !== "0") said.push(`${some(now.agents.dry, "agent")} ran dry.`);
  return said;
}

export function overview(main) {
  const [cash, work, table] = [new Money(), new Work(), linkTable()];
  const crowd = sheet("Agents", "s7"),
    store = sheet("Disk and books", "s5");
  const crowdBody = h("div"),
    storeBody = h("div"),
    notice = h("div", { class: "notice" });
  const roads = sheet("Links", ""),
    roadsBody = h("div", {}, table.element);
  crowd.append(crowdBody);
  store.append(storeBody);
  roads.append(roadsBody);
  fresh(
    main,
    h("h1", { tabindex: "-1" }, "Overview"),
    cash.heads,
    notice,
    h(
      "div",
      { class: "sheets" },
      sheet("Revenue by resource", "s7", cash.table.element),
      h("div", { class: "column s5" }, roads, work.element),
      crowd,
      store,
    ),
  );
  let last = null;
  const show = (now) => {
    last = now;
    cash.now(now);
    work.now(now);
    place(crowdBody, agents(now));
    place(storeBody, disk(now));
    put(notice, notices(now).slice(0, 4).join(" "));
    if (now.links.length) table.show(now.links.slice(0, 12));
    else fresh(roadsBody, h("p", { class: "empty" }, "This site has no links."));
  };
  const measure = async () => {
    try {
      cash.measured(await ask("burn", { from: REVENUE_FIRST, to: REVENUE_LAST }));
      if (last) cash.now(last);
    } catch (error) {
      place(cash.pace.note, wrong(error));
    }
  };
  measure();
  const timer = setInterval(measure, 15000);
  return { title: "Overview", now: show, stop: () => clearInterval(timer) };
}
