// The page in a browser: page.js BASE OUT MODULES.  Opens each view, light, dark and on a phone;
// looks for what axe finds, for scripts of strangers, for requests to elsewhere, for errors; and
// leaves pictures in OUT.  Exits 1 with all that it found.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const [base, out, modules] = process.argv.slice(2);
const need = createRequire(path.resolve(modules, "package.json"));
const puppeteer = need("puppeteer-core");
const axe = fs.readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");

const LOOKS = {
  light: { width: 1280, height: 860, scheme: "light" },
  dark: { width: 1280, height: 860, scheme: "dark" },
  phone: { width: 360, height: 780, scheme: "light", phone: true },
  "phone-dark": { width: 360, height: 780, scheme: "dark", phone: true },
};
const HOSTILE = '<img src=x onerror="window.ran=1"><script>window.ran=2</script>"\'>{{7*7}}';
const findings = [];
let checks = 0;

function check(good, words) {
  checks++;
  if (!good) findings.push(words);
}

const settled = (page) => new Promise((done) => setTimeout(done, 700)).then(() => page);

/* ---- one page of the browser ---- */

/** `fake` maps the path of an answer of the site and its body to another body. */
async function open(browser, look, fake) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.asked = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type()) && !page.quiet)
      findings.push(`${page.name}: the console says: ${message.text()}`);
  });
  page.on("pageerror", (error) => findings.push(`${page.name}: ${error.message}`));
  page.on("dialog", (dialog) => {
    findings.push(`${page.name}: a dialog`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base + "/")) findings.push(`${page.name}: it asks ${url}`);
    if (request.method() !== "GET") findings.push(`${page.name}: it sends ${request.method()}`);
    page.asked.push(url);
  });
  await page.setViewport({
    width: look.width,
    height: look.height,
    deviceScaleFactor: 1,
    isMobile: Boolean(look.phone),
    hasTouch: Boolean(look.phone),
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: look.scheme }]);
  if (fake) await answerOtherwise(page, fake);
  return page;
}

async function answerOtherwise(page, fake) {
  await page.setRequestInterception(true);
  page.on("request", async (request) => {
    const url = new URL(request.url());
    if (!url.pathname.startsWith("/api/")) return request.continue();
    const live = url.pathname === "/api/events";
    const answer = await fetch(base + (live ? "/api/overview" : url.pathname + url.search));
    const body = JSON.stringify(fake(url, await answer.json()));
    return request
      .respond({
        status: answer.status,
        contentType: live ? "text/event-stream" : "application/json",
        body: live ? `data: ${body}\n\n` : body,
      })
      .catch(() => {});
  });
}

async function go(page, name, view) {
  page.name = name;
  await page.goto(`${base}/#/${view}`, { waitUntil: "domcontentloaded" });
  await page.reload({ waitUntil: "domcontentloaded" }); // of a hash alone nothing is loaded
  await page.waitForSelector("main h1", { timeout: 10000 });
  await settled(page);
}

/** What must hold of any view. */
async function inspect(page) {
  const seen = await page.evaluate(() => ({
    ran: window.ran,
    title: document.title,
    headings: document.querySelectorAll("h1").length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    handlers: [...document.querySelectorAll("*")]
      .flatMap((one) => one.getAttributeNames())
      .filter((name) => name.startsWith("on")),
    images: document.querySelectorAll("img, script:not([src='page.js']), iframe, object").length,
    links: [...document.querySelectorAll("a")]
      .map((one) => one.getAttribute("href"))
      .filter((href) => !href.startsWith("#/") && href !== "metrics"),
    alerts: [...document.querySelectorAll("[role=alert]")].map((one) => one.textContent),
  }));
  check(seen.ran === undefined, `${page.name}: a script of a stranger ran`);
  check(seen.handlers.length === 0, `${page.name}: handlers in attributes: ${seen.handlers}`);
  check(seen.images === 0, `${page.name}: elements that nobody made`);
  check(seen.links.length === 0, `${page.name}: links to elsewhere: ${seen.links}`);
  check(seen.title.endsWith("Serai") && seen.headings === 1, `${page.name}: title or heading`);
  check(Boolean(page.wrong) || seen.wide <= 0, `${page.name}: ${seen.wide} pixels too wide`);
  check(Boolean(page.wrong) || seen.alerts.length === 0, `${page.name}: it says: ${seen.alerts}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ["violations"] }),
  );
  check(
    violations.length === 0,
    `${page.name}: axe: ` +
      violations
        .map(
          (one) =>
            `${one.id} (${one.help}): ${one.nodes
              .slice(0, 3)
              .map((node) => node.html.slice(0, 160))
              .join(" | ")}`,
        )
        .join("; "),
  );
}

async function picture(page, name, first) {
  await page.screenshot({ path: path.join(out, name + ".png"), fullPage: !first });
}

/* ---- what is tried ---- */

async function everyView(browser, views) {
  for (const [name, look] of Object.entries(LOOKS)) {
    const page = await open(browser, look);
    for (const [view, hash] of Object.entries(views)) {
      await go(page, `${view}, ${name}`, hash);
      await inspect(page);
      if (view === "overview") await new Promise((done) => setTimeout(done, 4000)); // for its curve
      await picture(page, `${view}-${name}`);
      if (name === "phone") await picture(page, `${view}-screen`, true);
    }
    await page.close();
  }
}

async function strangers(browser, views) {
  const spoil = (value) => {
    if (typeof value === "string") return /^[\d.:]*$/.test(value) ? value : HOSTILE + value;
    if (Array.isArray(value)) return value.map(spoil);
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spoil(one)]));
    return value;
  };
  const page = await open(browser, LOOKS.light, (url, body) => spoil(body));
  page.wrong = true;
  for (const [view, hash] of Object.entries(views)) {
    await go(page, `${view}, hostile`, hash);
    const text = await page.evaluate(() => document.body.textContent);
    check(
      view === "prices" || text.includes(HOSTILE),
      `${page.name}: the hostile text is not shown`,
    );
    await inspect(page);
  }
  page.quiet = true; // it tells of the answer that is refused
  await go(page, "a hostile address", "ledger?account=" + encodeURIComponent(HOSTILE));
  await inspect(page);
  await page.close();
}

const someAgents = (count) => (url, body) => {
  if (url.pathname === "/api/burn") return { ...body, accounts: [] };
  if (url.pathname !== "/api/agents") return body;
  const after = Math.max(4095, Number(url.searchParams.get("after") || 0));
  const last = Math.min(4095 + count, after + 256);
  return Array.from({ length: Math.max(0, last - after) }, (_, i) => ({
    id: String(after + 1 + i),
    code: "ab".repeat(32),
    inbox: "0",
    name: "agent-" + (((after + 1 + i) * 7919) % 10007),
    state: i % 50 ? "running" : "frozen",
    reason: i % 50 ? "" : "by its customer",
    balance: `${(after + i) % 97}.${String(i).padStart(9, "0")}`,
    customer: "4096",
    memory_bytes: "65536",
  }));
};

async function nobody(browser) {
  const page = await open(browser, LOOKS.light, someAgents(0));
  await go(page, "no agents", "agents");
  check(
    (await page.evaluate(() => document.body.textContent)).includes("No agent lives here"),
    "a site without agents says so",
  );
  await inspect(page);
  await page.close();
}

async function tenThousand(browser) {
  const page = await open(browser, LOOKS.light, someAgents(10000));
  await go(page, "10,000 agents", "agents");
  await page.waitForFunction(
    () => document.body.textContent.includes("1 to 100 of 10,000 agents"),
    { timeout: 30000 },
  );
  check((await page.$$("tbody tr")).length === 100, "a page of the table has 100 rows");
  await page.evaluate(() =>
    [...document.querySelectorAll("thead button")]
      .find((one) => one.textContent === "Balance")
      .click(),
  );
  const sorted = await page.evaluate(() => [
    document.querySelector("[aria-sort]").ariaSort,
    document.querySelector("tbody tr").textContent.includes("96."),
  ]);
  check(sorted[0] === "descending" && sorted[1], `sorted by balance: ${sorted}`);
  await page.evaluate(() =>
    [...document.querySelectorAll(".pages button")]
      .find((one) => one.textContent === "Next")
      .click(),
  );
  check((await page.evaluate(() => document.body.textContent)).includes("101 to 200 of"), "next");
  await page.type("#name", "agent-777");
  check((await page.$$("tbody tr")).length < 100, "a filter leaves fewer");
  await inspect(page);
  await picture(page, "many-light");
  await page.close();
}

async function dryAgent(browser) {
  const page = await open(browser, LOOKS.light);
  await go(page, "dry agents", "agents?state=dry");
  const ember = () =>
    [...document.querySelectorAll("tbody a")].find((one) => one.textContent === "ember");
  await page.waitForFunction(ember, { timeout: 60000 });
  await page.evaluate(`(${ember})().click()`);
  await page.waitForFunction(() => document.body.textContent.includes("serai agent fund"));
  page.name = "a dry agent";
  await inspect(page);
  await page.close();
}

async function byKeyboard(browser) {
  const page = await open(browser, LOOKS.light);
  await go(page, "keyboard", "");
  await page.keyboard.press("Tab");
  check(await page.evaluate(() => document.activeElement.id === "skip"), "the skip link is first");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check(outline === "solid", "what has the focus is outlined");
  await page.keyboard.press("Enter");
  check(await page.evaluate(() => document.activeElement.id === "main"), "it leads to the content");
  await page.keyboard.press("Tab");
  const held = await page.evaluate(() => document.activeElement.getAttribute("href"));
  const frame = await page.$eval("#frame", (one) => one.textContent);
  await page.waitForFunction(
    (old) => document.getElementById("frame").textContent !== old,
    { timeout: 15000 },
    frame,
  ); // alive, and the focus stays where it is
  check(
    held !== null &&
      held === (await page.evaluate(() => document.activeElement.getAttribute("href"))),
    "the focus stays while figures change",
  );
  check(await page.$eval("#live", (one) => one.textContent === "live"), "it says that it is live");
  await page.keyboard.press("Enter");
  await settled(page);
  check(
    await page.evaluate(() => document.activeElement.tagName === "H1"),
    "a new view has the focus at its heading",
  );
  const streams = page.asked.filter((url) => url.endsWith("/api/events")).length;
  check(streams >= 1 && streams <= 2, `${streams} streams for two times that the page was loaded`);
  await page.close();
}

/** A figure leads to lines, and those add up to it. */
async function figuresLead(browser) {
  const page = await open(browser, LOOKS.light);
  await go(page, "a figure and its lines", "ledger?account=revenue:births");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length > 3);
  const [sum, lines] = await page.evaluate(() => {
    const nanos = (text) => BigInt(text.replace(/[^0-9]/g, ""));
    const rows = [...document.querySelectorAll("tbody tr")].map((row) => row.cells[1].textContent);
    return [
      document.querySelector(".heads > div:nth-child(3) dd").textContent,
      rows.reduce((all, text) => all + nanos(text), 0n).toString(),
    ];
  });
  check(
    sum.replace(/[^0-9]/g, "").replace(/^0+/, "") === lines,
    `lines add up to ${lines}, and the account has ${sum}`,
  );
  await page.close();
}

async function main() {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
    headless: true,
  });
  const agents = await (await fetch(base + "/api/agents")).json();
  const id = (name) => agents.find((one) => one.name === name).id;
  const views = {
    overview: "",
    agents: "agents",
    agent: "agent/" + id("candle"),
    stranger: "agent/" + id("shouter"),
    customers: "customers",
    customer: "customer/4096",
    links: "links",
    link: "link/ferry",
    prices: "prices",
    ledger: "ledger?account=revenue:compute",
    all: "ledger",
  };
  await everyView(browser, views);
  await strangers(browser, views);
  await nobody(browser);
  await tenThousand(browser);
  await dryAgent(browser);
  await byKeyboard(browser);
  await figuresLead(browser);
  await browser.close();
  for (const words of findings) process.stderr.write(words + "\n");
  process.stdout.write(
    `${checks} checks in the browser, ${findings.length} findings; pictures are in ${out}\n`,
  );
  process.exit(findings.length === 0 ? 0 : 1);
}

main().catch((error) => {
  process.stderr.write(findings.join("\n") + "\n" + error.stack + "\n");
  process.exit(1);
});
