// Every page, on a phone and on a large screen: axe-core finds nothing in the light and in the
// dark theme, no page scrolls sideways, and none is large. With SCREENSHOTS=1, the pictures of
// docs/console are made again.
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { assertAccessible, injectable } from "./accessible.js";
import { admin, newBrowser, signedIn } from "./clinic.js";
import { pagesOf } from "./pages.js";
import { takePicture } from "./pictures.js";
import { fill } from "./records.js";
import { statesOf } from "./states.js";

// The narrowest tables are shown at 724 px, and 320 px are a large screen with 400 % zoom.
const sizes = [
  { viewport: { width: 1280, height: 800 }, narrower: 724 },
  { viewport: { width: 360, height: 740 }, narrower: 320 },
];
const maxBytes = 100_000;

// The states add records, which the pictures must not show.
const picturesOnly = process.env.SCREENSHOTS === "1";

let clinic;
before(async () => { clinic = await fill(); });

for (const { viewport, narrower } of sizes) {
  test(`every page is accessible, small and fits into ${viewport.width} px`, async (t) => {
    const options = { viewport, ...injectable };
    const browsers = {
      admin: await signedIn(t, admin, options),
      clerk: await signedIn(t, clinic.clerk, options),
      colleague: await signedIn(t, clinic.colleague, options),
      nobody: await newBrowser(t, options),
    };
    for (const { name, path, as = "admin", act, status = 200 } of [...pagesOf(clinic), ...(picturesOnly ? [] : statesOf(clinic))]) {
      await t.test(`${as} at /console/${path}${act ? ` (${act.name || "act"})` : ""}`, async () => {
        const page = browsers[as];
        const answer = await page.goto(`/console/${path}`);
        assert.equal(answer.status(), status);
        assert((await answer.body()).length < maxBytes, "the page is too large");
        await act?.(page);
        await assertAccessible(page);
        for (const width of [narrower, viewport.width]) {
          await page.setViewportSize({ ...viewport, width });
          const sideways = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
          assert(sideways <= 0, `the page scrolls sideways by ${sideways} px at ${width} px`);
        }
        if (name) await takePicture(page, `${name}-${viewport.width}`);
        if (name === "patient") await takePicture(page, `${name}-dark-${viewport.width}`, "dark");
      });
    }
  });
}
