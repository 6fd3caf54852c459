import { isClosedDay } from "../../domain/availability/holidays.js";
import { instantAt, localNow, plusDays, weekdayOf } from "../../domain/german-time/local-time.js";
import { spokenMoment } from "../../domain/speech/spoken-time.js";
import { WEEKDAYS } from "../../domain/tenant/catalogue.js";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { parseSpan } from "../../domain/tenant/hours.js";
import type { TimeWanted } from "./play.js";
import { type CalendarEntry, isStanding } from "./stage.js";

/** A time of a play, with everything that the checks need to know of it. */
export interface StageTime {
  start: Date;
  end: Date;
  zone: string;
  wanted: TimeWanted;
  hostId: number;
  /** "Donnerstag, dem dritten Dezember, um zehn Uhr", to stand after "am". */
  spoken: string;
}

const SEARCHED_DAYS = 60;
const MINUTE_MS = 60_000;

/**
 * Free times for the names of a play, from the tenant's document and the calendar in Cal.com alone: what is asked
 * of the gateway is asked by the callers, and its caches stay cold until then.
 *
 * @throws Error when there is none within sixty days
 */
export function chooseTimes(
  wanted: Readonly<Record<string, TimeWanted>>,
  document: TenantDocument,
  calendar: readonly CalendarEntry[],
  now: Date,
): Map<string, StageTime> {
  const chosen = new Map<string, StageTime>();
  for (const [name, time] of Object.entries(wanted)) {
    chosen.set(name, chooseTime(name, time, { document, calendar, now, chosen }));
  }
  return chosen;
}

/** A day of this week or the last that is over, with another year: one that this year has, too. */
export function justPast(year: string, zone: string, now: Date): string {
  const days = [-3, -4].map((back) => plusDays(localNow(now, zone).today, back).slice(4));
  return `${year}${days.find((day) => day !== "-02-29")}`;
}

interface Scene {
  document: TenantDocument;
  calendar: readonly CalendarEntry[];
  now: Date;
  chosen: ReadonlyMap<string, StageTime>;
}

function chooseTime(name: string, wanted: TimeWanted, { document, calendar, now, chosen }: Scene): StageTime {
  const member = document.staff.find((one) => one.slug === wanted.staff);
  const service = document.services.find((one) => one.slug === wanted.service);
  const branch = document.branches.find((one) => member?.branches.includes(one.slug));
  if (!member || !service || !branch || member.calcomUserId === null) {
    throw new Error(`the time "${name}" names somebody or something that the document does not know`);
  }
  const hostId = member.calcomUserId;
  const zone = branch.timeZone ?? document.timeZone;
  const minutes = service.phases.reduce((sum, phase) => sum + phase.minutes, 0);
  // Cal.com's slots of a type follow each other at its length, from the beginning of work on.
  const step = service.phases[0]?.minutes ?? minutes;
  const { today } = localNow(now, zone);
  const leader = wanted.sameDayAs === undefined ? undefined : chosen.get(wanted.sameDayAs);
  const closed = {
    region: branch.region ?? null,
    closedOn: branch.closedOn,
    openOn: branch.openOn ?? [],
  };
  const free = (start: Date, end: Date) =>
    !calendar.some(
      (entry) =>
        isStanding(entry) &&
        entry.hostIds.includes(hostId) &&
        new Date(entry.start) < end &&
        start < new Date(entry.end),
    ) &&
    ![...chosen.values()].some((other) => other.hostId === hostId && other.start < end && start < other.end);
  const firstDay = leader ? localNow(leader.start, zone).today : plusDays(today, wanted.daysAhead);
  const notBefore = leader ? localNow(leader.end, zone).minute : (wanted.notBefore ?? 0);
  for (let ahead = 0; ahead < (leader ? 1 : SEARCHED_DAYS); ahead += 1) {
    const date = plusDays(firstDay, ahead);
    if (isClosedDay(closed, date)) continue;
    const weekday = WEEKDAYS[weekdayOf(date) - 1] ?? "mon";
    const open = (branch.openingHours[weekday] ?? []).flatMap((text) => parseSpan(text) ?? []);
    for (const span of (member.workingHours[weekday] ?? []).flatMap((text) => parseSpan(text) ?? [])) {
      for (let minute = span.from; minute + minutes <= span.to; minute += step) {
        if (minute < notBefore || !open.some(({ from, to }) => from <= minute && minute + minutes <= to))
          continue;
        const start = instantAt(date, minute, zone);
        if (!start) continue;
        const end = new Date(start.getTime() + minutes * MINUTE_MS);
        if (free(start, end))
          return { start, end, zone, wanted, hostId, spoken: spokenMoment(start, zone, "dative") };
      }
    }
  }
  throw new Error(`there is no free time for "${name}" within ${SEARCHED_DAYS} days`);
}
