import { DateTime } from "luxon";
import type { Wanted } from "../../../activities/availability/availability.js";
import { Closing, inTenant } from "../../../db/client.js";
import { holdsElsewhere, LIVE_HOLDS } from "../../../db/voice/offers.js";
import { bookedInCall, type OwnAppointment } from "../../../db/voice/own-appointments.js";
import type { Opening } from "../../../domain/availability/openings.js";
import { tellingStart, type WhyNot } from "../../../domain/availability/why-not.js";
import type { StartWindow, Wish } from "../../../domain/german-time/reading.js";
import type { SpokenClosedPart, SpokenDay, SpokenMoment, Wished } from "../../../domain/speech/said.js";
import { type Service, type StaffMember, serviceMinutes } from "../../../domain/tenant/catalogue.js";
import { calledName } from "../../../domain/voice/staff-match.js";
import { done, type NextStep, refused, type ToolAnswer } from "../answer.js";
import { identifying, refView, spokenAppointment } from "../identity.js";
import type { ToolContext } from "../invocation.js";
import { CROWD, type Found, type Offered, offer, oncePerStart, type ToOffer } from "../offering.js";
import { branchesOf, rangeOf, understandService, understandStaff, understandTime, zoneOf } from "./wish.js";

/** As many are offered; two of them are spoken (contract.md 5). */
const OFFERED = 3;
const MINUTE_MS = 60_000;

/** What is searched for, understood. */
interface Search {
  service: Service;
  staff: StaffMember | null;
  wish: Wish;
  /** The caller's own appointments of this service: they may be meant to be moved. */
  own: OwnAppointment[];
  /** All of the caller's appointments, those of this call also where the number is withheld. */
  standing: OwnAppointment[];
}

/** `find_slots`: understands the wish, and holds one to three times for this call. */
export async function findSlots(context: ToolContext): Promise<ToolAnswer> {
  const service = understandService(context);
  if (!service.ok) return service.answer;
  const staff = understandStaff(context, service.value);
  if (!staff.ok) return staff.answer;
  const wish = understandTime(context);
  if (!wish.ok) return wish.answer;
  const caller = await readCaller(context);
  if (caller.holds >= LIVE_HOLDS)
    return refused("TOO_MANY", context.deps.say.tooMany({ cause: "number" }), "offer_callback");
  return await search(context, {
    service: service.value,
    staff: staff.value,
    wish: wish.value,
    own: caller.standing.filter((appointment) => appointment.serviceId === service.value.id),
    standing: caller.standing,
  });
}

/**
 * What the caller has, and how many chairs other calls of the same number hold already (voice-agents 3.6). All of
 * it is asked at once: a caller waits.
 */
async function readCaller(context: ToolContext): Promise<{ holds: number; standing: OwnAppointment[] }> {
  const { callerPhone, deps, companyId, call } = context;
  return await inTenant(deps.db, companyId, async (tx) => {
    const holds = callerPhone === null ? null : holdsElsewhere(tx, callerPhone, call.id);
    const caller = identifying(tx, context);
    const inCall = bookedInCall(tx, call.id);
    return Closing.reading([...(holds ? [holds] : []), ...caller.statements, inCall], async () => {
      const identity = await caller.read();
      const [elsewhere] = (await holds) ?? [];
      return {
        holds: elsewhere?.held ?? 0,
        standing: identity.kind === "known" ? identity.appointments : [...(await inCall)],
      };
    });
  });
}

async function search(context: ToolContext, wanted: Search): Promise<ToolAnswer> {
  const { offered, outrun } = await offer(context, () => inWish(context, wanted), toOffer(wanted, "wish"));
  if (offered.length > 0) {
    const kind: Wished =
      wanted.wish.kind === "moment" ? { kind: "exact", start: wanted.wish.start } : { kind: "open" };
    return offersAnswer(context, wanted, offered, kind);
  }
  return (outrun ? null : alreadyBooked(context, wanted)) ?? (await instead(context, wanted));
}

function toOffer({ service, staff, own }: Search, as: ToOffer["as"]): ToOffer {
  return { service, wished: staff, own: own.map((appointment) => appointment.id), as };
}

function offersAnswer(
  context: ToolContext,
  wanted: Search,
  offered: readonly Offered[],
  wished: Wished,
): ToolAnswer {
  const { wish } = wanted;
  const clash = offered.length === 1 ? clashing(wanted, offered[0]) : null;
  if (clash && offered[0]) {
    const besides = context.deps.say.besideOwn({
      now: context.now,
      offer: offered[0].spoken,
      own: spokenAppointment(context, clash),
    });
    return done("OFFERS", besides, "ask_choice", {
      offers: offered.map(({ view }) => view),
      appointments: [refView(context, clash)],
    });
  }
  const say = context.deps.say.offers({
    now: context.now,
    service: wanted.service.name,
    offers: offered.map(({ spoken }) => spoken),
    wished,
    assumedDay: "assumedDay" in wish && wish.assumedDay,
  });
  const next: NextStep = offered.length === 1 ? "confirm" : "ask_choice";
  return done("OFFERS", say, next, { offers: offered.map(({ view }) => view) });
}

/** What the caller has at that time already: to be moved rather than doubled, or somebody else comes along. */
function clashing(wanted: Search, offered: Offered | undefined): OwnAppointment | null {
  if (!offered) return null;
  const start = new Date(offered.view.start);
  const end = new Date(offered.view.end);
  return wanted.standing.find((own) => own.startAt < end && start < own.endAt) ?? null;
}

/** The wished time is not free because it is the caller's own: then it is not said to be taken (salon-gateway 11.6). */
function alreadyBooked(context: ToolContext, { wish, service, staff, standing }: Search): ToolAnswer | null {
  if (wish.kind !== "moment") return null;
  const booked = standing.find(
    (own) =>
      own.startAt.getTime() === wish.start.getTime() &&
      own.serviceId === service.id &&
      (staff === null || own.staffId === staff.id),
  );
  if (!booked) return null;
  const pending = booked.status === "pending";
  const say = context.deps.say.alreadyBooked({
    now: context.now,
    appointment: spokenAppointment(context, booked),
    pending,
  });
  return done("APPOINTMENTS", say, pending ? "end" : "ask_choice", {
    appointments: [refView(context, booked)],
  });
}

function wantedOf(context: ToolContext, wanted: Search): Wanted {
  return {
    companyId: context.companyId,
    service: wanted.service,
    branch: context.branch,
    staff: wanted.staff,
    now: context.now,
    ignoreOwners: [context.call.id],
    lane: "live",
    patienceMs: Math.max(100, context.deadline - Date.now()),
  };
}

/** Free times that are what was wished for. */
async function inWish(context: ToolContext, wanted: Search): Promise<Found> {
  const { wish } = wanted;
  const range = rangeOf(context, wish);
  const { openings } = await context.deps.availability.findOpenings({
    ...wantedOf(context, wanted),
    ...range,
  });
  const fitting = openings.filter((opening) => inDayWindow(opening, wish));
  const free =
    fitting.length === 0 && wish.kind === "moment" ? await besideOwn(context, wanted, wish.start) : fitting;
  return { free, choose: (left) => choose(oncePerStart(left), wish) };
}

/** "Each day from nine to twelve": the range spans days, the window counts on each of them. */
function inDayWindow(opening: Opening, wish: Wish): boolean {
  if (wish.kind !== "soonest" || wish.window === null) return true;
  return inMinutes(wish.window, localMinute(opening.start, opening.branch.timeZone));
}

function inMinutes(window: StartWindow, minute: number): boolean {
  return minute >= window.from && (minute < window.to || (window.toInclusive && minute === window.to));
}

function localMinute(start: Date, zone: string): number {
  const local = DateTime.fromJSDate(start, { zone });
  return local.hour * 60 + local.minute;
}

/** The wish overlaps an appointment of the caller's own: a quarter of an hour later is a move, not a clash. */
async function besideOwn(context: ToolContext, wanted: Search, start: Date): Promise<Opening[]> {
  const end = new Date(start.getTime() + serviceMinutes(wanted.service) * MINUTE_MS);
  const moving = wanted.own.find(
    (appointment) =>
      appointment.startAt < end &&
      start < appointment.endAt &&
      appointment.startAt.getTime() !== start.getTime(),
  );
  if (!moving) return [];
  const phases = await inTenant(
    context.deps.db,
    context.companyId,
    (tx) =>
      tx<
        { calcomEventTypeId: number | null; calcomUid: string | null }[]
      >`SELECT calcom_event_type_id, calcom_uid FROM appointment_phases WHERE appointment_id = ${moving.id}`,
  );
  const { openings } = await context.deps.availability.findOpenings({
    ...wantedOf(context, wanted),
    from: start,
    to: new Date(start.getTime() + 1),
    ignoreOwners: [context.call.id, moving.id],
    moving: { appointmentId: moving.id, phases: [...phases] },
  });
  return openings;
}

/** At most three, not three in a row: a caller hears the first and one that is really another. */
function choose(openings: readonly Opening[], wish: Wish): Opening[] {
  if (wish.kind === "moment") return openings.slice(0, 1);
  const aim = wish.kind === "window" ? wish.preferredMinute : null;
  const sorted =
    aim === null
      ? [...openings]
      : [...openings].sort(
          (a, b) =>
            Math.abs(localMinute(a.start, a.branch.timeZone) - aim) -
            Math.abs(localMinute(b.start, b.branch.timeZone) - aim),
        );
  const chosen: Opening[] = [];
  for (const apartMs of [APART_MS, 0]) {
    for (const opening of sorted) {
      if (chosen.length === OFFERED) return chosen;
      const near = chosen.some(
        (other) => Math.abs(other.start.getTime() - opening.start.getTime()) < Math.max(1, apartMs),
      );
      if (!near) chosen.push(opening);
    }
  }
  return chosen;
}

const APART_MS = 2 * 60 * MINUTE_MS;

/** The wish cannot be had: why, and what can be had instead. */
async function instead(context: ToolContext, wanted: Search): Promise<ToolAnswer> {
  const { availability, say } = context.deps;
  const { wish, service, staff } = wanted;
  const { now } = context;
  const range = rangeOf(context, wish);
  const why = await availability.whyNot({
    ...wantedOf(context, wanted),
    start: momentOf(context, wanted, range),
  });
  if (why.reason === "too_soon") return await tooSoon(context, wanted, why);
  const hard = refusal(context, wanted, why);
  if (hard) return hard;

  const shut = why.reason === "closed" ? closedWish(context, wish, why) : null;
  let searchedTo = now;
  const find = async (): Promise<Found> => {
    const found = await availability.alternativesFor({
      ...wantedOf(context, wanted),
      wished: range.from,
      // Of a part of the day in which the salon is closed the nearest time is wanted, not that part of another day.
      window: wish.kind === "window" && !shut ? { from: wish.window.from, to: wish.window.to } : null,
      limit: OFFERED * CROWD,
    });
    searchedTo = found.searchedTo;
    return { free: found.alternatives, choose: (left) => left.slice(0, OFFERED) };
  };
  const { offered, outrun } = await offer(context, find, toOffer(wanted, "alternative"));
  if (why.reason === "closed" && shut) {
    const answer = say.closed({
      now,
      wish: shut,
      nextOpen: why.nextOpen ? { date: why.nextOpen.date, zone: zoneOf(context) } : null,
      offers: offered.map(({ spoken }) => spoken),
    });
    const next: NextStep = offered.length === 0 ? "ask_date" : "ask_choice";
    return refused(
      "CLOSED",
      answer,
      next,
      offered.length === 0 ? {} : { offers: offered.map(({ view }) => view) },
    );
  }
  if (offered.length === 0 && outrun)
    return refused("TEMPORARY", say.temporary({ callback: false }), "offer_callback");
  if (offered.length === 0) {
    const horizonDays = Math.max(
      1,
      Math.round((searchedTo.getTime() - now.getTime()) / (24 * 60 * MINUTE_MS)),
    );
    return refused(
      "NOTHING_FREE",
      say.nothingFree({ horizonDays, staff: staff ? calledName(staff, context.catalogue.staff) : null }),
      "offer_callback",
    );
  }
  const wished: Wished = wish.kind === "moment" ? { kind: "exact", start: wish.start } : { kind: "missed" };
  return offersAnswer(context, { ...wanted, service }, offered, wished);
}

/** The lead that is needed, and the first time that is free after it. */
async function tooSoon(
  context: ToolContext,
  wanted: Search,
  why: WhyNot & { reason: "too_soon" },
): Promise<ToolAnswer> {
  const find = async (): Promise<Found> => {
    const { openings } = await context.deps.availability.findOpenings({
      ...wantedOf(context, wanted),
      from: why.earliest,
      to: new Date(why.earliest.getTime() + SEARCHED_MS),
      limit: CROWD,
    });
    return { free: openings, choose: (left) => left.slice(0, 1) };
  };
  const {
    offered: [earliest],
  } = await offer(context, find, toOffer(wanted, "alternative"));
  const say = context.deps.say.tooSoon({
    now: context.now,
    leadMinutes: why.noticeMinutes,
    earliest: earliest?.spoken ?? null,
  });
  if (!earliest) return refused("TOO_SOON", say, "ask_date");
  return refused("TOO_SOON", say, "confirm", { offers: [earliest.view] });
}

const SEARCHED_MS = 14 * 24 * 60 * MINUTE_MS;

/** What of the wish is closed: the day, or the time of a day on which the salon opens. `null`: something else is the matter. */
function closedWish(
  context: ToolContext,
  wish: Wish,
  { date, side }: WhyNot & { reason: "closed" },
): SpokenDay | SpokenClosedPart | SpokenMoment | null {
  const zone = zoneOf(context);
  if (wish.kind === "soonest") return null;
  if (side === null) return { date, zone };
  if (wish.kind === "moment") return { start: wish.start, zone };
  // Of a day that is still to come nothing is closed: the service is longer than its hours.
  const over = date === DateTime.fromJSDate(context.now, { zone }).toISODate();
  return wish.kind === "day" && !over ? null : { date, zone, side };
}

/** Which instant of a wish tells why nothing of it can be had. */
function momentOf(context: ToolContext, { wish, service }: Search, range: { from: Date; to: Date }): Date {
  if (wish.kind === "moment") return wish.start;
  if (wish.kind === "soonest") return range.from;
  return tellingStart({ service, branches: branchesOf(context), ...range, now: context.now });
}

/** Rules that no alternative answers. */
function refusal(context: ToolContext, wanted: Search, why: WhyNot): ToolAnswer | null {
  const { say } = context.deps;
  const { catalogue } = context;
  switch (why.reason) {
    case "in_past":
      return refused("IN_PAST", say.inPast(), "ask_date");
    case "too_far":
      return refused("TOO_FAR", say.tooFar({ daysAhead: why.daysAhead }), "ask_date");
    case "staff_cannot_do_service":
      return refused(
        "STAFF_CANNOT_DO_SERVICE",
        say.staffCannotDoService({
          staff: calledName(why.member, catalogue.staff),
          service: wanted.service.name,
          qualified: why.able.map((member) => calledName(member, catalogue.staff)),
        }),
        "ask_choice",
      );
    case "not_bookable":
      return refused("NOTHING_FREE", say.temporary({ callback: false }), "offer_callback");
    case "too_soon":
    case "closed":
    case "not_working":
    case "taken":
      return null;
  }
}
