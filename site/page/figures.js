// Amounts, times and sizes as people read them.  Money is BigInt, whole nanos, from end to end.

import { h } from "./dom.js";

/** "12.345678901" as nanos. */
export const nanos = (text) => BigInt((text || "0.000000000").replace(".", ""));

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** Nanos as exact text, with nine places. */
export function exact(amount) {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(10, "0");
  return (amount < 0n ? "−" : "") + grouped(digits.slice(0, -9)) + "." + digits.slice(-9);
}

/** The same as an element in which the zeros at the end stand back. */
export function money(amount, unit) {
  const text = exact(amount);
  if (amount === 0n)
    return h(
      "span",
      { class: "nowrap zeros" },
      text,
      unit ? h("span", { class: "unit" }, " " + unit) : null,
    );
  const zeros = /\.?0*$/.exec(text)[0];
  return h(
    "span",
    { class: "nowrap" },
    text.slice(0, text.length - zeros.length),
    zeros ? h("span", { class: "zeros" }, zeros) : null,
    unit ? h("span", { class: "unit" }, " " + unit) : null,
  );
}

/** Nanos over a time, as nanos an hour. */
export const hourly = (amount, us) => (us > 0n ? (amount * 3600000000n) / us : 0n);

/** A measured rate is not exact, and four digits are enough of it. */
export function rate(amount, unit) {
  if (amount === 0n) return unit ? "0 " + unit : "0";
  const value = Number(amount) / 1e9;
  const size = Math.floor(Math.log10(Math.abs(value)));
  const [whole, part] = value.toFixed(Math.max(0, Math.min(9, 3 - size))).split(".");
  return grouped(whole.replace("-", "−")) + (part ? "." + part : "") + (unit ? " " + unit : "");
}

const SPANS = [
  [31557600, "y"],
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** Seconds in the two largest units. */
export function span(seconds) {
  if (seconds >= 3155760000) return "over 100 y";
  for (let i = 0; i < SPANS.length; i++) {
    const [size, name] = SPANS[i];
    if (seconds < size) continue;
    const whole = Math.floor(seconds / size);
    const next = SPANS[i + 1];
    const rest = next && whole < 10 ? Math.floor((seconds - whole * size) / next[0]) : 0;
    return rest ? `${whole} ${name} ${rest} ${next[1]}` : `${whole} ${name}`;
  }
  return "0 s";
}

/** How long a balance lasts, in seconds: Infinity if it does not fall. */
export function lasts(balance, used, earned, us) {
  const net = used - earned;
  if (net <= 0n) return Infinity;
  return Number((balance * us) / net) / 1e6;
}

export function runway(seconds) {
  if (seconds === Infinity) return "does not fall";
  const level = seconds < 3600 ? "bad" : seconds < 86400 ? "warn" : null;
  return level ? h("span", { class: level }, span(seconds)) : span(seconds);
}

export const count = (text) => grouped(String(text ?? 0));

/** "1 event", "2 events". */
export const some = (text, word) => `${count(text)} ${word}${String(text) === "1" ? "" : "s"}`;

export function bytes(text) {
  let value = Number(text);
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (value >= 1024 && i < units.length - 1) [value, i] = [value / 1024, i + 1];
  return `${i === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[i]}`;
}

const two = (value) => String(value).padStart(2, "0");

/** Microseconds of the calendar as local time. */
export function clock(us, short) {
  const date = new Date(Number(BigInt(us) / 1000n));
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (short && day === clockDay()) return time;
  return `${day} ${time}`;
}

function clockDay() {
  const date = new Date();
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export const when = (us) =>
  h(
    "time",
    { datetime: new Date(Number(BigInt(us) / 1000n)).toISOString(), class: "nowrap" },
    clock(us, true),
  );

/** A key or a hash: its beginning is enough to tell it, the whole is in its title. */
export const short = (hex) => h("span", { class: "mono", title: hex }, hex.slice(0, 12) + "…");
