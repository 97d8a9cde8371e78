// A person at the page, in a real browser: logs in, finds what is wrong, looks at it, syncs it, by the keyboard where that
// is possible. Ends with a message and a status other than 0 where something is not as it should be.
//
//   node walk.js ORIGIN APPLICATION SCREENSHOTS <TOKENS
//
// APPLICATION is OutOfSync until it is synced. On the first line of the input is the token of somebody who may sync, on
// the second that of somebody who may only look. HOLDFAST_BROWSER is what tests/browser/build prints.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.HOLDFAST_BROWSER, "package.json"));
const { chromium } = require("playwright-core");
const [origin, application, screenshots] = process.argv.slice(2);
const [deployer, viewer] = readFileSync(0, "utf8").trim().split("\n");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const patience = 20_000;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

const complaints = [];

async function open(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("pageerror", (why) => complaints.push(`a script failed: ${why}`));
  page.on("console", (said) => {
    // What is refused on purpose is in the console, too.
    if (said.type() === "error" && !/status of 401/.test(said.text())) complaints.push(`the console says: ${said.text()}`);
  });
  page.on("request", (one) => {
    if (!one.url().startsWith(origin) && !one.url().startsWith("data:")) complaints.push(`asked elsewhere: ${one.url()}`);
  });
  return page;
}

// axe needs to be brought in past the page's own policy, which takes no script but the page's.
async function isAccessible(page, what) {
  await page.screenshot({ path: join(screenshots, `${what}.png`), fullPage: true });
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const one of found.violations.filter((v) => ["serious", "critical"].includes(v.impact))) {
    complaints.push(`${what}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  }
}

async function logIn(page, token) {
  await page.goto(origin);
  await page.getByLabel("Kubernetes token").fill(token);
  await page.keyboard.press("Enter");
}

const link = (page) => page.getByRole("link", { name: application, exact: true });

try {
  // Who has no token sees nothing; who has one begins where it is wrong.
  const page = await open();
  await logIn(page, "made-up");
  await page.getByText("does not take this token").waitFor();
  await isAccessible(page, "login");
  await logIn(page, deployer);
  await link(page).waitFor();
  await isAccessible(page, "list");

  // Search by the keyboard; the address has it.
  await page.keyboard.press("/");
  await page.keyboard.type("no-such-application");
  await page.getByText("None is like this.").waitFor();
  assert.match(page.url(), /q=no-such-application/);
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(application);
  await link(page).waitFor();
  await page.reload();
  await link(page).waitFor();
  assert.equal(await page.getByLabel("Search applications").inputValue(), application);
  await page.keyboard.press("Escape");

  // The sheet of keys.
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await isAccessible(page, "keys");
  await page.keyboard.press("Escape");

  // Look at it, and sync it.
  await link(page).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: application, level: 1 }).waitFor();
  await page.getByRole("treegrid").waitFor();
  await isAccessible(page, "application");
  const states = page.locator(".states").first();
  assert.match(await states.innerText(), /OutOfSync/);
  const rows = page.getByRole("treegrid").getByRole("row");
  const shown = await rows.count();
  await rows.nth(1).focus();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((before) => document.querySelectorAll("[role=treegrid] tr").length < before, shown);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => document.querySelectorAll("[role=treegrid] tr").length === before, shown);
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-level")), "2");
  await page.keyboard.press("s");
  await page.getByRole("dialog").waitFor();
  await page.getByLabel(/^Prune/).check();
  await isAccessible(page, "sync");
  await page.getByRole("dialog").getByRole("button", { name: "Sync" }).press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // Nothing is loaded again: it is told.
  await states.getByText("Synced", { exact: false }).filter({ hasNotText: "OutOfSync" }).first().waitFor();
  await page.getByRole("heading", { name: "History" }).waitFor();
  await page.keyboard.press("Escape");
  await link(page).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Kubernetes token").waitFor();

  // On a phone, in the dark, by somebody who may only look.
  const phone = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await logIn(phone, viewer);
  await link(phone).waitFor();
  await isAccessible(phone, "list-phone-dark");
  await link(phone).click();
  const sync = phone.getByRole("button", { name: /^Sync/ });
  await sync.waitFor();
  assert.equal(await sync.getAttribute("aria-disabled"), "true");
  assert.match(await phone.locator(`#${await sync.getAttribute("aria-describedby")}`).innerText(), /lack the right to patch/);
  await isAccessible(phone, "application-phone-dark");
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "360 px are not enough");
  assert.deepEqual(complaints, []);
} catch (why) {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      console.error(`${page.url()} shows:\n${await page.locator("body").innerText()}\n${complaints.join("\n")}`);
    }
  }
  throw why;
} finally {
  await browser.close();
}
