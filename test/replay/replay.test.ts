import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";

const FOLDER = fileURLToPath(new URL("./histories", import.meta.url));
const shapes = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));
const recordedSchema = z.object({
  workflowId: z.string(),
  history: z.looseObject({ events: z.array(z.looseObject({})) }),
});

/** A task that fails for another reason than determinism is only logged by the SDK's replayer. */
const failedTasks: string[] = [];

beforeAll(() => {
  const logger = new DefaultLogger("WARN", ({ message, meta }) => {
    if (message.includes("Failing workflow task")) failedTasks.push(JSON.stringify(meta));
  });
  Runtime.install({ logger, telemetryOptions: { logging: { filter: "WARN", forward: {} } } });
});

function recorded(shape: string) {
  return recordedSchema.parse(JSON.parse(readFileSync(`${FOLDER}/${shape}.json`, "utf8")));
}

async function failuresLogged(): Promise<string[]> {
  // Core hands its log over every few milliseconds; a marker of ours cannot be put in, so a moment has to do.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return failedTasks.splice(0);
}

async function replay(shape: string, edit: (json: string) => string = (json) => json): Promise<void> {
  const { workflowId, history } = recorded(shape);
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject("workflowBundlePath") } },
    historyFromJSON(JSON.parse(edit(JSON.stringify(history)))),
    workflowId,
  );
}

describe("today's workflow code goes on with what was recorded", () => {
  it.each(shapes)("in the shape %s", async (shape) => {
    await replay(shape);
  });

  it("without a task that fails", async () => {
    expect(await failuresLogged()).toEqual([]);
  });

  it("wherever the worker's clock stands: the process zone changes nothing", async () => {
    const zone = process.env.TZ;
    process.env.TZ = "Asia/Tokyo";
    try {
      await replay("moved-both-ways");
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it("and a change that breaks determinism is noticed", async () => {
    await expect(
      replay("booked", (json) => json.replaceAll('"attemptBook"', '"attemptSomething"')),
    ).rejects.toThrow(/TMPRL1100|determinism/i);
  });

  it.each(shapes)("and nobody's address or number stands in %s", (shape) => {
    const { history } = recorded(shape);
    // Payloads are base64: what is inside counts.
    const text = JSON.stringify(history).replaceAll(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_, data: string) =>
      Buffer.from(data, "base64").toString("utf8"),
    );
    expect(text).not.toMatch(/[\w.+-]+@[\w.-]+\.[a-z]{2,}\b/i);
    expect(text).not.toMatch(/\+49\d{5,}/);
    expect(text).not.toMatch(/O'Neill|Anna/);
  });

  it("covers every shape that the README's promise names", () => {
    expect(shapes).toEqual(
      expect.arrayContaining([
        "booked",
        "booked-composite",
        "slot-taken",
        "compensated",
        "moved-both-ways",
        "cancelled-here",
        "cancelled-in-calcom",
        "review-retry",
        "review-adopt",
        "review-cancel",
        "review-give_up",
        "review-mark_synced",
        "webhook-before-answer",
        "continued-as-new-first-run",
        "continued-as-new-last-run",
      ]),
    );
  });
});
