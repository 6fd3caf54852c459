import { z } from "zod";
import { triggerSchema } from "./model.js";

export const OPERATIONS = [
  "create",
  "list",
  "get",
  "reschedule",
  "cancel",
  "confirm",
  "decline",
  "mark-absent",
  "reassign",
  "request-reschedule",
  "location",
  "slots",
  "reservations",
  "event-types",
  "create-event-type",
  "teams",
  "me",
  "webhooks",
  "unknown",
] as const;
export type Operation = (typeof OPERATIONS)[number];
const operationOrAny = z.enum([...OPERATIONS, "any"]);
const ms = z.number().min(0);

const simpleEffect = z.discriminatedUnion("kind", [
  /** Waits between check and commit, and gives up if the client has gone meanwhile. */
  z.strictObject({ kind: z.literal("delay"), ms }),
  /** Waits between check and commit, and commits whether or not anybody still listens; `force` skips the unique key too. */
  z.strictObject({ kind: z.literal("delay-then-commit"), ms, force: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal("commit-then-delay"), ms }),
  z.strictObject({ kind: z.literal("commit-then-drop") }),
  z.strictObject({ kind: z.literal("commit-then-500") }),
  z.strictObject({ kind: z.literal("drop-before-commit") }),
  z.strictObject({
    kind: z.literal("status"),
    code: z.int().min(200).max(599),
    envelope: z.enum(["a", "b", "c", "html", "empty", "truncated"]).default("a"),
    message: z.string().default("Internal server error"),
  }),
  z.strictObject({ kind: z.literal("taken-400") }),
  z.strictObject({ kind: z.literal("400-although-created") }),
  z.strictObject({ kind: z.literal("429-block"), ms: ms.default(60_000) }),
  z.strictObject({ kind: z.literal("401") }),
  z.strictObject({ kind: z.literal("return-older-foreign-booking"), commit: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal("answer-without-uid") }),
  z.strictObject({ kind: z.literal("replica-lag"), ms }),
]);
export type Effect = z.output<typeof simpleEffect>;

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      operation: operationOrAny.default("any"),
      eventTypeId: z.int().optional(),
      uid: z.string().optional(),
      key: z.string().optional(),
    })
    .default({ operation: "any" }),
  /** How often it strikes; -1 until it is lifted. */
  times: z.int().min(-1).default(1),
  /** Chance (0 to 1) that a matching request is struck; drawn from the seeded generator. */
  probability: z.number().min(0).max(1).default(1),
  effect: z.union([
    simpleEffect,
    z.strictObject({ kind: z.literal("one-of"), effects: z.array(simpleEffect).min(1) }),
  ]),
});
export type FaultRule = z.output<typeof faultSchema>;
/** A fault as it is given: what is left out has the documented default. */
export type FaultInput = z.input<typeof faultSchema>;

export const webhookModeSchema = z.enum(["normal", "after-answer", "lost", "duplicated", "delayed", "held"]);
export type WebhookMode = z.output<typeof webhookModeSchema>;

export const webhookRuleSchema = z.strictObject({
  match: z
    .strictObject({
      trigger: triggerSchema.optional(),
      uid: z.string().optional(),
      eventTypeId: z.int().optional(),
      url: z.string().optional(),
    })
    .default({}),
  times: z.int().min(-1).default(1),
  mode: webhookModeSchema,
  delayMs: ms.default(0),
  probability: z.number().min(0).max(1).default(1),
});
export type WebhookRule = z.output<typeof webhookRuleSchema>;
export type WebhookRuleInput = z.input<typeof webhookRuleSchema>;

const latency = z.union([ms, z.strictObject({ min: ms, max: ms })]);
export type Latency = z.output<typeof latency>;
export const latencySchema = z.partialRecord(operationOrAny, latency);

export const settingsSchema = z.strictObject({
  /** `self-hosted` knows no 2026 versions, no request-reschedule, and sends no REASSIGNED and LOCATION_UPDATED. */
  edition: z.enum(["hosted", "self-hosted"]).default("hosted"),
  /** Every request is refused: the connection is cut, or 503. */
  down: z.union([z.literal(false), z.enum(["drop", "503"])]).default(false),
  replicaLagMs: ms.default(0),
  /** Create re-reads from the replica: with lag it answers a raw 500 although the booking exists. */
  createReadsReplica: z.boolean().default(false),
  /** Pause between Cal.com's availability check and its insert, in which others may pass the same check. */
  checkToCommitMs: ms.default(0),
  /** What the commit does about an overlap that is not the very same time; Cal.com itself lets it pass (#13397). */
  overlapRace: z.enum(["refuse", "allow"]).default("refuse"),
  /** Cal.com sends CANCELLED before it updates the row: a GET inside the subscriber still shows it accepted. */
  cancelledBeforeCommit: z.boolean().default(true),
  cancelReason: z.enum(["host", "always", "optional"]).default("host"),
  /** On hosted it is not confirmed whether CANCELLED carries metadata; the open source does not send it. */
  cancelledCarriesMetadata: z.boolean().default(false),
  webhookMode: webhookModeSchema.default("normal"),
  webhookDelayMs: ms.default(0),
  /** Cal.com has no timeout of its own; without one a dead subscriber would hang the tests. */
  webhookTimeoutMs: ms.default(30_000),
  latency: latencySchema.default({}),
  bookerUrl: z.string().default("https://app.cal.com"),
});
export type Settings = z.output<typeof settingsSchema>;
/** What may be set; what is left out stays as it is. */
export type SettingsEdit = Partial<z.input<typeof settingsSchema>>;
