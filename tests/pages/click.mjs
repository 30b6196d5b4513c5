// Opens one-time links in Chromium as their owner does: looks, clicks, waits until the registry knows the password.
import { job, report, visit } from "./chromium.mjs";

const text = (page, id) => page.locator(`#${id}`).textContent();

await report(async () => {
  const { page, seen, close } = await visit({});
  await page.locator("#show").click();
  await page.locator("#shown").waitFor();
  const [password, line, username] = [await text(page, "password"), await text(page, "line"), await text(page, "username")];
  await page.getByText("Ready. You can log in.").waitFor({ timeout: job.patience });
  await close();
  return { password, line, username, errors: seen.errors };
});
