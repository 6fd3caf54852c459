import { describe, expect, it } from "vitest";
import type { CalcomAccount, SlotQuery } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import { createSlotCache, type SlotRequest } from "./slot-cache.js";

const DAY = 86_400_000;
const BASE = Date.parse("2026-12-01T00:00:00Z");
const account = (companyId: string): CalcomAccount => ({
  companyId,
  baseUrl: `https://${companyId}.example/v2`,
  apiKey: "cal_x",
  teamId: null,
});

/** A Cal.com that answers when it is told to. */
function rig() {
  let now = BASE + 8 * 3_600_000;
  const asked: { companyId: string; query: SlotQuery; lane: string }[] = [];
  let answer = async (_companyId: string): Promise<{ start: Date; end: Date }[]> => [];
  const cache = createSlotCache({
    now: () => now,
    log: { warn: () => {} },
    calcom: {
      slots: async ({ companyId }, query, { lane }) => {
        asked.push({ companyId, query, lane });
        return await answer(companyId);
      },
      state: () => ({ breaker: "closed", budget: { limit: 100, remaining: 100 } }),
    },
  });
  return {
    cache,
    asked,
    answer: (next: typeof answer) => {
      answer = next;
    },
    offer: (...hours: number[]) => {
      const slots = hours.map((hour) => ({
        start: new Date(BASE + hour * 3_600_000),
        end: new Date(BASE + (hour + 1) * 3_600_000),
      }));
      answer = async () => slots;
    },
    fail: (kind: ConstructorParameters<typeof CalcomError>[0]) => {
      answer = async () => {
        throw new CalcomError(kind, "no");
      };
    },
    pass: (ms: number) => {
      now += ms;
    },
    read: async (given: Partial<SlotRequest> = {}) => {
      const known = await cache.read({
        account: account("one"),
        eventTypes: [{ id: 1, minutes: null, movedUid: null }],
        from: new Date(BASE),
        to: new Date(BASE + 3 * DAY),
        timeZone: "Europe/Berlin",
        lane: "webhook",
        patienceMs: 1_000,
        ...given,
      });
      const hours = [...known.slots.values()].flat().map(({ start }) => (start - BASE) / 3_600_000);
      return { hours, stale: known.stale };
    },
  };
}

/** Until what runs in the background has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("slots of Cal.com, kept", () => {
  it("are asked once by range and known for every window within it", async () => {
    const { asked, offer, read } = rig();
    offer(9, 33);
    expect((await read()).hours).toEqual([9, 33]);
    expect((await read({ from: new Date(BASE + DAY), to: new Date(BASE + 2 * DAY) })).hours).toEqual([33]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.query).toMatchObject({ start: new Date(BASE), end: new Date(BASE + 3 * DAY) });
  });

  it("of windows that overlap are asked for what nobody asks yet", async () => {
    const { asked, offer, read } = rig();
    offer(9);
    await Promise.all([read(), read(), read({ from: new Date(BASE + DAY), to: new Date(BASE + 5 * DAY) })]);
    expect(asked.map(({ query }) => [query.start.getTime() - BASE, query.end.getTime() - BASE])).toEqual([
      [0, 3 * DAY],
      [3 * DAY, 5 * DAY],
    ]);
  });

  it("of two tenants are apart, also when they name the same event type", async () => {
    const { cache, asked, answer, read } = rig();
    answer(async (companyId) => [
      { start: new Date(BASE + (companyId === "one" ? 9 : 15) * 3_600_000), end: new Date(BASE + DAY) },
    ]);
    expect((await read()).hours).toEqual([9]);
    expect((await read({ account: account("two") })).hours).toEqual([15]);
    cache.changed({ companyId: "two", eventTypeIds: null, during: null });
    cache.forget("two");
    expect((await read()).hours).toEqual([9]);
    expect(asked).toHaveLength(2);
  });

  it("of another length, and with the time of a moved booking free, are others", async () => {
    const { asked, offer, read } = rig();
    offer(9);
    await read();
    await read({ eventTypes: [{ id: 1, minutes: 45, movedUid: null }] });
    await read({ eventTypes: [{ id: 1, minutes: null, movedUid: "uid" }] });
    expect(asked.map(({ query }) => [query.durationMinutes, query.bookingUidToReschedule])).toEqual([
      [undefined, undefined],
      [45, undefined],
      [undefined, "uid"],
    ]);
  });

  it("older than a minute are used while one request reads them again", async () => {
    const { asked, offer, pass, read } = rig();
    offer(9);
    await read();
    pass(61_000);
    offer(10);
    expect(await Promise.all([read(), read()])).toEqual([
      { hours: [9], stale: false },
      { hours: [9], stale: false },
    ]);
    expect(asked).toHaveLength(2);
    await settled();
    expect((await read()).hours).toEqual([10]);
    pass(11 * 60_000);
    offer(11);
    expect((await read()).hours).toEqual([11]);
  });

  it("are not believed after a change in that time, and others are", async () => {
    const { cache, asked, offer, read } = rig();
    offer(9, 33);
    await read();
    offer(33);
    const during = { start: BASE + 9 * 3_600_000, end: BASE + 10 * 3_600_000 };
    cache.changed({ companyId: "one", eventTypeIds: [2], during });
    expect((await read()).hours).toEqual([9, 33]);
    cache.changed({ companyId: "one", eventTypeIds: [1], during });
    expect((await read()).hours).toEqual([33]);
    expect(asked.at(-1)?.query).toMatchObject({ start: new Date(BASE), end: new Date(BASE + DAY) });
  });

  it("that were on their way when something changed are asked again", async () => {
    const { cache, asked, answer, offer, read } = rig();
    let land = () => {};
    answer(async () => {
      await new Promise<void>((resolve) => {
        land = resolve;
      });
      return [{ start: new Date(BASE + 9 * 3_600_000), end: new Date(BASE + DAY) }];
    });
    const first = read();
    await settled();
    cache.changed({ companyId: "one", eventTypeIds: null, during: null });
    offer(10);
    land();
    expect((await first).hours).toEqual([10]);
    expect(asked).toHaveLength(2);
  });

  it("are the last known ones, and said to be, while Cal.com cannot be asked; not for ever", async () => {
    const { cache, fail, offer, pass, read } = rig();
    offer(9);
    await read();
    fail("unavailable");
    cache.changed({ companyId: "one", eventTypeIds: null, during: null });
    expect(await read()).toEqual({ hours: [9], stale: true });
    offer(10);
    expect(await read()).toEqual({ hours: [10], stale: false });
    fail("breaker_open");
    pass(5 * 3_600_000);
    expect(await read()).toEqual({ hours: [10], stale: true });
    pass(2 * 3_600_000);
    await expect(read()).rejects.toMatchObject({ kind: "breaker_open" });
  });

  it("do not keep anybody waiting longer than they may", async () => {
    const { answer, read } = rig();
    answer(() => new Promise(() => {}));
    await expect(read({ patienceMs: 20 })).rejects.toMatchObject({ kind: "aborted" });
  });

  it("of a type that is gone are none, and the others stay", async () => {
    const { answer, read } = rig();
    let calls = 0;
    answer(async () => {
      calls += 1;
      if (calls === 1) throw new CalcomError("not_found", "no");
      return [{ start: new Date(BASE + 9 * 3_600_000), end: new Date(BASE + DAY) }];
    });
    const types = [1, 2].map((id) => ({ id, minutes: null, movedUid: null }));
    expect(await read({ eventTypes: types })).toEqual({ hours: [9], stale: false });
  });

  it("are read for a fortnight when the phone asks for a day", async () => {
    const { asked, read } = rig();
    await read({ lane: "live", to: new Date(BASE + DAY) });
    expect(asked[0]?.query.end).toEqual(new Date(BASE + 14 * DAY));
  });
});
