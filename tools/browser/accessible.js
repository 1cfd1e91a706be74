// What axe-core says about a page.
import assert from "node:assert/strict";
import axe from "axe-core";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

// injectable are the options of a browser in which a page can be checked: axe-core is injected as
// a script, which the pages' security policy forbids otherwise.
export const injectable = { bypassCSP: true };

// assertAccessible fails if axe-core finds a violation on the page in the light or the dark theme.
export async function assertAccessible(page) {
  await page.evaluate(axe.source);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: "tag", values } }), tags);
    const texts = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(texts, [], colorScheme);
  }
}
