import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "./random.js";
import {
  type Effect,
  type FaultInput,
  type FaultRule,
  faultSchema,
  type Latency,
  type Operation,
} from "./settings.js";

/** What a fault is matched against. */
export interface Target {
  readonly operation: Operation;
  readonly eventTypeId: number | undefined;
  readonly uid: string | undefined;
  readonly key: string | undefined;
}

/** A fault that is set, with how often it has struck. */
export type ActiveFault = FaultRule & { readonly id: number; struck: number };

/** The faults that are set, oldest first; the first that matches strikes. */
export class Faults {
  #rules: ActiveFault[] = [];
  #nextId = 1;

  constructor(private readonly random: () => SeededRandom) {}

  add(input: FaultInput): ActiveFault {
    const rule = { ...faultSchema.parse(input), id: this.#nextId++, struck: 0 };
    this.#rules.push(rule);
    return rule;
  }

  list(): readonly ActiveFault[] {
    return this.#rules;
  }

  remove(id: number): void {
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
  }

  clear(): void {
    this.#rules = [];
  }

  strike(target: Target): Effect | undefined {
    for (const rule of this.#rules) {
      const { match } = rule;
      if (rule.times !== -1 && rule.struck >= rule.times) continue;
      if (match.operation !== "any" && match.operation !== target.operation) continue;
      if (match.eventTypeId !== undefined && match.eventTypeId !== target.eventTypeId) continue;
      if (match.uid !== undefined && match.uid !== target.uid) continue;
      if (match.key !== undefined && match.key !== target.key) continue;
      if (rule.probability < 1 && this.random().next() >= rule.probability) continue;
      rule.struck++;
      return rule.effect.kind === "one-of" ? this.random().pick(rule.effect.effects) : rule.effect;
    }
    return undefined;
  }
}

/** Waits as long as the setting says; a range is drawn evenly. */
export async function applyLatency(latency: Latency | undefined, random: SeededRandom): Promise<void> {
  if (latency === undefined) return;
  const ms =
    typeof latency === "number" ? latency : latency.min + random.next() * (latency.max - latency.min);
  if (ms > 0) await sleep(ms);
}
