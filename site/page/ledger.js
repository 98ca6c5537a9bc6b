// Lines of the journal: what every figure is made of.

import { h, to, fresh, place, put, heads, Table } from "./dom.js";
import { nanos, money, count, when } from "./figures.js";
import { ask, account, pages, wrong } from "./books.js";

const short = (row) =>
  to("ledger", { from: row.frame, to: row.frame }, `${row.frame}:${row.event}:${row.line}`);

/** The columns of lines; `own` is the account whose lines they are, "" for none. */
export function lineTable(caption, own, quiet) {
  const sign = (row) => {
    const amount = nanos(row.amount);
    return own && row.debit === own ? money(-amount) : money(amount);
  };
  return new Table(
    caption,
    [
      {
        title: "Why",
        head: true,
        cell: (row) => to("ledger", { account: own, code: row.code }, row.code),
      },
      { title: "Amount", n: true, cell: sign },
      ...(own
        ? [
            {
              title: "With",
              cell: (row) =>
                row.debit === own ? ["to ", account(row.credit)] : ["from ", account(row.debit)],
            },
          ]
        : [
            { title: "From", label: "from", cell: (row) => account(row.debit) },
            { title: "To", label: "to", cell: (row) => account(row.credit) },
          ]),
      ...(quiet
        ? []
        : [
            {
              title: "Caused by",
              label: "by",
              cell: (row) => (row.subject === "0" ? row.kind : `${row.kind} of ${row.subject}`),
            },
            {
              title: "Quantity",
              n: true,
              off: true,
              cell: (row) => (row.quantity === "0" ? "" : count(row.quantity)),
            },
          ]),
      { title: "Time", n: true, cell: (row) => when(row.wall_us) },
      { title: "Line", n: true, label: "line", cell: short },
    ],
    { quiet },
  );
}

function totals(found) {
  const [credits, debits] = [nanos(found.credits), nanos(found.debits)];
  return heads([
    ["Credits", money(credits), "what came to it"],
    ["Debits", money(debits), "what left it"],
    ["Balance", money(credits - debits), "credits less debits, which its lines add up to"],
    [
      "State",
      found.closed ? "closed" : "open",
      found.customer === "0" ? "the site's own" : "of customer " + found.customer,
    ],
  ]);
}

/** Agents and customers by name, for who does not know a number. */
async function numberOf(text) {
  const found = [];
  const take = (kind, key) => (items) =>
    items.forEach((item) => {
      if (item.name === text) found.push(`${kind}:${item[key]}`);
    });
  await pages("customers", "account", take("customer", "account"), () => found.length > 0);
  await pages("agents", "id", take("agent", "id"), () => found.length > 0);
  return found[0];
}

function field(id, label, kind, attributes) {
  const input = h("input", { id, name: id, autocomplete: "off", ...attributes });
  return [h("div", { class: kind }, h("label", { for: id }, label), input), input];
}

class Search {
  constructor(query, words) {
    this.query = query;
    const names = h(
      "datalist",
      { id: "names" },
      words.accounts.map((name) => h("option", { value: name })),
      ["revenue", "held", "deposit"].map((name) => h("option", { value: name })),
    );
    const [box, name] = field("account", "Account, agent or customer", "grow", {
      list: "names",
      value: query.account || "",
      placeholder: "all",
    });
    this.code = h(
      "select",
      { id: "code" },
      h("option", { value: "" }, "any reason"),
      words.codes.map((code) => h("option", { value: code, selected: code === query.code }, code)),
    );
    const number = { inputmode: "numeric", pattern: "[0-9]*" };
    const [fromBox, from] = field("from", "From frame", "short", {
      ...number,
      value: query.from || "",
    });
    const [toBox, until] = field("to", "To frame", "short", {
      ...number,
      value: query.to || "",
    });
    Object.assign(this, { name, from, until });
    this.element = h(
      "form",
      { class: "form", onsubmit: (event) => this.go(event) },
      box,
      names,
      h("div", { class: "grow" }, h("label", { for: "code" }, "Reason"), this.code),
      fromBox,
      toBox,
      h("button", { class: "press main", type: "submit" }, "Show lines"),
    );
  }

  go(event) {
    event.preventDefault();
    const query = {
      account: this.name.value.trim(),
      code: this.code.value,
      from: this.from.value.trim(),
      to: this.until.value.trim(),
    };
    const given = Object.entries(query).filter(([, value]) => value !== "");
    location.hash = "#/ledger" + (given.length ? "?" + new URLSearchParams(given) : "");
  }
}

class Lines {
  constructor(query) {
    this.query = query;
    this.own = /^(revenue|held|deposit)?$/.test(query.account || "") ? "" : query.account;
    this.sum = h("div");
    this.body = h("div");
    this.said = h("p", { class: "soft", role: "status" });
    this.more = h(
      "button",
      { class: "press", type: "button", onclick: () => this.load() },
      "Earlier lines",
    );
    this.more.hidden = true;
    this.found = 0;
    this.element = h(
      "div",
      {},
      this.sum,
      h("div", { class: "sheet" }, this.body, h("div", { class: "pages" }, this.more, this.said)),
    );
  }

  /** Ask until a page is full: a search far back takes several answers. */
  async load() {
    this.more.hidden = true;
    const goal = this.found + 50;
    try {
      do {
        const answer = await ask("transfers", {
          ...this.query,
          account: this.query.account,
          before: this.next,
          limit: Math.min(200, goal - this.found),
        });
        if (this.stopped) return;
        this.take(answer);
      } while (this.next && this.found < goal);
      if (this.found === 0)
        place(this.body, h("p", { class: "empty" }, "No line of the books is like that."));
    } catch (error) {
      await this.failed(error);
    }
    this.more.hidden = !this.next;
  }

  take(answer) {
    if (!this.table) {
      this.own = answer.account ? answer.account.name : this.own;
      this.table = lineTable("Lines of the journal, the latest first", this.own);
      fresh(this.body, this.table.element);
      if (answer.account) place(this.sum, totals(answer.account));
    }
    this.table.add(answer.lines);
    this.found += answer.lines.length;
    this.next = answer.next;
    const to = this.next ? this.next.split(":")[0] : this.query.from || "1";
    put(
      this.said,
      `${this.found} lines, back to frame ${count(to)} of ${count(answer.last_frame)}`,
    );
  }

  async failed(error) {
    if (!this.query.account || /^[\d]|:/.test(this.query.account)) {
      place(this.body, wrong(error));
      return;
    }
    put(this.said, "looking for that name");
    const number = await numberOf(this.query.account).catch(() => undefined);
    if (this.stopped) return;
    put(this.said, "");
    if (number)
      location.replace("#/ledger?" + new URLSearchParams({ ...this.query, account: number }));
    else place(this.body, wrong(error));
  }
}

let words = null;

export function ledger(main, query) {
  const top = h("div"),
    found = new Lines(query);
  fresh(
    main,
    h(
      "h1",
      { tabindex: "-1" },
      "Ledger",
      query.account ? h("span", { class: "soft" }, " of " + query.account) : null,
    ),
    top,
    found.element,
  );
  const draw = () => fresh(top, new Search(query, words).element);
  if (words) draw();
  else
    ask("words").then(
      (answer) => {
        words = answer;
        draw();
      },
      (error) => place(top, wrong(error)),
    );
  found.load();
  return {
    title: "Ledger" + (query.account ? " of " + query.account : ""),
    stop: () => {
      found.stopped = true;
    },
  };
}
