import { CircuitState, circuitBreaker, handleWhen, type IBreaker, isBrokenCircuitError } from "cockatiel";
import { type BreakerState, LANES, type Lane } from "../domain/calcom/budget.js";
import { CalcomError } from "./errors.js";

const FAILURES_TO_OPEN = 5;
const SUCCESSES_TO_CLOSE = 2;

/** A change of one breaker's state. */
export interface BreakerChange {
  keyHash: string;
  lane: Lane;
  state: BreakerState;
}

/** One circuit breaker per key and lane, so that a background sweep that fails does not silence the phone. */
export interface Breakers {
  /** @throws CalcomError `breaker_open`; else whatever `call` throws. */
  run<T>(keyHash: string, lane: Lane, call: () => Promise<T>): Promise<T>;
  /** @throws CalcomError `breaker_open` when a call would be refused now; costs no token. */
  check(keyHash: string, lane: Lane): void;
  /** Of the key's lanes the worst. */
  state(keyHash: string): BreakerState;
}

/** Opens after 5 failures in a row, lets one call through after `openMs`, closes after 2 successes. */
export function createBreakers(openMs: number, onChange: (change: BreakerChange) => void): Breakers {
  const breakers = new Map<string, Breaker>();
  const of = (keyHash: string, lane: Lane) => {
    const name = `${lane}:${keyHash}`;
    const breaker = breakers.get(name) ?? new Breaker(openMs, (state) => onChange({ keyHash, lane, state }));
    breakers.set(name, breaker);
    return breaker;
  };
  return {
    run: (keyHash, lane, call) => of(keyHash, lane).run(call),
    check: (keyHash, lane) => of(keyHash, lane).check(),
    state: (keyHash) => {
      const states = LANES.map((lane) => breakers.get(`${lane}:${keyHash}`)?.state ?? "closed");
      return (
        states.find((state) => state === "open") ?? states.find((state) => state === "half_open") ?? "closed"
      );
    },
  };
}

/** A server that fails, is overloaded or cannot be reached; a refusal is an answer and says nothing of its health. */
function isOutage(error: Error): boolean {
  if (!(error instanceof CalcomError)) return false;
  if (error.kind === "rate_limited") return true;
  const failed = error.kind === "ambiguous" || error.kind === "unavailable";
  return failed && (error.status === null || error.status >= 500 || error.status === 408);
}

/** Cockatiel closes after one success and on any refusal; the counting here asks for two real successes. */
class Counting implements IBreaker {
  state: unknown = null;
  /** Successes still needed after the circuit was open. */
  probation = 0;
  #failures = 0;

  success(): void {
    this.#failures = 0;
    if (this.probation > 0) this.probation -= 1;
  }

  failure(): boolean {
    this.#failures += 1;
    const open = this.probation > 0 || this.#failures >= FAILURES_TO_OPEN;
    if (open) this.#failures = 0;
    return open;
  }
}

class Breaker {
  readonly #counting = new Counting();
  readonly #policy;
  readonly #openMs: number;
  readonly #onChange: (state: BreakerState) => void;
  #openedAt = 0;
  #told: BreakerState = "closed";

  constructor(openMs: number, onChange: (state: BreakerState) => void) {
    this.#openMs = openMs;
    this.#onChange = onChange;
    this.#policy = circuitBreaker(handleWhen(isOutage), { halfOpenAfter: openMs, breaker: this.#counting });
    this.#policy.onBreak(() => {
      this.#openedAt = Date.now();
    });
    this.#policy.onHalfOpen(() => {
      this.#counting.probation = SUCCESSES_TO_CLOSE;
    });
  }

  get state(): BreakerState {
    if (this.#policy.state === CircuitState.Open) return "open";
    return this.#policy.state === CircuitState.HalfOpen || this.#counting.probation > 0
      ? "half_open"
      : "closed";
  }

  check(): void {
    const waitMs = this.#openedAt + this.#openMs - Date.now();
    if (this.#policy.state === CircuitState.Open && waitMs > 0) throw refused(waitMs);
    // one probe at a time: whoever comes meanwhile is told at once instead of waiting for its timeout
    if (this.#policy.state === CircuitState.HalfOpen) throw refused(Math.min(this.#openMs, 1_000));
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    this.check();
    const running = this.#policy.execute(call);
    this.#tell();
    try {
      return await running;
    } catch (error) {
      throw isBrokenCircuitError(error) ? refused(this.#openMs) : error;
    } finally {
      this.#tell();
    }
  }

  #tell(): void {
    const state = this.state;
    if (state === this.#told) return;
    this.#told = state;
    this.#onChange(state);
  }
}

function refused(waitMs: number): CalcomError {
  return new CalcomError("breaker_open", "Cal.com failed repeatedly, calls are paused", {
    retryAfterMs: Math.ceil(waitMs),
  });
}
