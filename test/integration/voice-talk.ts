import { DateTime } from "luxon";
import type { ToolAnswer } from "../../api/voice/answer.js";
import { BEGAN, ZONE } from "../support/calendar.js";
import { newNumber, type PhoneCall, phoneCall } from "../support/phone.js";
import type { Salon } from "../support/salon.js";

/** A day of the salon, so many days from now, as an agent writes it. */
export function dayIn(days: number): string {
  return BEGAN.plus({ days }).toISODate() ?? "";
}

/** The instant of a time of that day, as the simulator writes it. */
export function instantOf(days: number, time: string): string {
  return DateTime.fromISO(`${dayIn(days)}T${time}`, { zone: ZONE })
    .toJSDate()
    .toISOString();
}

export interface Asked {
  days: number;
  time?: string;
  service?: string;
  /** `null`: anybody. */
  staff?: string | null;
}

export async function ask(
  call: PhoneCall,
  { days, time, service = "Schnitt", staff = "Emma" }: Asked,
): Promise<ToolAnswer> {
  return await call.use("find_slots", {
    services: [service],
    ...(staff === null ? {} : { staff }),
    date: dayIn(days),
    ...(time === undefined ? {} : { time }),
  });
}

export function offerOf(answer: ToolAnswer, nth = 0): string {
  const offer = answer.offers?.[nth];
  if (!offer) throw new Error(`no offer: ${JSON.stringify(answer)}`);
  return offer.offer_id;
}

/** Instants of what is offered. */
export function startsOf(answer: ToolAnswer): string[] {
  return (answer.offers ?? []).map((offer) => new Date(offer.start).toISOString());
}

export async function take(
  call: PhoneCall,
  offer_id: string,
  extra: Record<string, unknown> = {},
): Promise<ToolAnswer> {
  return await call.use("book_appointment", {
    offer_id,
    customer_name: "Jörg O'Neill",
    caller_confirmed: true,
    ...extra,
  });
}

export interface Talk {
  call: PhoneCall;
  offerId: string;
  appointmentId: string;
  answer: ToolAnswer;
}

/** A whole call that ends with a booking. */
export async function bookByPhone(
  salon: Salon,
  asked: Asked,
  { from = newNumber(), name = "Jörg O'Neill", call = phoneCall(salon, { from }) }: Caller = {},
): Promise<Talk> {
  const offerId = offerOf(await ask(call, asked));
  const answer = await take(call, offerId, { customer_name: name });
  if (answer.code !== "BOOKED") throw new Error(`not booked: ${JSON.stringify(answer)}`);
  return { call, offerId, appointmentId: answer.appointment_id ?? "", answer };
}

export interface Caller {
  from?: string;
  name?: string;
  call?: PhoneCall;
}

/** What stands in Cal.com, at that instant if one is given. */
export function standing(salon: Salon, start?: string) {
  return salon.calcom.control
    .bookings()
    .filter((booking) => booking.status === "accepted" && (start === undefined || booking.start === start));
}

/** What a call holds at the moment, earliest first. */
export async function holdsOf(
  salon: Salon,
  providerCallId: string,
): Promise<{ start: Date; end: Date; expiresAt: Date; phaseKey: string }[]> {
  return [
    ...(await salon.admin.sql<{ start: Date; end: Date; expiresAt: Date; phaseKey: string }[]>`
      SELECT lower(b.during) AS start, upper(b.during) AS "end", b.expires_at, b.phase_key
      FROM busy_intervals b JOIN calls c ON c.id = b.owner_id
      WHERE c.provider_call_id = ${providerCallId} AND b.expires_at > clock_timestamp() ORDER BY 1`),
  ];
}
