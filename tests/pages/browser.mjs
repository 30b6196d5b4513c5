// Opens the status page in Debian's Chromium and tells what it saw. The job comes as JSON on stdin, the findings go as
// JSON to stdout. `what`: "check" looks at everything, "picture" only takes the README's pictures.
import { AXE, SCHEMES, SIZES, browser, job, judge, report, visit } from "./chromium.mjs";

// Opens the link of the status page: the first answer is a refusal, whose script or form sends what stands behind the #.
async function arrive(options) {
  const visitor = await visit(options);
  const { page, seen } = visitor;
  if (options.javaScriptEnabled === false) {
    await page.locator("#token").fill(job.link);
    await page.locator("form button").click();
  }
  await page.locator(".board").waitFor();
  const refused = seen.errors.findIndex((text) => text.includes("401"));
  if (refused >= 0) seen.errors.splice(refused, 1);
  return visitor;
}

async function look(size, scheme) {
  const { page, seen, close } = await arrive({ viewport: SIZES[size], colorScheme: scheme });
  const pages = [];
  const address = page.url();
  for (const path of job.pages) {
    await page.goto(job.origin + path);
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
    pages.push(await judge(page, `${path.split("/").slice(2).join("-")}-${size}-${scheme}`.replace(/[?&=:]+/g, "-")));
  }
  await close();
  return { size, scheme, address, pages, ...seen };
}

async function withoutScript() {
  const { page, seen, close } = await arrive({ viewport: SIZES.desktop, javaScriptEnabled: false });
  const all = await page.locator(".board .row").count();
  const title = await page.title();
  await page.locator("#tag").selectOption("team:payments");
  await page.locator("#sort").selectOption("name");
  await page.locator("form button").click();
  const names = await page.locator(".board h3").allTextContents();
  const address = page.url();
  await page.locator(".board .name").first().click();
  const heading = await page.locator("h1").textContent();
  await close();
  return { all, title, names, address, heading: heading.trim(), ...seen };
}

async function byKeyboard() {
  const { page, close } = await arrive({ viewport: SIZES.desktop });
  await page.evaluate(AXE);
  const witness = await page.evaluate(async () => {
    const unnamed = document.body.appendChild(document.createElement("button"));
    const found = await axe.run(unnamed);
    unnamed.remove();
    return found.violations.map((each) => each.id);
  });
  const stops = [];
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => {
      const { id, tagName, textContent } = document.activeElement;
      const ring = getComputedStyle(document.activeElement).outlineStyle;
      return { what: id || `${tagName.toLowerCase()} ${textContent.trim()}`, ring };
    }));
  }
  await page.locator("#sort").focus();
  await page.keyboard.type("by");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/sort=name/);
  const first = await page.locator(".board h3").first().textContent();
  await close();
  return { witness, stops, first };
}

// Somebody without a link.
async function stranger() {
  const context = await browser.newContext({ viewport: SIZES.phone });
  const page = await context.newPage();
  const answer = await page.goto(`${job.origin}/api/status`);
  const found = { status: answer.status(), ...(await judge(page, "stranger")) };
  await context.close();
  return found;
}

// Somebody who has the page open already, in whose tab the link is opened once more.
async function again() {
  const { page, seen, close } = await arrive({ viewport: SIZES.desktop });
  await page.goto(`${job.origin}/api/status/search`);
  const link = new URL(job.link);
  const arrived = page.waitForNavigation();
  await page.evaluate((hash) => { location.hash = hash; }, link.hash);
  await arrived;
  await page.locator("h1").waitFor();
  const found = { address: page.url(), heading: (await page.locator("h1").textContent()).trim() };
  await close();
  return { ...found, ...seen };
}

// A minute later, with another answer of the server, and then with none.
async function refreshed() {
  const { page, seen, close } = await arrive({ viewport: SIZES.desktop });
  await page.clock.install();
  await page.reload();
  await page.locator("#older summary").click();
  await page.locator(".board .name").nth(20).focus();
  const place = () => page.evaluate(() => [scrollY, document.activeElement.textContent, !!document.querySelector("#older[open]")]);
  const before = await place();
  await page.evaluate(() => { window.sameDocument = true; });
  await page.route("**/api/status", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll("1 of 30 registries is down", "Refreshed") });
  });
  await page.clock.runFor(61_000);
  await page.waitForFunction(() => document.querySelector("h1").textContent.includes("Refreshed"));
  const after = await place();
  const title = await page.title();
  await page.unroute("**/api/status");
  await page.route("**/api/status", (route) => route.abort());
  const quiet = await page.locator("#trouble").textContent();
  await page.clock.runFor(61_000);
  await page.waitForFunction(() => document.querySelector("#trouble").textContent !== "");
  const trouble = await page.locator("#trouble").textContent();
  const same = await page.evaluate(() => window.sameDocument === true);
  await close();
  return { before, after, title, quiet, trouble, same, requests: seen.requests };
}

async function picture(scheme) {
  const { page, close } = await arrive({ viewport: { width: 1220, height: 860 }, colorScheme: scheme, deviceScaleFactor: 1.5 });
  await page.screenshot({ path: `${job.folder}/status-page-${scheme}.png` });
  await close();
}

await report(async () => {
  if (job.what === "picture") {
    await Promise.all(SCHEMES.map(picture));
    return {};
  }
  const looks = Object.keys(SIZES).flatMap((size) => SCHEMES.map((scheme) => look(size, scheme)));
  const visits = [withoutScript(), byKeyboard(), refreshed(), stranger(), again()];
  const [script, keyboard, refresh, refused, renewed, ...looked] = await Promise.all([...visits, ...looks]);
  return { script, keyboard, refresh, refused, renewed, looked };
});
