// Customers: what each has, and how much of what it may hold it does hold.

import { h, to, fresh, place, put, sheet, list, heads, bar, Table } from "./dom.js";
import { nanos, money, count, some, bytes, short } from "./figures.js";
import { ask, pages, lines, state, wrong } from "./books.js";

const MOST = 4096; // rows of the list

const stateOf = (one) =>
  state(one.state || "active", one.state === "suspended" ? "paused" : "running");

const customerTable = () =>
  new Table(
    "Customers of this site",
    [
      {
        title: "Name",
        head: true,
        cell: (row) => [
          to("customer/" + row.account, null, row.name),
          h("span", { class: "soft" }, ` ${row.account}${row.operator ? ", the operator" : ""}`),
        ],
      },
      { title: "State", cell: stateOf },
      { title: "Key", off: true, cell: (row) => short(row.key) },
      { title: "Share of time", n: true, off: true, cell: (row) => row.share },
      {
        title: "Agents",
        n: true,
        label: "agents",
        cell: (row) => to("agents", { customer: row.account }, count(row.agents)),
      },
      {
        title: "Balance",
        n: true,
        cell: (row) => lines("customer:" + row.account, null, money(nanos(row.balance))),
      },
    ],
    { quiet: true },
  );

export function customers(main) {
  const table = customerTable();
  const said = h("p", { class: "soft", role: "status" });
  let stopped = false;
  let all = 0;
  fresh(
    main,
    h("h1", { tabindex: "-1" }, "Customers"),
    h("div", { class: "sheet" }, table.element, h("div", { class: "pages" }, said)),
  );
  const take = (items) => {
    table.add(items);
    all += items.length;
    put(said, some(all, "customer"));
  };
  pages("customers", "account", take, () => stopped || all >= MOST).catch((error) =>
    place(said, wrong(error)),
  );
  return {
    title: "Customers",
    stop: () => {
      stopped = true;
    },
  };
}

/* ---- one customer ---- */

const sizeOf = (row, text) => (row.key.includes("bytes") ? bytes(text) : count(text));

/** 0 stands for no bound. */
const isBound = (row) => row.max !== "0";

const partOf = (row) => (isBound(row) ? Number(row.used) / Number(row.max) : 0);

const level = (row) => (partOf(row) >= 0.95 ? "over" : partOf(row) >= 0.8 ? "near" : "");

const quotaTable = () =>
  new Table(
    "What it holds, and the most that it may hold",
    [
      {
        title: "Bound",
        head: true,
        cell: (row) => row.key.replace(/_max$/, "").replaceAll("_", " "),
      },
      { title: "Used", wide: true, off: true, cell: (row) => bar(partOf(row), level(row)) },
      { title: "Holds", n: true, label: "holds", cell: (row) => sizeOf(row, row.used) },
      {
        title: "Most",
        n: true,
        label: "of",
        cell: (row) => (isBound(row) ? sizeOf(row, row.max) : "no bound"),
      },
      { title: "From", off: true, cell: (row) => (row.own ? "its own" : "the price book") },
    ],
    { quiet: true },
  );

export function customer(main, query, id) {
  const title = h("h1", { tabindex: "-1" }, "Customer " + id);
  const top = h("div");
  const body = h("div", { class: "sheets" });
  let unit = "";
  fresh(main, h("p", { class: "crumb" }, to("customers", null, "Customers")), title, top, body);
  const draw = (one) => {
    const table = quotaTable();
    table.show(one.quotas);
    place(
      title,
      one.name + " ",
      h("span", { class: "soft" }, id + " "),
      h("small", {}, stateOf(one)),
    );
    place(
      top,
      heads([
        [
          "Balance",
          lines("customer:" + id, null, money(nanos(one.balance), unit)),
          "of its own account",
        ],
        ["Agents", to("agents", { customer: id }, count(one.agents)), "that it pays for"],
        ["Share of time", one.share, "as against others"],
        [
          "In the books",
          lines("customer:" + id, null, "its lines"),
          [
            lines("customer:" + id, { code: "money in" }, "money in"),
            ", ",
            lines("customer:" + id, { code: "endowment" }, "endowments"),
          ],
        ],
      ]),
    );
    place(
      body,
      sheet("What it may hold", "s8", table.element),
      sheet(
        "Who it is",
        "s4",
        list([
          ["number", id],
          ["key", short(one.key)],
        ]),
      ),
    );
  };
  const load = () => ask("customer", { id }).then(draw, (error) => place(top, wrong(error)));
  const timer = setInterval(load, 10000);
  return {
    title: "Customer " + id,
    now: (figures) => {
      if (unit) return;
      unit = figures.currency;
      load();
    },
    stop: () => clearInterval(timer),
  };
}
