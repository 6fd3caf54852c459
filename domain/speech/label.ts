import { DateTime } from "luxon";
import type { SpokenAppointment, SpokenMoment, SpokenSlot } from "./said.js";

const SHORT_WEEKDAYS = ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"] as const;

/**
 * An offer as it is written in an answer's `label`: "Do 26.11. 10:00 bei Jana". Computed from the instant,
 * so that it cannot name another day (salon-gateway 11.54).
 */
export function offerLabel(slot: SpokenSlot): string {
  return slot.staff === null ? dayAndTime(slot) : `${dayAndTime(slot)} bei ${slot.staff}`;
}

/** An appointment likewise: "Do 26.11. 10:00 Herrenhaarschnitt bei Jana". */
export function appointmentLabel(appointment: SpokenAppointment): string {
  const { service, staff } = appointment;
  return `${dayAndTime(appointment)} ${service}${staff === null ? "" : ` bei ${staff}`}`;
}

function dayAndTime(moment: SpokenMoment): string {
  const at = DateTime.fromJSDate(moment.start, { zone: moment.zone });
  if (!at.isValid) throw new RangeError(`${moment.zone} is not a time zone or the instant is invalid`);
  return `${SHORT_WEEKDAYS[at.weekday - 1]} ${at.toFormat("d.M. HH:mm")}`;
}
