import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { busyIntervalsOf, planForStaff } from "../booking/phases.js";
import { type Catalogue, canDo, type EventTypeMapping } from "../tenant/catalogue.js";
import { aBranch, aCatalogue, aMember, aService, BERLIN, everyDay, PERM } from "./fixtures/small-salon.js";
import { withinHours } from "./hours.js";
import { type CalendarFacts, eventTypesOf, type OpeningsWish, openingsOf } from "./openings.js";
import type { Span } from "./spans.js";

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);
/** Slots of `minutes` each, every `step` minutes. */
function slots(from: string, to: string, minutes: number, step = minutes): Span[] {
  const result: Span[] = [];
  for (let start = at(from); start + minutes * MINUTE <= at(to); start += step * MINUTE) {
    result.push({ start, end: start + minutes * MINUTE });
  }
  return result;
}
const NOW = new Date("2026-12-01T08:00:00+01:00");
const THURSDAY = slots("2026-12-03T09:00:00+01:00", "2026-12-03T18:00:00+01:00", 30);

function facts(given: Partial<CalendarFacts> = {}): CalendarFacts {
  return {
    slots: new Map([[1, THURSDAY]]),
    busy: [],
    unassigned: [],
    appointments: new Map(),
    ignoreOwners: new Set(),
    movedOwner: null,
    notice: new Map(),
    ...given,
  };
}

function wish(given: Partial<OpeningsWish> = {}): OpeningsWish {
  const catalogue = given.catalogue ?? aCatalogue();
  return {
    catalogue,
    service: catalogue.services[0] ?? aService(),
    branches: catalogue.branches,
    member: null,
    from: new Date("2026-12-03T00:00:00+01:00"),
    to: new Date("2026-12-04T00:00:00+01:00"),
    now: NOW,
    ...given,
  };
}

const times = (openings: readonly { start: Date }[]) =>
  openings.map(({ start }) => start.toISOString().slice(11, 16));
const who = (openings: readonly { staff: { id: string } }[]) => openings.map(({ staff }) => staff.id);
const emma = aMember("emma");
const own = (
  staffId: string,
  phaseKey: string,
  calcomEventTypeId: number,
  serviceId = "service-1",
): EventTypeMapping => ({
  serviceId,
  phaseKey,
  staffId,
  branchId: null,
  calcomEventTypeId,
});

describe("openings of a plain service", () => {
  it("are the slots of its event type, for everyone who is free", () => {
    const found = openingsOf(wish({ member: emma }), facts());
    expect(found).toHaveLength(18);
    expect(found[0]).toMatchObject({
      start: new Date("2026-12-03T08:00:00Z"),
      end: new Date("2026-12-03T08:30:00Z"),
      phases: [{ key: "main", staffId: "emma", calcomEventTypeId: 1, start: "2026-12-03T08:00:00.000Z" }],
    });
    expect(openingsOf(wish(), facts())).toHaveLength(36);
  });

  it("end where the window does, and the limit counts from the first", () => {
    const to = new Date("2026-12-03T10:00:00+01:00");
    expect(times(openingsOf(wish({ member: emma, to }), facts()))).toEqual(["08:00", "08:30"]);
    expect(times(openingsOf(wish({ member: emma }), facts(), 1))).toEqual(["08:00"]);
  });

  it("leave out breaks, closing time, closed days and public holidays of the branch's Land", () => {
    const working = everyDay("09:00-12:00", "13:00-18:00");
    const staff = [aMember("emma", { workingHours: working })];
    const found = openingsOf(wish({ catalogue: aCatalogue({ staff }) }), facts());
    expect(times(found)).not.toContain("11:00");
    expect(times(found)).not.toContain("11:30");
    expect(found).toHaveLength(16);

    const early = aCatalogue({
      branches: [aBranch({ openingHours: everyDay("09:00-17:15") })],
      staff: [emma],
    });
    expect(times(openingsOf(wish({ catalogue: early }), facts())).at(-1)).toBe("15:30");
    const closed = aCatalogue({ branches: [aBranch({ closedOn: ["2026-12-03"] })] });
    expect(openingsOf(wish({ catalogue: closed }), facts())).toEqual([]);

    const christmas = {
      from: new Date("2026-12-25T00:00:00+01:00"),
      to: new Date("2026-12-26T00:00:00+01:00"),
    };
    const offered = facts({
      slots: new Map([[1, slots("2026-12-25T09:00:00+01:00", "2026-12-25T18:00:00+01:00", 30)]]),
    });
    expect(openingsOf(wish(christmas), offered)).not.toEqual([]);
    const berlin = aCatalogue({ branches: [aBranch({ region: "DE-BE" })] });
    expect(openingsOf(wish({ ...christmas, catalogue: berlin }), offered)).toEqual([]);
    const anyway = aCatalogue({ branches: [aBranch({ region: "DE-BE", openOn: ["2026-12-25"] })] });
    expect(openingsOf(wish({ ...christmas, catalogue: anyway }), offered)).not.toEqual([]);
  });

  it("are nobody's who does not do it or does not work in the branch", () => {
    const staff = [aMember("emma", { skills: ["colour"] }), aMember("fabian", { branchIds: ["branch-2"] })];
    expect(openingsOf(wish({ catalogue: aCatalogue({ staff }) }), facts())).toEqual([]);
  });

  it("keep clear of what is taken or held, with the buffer after the service, and never of another person's", () => {
    const busy = [
      {
        staffId: "emma",
        ownerId: "a",
        start: at("2026-12-03T10:00:00+01:00"),
        end: at("2026-12-03T10:30:00+01:00"),
      },
    ];
    const taken = openingsOf(wish({ member: emma }), facts({ busy }));
    expect(times(taken)).not.toContain("09:00");
    expect(times(taken)).toContain("08:30");
    const buffered = wish({ member: emma, service: aService({ bufferAfterMinutes: 10 }) });
    expect(times(openingsOf(buffered, facts({ busy })))).not.toContain("08:30");
    expect(times(openingsOf(wish({ member: aMember("fabian") }), facts({ busy })))).toContain("09:00");
  });

  it("are not kept from the owner of a hold or of the appointment that is moved", () => {
    const busy = [
      {
        staffId: "emma",
        ownerId: "me",
        start: at("2026-12-03T10:00:00+01:00"),
        end: at("2026-12-03T10:30:00+01:00"),
      },
      {
        staffId: "emma",
        ownerId: "other",
        start: at("2026-12-03T11:00:00+01:00"),
        end: at("2026-12-03T11:30:00+01:00"),
      },
    ];
    const found = times(openingsOf(wish({ member: emma }), facts({ busy, ignoreOwners: new Set(["me"]) })));
    expect(found).toContain("09:00");
    expect(found).not.toContain("10:00");
  });

  it("keep our notice and Cal.com's, whichever is larger, and lie after now; exactly at the limit is allowed", () => {
    const now = new Date("2026-12-03T09:00:00+01:00");
    expect(times(openingsOf(wish({ member: emma, now }), facts()))[0]).toBe("08:30");
    const ours = wish({ member: emma, now, service: aService({ minimumNoticeMinutes: 60 }) });
    expect(times(openingsOf(ours, facts()))[0]).toBe("09:00");
    expect(times(openingsOf(ours, facts({ notice: new Map([[1, 120]]) })))[0]).toBe("10:00");
    expect(times(openingsOf(ours, facts({ notice: new Map([[1, 30]]) })))[0]).toBe("09:00");
  });

  it("end with the horizon; exactly at it is allowed", () => {
    const now = new Date("2026-12-01T10:00:00+01:00");
    const found = openingsOf(
      wish({ member: emma, now, service: aService({ maximumDaysAhead: 2 }) }),
      facts(),
    );
    expect(times(found).at(-1)).toBe("09:00");
  });

  it("use a person's own event type before one on which Cal.com chooses", () => {
    const catalogue = aCatalogue();
    catalogue.eventTypes.push(own("emma", "main", 2));
    const given = facts({
      slots: new Map([
        [1, THURSDAY],
        [2, THURSDAY.slice(0, 1)],
      ]),
    });
    const found = openingsOf(wish({ catalogue, member: emma }), given);
    expect(found.map(({ phases }) => phases[0]?.calcomEventTypeId)).toEqual([2]);
    expect(eventTypesOf(wish({ catalogue }))).toEqual([2, 1]);
  });

  it("begin with whoever has least to do that day, then least lately, then in the document's order", () => {
    const hour = (staffId: string, from: string, to: string) => ({
      staffId,
      ownerId: staffId,
      start: at(`2026-12-03T${from}:00+01:00`),
      end: at(`2026-12-03T${to}:00+01:00`),
    });
    const to = new Date("2026-12-03T09:30:00+01:00");
    expect(who(openingsOf(wish({ to }), facts()))).toEqual(["emma", "fabian"]);
    const lately = new Map([["emma", 3]]);
    expect(who(openingsOf(wish({ to }), facts({ appointments: lately })))).toEqual(["fabian", "emma"]);
    const today = [hour("fabian", "14:00", "15:00")];
    expect(who(openingsOf(wish({ to }), facts({ appointments: lately, busy: today })))).toEqual([
      "emma",
      "fabian",
    ]);
  });

  it("say until when the person could go on", () => {
    const busy = [
      {
        staffId: "emma",
        ownerId: "a",
        start: at("2026-12-03T10:15:00+01:00"),
        end: at("2026-12-03T11:00:00+01:00"),
      },
    ];
    const found = openingsOf(wish({ member: emma }), facts({ busy }));
    expect(found[0]?.freeUntil).toEqual(new Date("2026-12-03T10:15:00+01:00"));
    expect(found.at(-1)?.freeUntil).toEqual(new Date("2026-12-03T18:00:00+01:00"));
  });

  it("are one fewer per person where a booking stands whose host nobody knows", () => {
    const stands = (ownerId: string, branchId = "branch-1") => ({
      branchId,
      ownerId,
      start: at("2026-12-03T09:00:00+01:00"),
      end: at("2026-12-03T09:30:00+01:00"),
    });
    const starts = (given: Partial<CalendarFacts>, member: typeof emma | null = null) =>
      times(openingsOf(wish({ member }), facts(given))).filter((time) => time === "08:00").length;
    expect(starts({ unassigned: [stands("a")] })).toBe(2);
    expect(starts({ unassigned: [stands("a"), stands("b")] })).toBe(0);
    expect(starts({ unassigned: [stands("a"), stands("b")], ignoreOwners: new Set(["b"]) })).toBe(2);
    expect(starts({ unassigned: [stands("a", "branch-2"), stands("b")] })).toBe(2);
    const busy = [{ staffId: "fabian", ...stands("c") }];
    expect(starts({ unassigned: [stands("a")], busy }, emma)).toBe(0);
  });
});

describe("openings of a perm", () => {
  const staffed = ["wind", "fix", "rinse", "cut"];
  const catalogue: Catalogue = aCatalogue({
    services: [PERM, aService()],
    eventTypes: [
      ...staffed.map((key, index) => own("emma", key, 10 + index, PERM.id)),
      own("emma", "main", 1),
    ],
  });
  const day = (minutes: number) =>
    slots("2026-12-03T09:00:00+01:00", "2026-12-03T18:00:00+01:00", minutes, 5);
  const all = new Map([
    [1, THURSDAY],
    [10, slots("2026-12-03T09:00:00+01:00", "2026-12-03T18:00:00+01:00", 50)],
    [11, day(5)],
    [12, day(15)],
    [13, day(40)],
  ]);

  it("begin at the slots of the first phase and need every later one within the slots of its own type", () => {
    const found = openingsOf(wish({ catalogue, service: PERM }), facts({ slots: all }));
    expect(times(found)).toEqual([
      "08:00",
      "08:50",
      "09:40",
      "10:30",
      "11:20",
      "12:10",
      "13:00",
      "13:50",
      "14:40",
    ]);
    expect(found[0]?.phases.map(({ key, staffId }) => [key, staffId])).toEqual([
      ["wind", "emma"],
      ["act", null],
      ["fix", "emma"],
      ["rest", null],
      ["rinse", "emma"],
      ["cut", "emma"],
    ]);
    const rinseOnlyEarly = new Map([
      ...all,
      [12, slots("2026-12-03T10:20:00+01:00", "2026-12-03T10:35:00+01:00", 15)],
    ]);
    expect(times(openingsOf(wish({ catalogue, service: PERM }), facts({ slots: rinseOnlyEarly })))).toEqual([
      "08:00",
    ]);
  });

  it("combine from types whose slot interval is their length, for ranges that touch are one", () => {
    const coarse = new Map([
      [10, slots("2026-12-03T09:00:00+01:00", "2026-12-03T18:00:00+01:00", 50)],
      ...[5, 15, 40].map(
        (minutes, index) =>
          [11 + index, slots("2026-12-03T09:00:00+01:00", "2026-12-03T18:00:00+01:00", minutes)] as const,
      ),
    ]);
    expect(times(openingsOf(wish({ catalogue, service: PERM }), facts({ slots: coarse })))).toContain(
      "08:50",
    );
  });

  it("sell their gaps to others and may themselves be laid around what stands", () => {
    const perm = planForStaff(catalogue, PERM, aBranch(), emma, new Date("2026-12-03T09:00:00+01:00")) ?? [];
    const busy = busyIntervalsOf(perm, 0).map(({ staffId, start, end }) => ({
      staffId,
      ownerId: "perm",
      start: start.getTime(),
      end: end.getTime(),
    }));
    const short = aService({ phases: [{ key: "main", minutes: 15, staffRequired: true }] });
    const quarters = facts({ busy, slots: new Map([[1, day(15)]]) });
    const to = new Date("2026-12-03T11:15:00+01:00");
    expect(times(openingsOf(wish({ catalogue, service: short, member: emma, to }), quarters))).toEqual([
      "08:50",
    ]);

    // The other way round: a quarter of an hour stands in what would be the gap.
    const stands = [
      {
        staffId: "emma",
        ownerId: "a",
        start: at("2026-12-03T09:50:00+01:00"),
        end: at("2026-12-03T10:05:00+01:00"),
      },
    ];
    const around = openingsOf(wish({ catalogue, service: PERM }), facts({ slots: all, busy: stands }));
    expect(times(around)).toContain("08:00");
    expect(times(around)).not.toContain("08:50");
  });

  it("are nobody's for whom one phase has no event type", () => {
    const partly = {
      ...catalogue,
      eventTypes: catalogue.eventTypes.filter((one) => one.phaseKey !== "rinse"),
    };
    expect(openingsOf(wish({ catalogue: partly, service: PERM }), facts({ slots: all }))).toEqual([]);
    expect(eventTypesOf(wish({ catalogue: partly, service: PERM }))).toEqual([]);
  });
});

describe("openings in the nights of a clock change", () => {
  const night = (from: string, to: string) => {
    const catalogue = aCatalogue({
      branches: [aBranch({ openingHours: everyDay("00:00-24:00") })],
      staff: [aMember("emma", { workingHours: everyDay("02:00-03:00") })],
    });
    const window = { from: new Date(from), to: new Date(to) };
    return openingsOf(
      wish({ catalogue, ...window, now: new Date("2026-10-01T00:00:00Z") }),
      facts({ slots: new Map([[1, slots(from, to, 30)]]) }),
    );
  };

  it("come twice between two and three in autumn", () => {
    expect(times(night("2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"))).toEqual([
      "00:00",
      "00:30",
      "01:00",
      "01:30",
    ]);
  });

  it("do not come at all between two and three in spring", () => {
    expect(night("2027-03-27T23:00:00Z", "2027-03-28T06:00:00Z")).toEqual([]);
  });
});

describe("openings, compared with a model that asks about every start by itself", () => {
  const quarter = fc.integer({ min: 0, max: 95 });
  const span = fc.tuple(quarter, fc.integer({ min: 1, max: 16 }));
  const base = at("2026-10-24T22:00:00Z");
  const busyArb = fc.record({
    staffId: fc.constantFrom("emma", "fabian"),
    ownerId: fc.constantFrom("a", "b", "me"),
    at: span,
  });
  const clock = (quarters: number) =>
    `${String(Math.floor(quarters / 4)).padStart(2, "0")}:${["00", "15", "30", "45"][quarters % 4]}`;
  const hoursArb = fc
    .tuple(quarter, quarter)
    .map(([a, b]) => everyDay(`${clock(Math.min(a, b))}-${clock(Math.max(a, b) + 1)}`));

  it("are the same, on the day with 25 hours too", () => {
    fc.assert(
      fc.property(
        fc.array(quarter, { maxLength: 40 }),
        fc.array(busyArb, { maxLength: 8 }),
        hoursArb,
        hoursArb,
        fc.constantFrom(0, 15),
        fc.constantFrom(0, 60, 240),
        fc.boolean(),
        (startsAt, taken, openingHours, workingHours, buffer, notice, perm) => {
          const phases = [
            { key: "main", minutes: 30, staffRequired: true },
            { key: "gap", minutes: 15, staffRequired: false },
            { key: "end", minutes: 15, staffRequired: true },
          ].slice(0, perm ? 3 : 1);
          const service = aService({ phases, bufferAfterMinutes: buffer, minimumNoticeMinutes: notice });
          const branch = aBranch({ openingHours });
          const catalogue = aCatalogue({
            branches: [branch],
            services: [service],
            staff: [aMember("emma"), aMember("fabian", { workingHours })],
            eventTypes: ["main", "end"].map((phaseKey, index) => ({
              serviceId: service.id,
              phaseKey,
              staffId: null,
              branchId: null,
              calcomEventTypeId: index + 1,
            })),
          });
          const now = new Date(base + 3 * 3_600_000);
          const offered = [...new Set(startsAt)].sort((a, b) => a - b).map((q) => base + q * 15 * MINUTE);
          const ends = slots("2026-10-24T22:00:00Z", "2026-10-25T10:00:00Z", 15);
          const busy = taken.map(({ at: [from, length], ...rest }) => ({
            ...rest,
            start: base + from * 15 * MINUTE,
            end: base + (from + length) * 15 * MINUTE,
          }));
          const given = facts({
            slots: new Map([
              [1, offered.map((start) => ({ start, end: start + 30 * MINUTE }))],
              [2, ends],
            ]),
            busy,
            ignoreOwners: new Set(["me"]),
          });
          const window = { from: new Date(base), to: new Date(base + 20 * 3_600_000) };
          const found = openingsOf(wish({ catalogue, service, branches: [branch], now, ...window }), given);

          const expected = offered.flatMap((start) =>
            catalogue.staff.flatMap((member) => {
              const plan = planForStaff(catalogue, service, branch, member, new Date(start)) ?? [];
              const end = Date.parse(plan.at(-1)?.end ?? "");
              const fits =
                canDo(member, service, branch) &&
                start < window.to.getTime() &&
                start > now.getTime() &&
                start >= now.getTime() + notice * MINUTE &&
                withinHours(openingHours, BERLIN, new Date(start), new Date(end), branch) &&
                plan.every(
                  (phase) =>
                    !phase.staffRequired ||
                    withinHours(member.workingHours, BERLIN, new Date(phase.start), new Date(phase.end)),
                ) &&
                (!perm || ends.some((slot) => slot.start === end - 15 * MINUTE)) &&
                busyIntervalsOf(plan, buffer).every((wanted) =>
                  busy.every(
                    (other) =>
                      other.ownerId === "me" ||
                      other.staffId !== wanted.staffId ||
                      other.end <= wanted.start.getTime() ||
                      wanted.end.getTime() <= other.start,
                  ),
                );
              return fits ? [`${start} ${member.id}`] : [];
            }),
          );
          const seen = found.map(({ start, staff }) => `${start.getTime()} ${staff.id}`);
          expect([...seen].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 300 },
    );
  });
});
