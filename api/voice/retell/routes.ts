import { type Context, Hono } from "hono";
import { inTenant } from "../../../db/client.js";
import { raiseAlert } from "../../../db/operations/alerts.js";
import type { CallOwner, Directory } from "../../../db/tenant/directory.js";
import type { CallOrigin } from "../../../db/voice/call.js";
import { addressOf } from "../../auth.js";
import type { RequestContext } from "../../context.js";
import { Problem } from "../../problems.js";
import type { RateLimits } from "../../rate-limits.js";
import { refused } from "../answer.js";
import { callAnalyzed, callEnded, callStarted } from "../call-events.js";
import { beginCall } from "../inbound.js";
import type { VoiceDeps } from "../invocation.js";
import { runTool, ToolKeyReusedError } from "../run-tool.js";
import {
  agentTurns,
  numbersOf,
  parseEvent,
  parseFunction,
  parseInbound,
  type RetellCall,
  toolKey,
} from "./bodies.js";
import { countRefusedSignatures, type RefusedSignatures } from "./refused-signatures.js";
import { verifyRetellSignature } from "./signature.js";

export interface RetellDeps extends VoiceDeps {
  directory: Directory;
  limits: RateLimits;
  /** `RETELL_API_KEY`: proves a call of no tenant that we know. */
  installationKeys: readonly string[];
}

/** Retell's side of voice (contract.md 5): functions, the inbound webhook, call events. */
export function retellRoutes(retellDeps: RetellDeps): Hono<RequestContext> {
  const app = new Hono<RequestContext>();
  const deps = { ...retellDeps, signatures: countRefusedSignatures() };

  app.post("/api/webhooks/retell/function", async (c) => {
    const receivedAt = Date.now();
    const { raw, json } = await read(c);
    const body = parseFunction(json);
    const owner = await ownerOf(deps, c, raw, body?.call ?? {});
    // From here on whatever happens is said: anything but 200 would be read out as an error of the connection.
    const temporary = refused("TEMPORARY", deps.say.temporary({ callback: false }), "offer_callback");
    if (!body) return c.json(refused("INVALID", deps.say.temporary({ callback: false }), "offer_callback"));
    if (!owner) return c.json(temporary);
    try {
      const key = toolKey(body, raw);
      const origin = originOf(body.call, owner);
      return c.json(await runTool(deps, { origin, key, tool: body.name, args: body.args, receivedAt }));
    } catch (error) {
      if (!(error instanceof ToolKeyReusedError)) throw error;
      return c.json(refused("INVALID", deps.say.temporary({ callback: false }), "offer_callback"));
    }
  });

  app.post("/api/webhooks/retell/inbound", async (c) => {
    const { raw, json } = await read(c);
    const call = parseInbound(json) ?? {};
    const owner = await ownerOf(deps, c, raw, call);
    if (!owner) return c.json({ call_inbound: {} });
    try {
      const origin = originOf(call, owner);
      const variables = await beginCall(deps, origin);
      if (!variables) return c.json({ call_inbound: { reject: true } });
      return c.json({
        call_inbound: {
          dynamic_variables: variables,
          metadata: { tenant_id: owner.companyId },
        },
      });
    } catch (error) {
      // The call must be put through, with nothing rather than with half of it (voice-agents 1.6).
      deps.log.error(
        { error: error instanceof Error ? error.name : "unknown" },
        "a call began without its context",
      );
      return c.json({ call_inbound: {} });
    }
  });

  app.post("/api/webhooks/retell", async (c) => {
    const { raw, json } = await read(c);
    const body = parseEvent(json);
    const owner = await ownerOf(deps, c, raw, body?.call ?? {});
    if (!body || !owner) return c.body(null, 204);
    await deps.limits.perTenantWebhook(c, owner.companyId);
    await takeEvent(deps, body.event, body.call, originOf(body.call, owner));
    return c.body(null, 204);
  });

  return app;
}

async function takeEvent(
  deps: RetellDeps,
  event: string,
  call: RetellCall,
  origin: CallOrigin,
): Promise<void> {
  switch (event) {
    case "call_started":
      await callStarted(deps, origin);
      return;
    case "call_ended":
      await callEnded(deps, origin, {
        endedAt: instant(call.end_timestamp),
        reason: call.disconnection_reason?.slice(0, 100) ?? null,
        durationMs: whole(call.duration_ms),
      });
      return;
    case "call_analyzed":
      await callAnalyzed(deps, origin, {
        agentTurns: agentTurns(call),
        summary: call.call_analysis?.call_summary ?? null,
        analysis: call.call_analysis?.custom_analysis_data ?? {},
      });
  }
}

const LATEST_MS = 8_640_000_000_000;

function instant(ms: number | null | undefined): Date | null {
  return typeof ms === "number" && ms > 0 && ms < LATEST_MS ? new Date(ms) : null;
}

function whole(value: number | null | undefined): number | null {
  return typeof value === "number" && value >= 0 && value < 2_147_483_647 ? Math.round(value) : null;
}

async function read(c: Context): Promise<{ raw: Uint8Array; json: unknown }> {
  const raw = new Uint8Array(await c.req.arrayBuffer());
  try {
    return { raw, json: JSON.parse(new TextDecoder().decode(raw)) };
  } catch {
    return { raw, json: null };
  }
}

/**
 * Whose call this is: the company that owns the called number, else the agent, if the signature is made with its
 * key. The body only names candidates; nothing of it is believed before the signature fits.
 *
 * @returns `null`: validly signed, but nobody here owns the number
 * @throws Problem `unauthorized`
 */
async function ownerOf(
  deps: RetellDeps & { signatures: RefusedSignatures },
  c: Context,
  raw: Uint8Array,
  call: RetellCall,
): Promise<CallOwner | null> {
  const header = c.req.header("X-Retell-Signature");
  const now = Date.now();
  const candidates = await deps.directory.companiesOfCall({
    phone: numbersOf(call).called,
    agentId: call.agent_id ?? null,
  });
  for (const candidate of candidates) {
    if (!verifyRetellSignature(raw, header, candidate.retellKeys, now)) continue;
    deps.signatures.fitted(candidate.companyId);
    return candidate;
  }
  if (candidates.length === 0 && verifyRetellSignature(raw, header, deps.installationKeys, now)) return null;
  for (const { companyId } of candidates) {
    if (header !== undefined && deps.signatures.refused(companyId, now))
      await tellRefused(deps, companyId, now);
  }
  await deps.limits.withoutToken(c, addressOf(c));
  throw new Problem("unauthorized", "X-Retell-Signature: is missing, too old, or made with another key");
}

const HOUR_MS = 3_600_000;

/** Every call of this company is dead as long as nobody looks (salon-gateway 11.67); once an hour is enough. */
async function tellRefused(deps: RetellDeps, companyId: string, now: number): Promise<void> {
  deps.log.error({ companyId }, "Retell's signatures are refused: its key and the tenant's differ");
  await inTenant(deps.db, companyId, (tx) =>
    raiseAlert(tx, {
      companyId,
      type: "voice.signatures_refused",
      data: { since: new Date(now).toISOString() },
      dedupeKey: `voice.signatures_refused:${Math.floor(now / HOUR_MS)}`,
    }),
  ).catch(() => {});
}

/** The signed envelope and nothing else: agents do pass `call_1` where an id belongs (salon-gateway 11.62). */
function originOf(call: RetellCall, owner: CallOwner): CallOrigin {
  const { caller, called } = numbersOf(call);
  return {
    companyId: owner.companyId,
    provider: "retell",
    providerCallId: call.call_id ?? "",
    callerPhone: caller,
    calledPhone: called,
    agentId: call.agent_id ?? null,
    branchId: owner.branchId,
  };
}
