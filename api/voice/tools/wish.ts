import { DateTime } from "luxon";
import { isClosedDay } from "../../../domain/availability/holidays.js";
import { weekdayOf } from "../../../domain/availability/hours.js";
import { readWhen } from "../../../domain/german-time/read-when.js";
import type { Wish } from "../../../domain/german-time/reading.js";
import { spokenServiceName } from "../../../domain/speech/service-name.js";
import {
  type Branch,
  type Catalogue,
  canDo,
  hasCompleteMapping,
  type Service,
  type StaffMember,
  WEEKDAYS,
} from "../../../domain/tenant/catalogue.js";
import { parseSpan } from "../../../domain/tenant/hours.js";
import { matchServices } from "../../../domain/voice/service-match.js";
import { calledName, matchStaff } from "../../../domain/voice/staff-match.js";
import { refused, type ToolAnswer } from "../answer.js";
import type { ToolContext } from "../invocation.js";

/** What is wanted, each part of it understood; or what has to be asked. */
export type Understood<T> = { ok: true; value: T } | { ok: false; answer: ToolAnswer };

const answer = (given: ToolAnswer): { ok: false; answer: ToolAnswer } => ({ ok: false, answer: given });

/** The branches whose chairs a call may be offered: the one that was called, else all. */
export function branchesOf(context: ToolContext): Branch[] {
  return context.branch ? [context.branch] : context.catalogue.branches;
}

/** Never a default service (salon-gateway 11.50): what is not understood is asked. */
export function understandService(context: ToolContext): Understood<Service> {
  const { say } = context.deps;
  const services = offeredServices(context);
  const match = matchServices(context.args.services, services);
  switch (match.kind) {
    case "one":
      return { ok: true, value: match.service };
    case "several":
      return answer(
        refused(
          "AMBIGUOUS_SERVICE",
          say.severalServices({
            services: match.wished.map((one) => (typeof one === "string" ? one : spokenServiceName(one))),
          }),
          "ask_service",
        ),
      );
    case "ambiguous":
      return answer(
        refused(
          "AMBIGUOUS_SERVICE",
          say.ambiguousService({ candidates: match.candidates.map(spokenServiceName) }),
          "ask_service",
        ),
      );
    case "unknown":
      return answer(
        refused(
          "UNKNOWN_SERVICE",
          say.unknownService({
            suggestions: match.suggestions.map(spokenServiceName),
            categories: largestFirst(services.flatMap((service) => service.category ?? [])),
          }),
          "ask_service",
        ),
      );
    case "none":
      return answer(refused("NEEDS_SERVICE", say.needsService(), "ask_service"));
  }
}

/** Each once, what there is most of first. */
function largestFirst(categories: readonly string[]): string[] {
  const count = (category: string) => categories.filter((other) => other === category).length;
  return [...new Set(categories)].toSorted((a, b) => count(b) - count(a));
}

/** What somebody in the called branch can really be booked for. */
export function offeredServices(context: ToolContext): Service[] {
  return bookableServices(context.catalogue, branchesOf(context));
}

/** What somebody in one of these branches can really be booked for; everything where nothing is bookable yet. */
export function bookableServices(catalogue: Catalogue, branches: readonly Branch[]): Service[] {
  const bookable = catalogue.services.filter((service) =>
    branches.some((branch) => qualified(catalogue, service, branch).length > 0),
  );
  return bookable.length > 0 ? bookable : catalogue.services;
}

/** By catalogue: it is asked for with every tool, and a change of the tenant brings another catalogue. */
const known = new WeakMap<Catalogue, Map<string, StaffMember[]>>();

function qualified(catalogue: Catalogue, service: Service, branch: Branch): StaffMember[] {
  const ofCatalogue = known.get(catalogue) ?? new Map<string, StaffMember[]>();
  known.set(catalogue, ofCatalogue);
  const key = `${service.id} ${branch.id}`;
  const found =
    ofCatalogue.get(key) ??
    catalogue.staff.filter(
      (member) => canDo(member, service, branch) && hasCompleteMapping(catalogue, service, member, branch),
    );
  ofCatalogue.set(key, found);
  return found;
}

/** A person who was named is never replaced silently (salon-gateway 11.40). `null`: anyone. */
export function understandStaff(context: ToolContext, service: Service): Understood<StaffMember | null> {
  const { say } = context.deps;
  const branches = branchesOf(context);
  const here = context.catalogue.staff.filter((member) =>
    branches.some((branch) => member.branchIds.includes(branch.id)),
  );
  const able = here.filter((member) =>
    branches.some((branch) => qualified(context.catalogue, service, branch).includes(member)),
  );
  const called = (member: StaffMember) => calledName(member, context.catalogue.staff);
  const match = matchStaff(context.args.staff, here);
  switch (match.kind) {
    case "any":
      return { ok: true, value: null };
    case "one":
      if (able.includes(match.member)) return { ok: true, value: match.member };
      return answer(
        refused(
          "STAFF_CANNOT_DO_SERVICE",
          say.staffCannotDoService({
            staff: called(match.member),
            service: service.name,
            qualified: able.map(called),
          }),
          "ask_choice",
        ),
      );
    case "ambiguous":
      return answer(
        refused(
          "UNKNOWN_STAFF",
          say.ambiguousStaff({ candidates: match.candidates.map(called) }),
          "ask_choice",
        ),
      );
    case "unknown":
      return answer(
        refused(
          "UNKNOWN_STAFF",
          say.unknownStaff({ available: (able.length > 0 ? able : here).map(called) }),
          "ask_choice",
        ),
      );
  }
}

/** Whether a branch is open at that local minute; that is what "um vier" means. */
function opensAt(branch: Branch, date: string, minute: number): boolean {
  if (isClosedDay(branch, date)) return false;
  const spans = branch.openingHours[WEEKDAYS[weekdayOf(date) - 1] ?? "mon"] ?? [];
  return spans.some((text) => {
    const span = parseSpan(text);
    return span !== null && minute >= span.from && minute < span.to;
  });
}

/** The zone in which the caller means what he says. */
export function zoneOf(context: ToolContext): string {
  return (context.branch ?? context.catalogue.branches[0])?.timeZone ?? context.catalogue.company.timeZone;
}

/** The caller's words, read by our own grammar and compared with what the model made of them. */
export function understandTime(context: ToolContext): Understood<Wish> {
  const { args, now } = context;
  const { say } = context.deps;
  const zone = zoneOf(context);
  const branches = branchesOf(context);
  const reading = readWhen(
    { whenText: args.whenText, date: args.date, time: args.time, partOfDay: args.partOfDay },
    {
      now,
      zone,
      openAt: (date, minute) => branches.some((branch) => opensAt(branch, date, minute)),
    },
  );
  switch (reading.kind) {
    case "wish":
      return { ok: true, value: reading.wish };
    case "needs_date":
      return answer(refused("NEEDS_DATE", say.needsDate(), "ask_date"));
    case "in_past":
      return answer(refused("IN_PAST", say.inPast(), "ask_date"));
    case "invalid":
      return answer(
        refused("INVALID", say.invalid({ field: reading.what === "time" ? "time" : "date" }), "ask_date"),
      );
    case "ambiguous":
      return answer(
        refused("AMBIGUOUS_DATE", say.ambiguousDate({ now, zone, readings: reading.readings }), "ask_date"),
      );
  }
}

/** The span of starts that a wish admits, for one question to the calendar. */
export function rangeOf(context: ToolContext, wish: Wish): { from: Date; to: Date } {
  const zone = zoneOf(context);
  const minuteOf = (date: string, minute: number) => {
    const day = DateTime.fromISO(date, { zone });
    return minute >= 1_440
      ? day.plus({ days: 1 }).startOf("day").toJSDate()
      : day.set({ hour: Math.floor(minute / 60), minute: minute % 60 }).toJSDate();
  };
  switch (wish.kind) {
    case "moment":
      return { from: wish.start, to: new Date(wish.start.getTime() + 1) };
    case "window":
      return {
        from: minuteOf(wish.date, wish.window.from),
        to: new Date(minuteOf(wish.date, wish.window.to).getTime() + (wish.window.toInclusive ? 1 : 0)),
      };
    case "day":
      return { from: minuteOf(wish.date, 0), to: minuteOf(wish.date, 1_440) };
    case "soonest":
      return {
        from: wish.notBefore,
        to:
          wish.untilDate === null
            ? DateTime.fromJSDate(wish.notBefore).plus({ days: SOON_DAYS }).toJSDate()
            : minuteOf(wish.untilDate, 1_440),
      };
  }
}

/** First the coming two weeks; further only when nothing is free in them (salon-gateway 5.4). */
const SOON_DAYS = 14;
