import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { eventTypeSchema, hostSchema, keySchema, subscriptionSchema, teamSchema } from "./model.js";
import type { Snapshot, Store } from "./store.js";

const text = z.string();
const bookingSchema = z.object({
  id: z.int(),
  uid: text,
  title: text,
  eventTypeId: z.int(),
  hostIds: z.array(z.int()),
  start: z.number(),
  end: z.number(),
  status: z.enum(["accepted", "pending", "cancelled", "rejected"]),
  attendee: z.object({
    name: text,
    email: text,
    timeZone: text,
    language: text,
    phoneNumber: text.optional(),
    absent: z.boolean(),
  }),
  guests: z.array(text),
  responses: z.record(text, z.unknown()),
  metadata: z.record(text, z.union([text, z.number(), z.boolean()])),
  location: text,
  createdAt: z.number(),
  updatedAt: z.number(),
  sequence: z.int(),
  source: z.enum(["API_V2", "WEBAPP"]),
  absentHost: z.boolean(),
  cancellationReason: text.optional(),
  cancelledByEmail: text.optional(),
  rejectionReason: text.optional(),
  reschedulingReason: text.optional(),
  rescheduledByEmail: text.optional(),
  fromUid: text.optional(),
  toUid: text.optional(),
  rescheduleRequested: z.boolean().optional(),
});

const snapshotSchema = z.object({
  version: z.literal(1),
  nextId: z.int(),
  hosts: z.array(hostSchema),
  teams: z.array(teamSchema),
  keys: z.array(keySchema),
  eventTypes: z.array(eventTypeSchema),
  webhooks: z.array(subscriptionSchema.extend({ id: text })),
  bookings: z.array(bookingSchema),
  reservations: z.array(
    z.object({
      uid: text,
      eventTypeId: z.int(),
      hostId: z.int(),
      start: z.number(),
      end: z.number(),
      minutes: z.number(),
      until: z.number(),
    }),
  ),
});

/** How long changes are gathered before they are written, in milliseconds. */
const GATHER_MS = 25;

/** Keeps the store in a JSON file: loaded at start, written through a temporary file so that it is never half. */
export class StateFile {
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {}

  /** @throws Error when the file is there but is not a state of this simulator. */
  static open(path: string, store: Store): { readonly file: StateFile; readonly restored: boolean } {
    const restored = existsSync(path);
    if (restored) {
      const snapshot: Snapshot = snapshotSchema.parse(JSON.parse(readFileSync(path, "utf8")));
      store.restore(snapshot);
    } else {
      mkdirSync(dirname(path), { recursive: true });
    }
    const file = new StateFile(path, store);
    store.onChange = () => file.#schedule();
    return { file, restored };
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const temporary = `${this.path}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(this.store.snapshot()));
    renameSync(temporary, this.path);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }
}
