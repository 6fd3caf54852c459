/** So many refusals without one that fits between them are no accident: a key was rotated on one side only. */
const IN_A_ROW = 5;
const WINDOW_MS = 10 * 60_000;

/** Counts, per company, requests whose signature does not fit (salon-gateway 11.67). One process counts for itself. */
export interface RefusedSignatures {
  fitted(companyId: string): void;
  /**
   * @param now milliseconds since the epoch
   * @returns whether it is time to tell somebody
   */
  refused(companyId: string, now: number): boolean;
}

export function countRefusedSignatures(): RefusedSignatures {
  const runs = new Map<string, { since: number; count: number }>();
  return {
    fitted(companyId) {
      runs.delete(companyId);
    },
    refused(companyId, now) {
      const run = runs.get(companyId);
      const present = run && now - run.since < WINDOW_MS ? run : { since: now, count: 0 };
      present.count += 1;
      runs.set(companyId, present);
      return present.count === IN_A_ROW;
    },
  };
}
