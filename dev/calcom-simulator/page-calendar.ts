import { html } from "hono/html";
import { type Booking, type Host, WEEKDAYS } from "./model.js";
import type { Store } from "./store.js";
import { fromLocal, isoDay, localDay, offsetAt } from "./zone.js";

const DAY = 86_400_000;
const PIXELS_PER_HOUR = 60;
type Html = ReturnType<typeof html>;

const colour = (index: number): string => `hsl(${(index * 67 + 210) % 360} 70% 82%)`;
const edge = (index: number): string => `hsl(${(index * 67 + 210) % 360} 60% 45%)`;

/** Minutes after local midnight of `day`, by the wall clock. */
function wallMinutes(zone: string, day: number, at: number): number {
  return (at + offsetAt(zone, at) - day * DAY) / 60_000;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(Math.floor(minutes % 60)).padStart(2, "0")}`;

/** One week grid per zone in which hosts live, each host in a lane of every day; everything is escaped. */
export function renderCalendar(store: Store, monday: number): Html {
  const zones = new Map<string, Host[]>();
  for (const host of store.hosts.values()) {
    zones.set(host.timeZone, [...(zones.get(host.timeZone) ?? []), host]);
  }
  if (zones.size === 0)
    return html`<p class="empty">No hosts yet. Create some with <code>POST /_sim/hosts</code>.</p>`;
  return html`${[...zones].map(([zone, hosts]) => zoneWeek(store, zone, hosts, monday))}`;
}

function zoneWeek(store: Store, zone: string, hosts: readonly Host[], monday: number): Html {
  const from = fromLocal(zone, monday, 0);
  const to = fromLocal(zone, monday + 7, 0);
  const rows = [...store.all()].filter(
    (row) =>
      row.start < to && row.end > from && row.hostIds.some((id) => hosts.some((host) => host.id === id)),
  );
  const { first, last } = visibleHours(zone, hosts, rows);
  const height = (last - first) * PIXELS_PER_HOUR;
  const hours = Array.from({ length: last - first }, (_, i) => first + i);
  const days = Array.from({ length: 7 }, (_, i) => monday + i);
  const today = localDay(zone, Date.now());
  return html`<h2 data-zone="${zone}">${zone}</h2>
<p class="legend">${hosts.map((host, i) => html`<span><i class="dot" style="background:${edge(i)}"></i>${host.name}</span>`)}</p>
<div class="week"><div class="head"></div>${days.map(
    (day) =>
      html`<div class="head ${day === today ? "today" : ""}">${WEEKDAYS[(day + 4) % 7] ?? ""} ${isoDay(day).slice(5)}</div>`,
  )}
<div class="hours" style="height:${height}px">${hours.map(
    (hour) =>
      html`<span class="hour" style="top:${(hour - first) * PIXELS_PER_HOUR}px">${clock(hour * 60)}</span>`,
  )}</div>
${days.map(
  (
    day,
  ) => html`<div class="day" data-date="${isoDay(day)}" data-zone="${zone}" data-from="${first * 60}" data-to="${last * 60}" style="height:${height}px">
${hosts.map((host, lane) => openHours(store, host, day, lane, hosts.length, first, last))}
${hours.map((hour) => html`<i class="rule" style="top:${(hour - first) * PIXELS_PER_HOUR}px"></i>`)}
${hosts.map((host, lane) =>
  rows
    .filter((row) => row.hostIds.includes(host.id) && localDay(zone, row.start) === day)
    .sort((a, b) => Number(isOff(b)) - Number(isOff(a)))
    .map((row) => card(store, zone, row, host, lane, hosts.length, day, first)),
)}</div>`,
)}</div>`;
}

const isOff = (row: Booking): boolean => row.status === "cancelled" || row.status === "rejected";

/** Whole hours that hold all working hours and bookings of the week. */
function visibleHours(
  zone: string,
  hosts: readonly Host[],
  rows: readonly Booking[],
): { first: number; last: number } {
  let first = 9;
  let last = 18;
  for (const host of hosts) {
    for (const spans of Object.values(host.workingHours)) {
      for (const span of spans ?? []) {
        first = Math.min(first, Number(span.slice(0, 2)));
        last = Math.max(last, Number(span.slice(6, 8)) + (span.slice(9) === "00" ? 0 : 1));
      }
    }
  }
  for (const row of rows) {
    const start = wallMinutes(zone, localDay(zone, row.start), row.start);
    first = Math.min(first, Math.floor(start / 60));
    last = Math.max(last, Math.min(24, Math.ceil((start + (row.end - row.start) / 60_000) / 60)));
  }
  return { first, last };
}

function lanes(lane: number, count: number): string {
  return `left:${(lane / count) * 100}%;width:${100 / count}%`;
}

function openHours(
  store: Store,
  host: Host,
  day: number,
  lane: number,
  count: number,
  first: number,
  last: number,
): Html {
  const zone = host.timeZone;
  const from = fromLocal(zone, day, 0);
  const to = fromLocal(zone, day + 1, 0);
  const windows = store.calendar(host.id)?.working(from, to - 1) ?? [];
  return html`${windows.map((window) => {
    const start = Math.max(first * 60, wallMinutes(zone, day, Math.max(window.start, from)));
    const end = Math.min(last * 60, window.end >= to ? 1440 : wallMinutes(zone, day, window.end));
    const top = ((start - first * 60) / 60) * PIXELS_PER_HOUR;
    const height = Math.max(0, ((end - start) / 60) * PIXELS_PER_HOUR);
    return html`<i class="open" style="top:${top}px;height:${height}px;${lanes(lane, count)}"></i>`;
  })}`;
}

function card(
  store: Store,
  zone: string,
  row: Booking,
  host: Host,
  lane: number,
  count: number,
  day: number,
  first: number,
): Html {
  const start = wallMinutes(zone, day, row.start);
  const minutes = (row.end - row.start) / 60_000;
  const top = ((start - first * 60) / 60) * PIXELS_PER_HOUR;
  const height = Math.max(16, (minutes / 60) * PIXELS_PER_HOUR - 2);
  const type = store.eventTypes.get(row.eventTypeId);
  const when = `${isoDay(day)} ${clock(start)}–${clock(start + minutes)}`;
  const data = JSON.stringify({
    uid: row.uid,
    title: row.title,
    status: row.rescheduleRequested === true ? `${row.status} (reschedule requested)` : row.status,
    state: row.rescheduleRequested === true && row.toUid === undefined ? "requested" : row.status,
    when,
    zone,
    local: `${isoDay(day)}T${clock(start)}`,
    host: host.name,
    customer: [row.attendee.name, row.attendee.email, row.attendee.phoneNumber].filter(Boolean).join(" · "),
    from: row.fromUid ?? "",
    to: row.toUid ?? "",
    metadata: JSON.stringify(row.metadata),
  });
  const style = `top:${top}px;height:${height}px;${lanes(lane, count)};background:${colour(lane)};border-color:${edge(lane)}`;
  return html`<button class="booking ${row.status}${minutes <= 30 ? " short" : ""}" style="${style}" data-booking="${data}" title="${when} ${row.title}"><b>${row.attendee.name}</b> ${clock(start)} ${type?.title ?? ""}</button>`;
}
