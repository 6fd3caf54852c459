import { randomUUID } from "node:crypto";
import type { CalcomEvent, CalcomPerson } from "../../domain/calcom/event.js";
import { asSystem, type Database, sqlState } from "../client.js";
import { countRecent } from "./recent.js";

/** A row for the inbox, before it is durable. */
export interface Arrival {
  companyId: string | null;
  semanticKey: string;
  event: CalcomEvent;
  person: CalcomPerson;
  status: "waiting" | "quarantined";
  note: string | null;
}

export interface Inbox {
  /** Resolves when the event is durable. */
  put(arrival: Arrival): Promise<"stored" | "duplicate">;
  /** So much arrives at present that what is durable already had better wait: taking in comes first. */
  flooded(): boolean;
}

/** The channel that tells every relay that something waits. */
export const INBOX_CHANNEL = "inbox";

/** Of 200 ms: more than a hundred a second; people at work in Cal.com make a few. */
const FLOOD = { arrivals: 20, withinMs: 200 };
const MAX_BATCH = 200;
const MAX_IN_FLIGHT = 2;

interface Waiter {
  id: string;
  arrival: Arrival;
  resolve: (result: "stored" | "duplicate") => void;
  reject: (error: unknown) => void;
}

/** Rows that arrive together share an insert (measured: 5,900 a second instead of 3,400). */
export function createInbox(db: Database, onStored: () => void): Inbox {
  let queue: Waiter[] = [];
  let inFlight = 0;
  const arrivals = countRecent(FLOOD.withinMs);
  const flush = async (): Promise<void> => {
    if (inFlight >= MAX_IN_FLIGHT || queue.length === 0) return;
    const batch = queue.slice(0, MAX_BATCH);
    queue = queue.slice(MAX_BATCH);
    inFlight += 1;
    try {
      if ((await store(db, batch)) > 0) onStored();
    } finally {
      inFlight -= 1;
      void flush();
    }
  };
  return {
    flooded: () => arrivals.recent() >= FLOOD.arrivals,
    put(arrival) {
      arrivals.count();
      return new Promise((resolve, reject) => {
        queue.push({ id: randomUUID(), arrival, resolve, reject });
        // What else arrives in this turn of the event loop joins the same insert.
        if (queue.length === 1) setImmediate(() => void flush());
      });
    },
  };
}

/**
 * Stores what arrived together. If that cannot be done in one piece, each is tried by itself: nobody's event is
 * lost because of a neighbour, for Cal.com does not send it again.
 *
 * @returns how many are new
 */
async function store(db: Database, batch: readonly Waiter[]): Promise<number> {
  try {
    const stored = await insert(db, batch);
    for (const waiter of batch) waiter.resolve(stored.has(waiter.id) ? "stored" : "duplicate");
    return stored.size;
  } catch (error) {
    if (batch.length === 1 || sqlState(error) === null) {
      for (const waiter of batch) waiter.reject(error);
      return 0;
    }
    let stored = 0;
    for (const waiter of batch) stored += await store(db, [waiter]);
    return stored;
  }
}

async function insert(db: Database, batch: readonly Waiter[]): Promise<Set<string>> {
  const rows = batch.map(({ id, arrival: { companyId, semanticKey, event, person, status, note } }) => ({
    id,
    company_id: companyId,
    semantic_key: semanticKey,
    trigger: event.trigger,
    uid: event.uid,
    reschedule_uid: event.rescheduleUid,
    operation_id: isUuid(event.operationId) ? event.operationId : null,
    event,
    person,
    status,
    note,
  }));
  const stored = await asSystem(
    db,
    (tx) => tx<{ id: string }[]>`
      INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, uid, reschedule_uid, operation_id, event, person, status, note)
      SELECT r.id, r.company_id, 'webhook', r.semantic_key, r.trigger, r.uid, r.reschedule_uid, r.operation_id, r.event, r.person, r.status, r.note
      FROM jsonb_to_recordset(${storableJson(rows)}::text::jsonb) AS r(id uuid, company_id uuid, semantic_key text, trigger text, uid text,
        reschedule_uid text, operation_id uuid, event jsonb, person jsonb, status text, note text)
      ON CONFLICT DO NOTHING RETURNING id`,
  );
  return new Set(stored.map((row) => row.id));
}

/** How JSON writes what Postgres cannot keep: NUL, and half of a character. */
const UNSTORABLE = /\\u(0000|d[89a-f])/i;

/** People do send such names (a form that cuts an emoji in two): they are kept without them. */
function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!UNSTORABLE.test(text)) return text;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "string" ? Buffer.from(item.replaceAll("\0", "")).toString() : item,
  );
}

function isUuid(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
