import { createHmac } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { meetingBody } from "./meeting-body.js";
import { type Booking, type EventType, HOSTED_ONLY, type Subscription, type Trigger } from "./model.js";
import type { SeededRandom } from "./random.js";
import {
  type Settings,
  type WebhookMode,
  type WebhookRule,
  type WebhookRuleInput,
  webhookRuleSchema,
} from "./settings.js";
import type { Store } from "./store.js";
import { bookingPayload, pingPayload } from "./webhook-bodies.js";
import type { BookingEvent } from "./webhook-people.js";

/** One attempt to deliver, as the log keeps it. */
export interface Delivery {
  readonly id: number;
  readonly at: string;
  readonly trigger: Trigger | "PING";
  readonly uid: string | null;
  readonly subscriptionId: string;
  readonly url: string;
  mode: WebhookMode;
  outcome: "waiting" | "held" | "lost" | "delivered" | "refused" | "failed";
  status: number | null;
  error: string | null;
  durationMs: number | null;
  body: string;
}

/** Runs a task once the HTTP answer is out. */
export type AfterAnswer = (task: () => Promise<void>) => void;

export interface EmitOptions extends Omit<BookingEvent, "booking" | "type" | "hosts" | "team" | "bookerUrl"> {
  readonly afterAnswer?: AfterAnswer | undefined;
  readonly unsigned?: boolean;
}

const LOG_LIMIT = 5_000;

/** Sends webhooks like Cal.com: awaited, once, whatever the answer; and in the ways in which that goes wrong. */
export class Webhooks {
  #agent = new Agent({ keepAliveTimeout: 30_000, connections: 64 });
  #log: Delivery[] = [];
  #held: { readonly delivery: Delivery; readonly send: () => Promise<void> }[] = [];
  #rules: (WebhookRule & { id: number; struck: number })[] = [];
  #nextId = 1;
  #background = new Set<Promise<void>>();
  #closing = new AbortController();

  constructor(
    private readonly store: Store,
    private readonly settings: () => Settings,
    private readonly random: () => SeededRandom,
  ) {
    // Every delayed delivery listens on this one signal.
    setMaxListeners(0, this.#closing.signal);
  }

  get log(): readonly Delivery[] {
    return this.#log;
  }

  get held(): readonly Delivery[] {
    return this.#held.map((entry) => entry.delivery);
  }

  get rules(): readonly WebhookRule[] {
    return this.#rules;
  }

  addRule(input: WebhookRuleInput): WebhookRule & { readonly id: number } {
    const rule = { ...webhookRuleSchema.parse(input), id: this.#nextId++, struck: 0 };
    this.#rules.push(rule);
    return rule;
  }

  clearRules(): void {
    this.#rules = [];
  }

  clearLog(): void {
    this.#log = [];
    this.#held = [];
  }

  /** Emits a booking trigger to every subscription that Cal.com would choose; resolves when it may answer. */
  async emit(trigger: Trigger, booking: Booking, options: EmitOptions = {}): Promise<void> {
    const type = this.store.eventTypes.get(booking.eventTypeId);
    if (type === undefined || this.store.webhooks.size === 0) return;
    if (this.settings().edition === "self-hosted" && HOSTED_ONLY.includes(trigger)) return;
    const subscriptions = this.#subscribers(trigger, type);
    if (subscriptions.length === 0) return;
    const { afterAnswer, unsigned = false, ...extra } = options;
    const team = type.teamId === null ? undefined : this.store.teams.get(type.teamId);
    const event: BookingEvent = {
      ...extra,
      booking,
      type,
      hosts: booking.hostIds.map((id) => this.store.hosts.get(id)).filter((host) => host !== undefined),
      team: team && { id: team.id, name: team.name },
      bookerUrl: this.settings().bookerUrl,
    };
    const flat = trigger === "MEETING_STARTED" || trigger === "MEETING_ENDED";
    const payload = flat ? meetingBody(trigger, event) : bookingPayload(trigger, event);
    const body = (): string =>
      JSON.stringify(
        flat ? payload : { triggerEvent: trigger, createdAt: new Date().toISOString(), payload },
      );
    await Promise.all(
      subscriptions.map((subscription) =>
        this.#dispatch(subscription, trigger, booking.uid, type.id, body, unsigned, afterAnswer),
      ),
    );
  }

  /** The "Ping test" of one subscription. */
  async ping(subscription: Subscription): Promise<void> {
    const body = (): string =>
      JSON.stringify({ triggerEvent: "PING", createdAt: new Date().toISOString(), payload: pingPayload() });
    await this.#dispatch(subscription, "PING", null, undefined, body, false, undefined);
  }

  /** Sends held deliveries one after the other, in the order given (all, oldest first, when none is named). */
  async release(ids?: readonly number[]): Promise<number> {
    const wanted = ids ?? this.#held.map((entry) => entry.delivery.id);
    let released = 0;
    for (const id of wanted) {
      const index = this.#held.findIndex((entry) => entry.delivery.id === id);
      const [entry] = index < 0 ? [] : this.#held.splice(index, 1);
      if (entry === undefined) continue;
      released++;
      await entry.send();
    }
    return released;
  }

  /** Forgets what is delayed or held; what is being sent goes on. */
  forget(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
    setMaxListeners(0, this.#closing.signal);
    this.clearLog();
  }

  /** Waits for everything that is sent in the background. */
  async settle(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#background);
    await this.#agent.destroy();
  }

  /**
   * A user's webhook fires for personal types only (and children of managed ones); team types need one of the team
   * or the type. The same URL in two scopes fires twice.
   */
  #subscribers(trigger: Trigger, type: EventType): Subscription[] {
    const parent =
      type.parentEventTypeId === null ? undefined : this.store.eventTypes.get(type.parentEventTypeId);
    const teamId = type.teamId ?? parent?.teamId ?? null;
    return [...this.store.webhooks.values()].filter(({ active, triggers, scope }) => {
      if (!active || !triggers.includes(trigger)) return false;
      if ("eventTypeId" in scope) return scope.eventTypeId === type.id || scope.eventTypeId === parent?.id;
      if ("teamId" in scope) return scope.teamId === teamId;
      return type.ownerId === scope.userId && (type.teamId === null || parent !== undefined);
    });
  }

  #mode(trigger: Trigger | "PING", uid: string | null, eventTypeId: number | undefined, url: string) {
    for (const rule of this.#rules) {
      const { match } = rule;
      if (rule.times !== -1 && rule.struck >= rule.times) continue;
      if (match.trigger !== undefined && match.trigger !== trigger) continue;
      if (match.uid !== undefined && match.uid !== uid) continue;
      if (match.eventTypeId !== undefined && match.eventTypeId !== eventTypeId) continue;
      if (match.url !== undefined && match.url !== url) continue;
      if (rule.probability < 1 && this.random().next() >= rule.probability) continue;
      rule.struck++;
      return { mode: rule.mode, delayMs: rule.delayMs };
    }
    return { mode: this.settings().webhookMode, delayMs: this.settings().webhookDelayMs };
  }

  async #dispatch(
    subscription: Subscription,
    trigger: Trigger | "PING",
    uid: string | null,
    eventTypeId: number | undefined,
    body: () => string,
    unsigned: boolean,
    afterAnswer: AfterAnswer | undefined,
  ): Promise<void> {
    const { mode, delayMs } = this.#mode(trigger, uid, eventTypeId, subscription.url);
    const entry = (): Delivery => this.#record(subscription, trigger, uid, mode);
    const send = (): Promise<void> => this.#send(entry(), subscription, body(), unsigned);
    switch (mode) {
      case "normal":
        return send();
      case "lost": {
        const delivery = entry();
        delivery.outcome = "lost";
        delivery.body = body();
        return;
      }
      case "after-answer":
        if (afterAnswer === undefined) this.#later(send);
        else afterAnswer(send);
        return;
      case "duplicated":
        await send();
        // A repeat of Cal.com is built anew, so its createdAt differs and a hash of the body does not find it.
        await sleep(2);
        return send();
      case "delayed":
        this.#later(async () => {
          await sleep(delayMs, undefined, { signal: this.#closing.signal });
          await send();
        });
        return;
      case "held": {
        const delivery = entry();
        delivery.outcome = "held";
        delivery.body = body();
        this.#held.push({
          delivery,
          send: () => this.#send(delivery, subscription, delivery.body, unsigned),
        });
        return;
      }
    }
  }

  #later(task: () => Promise<void>): void {
    const running = task().catch(() => {});
    this.#background.add(running);
    void running.finally(() => this.#background.delete(running));
  }

  #record(
    subscription: Subscription,
    trigger: Trigger | "PING",
    uid: string | null,
    mode: WebhookMode,
  ): Delivery {
    const delivery: Delivery = {
      id: this.#nextId++,
      at: new Date().toISOString(),
      trigger,
      uid,
      subscriptionId: subscription.id,
      url: subscription.url,
      mode,
      outcome: "waiting",
      status: null,
      error: null,
      durationMs: null,
      body: "",
    };
    this.#log.push(delivery);
    if (this.#log.length > LOG_LIMIT) this.#log.splice(0, LOG_LIMIT / 10);
    return delivery;
  }

  async #send(
    delivery: Delivery,
    subscription: Subscription,
    body: string,
    unsigned: boolean,
  ): Promise<void> {
    const started = performance.now();
    const bytes = Buffer.from(body, "utf8");
    delivery.body = body;
    const signature =
      subscription.secret === null
        ? "no-secret-provided"
        : createHmac("sha256", subscription.secret).update(bytes).digest("hex");
    try {
      const answer = await request(subscription.url, {
        method: "POST",
        dispatcher: this.#agent,
        headers: {
          "content-type": "application/json",
          "x-cal-webhook-version": "2021-10-20",
          ...(unsigned ? {} : { "x-cal-signature-256": signature }),
        },
        body: bytes,
        headersTimeout: this.settings().webhookTimeoutMs,
      });
      await answer.body.dump();
      delivery.status = answer.statusCode;
      // Only logged: Cal.com never sends it again.
      delivery.outcome = answer.statusCode >= 200 && answer.statusCode < 300 ? "delivered" : "refused";
    } catch (error) {
      delivery.outcome = "failed";
      delivery.error = error instanceof Error ? error.message : String(error);
    }
    delivery.durationMs = Math.round((performance.now() - started) * 10) / 10;
  }
}
