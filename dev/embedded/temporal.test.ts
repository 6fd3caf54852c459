import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { freePort } from "./port.js";
import { type EmbeddedTemporal, startTemporal } from "./temporal.js";
import { findTemporalCli } from "./temporal-cli.js";

let directory = "";
let running: EmbeddedTemporal | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "askpro-temporal-"));
});
afterEach(async () => {
  await running?.stop();
  running = null;
  rmSync(directory, { recursive: true, force: true });
});

async function start(port: number): Promise<EmbeddedTemporal> {
  running = await startTemporal({
    cli: inject("temporalCliPath"),
    dbFile: join(directory, "temporal.db"),
    logFile: join(directory, "temporal.log"),
    port,
    uiPort: null,
    namespace: "salon",
  });
  return running;
}

async function withClient<T>(server: EmbeddedTemporal, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await work(new Client({ connection, namespace: server.namespace }));
  } finally {
    await connection.close();
  }
}

it("keeps workflows and search attributes over a stop and over a kill, on the same port.", async () => {
  const port = await freePort();
  const first = await start(port);
  const workflowId = randomUUID();
  await withClient(first, (client) =>
    client.workflow.start("nobody-runs-it", { workflowId, taskQueue: "none" }),
  );
  await first.kill();

  const second = await start(port);
  expect(second.address).toBe(first.address);
  await withClient(second, async (client) => {
    expect((await client.workflow.getHandle(workflowId).describe()).status.name).toBe("RUNNING");
  });
  await second.stop();

  const third = await start(port);
  await withClient(third, async (client) => {
    expect((await client.workflow.getHandle(workflowId).describe()).status.name).toBe("RUNNING");
    await client.workflow.count(
      "BookingStatus='ManualReview' and CompanyId='x' and AppointmentStart > '2026-01-01T00:00:00Z'",
    );
  });
});

it("refuses a TEMPORAL_CLI_PATH that is no temporal, instead of quietly using another.", async () => {
  const find = (path: string) =>
    findTemporalCli({ ...process.env, TEMPORAL_CLI_PATH: path }, () => undefined);
  await expect(find("/nonexistent/temporal")).rejects.toThrow(
    "TEMPORAL_CLI_PATH=/nonexistent/temporal: it is no file",
  );
  await expect(find(process.execPath)).rejects.toThrow("it does not say which server it carries");
});
