import { type Context, Hono } from "hono";
import { parseWebhook } from "../../calcom/webhook/body.js";
import { verifySignature } from "../../calcom/webhook/signature.js";
import type { Inbox } from "../../db/calcom/inbox.js";
import { companyOfUid, isUidKnown } from "../../db/calcom/uids.js";
import { type Database, inTenant } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import type { CalcomEvent } from "../../domain/calcom/event.js";
import { semanticKey } from "../../domain/calcom/semantic-key.js";
import type { RequestContext } from "../context.js";
import { Problem } from "../problems.js";
import type { RateLimits } from "../rate-limits.js";

export interface CalcomWebhookDeps {
  db: Database;
  directory: Directory;
  inbox: Inbox;
  limits: RateLimits;
  /** The installation's `CALCOM_WEBHOOK_SECRET`s. */
  installationSecrets: readonly string[];
}

type Verdict = "accepted" | "duplicate" | "ignored" | "quarantined";

/** Compared against when there is no such company, so that it takes as long and looks the same. */
const NO_SECRETS = ["no company of this name has a secret"];

/**
 * Cal.com's webhooks (contract.md 4): signature on the raw bytes, into the inbox, 200. What an event means is
 * decided later; a business problem is never an error here, because Cal.com would not send it again.
 */
export function calcomWebhookRoutes(deps: CalcomWebhookDeps): Hono<RequestContext> {
  const app = new Hono<RequestContext>();
  const paths = ["/api/webhooks/calcom/:companySlug", "/api/webhooks/calcom", "/api/calcom/webhook"];
  for (const path of paths) app.get(path, (c) => c.json({ status: "ok" }));

  app.post("/api/webhooks/calcom/:companySlug", async (c) => {
    const raw = new Uint8Array(await c.req.arrayBuffer());
    const tenant = await deps.directory.webhookTenant(c.req.param("companySlug"));
    if (!verifySignature(raw, (name) => c.req.header(name), tenant?.secrets ?? NO_SECRETS) || !tenant)
      throw unsigned();
    await deps.limits.perTenantWebhook(c, tenant.companyId);
    return received(c, await takeIn(deps, raw, async () => ({ companyId: tenant.companyId, foreign: null })));
  });

  for (const path of ["/api/webhooks/calcom", "/api/calcom/webhook"]) {
    app.post(path, async (c) => {
      const raw = new Uint8Array(await c.req.arrayBuffer());
      if (!verifySignature(raw, (name) => c.req.header(name), [...deps.installationSecrets]))
        throw unsigned();
      return received(
        c,
        await takeIn(deps, raw, async (event) => {
          const owner = await ownerAtInstallation(deps, event);
          if (owner) await deps.limits.perTenantWebhook(c, owner.companyId);
          if (!owner) return { companyId: null, foreign: "no_tenant_of_this_event_type" };
          return {
            companyId: owner.companyId,
            foreign: owner.hasOwnSecrets ? "tenant_has_secrets_of_its_own" : null,
          };
        }),
      );
    });
  }
  return app;
}

/** By event type; an event that names none is its booking's. */
async function ownerAtInstallation(
  deps: CalcomWebhookDeps,
  event: CalcomEvent,
): Promise<{ companyId: string; hasOwnSecrets: boolean } | null> {
  if (event.eventTypeId !== null)
    return await deps.directory.companyOfEventTypeAtInstallation(event.eventTypeId);
  const companyId = event.uid === null ? null : await companyOfUid(deps.db, event.uid);
  if (companyId === null) return null;
  const { eventTypes } = await deps.directory.catalogue(companyId);
  const [first] = eventTypes;
  return first ? await deps.directory.companyOfEventTypeAtInstallation(first.calcomEventTypeId) : null;
}

interface Owner {
  companyId: string | null;
  /** Why the event is a stranger's. */
  foreign: string | null;
}

async function takeIn(
  deps: CalcomWebhookDeps,
  raw: Uint8Array,
  ownerOf: (event: CalcomEvent) => Promise<Owner>,
): Promise<Verdict> {
  const parsed = parseWebhook(raw);
  if (!parsed.ok) throw new Problem("malformed-webhook", parsed.detail);
  const { event, person } = parsed;
  if (event.kind === "ping" || event.kind === "other") return "ignored";
  const owner = await ownerOf(event);
  const { companyId } = owner;
  const store = async (status: "waiting" | "quarantined", note: string | null): Promise<Verdict> => {
    const key = semanticKey(event);
    const stored = await deps.inbox.put({
      companyId,
      // One in quarantine must not make a duplicate of the real one, which may come by another way.
      semanticKey: status === "quarantined" ? `quarantined|${note}|${key}` : key,
      event,
      person,
      status,
      note,
    });
    if (status === "quarantined") return "quarantined";
    return stored === "duplicate" ? "duplicate" : "accepted";
  };
  if (isOnlyAboutKnown(event)) {
    const known = companyId !== null && owner.foreign === null && (await isKnown(deps.db, companyId, event));
    return known ? await store("waiting", null) : "ignored";
  }
  if (companyId === null || owner.foreign !== null) return await store("quarantined", owner.foreign);
  const owned =
    event.eventTypeId !== null && (await deps.directory.ownsEventType(companyId, event.eventTypeId));
  if (owned || (await isKnown(deps.db, companyId, event))) return await store("waiting", null);
  return await store("quarantined", "event_type_of_somebody_else");
}

/** Events that mean nothing without a booking of ours. */
function isOnlyAboutKnown(event: CalcomEvent): boolean {
  return event.kind === "meeting_started" || event.kind === "meeting_ended" || event.kind === "no_show";
}

async function isKnown(db: Database, companyId: string, event: CalcomEvent): Promise<boolean> {
  const uids = [event.uid, event.rescheduleUid].filter((uid) => uid !== null);
  return uids.length > 0 && (await inTenant(db, companyId, (tx) => isUidKnown(tx, uids)));
}

function received(c: Context<RequestContext>, status: Verdict): Response {
  return c.json({ received: true, status });
}

function unsigned(): Problem {
  return new Problem("unauthorized", "the signature is missing or wrong");
}
