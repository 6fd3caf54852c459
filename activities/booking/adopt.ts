import { CalcomError } from "../../calcom/errors.js";
import { findOwnerOfUid, markAdopted, readOperations } from "../../db/booking/attempt.js";
import { inTenant } from "../../db/client.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import { alive, callOptions } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { isActive } from "./look-up.js";

export type Adopted = { result: "adopted"; operation: Operation } | { result: "refused"; why: string };

/** An operator names the booking in Cal.com that is this appointment: it proves the open operation. */
export async function adoptBooking(
  deps: BookingDependencies,
  request: {
    companyId: string;
    appointmentId: string;
    uid: string;
    operations: Operation[];
    limits: AttemptLimits;
  },
): Promise<Adopted> {
  return await alive(async () => {
    const account = await deps.directory.calcomAccount(request.companyId);
    const { read } = callOptions(request.limits, "live");
    try {
      const booking = await deps.calcom.getBooking(account, request.uid, read);
      if (!isActive(booking))
        return { result: "refused", why: "calcomUid: that booking is cancelled in Cal.com" };
      return await inTenant(deps.db, request.companyId, async (tx): Promise<Adopted> => {
        const owner = await findOwnerOfUid(tx, booking.uid);
        if (owner !== null && owner !== request.appointmentId) {
          return { result: "refused", why: "calcomUid: that booking belongs to another appointment" };
        }
        const rows = await readOperations(
          tx,
          request.operations.map((operation) => operation.id),
        );
        const open = rows.filter((row) => row.state !== "done" && row.kind !== "cancel");
        const row = open.find((candidate) => candidate.calcomEventTypeId === booking.eventTypeId);
        if (!row) return { result: "refused", why: "calcomUid: no open phase has that booking's event type" };
        await markAdopted(tx, row.id, booking.uid, booking.start);
        const operation = request.operations.find((candidate) => candidate.id === row.id);
        if (!operation) return { result: "refused", why: "calcomUid: no open operation" };
        return {
          result: "adopted",
          operation: {
            ...operation,
            state: "done",
            resultUid: booking.uid,
            wantedStart: booking.start.toISOString(),
          },
        };
      });
    } catch (error) {
      if (!(error instanceof CalcomError)) throw error;
      if (error.kind === "not_found")
        return { result: "refused", why: "calcomUid: Cal.com knows no such booking" };
      return { result: "refused", why: `Cal.com cannot be asked now (${error.kind}); try again` };
    }
  });
}
