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

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger("ERROR") });
});

function recorded(shape: string) {
  return recordedSchema.parse(JSON.parse(readFileSync(`${FOLDER}/${shape}.json`, "utf8")));
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
