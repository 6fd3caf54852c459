import type { Operation } from "./settings.js";

/** One request that the API was asked. */
export interface LoggedRequest {
  readonly id: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  /** HTTP status; 0 when the connection was cut without an answer; null while it is still running. */
  status: number | null;
  durationMs: number | null;
  readonly version: string | null;
  readonly key: string | null;
  readonly operationId: string | null;
  readonly uid: string | null;
  readonly eventTypeId: number | null;
  fault: string | null;
}

const LIMIT = 10_000;

/** What was asked, newest last, with counters that the limit of the log does not touch. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  #counts = new Map<string, number>();
  #nextId = 1;

  begin(entry: Omit<LoggedRequest, "id" | "at" | "status" | "durationMs" | "fault">): LoggedRequest {
    const logged: LoggedRequest = {
      id: this.#nextId++,
      at: new Date().toISOString(),
      status: null,
      durationMs: null,
      fault: null,
      ...entry,
    };
    this.#entries.push(logged);
    if (this.#entries.length > LIMIT) this.#entries.splice(0, LIMIT / 10);
    this.#counts.set(entry.operation, (this.#counts.get(entry.operation) ?? 0) + 1);
    return logged;
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  counts(): {
    readonly total: number;
    readonly byOperation: Readonly<Record<string, number>>;
    readonly byStatus: Readonly<Record<string, number>>;
  } {
    const byStatus: Record<string, number> = {};
    for (const entry of this.#entries) {
      const status = String(entry.status);
      byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
    return {
      total: [...this.#counts.values()].reduce((a, b) => a + b, 0),
      byOperation: Object.fromEntries(this.#counts),
      byStatus,
    };
  }

  clear(): void {
    this.#entries = [];
    this.#counts.clear();
  }
}
