import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CalcomClient, createCalcomClient } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import { createMemoryBudget } from "../../calcom/memory-budget.js";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createDirectory, type Directory } from "../../db/tenant/directory.js";
import { type Simulator, startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { seedSimulator, simulatorSeed } from "../../dev/seed/simulator.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.js";
import { type Finding, verifyTenant } from "./verify.js";

const DOCUMENT = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
const SECRETS_KEY = "a passphrase of at least 32 characters";
const KEY = "cal_test_key";

let database: TestDatabase;
let db: Database;
let simulator: Simulator;
let client: CalcomClient & { close(): Promise<void> };
let document: TenantDocument;
let directory: Directory;
let companyId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = connect(database.url, { max: 3 });
  simulator = await startSimulator({ rateLimit: null });
  client = createCalcomClient({
    budget: createMemoryBudget(),
    timeouts: { writeMs: 5_000, readMs: 5_000 },
    breaker: { openMs: 1_000 },
    requestsPerMinute: 10_000,
  });
  document = parseDocument(JSON.parse(await readFile(DOCUMENT, "utf8")));
});

beforeEach(async () => {
  await simulator.control.reset("all");
  await seedSimulator(
    simulator.url,
    simulatorSeed(document, {
      companySlug: "friseur-1",
      apiKey: KEY,
      webhook: { url: "http://127.0.0.1:9/api/webhooks/calcom/friseur-1", secret: "secret" },
    }),
  );
  const installation = { baseUrl: `${simulator.url}/v2`, apiKey: KEY, webhookSecrets: [], retellKeys: [] };
  ({ companyId } = await applyDocument(db, "friseur-1", document, { secretsKey: SECRETS_KEY, installation }));
  directory = await createDirectory(db, { secretsKey: SECRETS_KEY, installation });
});

afterEach(async () => {
  await directory?.close();
});

afterAll(async () => {
  await client?.close();
  await simulator?.close();
  await db?.close();
  await database?.close();
});

async function verify(apiKey = KEY): Promise<Finding[]> {
  const account = await directory.calcomAccount(companyId);
  return await verifyTenant(client, { ...account, apiKey }, await directory.catalogue(companyId));
}

const texts = (findings: Finding[]) => findings.map(({ path, text }) => `${path} ${text}`);

describe("verifying a tenant", () => {
  it("finds nothing of the first tenant in the simulator that was made from it.", async () => {
    expect(await verify()).toEqual([]);
  });

  it("finds each thing that somebody changed in Cal.com.", async () => {
    const { control } = simulator;
    control.editEventType(3719754, { lengthInMinutes: 55 });
    control.editEventType(3719738, { hosts: [1001, 1003] });
    control.editEventType(3719739, { hosts: [1001] });
    control.editEventType(3719740, { schedulingType: "collective" });
    control.editEventType(3719741, { minimumBookingNotice: 240 });
    control.editEventType(3719742, { bookingFields: [{ slug: "allergies", type: "text", required: true }] });
    control.editEventType(3719743, { disableCancelling: true, disableRescheduling: true });
    control.editEventType(3719744, { seatsPerTimeSlot: 3 });
    control.removeEventType(3719745);
    const found = texts(await verify());
    expect(found).toEqual([
      expect.stringMatching(/3719754\]\.length takes 55 minutes in Cal\.com, 30 in the document/),
      expect.stringMatching(/3719738\]\.hosts david is a host of it in Cal\.com, which/),
      expect.stringMatching(/3719739\]\.hosts fabian is no host/),
      expect.stringMatching(/3719740\]\.schedulingType is collective/),
      expect.stringMatching(/3719741\]\.minimumBookingNotice demands 240 minutes of notice/),
      expect.stringMatching(/3719742\]\.bookingFields\[allergies\]/),
      expect.stringMatching(/3719743\]\.disableCancelling/),
      expect.stringMatching(/3719743\]\.disableRescheduling/),
      expect.stringMatching(/3719744\]\.seats/),
      expect.stringMatching(/3719745\] is not in Cal\.com/),
    ]);
  });

  it("finds two hosts of one name.", async () => {
    const [emma] = simulator.control.catalogue().hosts.filter((host) => host.id === 1001);
    simulator.control.seed({
      hosts: [{ ...emma, id: 4711, name: "Fabian Spitzer", email: "other@example.org" }],
    });
    simulator.control.editEventType(3719739, { hosts: [1001, 1346408, 4711] });
    expect(texts(await verify())).toEqual([
      expect.stringContaining("two hosts named Fabian Spitzer"),
      expect.stringContaining("user 4711 is a host of it in Cal.com and nobody in the document"),
    ]);
  });

  it("names services and people that cannot be booked because the document lacks something.", async () => {
    const lacking = {
      ...document,
      staff: document.staff.map((one) => ({
        ...one,
        skills: one.skills.filter((skill) => skill !== "cut_special"),
      })),
      eventTypes: document.eventTypes.filter((one) => !(one.phase === "rinse" && one.staff === "fabian")),
    };
    const installation = { baseUrl: `${simulator.url}/v2` };
    await applyDocument(db, "friseur-1", lacking, { secretsKey: SECRETS_KEY, installation });
    directory.forget(companyId);
    expect(texts(await verify()).slice(0, 2)).toEqual([
      "services[haarspende].skill cannot be booked: nobody has the skill cut_special",
      "services[dauerwelle] fabian in zentrale cannot be booked for it: an event type is missing",
    ]);
  });

  it("says when there is no key or Cal.com does not accept it, and fails when Cal.com cannot be asked.", async () => {
    expect(texts(await verify(""))).toEqual(["calcom.apiKey there is no key for this base URL"]);
    expect(texts(await verify("cal_wrong"))).toEqual(["calcom.apiKey Cal.com does not accept the key"]);
    const account = { ...(await directory.calcomAccount(companyId)), baseUrl: "http://127.0.0.1:1/v2" };
    await expect(verifyTenant(client, account, await directory.catalogue(companyId))).rejects.toBeInstanceOf(
      CalcomError,
    );
  });
});
