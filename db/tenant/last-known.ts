import { orAfter } from "../../domain/time/patience.js";

/** Of how many keys at most: strangers may ask for any. */
const KEPT = 1_000;

/**
 * What was found last, for the moment in which nothing can be asked: a caller is told so in words only by whoever
 * can still check the signature.
 */
export class LastKnown<T> {
  private readonly found = new Map<string, { value: T; until: number }>();

  /**
   * @param keptMs milliseconds after which even the last known is not believed any more
   * @param patienceMs milliseconds that are waited for an answer where one is known
   */
  constructor(
    private readonly keptMs: number,
    private readonly patienceMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws what `ask` throws, where nothing is known or it is too old */
  async or(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.found.get(key);
    const asked = ask().then((value) => {
      this.keep(key, value);
      return value;
    });
    if (!known || this.now() > known.until) return await asked;
    const last = () => known.value;
    return await orAfter(asked.catch(last), this.patienceMs, last);
  }

  /** Something has changed: what was known is not true any more. */
  clear(): void {
    this.found.clear();
  }

  private keep(key: string, value: T): void {
    // Deleted first, so that the oldest stands first.
    this.found.delete(key);
    this.found.set(key, { value, until: this.now() + this.keptMs });
    for (const oldest of this.found.keys()) {
      if (this.found.size <= KEPT) break;
      this.found.delete(oldest);
    }
  }
}
