import { CalcomError } from "../../calcom/errors.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import { alive, callOptions } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";

/**
 * What Cal.com says now of the bookings of an appointment, in lines for the operator: states and instants, no
 * people.
 */
export async function askCalcom(
  deps: BookingDependencies,
  request: {
    companyId: string;
    appointmentId: string;
    uids: { key: string; uid: string }[];
    limits: AttemptLimits;
  },
): Promise<string[]> {
  return await alive(async () => {
    const account = await deps.directory.calcomAccount(request.companyId);
    const { read } = callOptions(request.limits, "live");
    if (request.uids.length === 0) return ["no booking of this appointment is known there"];
    return await Promise.all(
      request.uids.map(async ({ key, uid }) => {
        try {
          const booking = await deps.calcom.getBooking(account, uid, read);
          const moved = booking.rescheduledToUid === null ? "" : ", moved on to another booking";
          return `phase \`${key}\`: \`${booking.status}\`, ${booking.start.toISOString()} to ${booking.end.toISOString()}${moved}`;
        } catch (error) {
          if (!(error instanceof CalcomError)) throw error;
          return `phase \`${key}\`: no answer (\`${error.kind}\`)`;
        }
      }),
    );
  });
}
