import { readOperations } from "../../db/booking/attempt.js";
import { readFacts } from "../../db/booking/outcome.js";
import { inTenant } from "../../db/client.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { Operation } from "../../domain/booking/operation.js";
import type { BookingDependencies } from "./dependencies.js";

/** The appointment and its operations as the rows have them, for an attempt whose report was lost. */
export async function factsOf(
  deps: BookingDependencies,
  request: { companyId: string; appointmentId: string; operations: readonly Operation[] },
): Promise<{ appointment: AppointmentFacts; operations: Operation[]; standing: boolean }> {
  return await inTenant(deps.db, request.companyId, async (tx) => {
    const appointment = await readFacts(tx, request.appointmentId);
    const rows = await readOperations(
      tx,
      request.operations.map((operation) => operation.id),
    );
    const operations = request.operations.map((operation): Operation => {
      const row = rows.find((candidate) => candidate.id === operation.id);
      if (!row) return operation;
      const state = row.state === "planned" || row.state === "sent" ? "open" : row.state;
      return { ...operation, uid: row.uid, resultUid: row.resultUid, state };
    });
    return {
      appointment,
      operations,
      standing: rows.some((row) => row.state === "sent" || row.state === "done"),
    };
  });
}
