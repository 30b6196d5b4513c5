// What every program has in common that looks at pages: the job on stdin, Debian's Chromium, a visitor, and axe.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
export const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
export const SIZES = { phone: { width: 360, height: 780 }, desktop: { width: 1280, height: 900 } };
export const SCHEMES = ["light", "dark"];

export const job = JSON.parse(readFileSync(0, "utf8"));
export const browser = await chromium.launch({ executablePath: job.chromium, args: FLAGS });

// A visitor who opens the link; `seen` collects what was sent, and what must not happen.
export async function visit(options, seen = { requests: [], bodies: [], errors: [] }) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("request", (request) => {
    seen.requests.push(request.url());
    seen.bodies.push(request.postData() ?? "");
  });
  page.on("console", (message) => message.type() !== "log" && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  await page.goto(job.link);
  return { page, seen, close: () => context.close() };
}

export async function judge(page, name) {
  if (job.folder) await page.screenshot({ path: `${job.folder}/${name}.png`, fullPage: true });
  await page.evaluate(AXE);
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: tags, preload: false }), TAGS);
  return {
    name,
    rules: found.passes.length,
    violations: found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target).join(" | ")}`),
    overflow: await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  };
}

// Runs `work`, whose result is what was found, and ends the browser.
export async function report(work) {
  let findings;
  try {
    findings = await work();
  } finally {
    await browser.close();
  }
  process.stdout.write(JSON.stringify(findings));
}
