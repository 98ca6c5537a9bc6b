// Elements, made of tags and text.  Whatever came from elsewhere enters as text: nothing in the
// page reads text as HTML, and links lead only to views of this page.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A link to a view of this page: its path, and what it is asked for. */
export function to(path, query, ...children) {
  const parameters = new URLSearchParams(query || {}).toString();
  return h("a", { href: "#/" + path + (parameters ? "?" + parameters : "") }, ...children);
}

/** Put the text there unless it stands there already, so that nothing is read out again. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Begin anew with these elements. */
export const fresh = (element, ...children) =>
  element.replaceChildren(...children.flat(Infinity).filter(Boolean));

function changeAttributes(old, now) {
  for (const { name } of [...old.attributes])
    if (!now.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of now.attributes)
    if (name === "style") old.style.cssText = value; /* as an attribute the policy refuses it */
    else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

/** Change only what differs: what has the focus, is selected or is being pressed stays. */
function changeTo(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeName !== now.nodeName) {
    old.replaceWith(now);
  } else if (old.nodeType === Node.TEXT_NODE) {
    old.data = now.data;
  } else {
    changeAttributes(old, now);
    changeChildren(old, [...now.childNodes]);
  }
}

function changeChildren(element, children) {
  const olds = [...element.childNodes];
  children.forEach((child, i) =>
    i < olds.length ? changeTo(olds[i], child) : element.append(child),
  );
  olds.slice(children.length).forEach((old) => old.remove());
}

/** Show these in the place of what is in it.  They have no listeners: an old element may stay. */
export const place = (element, ...children) =>
  changeChildren(
    element,
    children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined)
      .map((child) => (typeof child === "string" ? document.createTextNode(child) : child)),
  );

export const sheet = (title, width, ...children) =>
  h("section", { class: "sheet " + width }, h("h2", {}, title), ...children);

/** The row of figures at the head of a view: [name, figure, note] triples. */
export const heads = (triples) =>
  h(
    "dl",
    { class: "heads" },
    triples.map(([name, figure, note]) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, figure), h("dd", { class: "note" }, note)),
    ),
  );

/** Terms and what stands for each: [term, value] pairs. */
export const list = (pairs, kind) =>
  h(
    "dl",
    { class: "list " + (kind || "") },
    pairs
      .filter((pair) => pair && pair[1] !== null && pair[1] !== undefined)
      .map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]),
  );

/** A part of a whole, 0 to 1; the figures that it shows stand beside it. */
export function bar(part, level) {
  const inner = h("span");
  inner.style.width = Math.max(0, Math.min(1, part)) * 100 + "%";
  return h("span", { class: "bar " + (level || ""), "aria-hidden": "true" }, inner);
}

/**
 * A table.  A column has: title, cell(row) -> text or element, and if it has them, n (a number: to
 * the right), head (names the row), sort(row) -> what it sorts by, off (left out on a phone), label
 * (before the cell on a phone), wide.
 */
export class Table {
  constructor(caption, columns, options) {
    this.columns = columns;
    this.options = options || {};
    this.sort = this.options.sort || null;
    this.body = h("tbody", { role: "rowgroup" });
    this.heads = columns.map((column) => this.head(column));
    this.element = h(
      "table",
      { class: "table rows", role: "table" },
      h("caption", { class: this.options.quiet ? "hidden" : null }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, this.heads)),
      this.body,
    );
  }

  head(column) {
    const attributes = { scope: "col", class: column.n ? "n" : null, role: "columnheader" };
    if (!column.sort) return h("th", attributes, column.title);
    return h(
      "th",
      attributes,
      h("button", { type: "button", onclick: () => this.by(column) }, column.title),
    );
  }

  by(column) {
    const down = this.sort && this.sort.column === column ? !this.sort.down : Boolean(column.n);
    this.sort = { column, down };
    this.options.changed();
  }

  ordered(rows) {
    this.columns.forEach((column, i) => {
      if (!this.sort || this.sort.column !== column) this.heads[i].removeAttribute("aria-sort");
      else this.heads[i].setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
    });
    if (!this.sort) return rows;
    const { column, down } = this.sort;
    const keyed = rows.map((row) => [column.sort(row), row]);
    const order = down ? -1 : 1;
    keyed.sort(([a], [b]) => (a < b ? -order : a > b ? order : 0));
    return keyed.map(([, row]) => row);
  }

  row(row) {
    return h(
      "tr",
      { role: "row" },
      this.columns.map((column) => {
        const name = [column.n && "n", column.wide && "wide", column.off && "off"]
          .filter(Boolean)
          .join(" ");
        const attributes = { class: name || null, "data-label": column.label };
        return column.head
          ? h("th", { ...attributes, scope: "row", role: "rowheader" }, column.cell(row))
          : h("td", { ...attributes, role: "cell" }, column.cell(row));
      }),
    );
  }

  show(rows) {
    place(
      this.body,
      rows.map((row) => this.row(row)),
    );
  }

  add(rows) {
    this.body.append(...rows.map((row) => this.row(row)));
  }
}

/** Points [x, y] of numbers as steps: a balance stays until a line moves it. */
export function steps(points) {
  if (points.length < 2) return null;
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(0, ...ys), Math.max(...ys)];
  const x = (value) => (right > left ? ((value - left) / (right - left)) * 1000 : 0).toFixed(1);
  const y = (value) => (high > low ? 300 - ((value - low) / (high - low)) * 300 : 150).toFixed(1);
  let path = `M${x(xs[0])},${y(ys[0])}`;
  for (let i = 1; i < points.length; i++) path += `H${x(xs[i])}V${y(ys[i])}`;
  return s(
    "svg",
    {
      class: "curve",
      viewBox: "0 0 1000 300",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    s("path", { class: "area", d: path + `V${y(low)}H${x(xs[0])}Z` }),
    s("path", { class: "rule", d: "M0,0H1000M0,150H1000M0,300H1000" }),
    s("path", { class: "line", d: path }),
  );
}

/** The last values of something, without a scale: beside the figure itself. */
export function spark(values) {
  const high = Math.max(1e-9, ...values);
  const x = (i) => ((i / Math.max(1, values.length - 1)) * 200).toFixed(1);
  const y = (value) => (38 - (value / high) * 36).toFixed(1);
  return s(
    "svg",
    { class: "spark", viewBox: "0 0 200 40", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("polyline", { points: values.map((value, i) => `${x(i)},${y(value)}`).join(" ") }),
  );
}
