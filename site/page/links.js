// Links, both ways; and prices, which need no module of their own.

import { h, to, fresh, place, put, sheet, list, bar, Table } from "./dom.js";
import { nanos, money, count, some, bytes, span, short } from "./figures.js";
import { ask, lines, state, wrong } from "./books.js";

const out = (link) => `link:${link.interface}:out`;
const into = (link) => `link:${link.interface}:in`;

/** One direction of debt: how much of its limit is used. */
function debt(words, amount, limit, unit, account) {
  const part = limit > 0n ? Number((amount * 10000n) / limit) / 10000 : 0;
  return [
    h(
      "p",
      { class: "pair" },
      h("span", {}, words + " ", lines(account, null, money(amount, unit))),
      h(
        "span",
        { class: "soft nowrap" },
        limit > 0n ? `${(part * 100).toFixed(1)} % of ` : "limit not known",
        limit > 0n ? money(limit) : null,
      ),
    ),
    bar(part, part >= 0.95 ? "over" : part >= 0.8 ? "near" : ""),
  ];
}

function card(link, unit, title) {
  return h(
    "section",
    { class: "sheet s6" },
    title,
    debt("this site owes", nanos(link.we_owe), nanos(link.peer_limit), unit, out(link)),
    debt("the peer owes", nanos(link.it_owes), nanos(link.limit), unit, into(link)),
    list([
      ["sent", lines(out(link), { code: "sent over a link" }, money(nanos(link.sent_total)))],
      [
        "received",
        lines(into(link), { code: "received over a link" }, money(nanos(link.received_total))),
      ],
      [
        "in flight",
        h(
          "span",
          {},
          money(nanos(link.in_flight)),
          ` in ${some(link.outstanding, "message")}, ${bytes(link.outstanding_bytes)}`,
        ),
      ],
      ["messages", `${count(link.sent)} out, ${count(link.received)} in`],
      [
        "lost",
        nanos(link.lost)
          ? lines(out(link), { code: "sent and lost" }, money(nanos(link.lost)))
          : null,
      ],
    ]),
  );
}

export function links(main) {
  const body = h("div", { class: "sheets" });
  fresh(main, h("h1", { tabindex: "-1" }, "Links"), body);
  return {
    title: "Links",
    now: (now) =>
      place(
        body,
        now.links.length
          ? now.links.map((link) =>
              card(
                link,
                now.currency,
                h(
                  "h2",
                  {},
                  to("link/" + encodeURIComponent(link.name), null, link.name),
                  " ",
                  state(link.state),
                ),
              ),
            )
          : h("p", { class: "empty" }, "This site has no links."),
      ),
  };
}

/* ---- one link ---- */

function forecast(link) {
  if (link.we_reach_peer_limit_in_s !== undefined)
    return `this site reaches its limit in ${span(Number(link.we_reach_peer_limit_in_s))}`;
  if (link.it_reaches_limit_in_s !== undefined)
    return `the peer reaches its limit in ${span(Number(link.it_reaches_limit_in_s))}`;
  return null;
}

const settlementTable = () =>
  new Table(
    "Settlements, the latest",
    [
      { title: "Number", head: true, cell: (row) => row.settlement },
      { title: "Payer", cell: (row) => row.payer },
      { title: "State", cell: (row) => row.state },
      { title: "By", cell: (row) => row.by, off: true },
      { title: "To do", cell: (row) => row.todo || "" },
      { title: "Amount", n: true, cell: (row) => money(nanos(row.amount)) },
    ],
    { quiet: true },
  );

function settling(link, settlements, unit) {
  const table = settlementTable();
  table.show(settlements);
  return [
    list([
      ["settles by", link.settle_by],
      ["begins at", money(nanos(link.settle_threshold), unit)],
      ["down to", money(nanos(link.settle_to), unit)],
      ["can be paid now", money(nanos(link.payable), unit)],
      [
        "paid so far",
        lines(`link:${link.interface}:settling`, null, money(nanos(link.paid_total))),
      ],
      ["got so far", lines(`link:${link.interface}:settling`, null, money(nanos(link.got_total)))],
    ]),
    settlements.length ? table.element : h("p", { class: "say" }, "Nothing was settled yet."),
  ];
}

const markTable = () =>
  new Table(
    "Checkpoints",
    [
      { title: "Name", head: true, cell: (row) => row.mark },
      {
        title: "Sent since",
        n: true,
        label: "sent since",
        cell: (row) => money(nanos(row.sent_since)),
      },
      {
        title: "Received since",
        n: true,
        label: "received since",
        cell: (row) => money(nanos(row.received_since)),
      },
    ],
    { quiet: true },
  );

function evidence(link) {
  if (link.signed_frame === undefined)
    return h("p", { class: "empty" }, "The peer has signed no statement yet.");
  return list([
    ["of its frame", count(link.signed_frame)],
    ["head of its books", short(link.signed_head)],
    ["has received", money(nanos(link.signed_received_total))],
    ["has sent", money(nanos(link.signed_sent_total))],
  ]);
}

function wire(link) {
  return list([
    ["peer", short(link.key)],
    ["endpoint", link.endpoint || "it dials us"],
    ["interface", link.interface],
    ["durability", link.durability],
    ["in this state for", span(Number(link.unchanged_s))],
    ["reason", link.reason || null],
    ["epoch", `${link.epoch} here, ${link.peer_epoch} there`],
    ["forecast", forecast(link)],
  ]);
}

export function link(main, query, name) {
  const title = h("h1", { tabindex: "-1" }, name),
    crumb = h("p", { class: "crumb" }, to("links", null, "Links"));
  const first = h("div", { class: "contents" }),
    body = h("div", { class: "contents" });
  let now = null;
  fresh(main, crumb, title, h("div", { class: "sheets" }, first, body));
  const draw = () => {
    const one = now && now.links.find((item) => item.name === name);
    if (!one) return;
    place(title, name + " ", state(one.state));
    place(first, card(one, now.currency, h("h2", {}, "Both directions")));
  };
  const load = async () => {
    try {
      const [found, settlements] = await Promise.all([
        ask("link", { name }),
        ask("settlements", { name }),
      ]);
      const marks = markTable();
      marks.show(found.marks);
      place(
        body,
        sheet("The wire", "s6", wire(found)),
        sheet("Settling", "s6", settling(found, settlements, now ? now.currency : "")),
        sheet("What the peer has signed", "s6", evidence(found)),
        sheet(
          "Checkpoints",
          "s6",
          found.marks.length
            ? marks.element
            : h(
                "p",
                { class: "empty" },
                "There is none: ",
                h("code", { class: "next" }, "serai link mark " + name + " NAME"),
                " keeps one.",
              ),
        ),
      );
    } catch (error) {
      place(body, wrong(error));
    }
  };
  load();
  const timer = setInterval(load, 10000);
  return {
    title: "Link " + name,
    now: (figures) => {
      now = figures;
      draw();
    },
    stop: () => clearInterval(timer),
  };
}

/* ---- prices ---- */

const GROUPS = {
  compute: "Computing",
  memory: "Memory",
  buffer: "Buffers",
  code: "Code",
  orders: "Orders",
  packets: "Packets",
  channels: "Channels",
  log: "Logs",
  heap: "Heap",
  birth: "Births",
  births: "Births",
  agents: "Agents",
  links: "Links",
  customer: "Customers",
};

export function prices(main) {
  const table = new Table("The price book that is in force", [
    { title: "Key", head: true, cell: (row) => h("span", { class: "mono" }, row.key) },
    { title: "Price", n: true, cell: (row) => row.price },
    { title: "Unit", cell: (row) => row.unit },
  ]);
  const said = h("p", { class: "say", role: "status" });
  const field = h("input", {
    id: "find",
    type: "search",
    autocomplete: "off",
    oninput: () => draw(),
  });
  let all = [];
  const draw = () => {
    const word = field.value.toLowerCase();
    const found = all.filter((row) =>
      `${row.key} ${row.unit} ${GROUPS[row.key.split(".")[0]] || ""}`.toLowerCase().includes(word),
    );
    table.show(found);
    put(said, word ? `${found.length} of ${all.length} keys` : `${all.length} keys`);
  };
  fresh(
    main,
    h("h1", { tabindex: "-1" }, "Prices"),
    h(
      "form",
      { class: "form", onsubmit: (event) => event.preventDefault() },
      h("div", { class: "grow" }, h("label", { for: "find" }, "Show keys with"), field),
    ),
    h("div", { class: "sheet" }, table.element, said),
  );
  ask("prices").then(
    (list) => {
      all = list;
      draw();
    },
    (error) => place(said, wrong(error)),
  );
  return { title: "Prices" };
}
