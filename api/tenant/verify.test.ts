import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CalcomClient } from "../../calcom/client.js";
import { createCalcomClient } from "../../calcom/create-client.js";
import { CalcomError } from "../../calcom/errors.js";
import { createMemoryBudget } from "../../calcom/memory-budget.js";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { contestedRoutes } from "../../db/tenant/contested-routes.js";
import { createDirectory, type Directory } from "../../db/tenant/directory.js";
import { type Simulator, startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { seedSimulator, simulatorSeed } from "../../dev/seed/simulator.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.js";
import { verifyTenant } from "./verify.js";
import { coverageOf } from "./verify-coverage.js";
import type { Finding } from "./verify-finding.js";

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
  const contested = await contestedRoutes(db, companyId);
  return await verifyTenant(client, { ...account, apiKey }, await directory.catalogue(companyId), {
    contested,
  });
}

/** Verifies the company as another document would have it, and puts it back. */
async function verifyAs(changes: Partial<TenantDocument>): Promise<string[]> {
  const installation = { baseUrl: `${simulator.url}/v2` };
  const apply = async (wanted: TenantDocument) => {
    await applyDocument(db, "friseur-1", wanted, { secretsKey: SECRETS_KEY, installation });
    directory.forget(companyId);
  };
  await apply({ ...document, ...changes });
  try {
    return texts(await verify());
  } finally {
    await apply(document);
  }
}

const texts = (findings: Finding[]) => findings.map(({ path, text }) => `${path} ${text}`);
const staffWith = (slug: string, changes: Partial<TenantDocument["staff"][number]>) =>
  document.staff.map((member) => (member.slug === slug ? { ...member, ...changes } : member));

describe("verifying a tenant", () => {
  it("finds nothing of the first tenant in the simulator that was made from it, with few requests.", async () => {
    expect(await verify()).toEqual([]);
    expect(simulator.control.requests().length).toBeLessThan(5);
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
    control.editEventType(3719746, { hosts: [] });
    control.editEventType(3719747, { bookingWindowDays: 30 });
    control.editEventType(3719748, { schedulingType: "managed" });
    expect((await verify()).map(({ path, text }) => `${path} ${text}`).toSorted()).toEqual([
      expect.stringMatching(/3719738\]\.hosts david is a host of it in Cal\.com, which/),
      expect.stringMatching(/3719739\]\.hosts fabian is no host/),
      expect.stringMatching(/3719740\]\.schedulingType is collective/),
      expect.stringMatching(/3719741\]\.minimumBookingNotice demands 240 minutes of notice/),
      expect.stringMatching(/3719742\]\.bookingFields\[allergies\]/),
      expect.stringMatching(/3719743\]\.disableCancelling/),
      expect.stringMatching(/3719743\]\.disableRescheduling/),
      expect.stringMatching(/3719744\]\.seats/),
      expect.stringMatching(/3719745\] is not in Cal\.com/),
      expect.stringMatching(/3719746\]\.hosts has no host/),
      expect.stringMatching(/3719747\]\.bookingWindow ends 30 days ahead in Cal\.com, gloss promises 180/),
      expect.stringMatching(/3719748\]\.schedulingType is managed/),
      expect.stringMatching(/3719754\]\.length takes 55 minutes in Cal\.com, 30 in the document/),
    ]);
  });

  it("finds what keeps the phases of a perm from following each other.", async () => {
    const { control } = simulator;
    control.editEventType(3800111, { afterEventBuffer: 10 });
    control.editEventType(3800112, { slotInterval: 30 });
    control.editEventType(3800113, { hosts: [1001, 1346408] });
    control.editEventType(3800114, { hidden: false });
    // The first phase may begin as rarely as the salon likes.
    control.editEventType(3800121, { slotInterval: 60 });
    expect(texts(await verify()).toSorted()).toEqual([
      expect.stringMatching(/3800111\]\.buffer /),
      expect.stringMatching(/3800112\]\.slotInterval has a slot every 30 minutes for 5/),
      expect.stringMatching(/3800113\]\.hosts fabian is a host of it in Cal\.com, which/),
      expect.stringMatching(/3800113\]\.hosts is a later phase and has several hosts/),
      expect.stringMatching(/3800114\]\.hidden is not hidden/),
    ]);
  });

  it("names the team that an event type really belongs to.", async () => {
    simulator.control.seed({
      teams: [{ id: 77, name: "Other", members: [{ userId: 1, role: "owner" }] }],
    });
    simulator.control.editEventType(3719739, { teamId: 77 });
    expect(texts(await verify())).toEqual([
      "eventTypes[3719739] belongs to team 77; the document's team is 34209",
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

  it("says once that a person's user is not in the team, and that another has none or somebody else's.", async () => {
    expect(await verifyAs({ staff: staffWith("sarah", { calcomUserId: 4711 }) })).toEqual([
      expect.stringMatching(/^staff\[sarah\]\.calcomUserId user 4711 hosts no event type of the team/),
      ...Array.from({ length: document.eventTypes.filter(sarahDoes).length }, () =>
        expect.stringMatching(/user 1005 is a host of it in Cal\.com and nobody in the document/),
      ),
    ]);
    expect((await verifyAs({ staff: staffWith("sarah", { calcomUserId: null }) }))[0]).toMatch(
      /^staff\[sarah\]\.calcomUserId is missing/,
    );
    expect((await verifyAs({ staff: staffWith("sarah", { calcomUserId: 1001 }) }))[0]).toBe(
      "staff[sarah].calcomUserId 1001 is also that of emma",
    );
  });

  it("names services and people that cannot be booked because the document lacks something.", async () => {
    const found = await verifyAs({
      staff: document.staff.map((one) => ({
        ...one,
        skills: one.skills.filter((skill) => skill !== "cut_special"),
      })),
      eventTypes: document.eventTypes.filter(
        (one) => !(["fix", "rinse"].includes(one.phase) && one.staff === "fabian"),
      ),
    });
    expect(found.slice(0, 2)).toEqual([
      "services[haarspende].skill cannot be booked: nobody has the skill cut_special",
      "services[dauerwelle] fabian in zentrale cannot be booked for it: no event type for fix, rinse",
    ]);
  });

  it("reports for every service who can be booked for it.", async () => {
    const rows = coverageOf(await directory.catalogue(companyId));
    expect(rows.filter((row) => row.service === "dauerwelle")).toEqual([
      { service: "dauerwelle", branch: "zentrale", staff: "emma", missingPhases: [] },
      { service: "dauerwelle", branch: "zentrale", staff: "fabian", missingPhases: [] },
    ]);
  });

  it("finds a name that two services share, however it is written.", async () => {
    const services = document.services.map((service) =>
      service.slug === "gloss" ? { ...service, aliases: ["MAENNERHAAR-SCHNITT"] } : service,
    );
    expect(await verifyAs({ services })).toEqual([
      'services[gloss].aliases "MAENNERHAAR-SCHNITT" also names herrenhaarschnitt: a caller who says it is asked which',
    ]);
  });

  it("finds a number and an agent that another company named first, tells that one nothing, and not whose it is.", async () => {
    const other = (numbers: string[], agentIds: string[]) =>
      parseDocument({
        name: "Geheim",
        retell: { agentIds },
        branches: [{ slug: "eins", name: "Eins", phoneNumbers: numbers, openingHours: {} }],
      });
    const options = { secretsKey: SECRETS_KEY, installation: { baseUrl: `${simulator.url}/v2` } };
    const earlier = await applyDocument(db, "earlier", other(["+493023125001"], ["agent_shared"]), options);
    const branches = document.branches.map((branch) =>
      branch.slug === "zweigstelle" ? { ...branch, phoneNumbers: ["+493023125001"] } : branch,
    );
    const found = await verifyAs({ branches, retell: { agentIds: ["agent_shared"] } });
    expect(found).toEqual([
      "branches[zweigstelle].phoneNumbers +493023125001 was named by another company first: its calls go there",
      expect.stringMatching(/^retell\.agentIds agent_shared was named by another company first/),
    ]);
    expect(found.join()).not.toMatch(/earlier|Geheim/);
    expect(await contestedRoutes(db, earlier.companyId)).toEqual([]);
    await applyDocument(db, "later", other(["+493033081738"], []), options);
    expect(await verify()).toEqual([]);
  });

  it("says when the key is no admin's, when there is none or Cal.com does not accept it, and fails when Cal.com cannot be asked.", async () => {
    simulator.control.seed({ keys: [{ key: "cal_member", userId: 1003 }] });
    expect(texts(await verify("cal_member"))).toEqual([
      "calcom.apiKey belongs to nobody who administers team 34209: the team's bookings cannot be seen",
    ]);
    expect(texts(await verify(""))).toEqual(["calcom.apiKey there is no key for this base URL"]);
    expect(texts(await verify("cal_wrong"))).toEqual(["calcom.apiKey Cal.com does not accept the key"]);
    const account = { ...(await directory.calcomAccount(companyId)), baseUrl: "http://127.0.0.1:1/v2" };
    await expect(verifyTenant(client, account, await directory.catalogue(companyId))).rejects.toBeInstanceOf(
      CalcomError,
    );
  });
});

/** Whether Sarah hosts this line's event type. */
function sarahDoes(mapping: TenantDocument["eventTypes"][number]): boolean {
  const skill = document.services.find((service) => service.slug === mapping.service)?.skill ?? "";
  const skills = document.staff.find((member) => member.slug === "sarah")?.skills ?? [];
  return mapping.staff === "sarah" || (mapping.branch === "zentrale" && skills.includes(skill));
}
