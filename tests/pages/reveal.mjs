// Opens a one-time link in Chromium as its owner would, then as somebody who comes too late.
import { SCHEMES, SIZES, job, judge, report, visit } from "./chromium.mjs";

const place = (page) => page.evaluate(() => location.href);
const focused = (page) => page.evaluate(() => document.activeElement.id);
const text = (page, id) => page.locator(`#${id}`).textContent();

// Before the click: looking at it uses up nothing.
async function look(size, scheme) {
  const { page, close } = await visit({ viewport: SIZES[size], colorScheme: scheme });
  const found = await judge(page, `reveal-ask-${size}-${scheme}`);
  await close();
  return found;
}

async function withoutScript() {
  const { page, close } = await visit({ javaScriptEnabled: false });
  const said = await page.locator("noscript").textContent();
  const buttons = await page.locator("button:visible").count();
  await close();
  return { said, buttons };
}

// No answer comes; then another link is opened in the same tab.
async function astray() {
  const { page, close } = await visit({ viewport: SIZES.desktop });
  await page.route("**/api/reveal", (route) => route.abort());
  await page.locator("#show").click();
  await page.locator("#problem").waitFor();
  const failed = { problem: await text(page, "problem"), again: await page.locator("#show").isEnabled() };
  await page.unroute("**/api/reveal");
  await page.goto(page.url());
  await page.locator("#problem").waitFor();
  const bare = { problem: await text(page, "problem"), buttons: await page.locator("button:visible").count() };
  await page.evaluate(() => { location.hash = "#another"; });
  await page.locator("#show").waitFor();
  const other = { problem: await page.locator("#problem").isVisible(), address: await place(page) };
  await close();
  return { failed, bare, other };
}

// By the keyboard alone: it reaches the button, and Enter presses it.
async function click() {
  const { page, seen, close } = await visit({ viewport: SIZES.desktop, permissions: ["clipboard-read", "clipboard-write"] });
  const address = await place(page);
  const depth = await page.evaluate(() => history.length);
  await page.keyboard.press("Tab");
  const reached = await focused(page);
  await page.keyboard.press("Enter");
  await page.locator("#shown").waitFor();
  const [password, line, username] = [await text(page, "password"), await text(page, "line"), await text(page, "username")];
  const next = await focused(page);
  await page.getByText("Ready. You can log in.").waitFor();
  const progress = await text(page, "progress");
  await page.locator("[data-copies=password]").click();
  await page.locator("#said:not(:empty)").waitFor({ state: "attached" });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const pages = [];
  for (const size of Object.keys(SIZES)) {
    for (const scheme of SCHEMES) {
      await page.setViewportSize(SIZES[size]);
      await page.emulateMedia({ colorScheme: scheme });
      pages.push(await judge(page, `reveal-shown-${size}-${scheme}`));
    }
  }
  await page.reload();
  const reloaded = { html: await page.content(), problem: await text(page, "problem"), buttons: await page.locator("button:visible").count() };
  await close();
  return { address, depth, reached, password, line, username, next, progress, copied, pages, reloaded, ...seen };
}

async function tooLate() {
  const { page, close } = await visit({ viewport: SIZES.phone, colorScheme: "dark" });
  await page.locator("#show").click();
  await page.locator("#problem").waitFor();
  const problem = await text(page, "problem");
  const role = await page.locator("#problem").getAttribute("role");
  const buttons = await page.locator("button:visible").count();
  const found = await judge(page, "reveal-gone-phone-dark");
  await close();
  return { problem, role, buttons, page: found };
}

await report(async () => {
  const looks = Object.keys(SIZES).flatMap((size) => SCHEMES.map((scheme) => look(size, scheme)));
  const [script, lost, ...looked] = await Promise.all([withoutScript(), astray(), ...looks]);
  const shown = await click();
  return { script, lost, looked, shown, late: await tooLate() };
});
