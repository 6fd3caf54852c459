import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database, inTenant } from "../../db/client.js";
import { type ApplyOptions, applyDocument } from "../../db/tenant/apply.js";
import { createDirectory, type Directory, UnknownCompanyError } from "../../db/tenant/directory.js";
import { exportDocument } from "../../db/tenant/export.js";
import {
  createToken,
  listTokens,
  registerToken,
  revokeToken,
  TokenTakenError,
} from "../../db/tenant/tokens.js";
import { seed } from "../../dev/seed.js";
import { InvalidTenantError, parseDocument } from "../../domain/tenant/document.js";
import { createTestDatabase, type TestDatabase } from "../support/database.js";

const INSTALLATION = {
  baseUrl: "https://api.cal.test/v2",
  apiKey: "cal_installation",
  webhookSecrets: ["installation-secret"],
};
const OPTIONS: ApplyOptions = {
  secretsKey: "a passphrase of at least 32 characters",
  installation: INSTALLATION,
};

let database: TestDatabase;
let admin: postgres.Sql;
let db: Database;
let directories: Directory[] = [];
let eventType = 1_000;

interface Shop {
  calcom?: Record<string, unknown>;
  eventTypes?: number[];
  staff?: string[];
  name?: string;
}

function shop({
  calcom = {},
  eventTypes = [eventType++],
  staff = ["ida", "ole"],
  name = "Klein",
}: Shop = {}) {
  return parseDocument({
    name,
    calcom,
    branches: [
      { slug: "laden", name: "Laden", openingHours: { mon: ["09:00-19:00"] }, closedOn: ["2026-12-25"] },
    ],
    staff: staff.map((slug) => ({
      slug,
      name: slug,
      skills: ["cut"],
      workingHours: { mon: ["09:00-12:00", "13:00-18:00"] },
    })),
    services: eventTypes.map((id) => ({
      slug: `service-${id}`,
      name: `Service ${id}`,
      aliases: ['ä, "ö" {ü}'],
      skill: "cut",
      phases: [
        { key: "a", minutes: 30 },
        { key: "gap", minutes: 10, staffRequired: false },
      ],
    })),
    eventTypes: eventTypes.map((id) => ({ service: `service-${id}`, phase: "a", calcomEventTypeId: id })),
    policies: [{ for: { branch: "laden" }, cancel: { noticeMinutes: 60, fee: { percent: 12.5 } } }],
  });
}

const newSlug = () => `shop-${randomUUID().slice(0, 8)}`;

async function directory(): Promise<Directory> {
  const made = await createDirectory(db, { secretsKey: OPTIONS.secretsKey, installation: INSTALLATION });
  directories.push(made);
  return made;
}

async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean, within = 5_000): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after ${within} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
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
    const id = eventType++;
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
    const id = eventType++;
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
    const id = eventType++;
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
    const [taken, free] = [eventType++, eventType++];
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
      const ids = Array.from({ length: 10 }, () => eventType++);
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
    const [dropped, used, kept] = [eventType++, eventType++, eventType++];
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

describe("the directory", () => {
  it("knows whose a token is, until it is revoked, in every process.", async () => {
    const { companyId } = await applyDocument(db, newSlug(), shop(), OPTIONS);
    const [here, there] = [await directory(), await directory()];
    const { id, token } = await createToken(db, companyId, "phone");
    for (const one of [here, there]) {
      expect(await one.companyOfToken(token)).toEqual({ companyId, tokenId: id });
      expect(await one.companyOfToken(`${token}x`)).toBeNull();
    }
    await until(
      () => listTokens(db, companyId),
      (tokens) => tokens[0]?.lastUsedAt instanceof Date,
    );
    expect(await revokeToken(db, companyId, id)).toBe(true);
    expect(await revokeToken(db, companyId, id)).toBe(false);
    for (const one of [here, there]) {
      await until(
        () => one.companyOfToken(token),
        (found) => found === null,
        1_000,
      );
    }
    expect(await listTokens(db, companyId)).toEqual([]);
  });

  it("learns of a token that it had not found a moment before.", async () => {
    const { companyId } = await applyDocument(db, newSlug(), shop(), OPTIONS);
    const asked = await directory();
    const token = randomUUID();
    expect(await asked.companyOfToken(token)).toBeNull();
    await registerToken(db, companyId, "development", token);
    await until(
      () => asked.companyOfToken(token),
      (found) => found?.companyId === companyId,
      1_000,
    );
    await registerToken(db, companyId, "development", token);
    const other = await applyDocument(db, newSlug(), shop(), OPTIONS);
    await expect(registerToken(db, other.companyId, "stolen", token)).rejects.toBeInstanceOf(TokenTakenError);
  });

  it("holds the catalogue until the document changes, and never a torn one.", async () => {
    const slug = newSlug();
    const id = eventType++;
    const { companyId } = await applyDocument(db, slug, shop({ eventTypes: [id] }), OPTIONS);
    const asked = await directory();
    const catalogue = await asked.catalogue(companyId);
    expect(catalogue).toMatchObject({
      company: { id: companyId, slug, timeZone: "Europe/Berlin" },
      branches: [{ slug: "laden", timeZone: "Europe/Berlin", closedOn: ["2026-12-25"] }],
      staff: [{ slug: "ida", branchIds: [catalogue.branches[0]?.id] }, { slug: "ole" }],
      services: [
        {
          phases: [
            { key: "a", minutes: 30 },
            { key: "gap", staffRequired: false },
          ],
        },
      ],
      eventTypes: [{ serviceId: catalogue.services[0]?.id, phaseKey: "a", calcomEventTypeId: id }],
      policies: [
        { cancel: { noticeMinutes: 60, fee: { kind: "percent", percent: 12.5 } }, reschedule: null },
      ],
    });
    expect(await asked.catalogue(companyId)).toBe(catalogue);
    await applyDocument(db, slug, shop({ eventTypes: [id], name: "Groß" }), OPTIONS);
    await until(
      () => asked.catalogue(companyId),
      (found) => found.company.name === "Groß",
      1_000,
    );
    await expect(asked.catalogue(randomUUID())).rejects.toBeInstanceOf(UnknownCompanyError);
  });

  it("sends the installation's key to the installation's Cal.com only.", async () => {
    const asked = await directory();
    const home = await applyDocument(db, newSlug(), shop({ calcom: { teamId: 7 } }), OPTIONS);
    expect(await asked.calcomAccount(home.companyId)).toEqual({
      companyId: home.companyId,
      baseUrl: INSTALLATION.baseUrl,
      apiKey: "cal_installation",
      teamId: 7,
    });
    const away = shop({ calcom: { baseUrl: "https://cal.example.org/v2/" } });
    const { companyId } = await applyDocument(db, newSlug(), away, OPTIONS);
    expect(await asked.calcomAccount(companyId)).toMatchObject({
      baseUrl: "https://cal.example.org/v2",
      apiKey: "",
    });
  });

  it("knows whose an event type is at the installation, and whether the owner has secrets of its own.", async () => {
    const [plain, secret, away] = [eventType++, eventType++, eventType++];
    const first = await applyDocument(db, newSlug(), shop({ eventTypes: [plain] }), OPTIONS);
    const second = await applyDocument(
      db,
      newSlug(),
      shop({ eventTypes: [secret], calcom: { webhookSecrets: ["own"] } }),
      OPTIONS,
    );
    const third = await applyDocument(
      db,
      newSlug(),
      shop({ eventTypes: [away], calcom: { baseUrl: "https://cal.example.org/v2" } }),
      OPTIONS,
    );
    const asked = await directory();
    const owner = (id: number) => asked.companyOfEventTypeAtInstallation(id);
    expect(await owner(plain)).toEqual({ companyId: first.companyId, hasOwnSecrets: false });
    expect(await owner(secret)).toEqual({ companyId: second.companyId, hasOwnSecrets: true });
    expect(await owner(away)).toBeNull();
    for (const nobody of [0, -1, 1.5, 2 ** 40, Number.NaN]) expect(await owner(nobody)).toBeNull();
    expect(await asked.ownsEventType(third.companyId, away)).toBe(true);
    expect(await asked.ownsEventType(first.companyId, away)).toBe(false);
    expect(await asked.activeCompanyIds()).toEqual(
      expect.arrayContaining([first.companyId, second.companyId, third.companyId]),
    );
  });

  it("gives the installation's webhook secrets to a company without its own, and none to an unknown slug.", async () => {
    const slug = newSlug();
    const { companyId } = await applyDocument(db, slug, shop(), OPTIONS);
    const asked = await directory();
    expect(await asked.webhookTenant(slug)).toEqual({ companyId, secrets: INSTALLATION.webhookSecrets });
    expect(await asked.companyBySlug(slug)).toEqual({ companyId, slug, name: "Klein" });
    for (const nobody of [newSlug(), "", "\0", "Shop"]) {
      expect(await asked.webhookTenant(nobody)).toBeNull();
      expect(await asked.companyBySlug(nobody)).toBeNull();
    }
  });

  it("forgets everything when its connection that listens is cut, and listens again.", async () => {
    const slug = newSlug();
    const { companyId } = await applyDocument(db, slug, shop(), OPTIONS);
    const asked = await directory();
    const before = await asked.catalogue(companyId);
    expect(await asked.catalogue(companyId)).toBe(before);
    await admin`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'LISTEN tenant_changed%'`;
    await until(
      () => asked.catalogue(companyId),
      (found) => found !== before,
      3_000,
    );
    await until(
      async () =>
        (
          await admin`SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN tenant_changed%'`
        ).length,
      (listening) => listening === 1,
    );
    await applyDocument(db, slug, shop({ name: "Danach" }), OPTIONS);
    await until(
      () => asked.catalogue(companyId),
      (found) => found.company.name === "Danach",
      1_500,
    );
  });

  it("follows the installation to another base URL.", async () => {
    const id = eventType++;
    const { companyId } = await applyDocument(db, newSlug(), shop({ eventTypes: [id] }), OPTIONS);
    const moved = await createDirectory(db, {
      secretsKey: OPTIONS.secretsKey,
      installation: { ...INSTALLATION, baseUrl: "http://127.0.0.1:4100/v2" },
    });
    directories.push(moved);
    expect(await moved.companyOfEventTypeAtInstallation(id)).toMatchObject({ companyId });
    const back = await directory();
    expect(await back.companyOfEventTypeAtInstallation(id)).toMatchObject({ companyId });
  });
});

describe("the seed", () => {
  it("makes the first tenant once, keeps what somebody changed and registers the same token again.", async () => {
    const options = {
      databaseUrl: database.url,
      secretsKey: OPTIONS.secretsKey,
      simulator: null,
      calcom: { baseUrl: INSTALLATION.baseUrl, apiKey: "cal_test", webhookSecret: "secret" },
      publicUrl: "http://127.0.0.1:3000",
      token: "the same token after every restart",
    };
    expect(await seed(options)).toEqual({ companySlug: "friseur-1", token: options.token });
    const made = await exportDocument(db, "friseur-1");
    expect(made?.document.services.map((service) => service.slug)).toEqual(
      expect.arrayContaining(["herrenhaarschnitt", "dauerwelle"]),
    );
    if (!made) return;
    await applyDocument(db, "friseur-1", { ...made.document, name: "Umbenannt" }, OPTIONS);
    await seed(options);
    const after = await exportDocument(db, "friseur-1");
    expect(after?.document.name).toBe("Umbenannt");
    expect(after?.tokens.length).toBe(1);
  });
});
