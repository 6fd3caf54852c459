import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database, inTenant } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createDirectory, type Directory } from "../../db/tenant/directory.js";
import { exportDocument } from "../../db/tenant/export.js";
import { startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { seed } from "../../dev/seed.js";
import { InvalidTenantError } from "../../domain/tenant/document.js";
import { createTestDatabase, type TestDatabase } from "../support/database.js";
import { INSTALLATION, newEventType, newSlug, OPTIONS, shop } from "./tenant-shop.js";

let database: TestDatabase;
let admin: postgres.Sql;
let db: Database;
let directories: Directory[] = [];

async function directory(): Promise<Directory> {
  const made = await createDirectory(db, { secretsKey: OPTIONS.secretsKey, installation: INSTALLATION });
  directories.push(made);
  return made;
}

beforeAll(async () => {
  database = await createTestDatabase();
  admin = postgres(database.adminUrl, { max: 2, onnotice: () => undefined });
  db = connect(database.url, { max: 6 });
});

afterEach(async () => {
  await Promise.all(directories.map((one) => one.close()));
  directories = [];
});

afterAll(async () => {
  await db?.close();
  await admin?.end({ timeout: 5 });
  await database?.close();
});

describe("applying a document", () => {
  it("makes what an export gives back, and applied again changes nothing.", async () => {
    const slug = newSlug();
    const document = shop();
    const first = await applyDocument(db, slug, document, OPTIONS);
    expect(first.differences.map(({ path }) => path)).toContain("staff[ida]");
    const exported = await exportDocument(db, slug);
    expect(exported?.companyId).toBe(first.companyId);
    expect(exported?.document).toEqual(document);
    expect(await applyDocument(db, slug, document, OPTIONS)).toEqual({
      companyId: first.companyId,
      differences: [],
    });
  });

  it("says in a dry run what would change and changes nothing.", async () => {
    const slug = newSlug();
    const document = shop();
    const dry = await applyDocument(db, slug, document, { ...OPTIONS, dryRun: true });
    expect(dry.differences.length).toBeGreaterThan(0);
    expect(await exportDocument(db, slug)).toBeNull();
    await applyDocument(db, slug, document, OPTIONS);
    const renamed = { ...document, name: "Groß" };
    expect((await applyDocument(db, slug, renamed, { ...OPTIONS, dryRun: true })).differences).toEqual([
      { path: "name", before: "Klein", after: "Groß" },
    ]);
    expect((await exportDocument(db, slug))?.document.name).toBe("Klein");
  });

  it("makes inactive what is left out, and brings it back under the same id.", async () => {
    const slug = newSlug();
    const id = newEventType();
    const { companyId } = await applyDocument(db, slug, shop({ eventTypes: [id] }), OPTIONS);
    const staff = () =>
      inTenant(
        db,
        companyId,
        (tx) => tx<{ id: string; active: boolean }[]>`
          SELECT id, active FROM staff WHERE company_id = ${companyId} AND slug = 'ole'`,
      );
    const [before] = await staff();
    await applyDocument(db, slug, shop({ eventTypes: [id], staff: ["ida"] }), OPTIONS);
    expect(await staff()).toEqual([{ id: before?.id, active: false }]);
    expect((await exportDocument(db, slug))?.document.staff.map((one) => one.slug)).toEqual(["ida"]);
    await applyDocument(db, slug, shop({ eventTypes: [id] }), OPTIONS);
    expect(await staff()).toEqual([{ id: before?.id, active: true }]);
  });

  it("keeps secrets that are left out, encrypts those that are given, and removes those that are emptied.", async () => {
    const slug = newSlug();
    const id = newEventType();
    const secrets = { apiKey: "cal_live_own", webhookSecrets: ["new", "old"] };
    const { companyId } = await applyDocument(db, slug, shop({ eventTypes: [id], calcom: secrets }), OPTIONS);
    const stored = await admin`SELECT sealed FROM tenant_secrets WHERE company_id = ${companyId}`;
    expect(stored.length).toBe(3);
    expect(JSON.stringify(stored)).not.toContain("cal_live_own");
    const plain = await applyDocument(db, slug, shop({ eventTypes: [id] }), OPTIONS);
    expect(plain.differences).toEqual([]);
    const asked = await directory();
    expect(await asked.webhookTenant(slug)).toEqual({ companyId, secrets: ["new", "old"] });
    expect((await asked.calcomAccount(companyId)).apiKey).toBe("cal_live_own");
    const emptied = shop({ eventTypes: [id], calcom: { apiKey: null, webhookSecrets: [] } });
    expect((await applyDocument(db, slug, emptied, OPTIONS)).differences).toEqual([
      { path: "calcom.apiKey", before: "…set", after: null },
      { path: "calcom.webhookSecrets", before: "…set", after: null },
    ]);
  });

  it("replaces secrets that the present key cannot open.", async () => {
    const slug = newSlug();
    const id = newEventType();
    const document = shop({ eventTypes: [id], calcom: { apiKey: "cal_live_own" } });
    const { companyId } = await applyDocument(db, slug, document, OPTIONS);
    const other = { ...OPTIONS, secretsKey: "another passphrase of at least 32 characters" };
    expect((await applyDocument(db, slug, document, other)).differences).toEqual([
      { path: "calcom.apiKey", before: "…set", after: "…changed" },
    ]);
    const reader = await createDirectory(db, { ...other, installation: INSTALLATION });
    directories.push(reader);
    expect((await reader.calcomAccount(companyId)).apiKey).toBe("cal_live_own");
  });

  it("refuses an event type of another company with its path, and changes nothing then.", async () => {
    const [taken, free] = [newEventType(), newEventType()];
    await applyDocument(db, newSlug(), shop({ eventTypes: [taken] }), OPTIONS);
    const slug = newSlug();
    const claim = applyDocument(
      db,
      slug,
      shop({ eventTypes: [free, taken], calcom: { baseUrl: "HTTPS://API.cal.test:443/v2/" } }),
      OPTIONS,
    );
    const error = await claim.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidTenantError);
    expect(error instanceof InvalidTenantError && error.errors.map(({ path }) => path)).toEqual([
      "eventTypes[1].calcomEventTypeId",
    ]);
    expect(await exportDocument(db, slug)).toBeNull();
    // On another Cal.com it is another event type.
    const elsewhere = shop({ eventTypes: [free, taken], calcom: { baseUrl: "https://cal.example.org/v2" } });
    await expect(applyDocument(db, slug, elsewhere, OPTIONS)).resolves.toBeDefined();
  });

  it("lets one of two documents win that claim the same event types at the same time.", async () => {
    for (let round = 0; round < 5; round++) {
      const ids = Array.from({ length: 10 }, () => newEventType());
      const results = await Promise.allSettled([
        applyDocument(db, newSlug(), shop({ eventTypes: ids }), OPTIONS),
        applyDocument(db, newSlug(), shop({ eventTypes: ids.toReversed() }), OPTIONS),
      ]);
      const refused = results.filter((result) => result.status === "rejected");
      expect(refused.map((result) => result.reason)).toEqual([expect.any(InvalidTenantError)]);
    }
  });

  it("makes one company of the same document applied ten times at once.", async () => {
    const slug = newSlug();
    const document = shop();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => applyDocument(db, slug, document, OPTIONS)),
    );
    expect(new Set(results.map((result) => result.companyId)).size).toBe(1);
    expect(results.filter((result) => result.differences.length > 0).length).toBe(1);
  });

  it("gives an event type free when the document drops it, unless an appointment of these days is on it.", async () => {
    const [dropped, used, kept] = [newEventType(), newEventType(), newEventType()];
    const slug = newSlug();
    const { companyId } = await applyDocument(db, slug, shop({ eventTypes: [dropped, used, kept] }), OPTIONS);
    await admin.begin(async (tx) => {
      const id = randomUUID();
      await tx`INSERT INTO customers (id, company_id, name, source) VALUES (${id}, ${companyId}, 'C', 'api')`;
      await tx`INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id,
          branch_id, customer_id, attendee_name, source, price_cents, sync_state)
        SELECT ${id}, ${companyId}, ${id}, 'confirmed', now(), now(), 'UTC', s.id, b.id, ${id}, 'C', 'api', 1, 'synced'
        FROM services s, branches b WHERE s.company_id = ${companyId} AND b.company_id = ${companyId} LIMIT 1`;
      await tx`INSERT INTO appointment_phases (company_id, appointment_id, position, key, start_at, end_at,
          staff_required, sync, calcom_event_type_id)
        VALUES (${companyId}, ${id}, 0, 'a', now(), now(), true, 'synced', ${used})`;
    });
    await applyDocument(db, slug, shop({ eventTypes: [kept] }), OPTIONS);
    const asked = await directory();
    expect(await asked.ownsEventType(companyId, used)).toBe(true);
    expect(await asked.ownsEventType(companyId, dropped)).toBe(false);
    await expect(applyDocument(db, newSlug(), shop({ eventTypes: [used] }), OPTIONS)).rejects.toBeInstanceOf(
      InvalidTenantError,
    );
    await expect(
      applyDocument(db, newSlug(), shop({ eventTypes: [dropped] }), OPTIONS),
    ).resolves.toBeDefined();
  });

  it("refuses a slug that is none.", async () => {
    for (const slug of ["", "Shop", "a b", "a:b", "-a", "x".repeat(65)]) {
      await expect(applyDocument(db, slug, shop(), OPTIONS)).rejects.toBeInstanceOf(InvalidTenantError);
    }
  });
});

describe("the seed", () => {
  it("makes the first tenant once, keeps what somebody changed and registers the same token again.", async () => {
    const simulator = await startSimulator();
    const options = {
      databaseUrl: database.url,
      secretsKey: OPTIONS.secretsKey,
      simulator: { url: simulator.url },
      calcom: { baseUrl: `${simulator.url}/v2`, apiKey: "cal_test", webhookSecret: "secret" },
      publicUrl: "http://127.0.0.1:3000",
      token: "the same token after every restart",
    };
    try {
      expect(await seed(options)).toEqual({ companySlug: "friseur-1", token: options.token });
      const made = await exportDocument(db, "friseur-1");
      expect(made?.document.services.map((service) => service.slug)).toEqual(
        expect.arrayContaining(["herrenhaarschnitt", "dauerwelle"]),
      );
      if (!made) return;
      await applyDocument(db, "friseur-1", { ...made.document, name: "Umbenannt" }, OPTIONS);
      await seed({ ...options, publicUrl: "http://127.0.0.1:3001" });
      const after = await exportDocument(db, "friseur-1");
      expect(after?.document.name).toBe("Umbenannt");
      expect(after?.tokens.length).toBe(1);
      const { keys, teams, webhooks } = simulator.control.catalogue();
      expect(keys).toMatchObject([{ key: "cal_test" }]);
      expect(teams).toMatchObject([{ id: 34209, name: "Umbenannt" }]);
      expect(webhooks).toMatchObject([
        { url: "http://127.0.0.1:3001/api/webhooks/calcom/friseur-1", secret: "secret" },
      ]);
    } finally {
      await simulator.close();
    }
  });
});
