import { randomUUID } from "node:crypto";
import type { CalcomAccount, CalcomClient } from "../../../calcom/client.js";
import type { Database } from "../../../db/client.js";
import { type Catalogue, eventTypeFor } from "../../../domain/tenant/catalogue.js";
import type { Wish } from "./settings.js";

export interface BareDeps {
  db: Database;
  calcom: CalcomClient;
  account: CalcomAccount;
  catalogue: Catalogue;
}

/** The table that the bare contender writes to. */
export const BARE_TABLE = `
  CREATE TABLE IF NOT EXISTS bench_bookings (
    id uuid PRIMARY KEY, staff_id uuid NOT NULL, service_id uuid NOT NULL, start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL, attendee_name text NOT NULL, attendee_email text NOT NULL, calcom_uid text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now())`;

/** The same request to Cal.com as ours, and one insert. */
export function createBareActivities({ db, calcom, account, catalogue }: BareDeps) {
  return {
    async makeBooking(wish: Wish): Promise<string> {
      const service = catalogue.services.find((one) => one.slug === wish.service);
      const member = catalogue.staff.find((one) => one.slug === wish.staff);
      const [branch] = catalogue.branches;
      const phase = service?.phases[0];
      if (!service || !member || !branch || !phase) throw new Error("unknown service or staff");
      const mapping = eventTypeFor(catalogue, service, phase.key, member, branch);
      if (!mapping) throw new Error("no event type");
      const id = randomUUID();
      const booking = await calcom.createBooking(
        account,
        {
          eventTypeId: mapping.calcomEventTypeId,
          start: new Date(wish.start),
          attendee: { ...wish.customer, phone: null, timeZone: branch.timeZone, language: "de" },
          metadata: { operationId: id, appointmentId: id, phase: phase.key },
          bookingFieldsResponses: { title: service.name },
        },
        { lane: "live" },
      );
      await db.sql`
        INSERT INTO bench_bookings (id, staff_id, service_id, start_at, end_at, attendee_name, attendee_email, calcom_uid)
        VALUES (${id}, ${member.id}, ${service.id}, ${booking.start}, ${booking.end}, ${wish.customer.name},
          ${wish.customer.email}, ${booking.uid})`;
      return booking.uid;
    },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;
