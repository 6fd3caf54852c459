import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createDirectory, type Directory, UnknownCompanyError } from "../../db/tenant/directory.js";
import {
  createToken,
  listTokens,
  registerToken,
  revokeToken,
  TokenTakenError,
} from "../../db/tenant/tokens.js";
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
    const id = newEventType();
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
    const [plain, secret, away] = [newEventType(), newEventType(), newEventType()];
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
    const id = newEventType();
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
