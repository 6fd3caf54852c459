import { CalcomError } from "../../calcom/errors.js";
import { absorbImported, importedAs } from "../../db/booking/absorb.js";
import { markAdopted, readOperations } from "../../db/booking/attempt.js";
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
        const owner = await importedAs(tx, request.appointmentId, booking.uid);
        if (owner === "foreign") {
          return { result: "refused", why: "calcomUid: that booking belongs to another appointment" };
        }
        const rows = await readOperations(
          tx,
          request.operations.map((operation) => operation.id),
        );
        const open = rows.filter((row) => row.state !== "done" && row.kind !== "cancel");
        const ofType = open.filter((candidate) => candidate.calcomEventTypeId === booking.eventTypeId);
        if (ofType.length === 0)
          return { result: "refused", why: "calcomUid: no open phase has that booking's event type" };
        const row = ofType.find((candidate) => candidate.wantedStart?.getTime() === booking.start.getTime());
        const operation = request.operations.find((candidate) => candidate.id === row?.id);
        if (!row || !operation) {
          const wanted = ofType.map((candidate) => candidate.wantedStart?.toISOString() ?? "?").join(" or ");
          return {
            result: "refused",
            why: `calcomUid: that booking starts at ${booking.start.toISOString()}, this one at ${wanted}; move it in Cal.com first`,
          };
        }
        if (owner !== null && owner !== "own") {
          const { uid } = booking;
          await absorbImported(tx, request, { imported: owner.imported, uid, phaseKey: row.phaseKey });
        }
        await markAdopted(tx, row.id, booking.uid);
        return {
          result: "adopted",
          operation: {
            ...operation,
            state: "done",
            resultUid: booking.uid,
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
