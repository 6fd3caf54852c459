import type { InboxEvent } from "../../db/calcom/inbox-event.js";
import { inTenant } from "../../db/client.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import type { EventDecision, KnownBooking } from "../../domain/booking/calcom-event.js";
import { type Booker, hasBegun, markOfBooker } from "../../domain/booking/no-show.js";
import type { NoShowMark } from "../../domain/calcom/event.js";
import { callOptions } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { getIfThere } from "./look-up.js";
import { NOT_IN_CALCOM } from "./set-aside.js";
import { calcomError } from "./step.js";

interface NoShowRequest {
  companyId: string;
  appointmentId: string;
  known: KnownBooking;
  limits: AttemptLimits;
}

/**
 * Whether a mark of absence makes an appointment a no-show: only the booker's does, and only when it has
 * begun. Where we know them by another address than Cal.com does, it is asked.
 */
export async function decideNoShow(
  deps: BookingDependencies,
  request: NoShowRequest,
  { event, person }: InboxEvent,
  absent: boolean,
): Promise<EventDecision> {
  const starts = request.known.phases.map((phase) => phase.start);
  if (absent && starts.length > 0 && !hasBegun(starts, new Date())) {
    return { kind: "note", why: "no_show_before_start" };
  }
  const marks = person.noShows ?? [];
  // What `reconcile` has found, and old rows, are about the booker.
  if (marks.length === 0 || event.uid === null) return { kind: "no_show", absent };
  const ours = markOfBooker(marks, await bookerOf(deps, request));
  if (ours !== null) return { kind: "no_show", absent: ours };
  return await askWho(deps, request, event.uid, marks);
}

async function bookerOf(deps: BookingDependencies, request: NoShowRequest): Promise<Booker> {
  const [row] = await inTenant(
    deps.db,
    request.companyId,
    (tx) => tx<Booker[]>`
      SELECT attendee_email AS email, attendee_phone AS phone FROM appointments WHERE id = ${request.appointmentId}`,
  );
  return row ?? { email: null, phone: null };
}

async function askWho(
  deps: BookingDependencies,
  request: NoShowRequest,
  uid: string,
  marks: readonly NoShowMark[],
): Promise<EventDecision> {
  const account = await deps.directory.calcomAccount(request.companyId);
  try {
    const asking = { deps, account, ...callOptions(request.limits, "webhook") };
    const booking = await getIfThere(asking, uid);
    if (!booking) return { kind: "unclear", why: NOT_IN_CALCOM };
    const [booker] = booking.attendees;
    const theirs = booker ? markOfBooker(marks, booker) : null;
    return theirs === null ? { kind: "note", why: "guest_no_show" } : { kind: "no_show", absent: theirs };
  } catch (thrown) {
    const { kind } = calcomError(thrown);
    return { kind: "unclear", why: `calcom_${kind}` };
  }
}
