// The pictures of docs/console.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../docs/console/", import.meta.url));

// maxHeight is where a long page is cut off.
const maxHeight = 1000;

// takePicture makes the picture of a page if SCREENSHOTS=1.
export async function takePicture(page, name, colorScheme = "light") {
  if (process.env.SCREENSHOTS !== "1") return;
  mkdirSync(folder, { recursive: true });
  await page.emulateMedia({ colorScheme });
  await page.evaluate(showOtherTimes);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const { width } = page.viewportSize();
  const path = `${folder}${name}.png`;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, maxHeight) }, animations: "disabled" });
  execFileSync("pngquant", ["--force", "--skip-if-larger", "--strip", "--output", path, "64", path]);
}

// showOtherTimes replaces the times of the page, which are all of today, by earlier ones.
function showOtherTimes() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  let at = new Date(2026, 2, 9, 16, 41).getTime();
  for (const time of document.querySelectorAll("time")) {
    time.textContent = format.format(at);
    at -= 53 * 60_000;
  }
}
