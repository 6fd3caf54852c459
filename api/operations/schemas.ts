import { z } from "@hono/zod-openapi";
import { problemSchema } from "../booking/schemas.js";
import { instantField } from "../validation.js";

const instant = z.string().openapi({ format: "date-time" });
const instantOrNull = instant.nullable();
const breaker = z.enum(["closed", "open", "half_open"]);
const budget = z.object({ limit: z.number().int(), remaining: z.number().int() });
const syncState = z.enum(["synced", "pending", "failed", "manual_review"]);
const number = z.number().nullable();

export const syncStatusSchema = z
  .object({
    states: z.object({
      synced: z.number().int(),
      pending: z.number().int(),
      failed: z.number().int(),
      manual_review: z.number().int(),
    }),
    successRate24h: number.openapi({ description: "0 to 1; null while nothing was settled" }),
    oldestPendingSeconds: number,
    reviewCount: z.number().int(),
    webhookLatencyMs: z.object({ p50: number, p95: number }),
    lostWebhooksHealed: z.number().int(),
    conflicts: z.number().int(),
    inbox: z.object({ waiting: z.number().int(), dead: z.number().int() }),
    budget,
    breaker,
  })
  .openapi("SyncStatus");

export const appointmentSyncSchema = z
  .object({
    appointmentId: z.uuid(),
    workflowId: z.string(),
    status: z.string(),
    sync: z.object({
      state: syncState,
      verifiedAt: instantOrNull,
      lastError: z.string().nullable(),
      nextAttemptAt: instantOrNull,
      reviewReason: z.string().nullable(),
    }),
    phases: z.array(
      z.object({
        key: z.string(),
        staffRequired: z.boolean(),
        calcomUid: z.string().nullable(),
        sync: z.string(),
        uids: z.array(z.string()),
      }),
    ),
    operations: z.array(
      z.object({
        id: z.uuid(),
        kind: z.string(),
        phase: z.string(),
        state: z.string(),
        doubtful: z.boolean(),
        attempts: z.number().int(),
        calcomUid: z.string().nullable(),
        resultUid: z.string().nullable(),
        wantedStart: instantOrNull,
        lastError: z.string().nullable(),
        firstSentAt: instantOrNull,
        lastSentAt: instantOrNull,
        createdAt: instant,
      }),
    ),
    chain: z.array(
      z.object({
        calcomUid: z.string(),
        phase: z.string().nullable(),
        previousUid: z.string().nullable(),
        since: instant,
      }),
    ),
  })
  .openapi("AppointmentSync");

export const reconcileBodySchema = z
  .strictObject({ since: instantField.nullish() })
  .openapi("ReconcileRequest");
export const reconcileResultSchema = z
  .object({
    checked: z.number().int(),
    healed: z.number().int().openapi({ description: "Lost events that were queued" }),
  })
  .openapi("ReconcileResult");

const status = z.enum(["ok", "unavailable"]);
const check = z.object({ status, detail: z.string().optional() });
export const readySchema = z
  .object({ status, checks: z.object({ database: check, temporal: check, worker: check }) })
  .openapi("Ready");

const accountSchema = z.object({
  status: z.enum(["ok", "unavailable", "not_configured"]),
  reachable: z.boolean().nullable(),
  keyValid: z.boolean().nullable(),
  breaker,
  budget,
});
export const calcomHealthSchema = z
  .object({
    status,
    checkedAt: instant,
    checks: z.object({ installation: accountSchema }),
    companies: z.array(accountSchema.extend({ slug: z.string() })),
  })
  .openapi("CalcomHealth");
export type AccountHealth = z.output<typeof accountSchema>;
export type CalcomHealth = z.output<typeof calcomHealthSchema>;
export type Ready = z.output<typeof readySchema>;

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
export const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
