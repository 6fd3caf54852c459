import { timingSafeEqual } from "node:crypto";
import { calcomInstance } from "../../domain/tenant/calcom-instance.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { isSlug } from "../../domain/tenant/slug.js";
import { asSystem, type Database, inTenant } from "../client.js";
import { TenantCache } from "./cache.js";
import { catalogueOf } from "./catalogue.js";
import { listenForChanges } from "./changes.js";
import { followInstallation } from "./companies.js";
import { LastKnown } from "./last-known.js";
import { loadTenantRows } from "./rows.js";
import { createVault, type SecretKind, type Vault } from "./secrets.js";
import { tokenHash } from "./tokens.js";

/** What the environment says about Cal.com; a tenant's own wins. */
export interface Installation {
  baseUrl: string;
  /** Empty: none. */
  apiKey: string;
  webhookSecrets: string[];
  retellKeys: string[];
}

export interface DirectoryOptions {
  secretsKey: string;
  installation: Installation;
}

/** Whose Cal.com: the same shape as the client's `CalcomAccount`. */
export interface CalcomAccess {
  companyId: string;
  baseUrl: string;
  /** Empty when there is no key that may be sent to this base URL. */
  apiKey: string;
  teamId: number | null;
}

export interface CallOwner {
  companyId: string;
  /** The branch of the called number; `null`: only the company is known. */
  branchId: string | null;
  /** Newest first. */
  retellKeys: string[];
}

export interface CompanyEntry {
  companyId: string;
  slug: string;
  name: string;
}

/** No active company of this id. */
export class UnknownCompanyError extends Error {
  constructor(companyId: string) {
    super(`there is no active company ${companyId}`);
    this.name = "UnknownCompanyError";
  }
}

/**
 * What is asked of tenants on every request, answered from this process. Dropped by NOTIFY the moment a company
 * changes, wherever it was changed; when the connection that listens is lost, everything is dropped and nothing
 * is kept for more than a second. All of it throws what the database throws when it cannot be reached.
 */
export interface Directory {
  /** `null` for a token that is unknown or revoked, or whose company is not active. */
  companyOfToken(token: string): Promise<{ companyId: string; tokenId: string } | null>;
  /** @throws UnknownCompanyError */
  catalogue(companyId: string): Promise<Catalogue>;
  /** The company's own base URL and key, else the installation's. @throws UnknownCompanyError, SealedSecretError */
  calcomAccount(companyId: string): Promise<CalcomAccess>;
  /** All active secrets of the company's webhook, newest first; the installation's where it has none. */
  webhookTenant(slug: string): Promise<{ companyId: string; secrets: string[] } | null>;
  /**
   * Who may be meant by a call: the companies that named the called number, those that named it first in front;
   * where nobody did, those that named the agent. `retellKeys` are a company's own, else the installation's. More
   * than one only by mistake: the signature decides.
   */
  companiesOfCall(called: { phone: string | null; agentId: string | null }): Promise<CallOwner[]>;
  /** Whose event type this is on the installation's own Cal.com. */
  companyOfEventTypeAtInstallation(
    calcomEventTypeId: number,
  ): Promise<{ companyId: string; hasOwnSecrets: boolean } | null>;
  ownsEventType(companyId: string, calcomEventTypeId: number): Promise<boolean>;
  companyBySlug(slug: string): Promise<CompanyEntry | null>;
  /** Asked anew each time. */
  activeCompanyIds(): Promise<string[]>;
  /** Forgets a company at once in this process: its own next request must not race the NOTIFY. */
  forget(companyId: string): void;
  close(): Promise<void>;
}

const TTL_MS = 60_000;
/** While changes may be missed. */
const TTL_WITHOUT_LISTEN_MS = 1_000;
const LAST_USED_EVERY_MS = 60_000;
/** Whose a call is, while the database is away: somebody is on the phone and must hear something. */
const LAST_KNOWN_MS = 600_000;
const LAST_KNOWN_AFTER_MS = 400;

/** The directory of tenants of this process; it holds one connection more, which listens. */
export async function createDirectory(db: Database, options: DirectoryOptions): Promise<Directory> {
  const vault = await createVault(options.secretsKey);
  const { installation } = options;
  await followInstallation(db, installation.baseUrl);
  const installationInstance = calcomInstance(installation.baseUrl);
  const ttlMs = () => (listener.up ? TTL_MS : TTL_WITHOUT_LISTEN_MS);

  const tokens = new TenantCache({ ttlMs, load: (hash) => loadToken(db, hash) });
  const catalogues = new TenantCache({
    ttlMs,
    load: async (companyId) => {
      const rows = await inTenant(db, companyId, (tx) => loadTenantRows(tx, companyId));
      return rows ? { companyId, value: catalogueOf(rows) } : null;
    },
  });
  const accounts = new TenantCache({ ttlMs, load: (id) => loadAccount(db, vault, installation, id) });
  const companies = new TenantCache({ ttlMs, load: (slug) => loadCompany(db, slug) });
  const webhooks = new TenantCache({
    ttlMs,
    load: async (slug) => {
      const company = await loadCompany(db, slug);
      if (!company) return null;
      const { companyId } = company;
      const own = await loadSecrets(db, vault, companyId, "calcom_webhook_secret");
      return { companyId, value: { companyId, secrets: own.length > 0 ? own : installation.webhookSecrets } };
    },
  });
  const owners = new TenantCache({
    ttlMs,
    load: (eventTypeId) => loadOwner(db, installationInstance, Number(eventTypeId)),
  });
  const owned = new TenantCache({
    ttlMs,
    load: async (companyId) => {
      const rows = await inTenant(
        db,
        companyId,
        (tx) => tx<{ calcomEventTypeId: number }[]>`
          SELECT calcom_event_type_id FROM event_type_owners WHERE company_id = ${companyId}`,
      );
      return { companyId, value: new Set(rows.map((row) => row.calcomEventTypeId)) };
    },
  });
  const routes = new TenantCache({ ttlMs, load: (route) => loadRoute(db, route) });
  const retellKeys = new TenantCache({
    ttlMs,
    load: async (companyId) => {
      const own = await loadSecrets(db, vault, companyId, "retell_api_key");
      return { companyId, value: own.length > 0 ? own : installation.retellKeys };
    },
  });
  const ownersOf = async (kind: "phone" | "agent", value: string | null): Promise<CallOwner[]> => {
    const claimed = value === null ? null : await routes.get(`${kind}:${value}`);
    return await Promise.all(
      (claimed ?? []).map(async (route) => ({
        ...route,
        retellKeys: (await retellKeys.get(route.companyId)) ?? [],
      })),
    );
  };
  const callOwners = new LastKnown<CallOwner[]>(LAST_KNOWN_MS, LAST_KNOWN_AFTER_MS);
  const caches = [routes, retellKeys, tokens, catalogues, accounts, companies, webhooks, owners, owned];
  const forget = (companyId: string) => {
    for (const cache of caches) cache.drop(companyId);
    // What it names may be another's as well.
    routes.clear();
    callOwners.clear();
  };
  const listener = await listenForChanges(db, {
    changed: forget,
    interrupted: () => {
      for (const cache of caches) cache.clear();
    },
  });

  const lastUsed = new Map<string, number>();
  const touching = new Set<Promise<void>>();
  const touch = (companyId: string, tokenId: string) => {
    const now = Date.now();
    if (now - (lastUsed.get(tokenId) ?? 0) < LAST_USED_EVERY_MS) return;
    lastUsed.set(tokenId, now);
    // Off the path: nobody waits for it, and a request must not fail because of it.
    const writing = touchToken(db, companyId, tokenId).catch(() => {
      lastUsed.delete(tokenId);
    });
    touching.add(writing);
    void writing.finally(() => touching.delete(writing));
  };

  return {
    async companyOfToken(token) {
      const found = await tokens.get(tokenHash(token));
      if (found) touch(found.companyId, found.tokenId);
      return found;
    },
    async catalogue(companyId) {
      const found = await catalogues.get(companyId);
      if (!found) throw new UnknownCompanyError(companyId);
      return found;
    },
    async calcomAccount(companyId) {
      const found = await accounts.get(companyId);
      if (!found) throw new UnknownCompanyError(companyId);
      return found;
    },
    webhookTenant: async (slug) => (isSlug(slug) ? await webhooks.get(slug) : null),
    async companiesOfCall({ phone, agentId }) {
      return await callOwners.or(`${phone ?? ""}|${agentId ?? ""}`, async () => {
        const byPhone = await ownersOf("phone", phone);
        return byPhone.length > 0 ? byPhone : await ownersOf("agent", agentId);
      });
    },
    companyOfEventTypeAtInstallation: async (id) => (isEventTypeId(id) ? await owners.get(String(id)) : null),
    ownsEventType: async (companyId, calcomEventTypeId) =>
      (await owned.get(companyId))?.has(calcomEventTypeId) ?? false,
    companyBySlug: async (slug) => (isSlug(slug) ? await companies.get(slug) : null),
    async activeCompanyIds() {
      const rows = await asSystem(
        db,
        (tx) => tx<{ id: string }[]>`SELECT id FROM companies WHERE active ORDER BY created_at, id`,
      );
      return rows.map((row) => row.id);
    },
    forget,
    async close() {
      await listener.close();
      await Promise.all(touching);
    },
  };
}

/** What fits the column: anything else, from a stranger's webhook, is nobody's rather than an error. */
function isEventTypeId(id: number): boolean {
  return Number.isInteger(id) && id > 0 && id <= 2_147_483_647;
}

async function loadToken(db: Database, hash: string) {
  const [row] = await asSystem(
    db,
    (tx) => tx<{ id: string; companyId: string; tokenHash: string }[]>`
      SELECT t.id, t.company_id, t.token_hash FROM api_tokens t JOIN companies c ON c.id = t.company_id
      WHERE t.token_hash = ${hash} AND t.revoked_at IS NULL AND c.active`,
  );
  if (!row || !sameHash(row.tokenHash, hash)) return null;
  return { companyId: row.companyId, value: { companyId: row.companyId, tokenId: row.id } };
}

function sameHash(stored: string, given: string): boolean {
  const [a, b] = [Buffer.from(stored, "hex"), Buffer.from(given, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function touchToken(db: Database, companyId: string, tokenId: string): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) => tx`
      UPDATE api_tokens SET last_used_at = now() WHERE company_id = ${companyId} AND id = ${tokenId}
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
  );
}

async function loadCompany(db: Database, slug: string) {
  const [row] = await asSystem(
    db,
    (tx) => tx<CompanyEntry[]>`
      SELECT id AS company_id, slug, name FROM companies WHERE slug = ${slug} AND active`,
  );
  return row ? { companyId: row.companyId, value: { ...row } } : null;
}

async function loadRoute(db: Database, route: string) {
  const separator = route.indexOf(":");
  const rows = await asSystem(
    db,
    (tx) => tx<{ companyId: string; branchId: string | null }[]>`
      SELECT r.company_id, r.branch_id FROM call_routes r JOIN companies c ON c.id = r.company_id AND c.active
      WHERE r.kind = ${route.slice(0, separator)} AND r.value = ${route.slice(separator + 1)}
      ORDER BY r.claimed_at, r.company_id`,
  );
  const first = rows[0];
  return first ? { companyId: first.companyId, value: [...rows] } : null;
}

async function loadAccount(db: Database, vault: Vault, installation: Installation, companyId: string) {
  const [[company], keys] = await Promise.all([
    inTenant(
      db,
      companyId,
      (tx) => tx<{ calcomBaseUrl: string | null; calcomTeamId: number | null }[]>`
        SELECT calcom_base_url, calcom_team_id FROM companies WHERE id = ${companyId} AND active`,
    ),
    loadSecrets(db, vault, companyId, "calcom_api_key"),
  ]);
  if (!company) return null;
  const baseUrl = (company.calcomBaseUrl ?? installation.baseUrl).replace(/\/+$/, "");
  // The installation's key is not sent to another server only because a document names one.
  const atHome = calcomInstance(baseUrl) === calcomInstance(installation.baseUrl);
  const apiKey = keys[0] ?? (atHome ? installation.apiKey : "");
  return { companyId, value: { companyId, baseUrl, apiKey, teamId: company.calcomTeamId } };
}

async function loadSecrets(
  db: Database,
  vault: Vault,
  companyId: string,
  kind: SecretKind,
): Promise<string[]> {
  const rows = await inTenant(
    db,
    companyId,
    (tx) => tx<{ sealed: string }[]>`
      SELECT sealed FROM tenant_secrets WHERE company_id = ${companyId} AND kind = ${kind} ORDER BY position`,
  );
  return rows.map((row) => vault.open({ companyId, kind }, row.sealed));
}

async function loadOwner(db: Database, instance: string, calcomEventTypeId: number) {
  const [row] = await asSystem(
    db,
    (tx) => tx<{ companyId: string; hasOwnSecrets: boolean }[]>`
      SELECT o.company_id, EXISTS (SELECT 1 FROM tenant_secrets s
          WHERE s.company_id = o.company_id AND s.kind = 'calcom_webhook_secret') AS has_own_secrets
      FROM event_type_owners o JOIN companies c ON c.id = o.company_id
      WHERE o.calcom_instance = ${instance} AND o.calcom_event_type_id = ${calcomEventTypeId} AND c.active`,
  );
  return row ? { companyId: row.companyId, value: { ...row } } : null;
}
