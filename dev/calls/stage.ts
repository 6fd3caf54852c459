import type { Client } from "@temporalio/client";
import { z } from "zod";
import type { Database } from "../../db/client.js";
import { inTenant } from "../../db/client.js";
import type { TenantDocument } from "../../domain/tenant/document.js";

/** The installation on which a play is played: `npm start`'s, or one that a test has made. */
export interface Stage {
  apiUrl: string;
  /** The company's bearer token, and the key with which Retell signs for it. */
  token: string;
  retellKey: string;
  companyId: string;
  document: TenantDocument;
  simulatorUrl: string;
  temporal: Client;
  database: Database;
  /** `kill -9`; resolves when another worker is on its way. `null`: it cannot be killed from here. */
  killWorker: (() => Promise<void>) | null;
  /** How long a wished time is held; `null`: too long to wait for. */
  holdMs: number | null;
  /** How long it may take until what was left pending is decided. */
  patienceMs: number;
}

const bookingSchema = z.looseObject({
  uid: z.string(),
  eventTypeId: z.number(),
  hostIds: z.array(z.number()),
  start: z.string(),
  end: z.string(),
  status: z.enum(["accepted", "pending", "cancelled", "rejected"]),
  attendee: z.looseObject({ name: z.string(), phoneNumber: z.string().optional() }),
});
export type CalendarEntry = z.infer<typeof bookingSchema>;

/** The simulator's control API (its README), as far as plays need it. */
export function simulatorOf(stage: Pick<Stage, "simulatorUrl">) {
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${stage.simulatorUrl}/_sim/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = z.object({ data: z.unknown() }).safeParse(await response.json());
    if (!response.ok || !answer.success)
      throw new Error(`the simulator answers ${response.status} to ${path}`);
    return answer.data.data;
  };
  return {
    /** All bookings of every status. */
    bookings: async () => z.array(bookingSchema).parse(await ask("GET", "bookings")),
    ask,
    /** Nothing fails, nothing is held back any more. */
    async calm(): Promise<void> {
      await Promise.all([ask("DELETE", "faults"), ask("DELETE", "webhook-rules")]);
      await ask("POST", "release", {});
    },
  };
}

export const isStanding = (entry: CalendarEntry) => entry.status === "accepted" || entry.status === "pending";

const appointmentSchema = z.looseObject({
  id: z.uuid(),
  status: z.enum(["pending", "confirmed", "cancelled", "completed", "no_show", "failed"]),
  start: z.string(),
  end: z.string(),
  service: z.looseObject({ slug: z.string() }),
  staff: z.looseObject({ slug: z.string() }).nullable(),
  phases: z.array(
    z.looseObject({
      key: z.string(),
      start: z.string(),
      end: z.string(),
      staffRequired: z.boolean(),
      staff: z.string().nullable(),
      calcomUid: z.string().nullable(),
    }),
  ),
  sync: z.looseObject({ state: z.enum(["synced", "pending", "failed", "manual_review"]) }),
  workflowId: z.string(),
});
export type AppointmentRow = z.infer<typeof appointmentSchema>;

/** Our own side, as the company's program sees it. */
export function gatewayOf(stage: Pick<Stage, "apiUrl" | "token">) {
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${stage.apiUrl}${path}`, {
      ...init,
      headers: {
        Authorization: `Bearer ${stage.token}`,
        "Content-Type": "application/json",
        ...init.headers,
      },
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status === 429) {
      // Whoever looks as often as we do is told to wait, like everybody.
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return await ask(path, init);
    }
    if (!response.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  return {
    async appointmentsOf(phone: string): Promise<AppointmentRow[]> {
      const page = z.object({ items: z.array(appointmentSchema) });
      return page.parse(await ask(`/api/v2/bookings?limit=100&phone=${encodeURIComponent(phone)}`)).items;
    },
    async book(body: unknown, key: string): Promise<AppointmentRow> {
      const headers = { "Idempotency-Key": key, Prefer: "wait=20" };
      return appointmentSchema.parse(
        await ask("/api/v2/bookings", { method: "POST", body: JSON.stringify(body), headers }),
      );
    },
    async callbacks(): Promise<{ id: string; phone: string | null; callId: string | null }[]> {
      const item = z.looseObject({
        id: z.string(),
        phone: z.string().nullable(),
        callId: z.string().nullable(),
      });
      return z.object({ items: z.array(item) }).parse(await ask("/api/v2/callbacks?limit=100")).items;
    },
    async moveOffers(): Promise<{ offered: number; accepted: number; declined: number }> {
      const counters = z.object({ offered: z.int(), accepted: z.int(), declined: z.int() });
      const body = z.object({ rescheduleOffers: counters });
      return body.parse(await ask("/api/v2/voice/statistics")).rescheduleOffers;
    },
    async account(): Promise<{ breaker: string; remaining: number; limit: number }> {
      const body = z.looseObject({
        breaker: z.string(),
        budget: z.looseObject({ limit: z.number(), remaining: z.number() }),
      });
      const { breaker, budget } = body.parse(await ask("/api/v2/calcom/sync-status"));
      return { breaker, ...budget };
    },
    /** The uses of tools that the ledger has kept of the call that its platform names so. */
    async ledger(providerCallId: string): Promise<{ tool: string; code: string | null }[]> {
      const list = z.object({
        items: z.array(z.looseObject({ id: z.string(), providerCallId: z.string() })),
      });
      const { items } = list.parse(await ask("/api/v2/voice/calls?limit=100"));
      const found = items.find((call) => call.providerCallId === providerCallId);
      if (!found) return [];
      const uses = z.array(z.looseObject({ tool: z.string(), code: z.string().nullable() }));
      return z.object({ tools: uses }).parse(await ask(`/api/v2/voice/calls/${found.id}`)).tools;
    },
  };
}

/** What the branch was told about an appointment: the rows from which its mails and the alert webhook are made. */
export async function toldBranch(stage: Stage, appointmentId: string): Promise<string[]> {
  const rows = await inTenant(
    stage.database,
    stage.companyId,
    (tx) => tx<{ type: string }[]>`
      SELECT type FROM alerts WHERE data->>'appointmentId' = ${appointmentId} AND branch_id IS NOT NULL ORDER BY created_at`,
  );
  return rows.map((row) => row.type);
}

/** What is still held for calls, of those times: nobody holds a chair who has hung up. */
export async function holdsOfCalls(stage: Stage, providerCallIds: readonly string[]): Promise<number> {
  const [row] = await inTenant(
    stage.database,
    stage.companyId,
    (tx) => tx<{ held: number }[]>`
      SELECT count(*)::int AS held FROM busy_intervals b JOIN calls c ON c.id = b.owner_id
      WHERE c.provider_call_id = ANY(${[...providerCallIds]}) AND b.kind = 'hold' AND b.expires_at > now()`,
  );
  return row?.held ?? 0;
}

/** What takes minutes need not be looked at ten times a second. */
const SELDOM_MS = 1_000;

/** Polls until `look` gives something; what it gave last when the time is over. */
export async function poll<T>(
  look: () => Promise<T>,
  enough: (seen: T) => boolean,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let pause = 50; ; pause = Math.min(pause * 1.5, SELDOM_MS)) {
    const seen = await look();
    if (enough(seen) || Date.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
