/** Brings what waits in a table to where it belongs, one item per slot. */
export interface Pump {
  /** Something waits: look at once. */
  nudge(): void;
  /** Finishes what is under way; what is claimed and not begun yet is anybody's again when the claim ends. */
  stop(): Promise<void>;
}

export interface PumpOptions<T> {
  /** Takes at most so many of what waits. */
  claim(limit: number): Promise<T[]>;
  /** What it throws goes to `failed`; the item is claimed again when its claim has ended. */
  work(item: T): Promise<void>;
  failed(error: unknown): void;
  /** How often it looks without a nudge (ms). */
  everyMs: number;
  /** Claimed at once at most. */
  batch: number;
  /** Under way at once at most, at the moment. */
  slots: () => number;
}

/** Claims as slots become free: one slow item never holds up those behind it. */
export function startPump<T>(options: PumpOptions<T>): Pump {
  const claimed: T[] = [];
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  let look = true;
  let wake = () => {};
  const begin = (item: T) => {
    const working = options
      .work(item)
      .catch(options.failed)
      .finally(() => {
        underWay.delete(working);
        if (claimed.length > 0 || look) wake();
      });
    underWay.add(working);
  };
  const claim = async () => {
    // A nudge that comes from here on is about what this look may miss.
    look = false;
    try {
      const found = await options.claim(options.batch);
      claimed.push(...found);
      look ||= found.length === options.batch;
    } catch (error) {
      options.failed(error);
    }
  };
  const next = () => (underWay.size < options.slots() ? claimed.shift() : undefined);
  const woken = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        look = true;
        resolve();
      }, options.everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const loop = (async () => {
    while (!stopped) {
      for (let item = next(); item !== undefined; item = next()) begin(item);
      if (look && claimed.length === 0 && underWay.size < options.slots()) await claim();
      else await woken();
    }
    await Promise.all(underWay);
  })();
  return {
    nudge() {
      look = true;
      wake();
    },
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}
