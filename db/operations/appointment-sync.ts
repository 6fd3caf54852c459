import { z } from "zod";
import { isoInZone } from "../../domain/time/instant.js";
import { type Database, inTenant } from "../client.js";

const text = z.string().nullable();
const date = z.date().nullable();

const appointmentSchema = z.object({
  workflowId: z.string(),
  status: z.string(),
  timeZone: z.string(),
  syncState: z.enum(["synced", "pending", "failed", "manual_review"]),
  verifiedAt: date,
  lastError: text,
  nextAttemptAt: date,
  reviewReason: text,
});
const phaseSchema = z.object({
  key: z.string(),
  staffRequired: z.boolean(),
  calcomUid: text,
  sync: z.string(),
});
const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  phaseKey: z.string(),
  state: z.string(),
  doubtful: z.boolean(),
  sends: z.number(),
  uid: text,
  resultUid: text,
  wantedStart: date,
  error: text,
  firstSentAt: date,
  lastSentAt: date,
  createdAt: z.date(),
});
const linkSchema = z.object({ uid: z.string(), phaseKey: text, previousUid: text, createdAt: z.date() });

/** How one appointment and Cal.com agree. Instants carry the offset of the branch's zone. */
export interface AppointmentSync {
  appointmentId: string;
  workflowId: string;
  status: string;
  sync: {
    state: "synced" | "pending" | "failed" | "manual_review";
    verifiedAt: string | null;
    lastError: string | null;
    nextAttemptAt: string | null;
    reviewReason: string | null;
  };
  phases: { key: string; staffRequired: boolean; calcomUid: string | null; sync: string; uids: string[] }[];
  /** Our writes to Cal.com, oldest first. */
  operations: {
    id: string;
    kind: string;
    phase: string;
    state: string;
    /** The last answer did not say whether it took effect. */
    doubtful: boolean;
    attempts: number;
    calcomUid: string | null;
    resultUid: string | null;
    wantedStart: string | null;
    lastError: string | null;
    firstSentAt: string | null;
    lastSentAt: string | null;
    createdAt: string;
  }[];
  /** Every uid that Cal.com ever gave it, oldest first. */
  chain: { calcomUid: string; phase: string | null; previousUid: string | null; since: string }[];
}

/** @returns `null` when the company has no such appointment */
export async function readAppointmentSync(
  db: Database,
  companyId: string,
  appointmentId: string,
): Promise<AppointmentSync | null> {
  const [appointments, phases, operations, links] = await inTenant(db, companyId, (tx) =>
    Promise.all([
      tx`SELECT workflow_id, status, time_zone, sync_state, verified_at, last_error, next_attempt_at, review_reason
         FROM appointments WHERE company_id = ${companyId} AND id = ${appointmentId}`,
      tx`SELECT key, staff_required, calcom_uid, sync FROM appointment_phases
         WHERE company_id = ${companyId} AND appointment_id = ${appointmentId} ORDER BY position`,
      tx`SELECT id, kind, phase_key, state, doubtful, sends, uid, result_uid, wanted_start, error, first_sent_at,
           last_sent_at, created_at
         FROM remote_operations WHERE company_id = ${companyId} AND appointment_id = ${appointmentId} ORDER BY created_at, id`,
      tx`SELECT uid, phase_key, previous_uid, created_at FROM calcom_uids
         WHERE company_id = ${companyId} AND appointment_id = ${appointmentId} ORDER BY created_at, uid`,
    ]),
  );
  if (!appointments[0]) return null;
  const appointment = appointmentSchema.parse(appointments[0]);
  const chain = z.array(linkSchema).parse([...links]);
  const at = (instant: Date) => isoInZone(instant, appointment.timeZone);
  const atOrNull = (instant: Date | null) => (instant === null ? null : at(instant));
  return {
    appointmentId,
    workflowId: appointment.workflowId,
    status: appointment.status,
    sync: {
      state: appointment.syncState,
      verifiedAt: atOrNull(appointment.verifiedAt),
      lastError: appointment.lastError,
      nextAttemptAt: atOrNull(appointment.nextAttemptAt),
      reviewReason: appointment.reviewReason,
    },
    phases: z
      .array(phaseSchema)
      .parse([...phases])
      .map((phase) => ({
        ...phase,
        uids: chain.filter((link) => link.phaseKey === phase.key).map((link) => link.uid),
      })),
    operations: z
      .array(operationSchema)
      .parse([...operations])
      .map((operation) => ({
        id: operation.id,
        kind: operation.kind,
        phase: operation.phaseKey,
        state: operation.state,
        doubtful: operation.doubtful,
        attempts: operation.sends,
        calcomUid: operation.uid,
        resultUid: operation.resultUid,
        wantedStart: atOrNull(operation.wantedStart),
        lastError: operation.error,
        firstSentAt: atOrNull(operation.firstSentAt),
        lastSentAt: atOrNull(operation.lastSentAt),
        createdAt: at(operation.createdAt),
      })),
    chain: chain.map((link) => ({
      calcomUid: link.uid,
      phase: link.phaseKey,
      previousUid: link.previousUid,
      since: at(link.createdAt),
    })),
  };
}
