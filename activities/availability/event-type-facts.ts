import type { CalcomAccount, CalcomClient } from "../../calcom/client.js";

/** What an event type itself demands, as last read from Cal.com. */
export interface EventTypeFacts {
  noticeMinutes: number;
  /** Days ahead; `null`: no such bound. */
  windowDays: number | null;
  /** Lengths that the booker may choose from besides its own; empty: none. */
  otherLengths: readonly number[];
}

/** One list per company, read in the background: what is not known yet keeps nobody waiting. */
export interface EventTypeBook {
  /** What is known now; sees to it that it is known soon. */
  of(account: CalcomAccount): ReadonlyMap<number, EventTypeFacts>;
  forget(companyId: string): void;
}

const FRESH_MS = 10 * 60_000;
const RETRY_MS = 60_000;
const NOTHING: ReadonlyMap<number, EventTypeFacts> = new Map();

export function createEventTypeBook(
  calcom: Pick<CalcomClient, "teamEventTypes" | "personalEventTypes">,
  now: () => number = Date.now,
): EventTypeBook {
  const books = new Map<string, { types: ReadonlyMap<number, EventTypeFacts>; until: number }>();
  const read = async (account: CalcomAccount): Promise<ReadonlyMap<number, EventTypeFacts>> => {
    const all =
      account.teamId === null
        ? await calcom.personalEventTypes(account, { lane: "background" })
        : await calcom.teamEventTypes(account, { lane: "background" });
    return new Map(
      all.map((type) => [
        type.id,
        {
          noticeMinutes: type.minimumBookingNoticeMinutes,
          windowDays: type.bookingWindowDays,
          otherLengths: type.lengthOptions.filter((minutes) => minutes !== type.lengthInMinutes),
        },
      ]),
    );
  };
  return {
    of(account) {
      const { companyId } = account;
      const known = books.get(companyId);
      if (known && now() < known.until) return known.types;
      const asked = { types: known?.types ?? NOTHING, until: now() + RETRY_MS };
      books.set(companyId, asked);
      read(account).then(
        (types) => {
          // Forgotten meanwhile: it may have been another's Cal.com.
          if (books.get(companyId) === asked) books.set(companyId, { types, until: now() + FRESH_MS });
        },
        () => {},
      );
      return asked.types;
    },
    forget: (companyId) => books.delete(companyId),
  };
}
