/** What a load found and whose it is. */
export interface Loaded<T> {
  companyId: string;
  value: T;
}

export interface CacheOptions<T> {
  /** `null`: there is no such thing. */
  load: (key: string) => Promise<Loaded<T> | null>;
  /** Milliseconds that a value may be kept now; read for each value, for it depends on LISTEN being up. */
  ttlMs: () => number;
  now?: () => number;
}

/** How long "there is none" is believed, and of how many keys: anybody may ask for keys that do not exist. */
const MISSING_TTL_MS = 2_000;
const MISSING_KEPT = 1_000;

/**
 * Values of one kind, kept in process. Loads of one key that run at the same time are one. A load that was
 * under way when something changed is not kept: it may have read what was before.
 */
export class TenantCache<T> {
  private readonly values = new Map<string, Loaded<T> & { until: number }>();
  private readonly missing = new Map<string, number>();
  private readonly loading = new Map<string, Promise<T | null>>();

  constructor(private readonly options: CacheOptions<T>) {}

  async get(key: string): Promise<T | null> {
    const now = this.now();
    const known = this.values.get(key);
    if (known && now < known.until) return known.value;
    if (now < (this.missing.get(key) ?? 0)) return null;
    const running = this.loading.get(key);
    if (running) return await running;

    const started = this.options.load(key).then(
      (loaded) => {
        if (this.loading.get(key) === started) {
          this.loading.delete(key);
          this.keep(key, loaded);
        }
        return loaded?.value ?? null;
      },
      (error: unknown) => {
        if (this.loading.get(key) === started) this.loading.delete(key);
        throw error;
      },
    );
    this.loading.set(key, started);
    return await started;
  }

  /** Drops what belongs to the company, and all that was found missing: it may be the company's now. */
  drop(companyId: string): void {
    for (const [key, entry] of this.values) if (entry.companyId === companyId) this.values.delete(key);
    this.missing.clear();
    this.loading.clear();
  }

  clear(): void {
    this.values.clear();
    this.missing.clear();
    this.loading.clear();
  }

  private keep(key: string, loaded: Loaded<T> | null): void {
    if (loaded) {
      this.missing.delete(key);
      this.values.set(key, { ...loaded, until: this.now() + this.options.ttlMs() });
      return;
    }
    this.values.delete(key);
    // Deleted first, so that the oldest stands first.
    this.missing.delete(key);
    this.missing.set(key, this.now() + MISSING_TTL_MS);
    for (const oldest of this.missing.keys()) {
      if (this.missing.size <= MISSING_KEPT) break;
      this.missing.delete(oldest);
    }
  }

  private now(): number {
    return this.options.now ? this.options.now() : Date.now();
  }
}
