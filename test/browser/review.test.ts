import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../dev/embedded/port.js";
import { startTemporal } from "../../dev/embedded/temporal.js";
import { reviewViewUrl } from "../../dev/start/summary.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";

/** `SCREENSHOTS=docs npx vitest run test/browser` takes the README's pictures anew. */
const SCREENSHOTS = process.env.SCREENSHOTS;

let directory: string;
let temporal: Awaited<ReturnType<typeof startTemporal>>;
let salon: Salon;
let browser: Browser;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "askpro-browser-"));
  temporal = await startTemporal({
    cli: inject("temporalCliPath"),
    logFile: join(directory, "temporal.log"),
    uiPort: await freePort(),
  });
  salon = await startSalon({ env: { TEMPORAL_ADDRESS: temporal.address, SLOW_RETRY_SECONDS: "600" } });
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args,
    headless: true,
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await closeSalons();
  await temporal?.stop();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

describe("an operator in the Temporal Web UI", () => {
  it("finds the failed booking in the queue, reads what happened, decides, and it is done", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: -1,
      effect: {
        kind: "status",
        code: 400,
        envelope: "b",
        message: "responses - {notes}error_required_field, ",
      },
    });
    const pending = await salon.book({ start: slot(0) }, { wait: 0 });
    expect(pending.status).toBe(202);
    await until(
      "the review",
      async () =>
        (await salon.get(`/api/v2/bookings/${pending.body.id}`)).body.sync.state === "manual_review",
    );
    salon.calcom.control.clearFaults();

    const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
    const ui = temporal.uiUrl ?? "";
    const row = page.locator(`a[href*="/workflows/"]`, { hasText: pending.body.workflowId }).first();
    // Visibility is eventually consistent: the view is loaded again until it shows.
    await until(
      "the booking in the saved view",
      async () => {
        await page.goto(reviewViewUrl(ui, temporal.namespace), { waitUntil: "domcontentloaded" });
        return await row.waitFor({ timeout: 5_000 }).then(
          () => true,
          () => false,
        );
      },
      60_000,
    );
    await picture(page, "review-queue");

    await row.click();
    await page.waitForURL(/\/workflows\/[^/]+\/[^/]+/);
    const [, run] = /(\/namespaces\/[^/]+\/workflows\/[^/]+\/[^/]+)/.exec(page.url()) ?? [];
    await page.goto(`${ui}${run}/user-metadata`, { waitUntil: "domcontentloaded" });
    // The Web UI renders Markdown in a frame of its own.
    const details = page.frameLocator("iframe").locator("body");
    await details.getByText("Manual review:").first().waitFor();
    const text = (await details.textContent()) ?? "";
    for (const part of [
      "calcom_rejected",
      "What happened.",
      "What was tried.",
      "What Cal.com says now.",
      '{"decision":"retry","actor":"your name","note":"why"}',
    ]) {
      expect(text).toContain(part);
    }
    await picture(page, "review-case");

    await page.locator("button:visible", { hasText: "More Actions" }).first().click();
    await page.getByRole("menuitem", { name: "Send an Update" }).click();
    const dialog = page.locator("dialog:visible, [role=dialog]:visible").first();
    await dialog.getByTestId("update-select-button").click();
    await dialog.getByRole("option", { name: /resolveReview/ }).click();
    await dialog.getByRole("textbox", { name: "Data" }).click();
    await page.keyboard.insertText(
      JSON.stringify({ decision: "retry", actor: "Renate", note: "field removed" }),
    );
    await picture(page, "review-decision");
    await dialog.getByTestId("confirm-modal-button").press("Enter");

    const done = await until("the confirmed booking", async () => {
      const seen = await salon.get(`/api/v2/bookings/${pending.body.id}`);
      return seen.body.status === "confirmed" ? seen.body : null;
    });
    expect(done.sync).toMatchObject({ state: "synced", reviewReason: null });
    expect(salon.calcom.control.bookings().filter((booking) => booking.status === "accepted")).toHaveLength(
      1,
    );
  }, 180_000);
});
