import { Closing, inTenant, type Transaction } from "../../../db/client.js";
import { type OfferRow, offerRow } from "../../../db/voice/offers.js";
import { type NumberUsage, numberUsage } from "../../../db/voice/own-appointments.js";
import type { SpokenAppointment } from "../../../domain/speech/said.js";
import { calcomChoosesHost } from "../../../domain/tenant/catalogue.js";
import { personName } from "../../../domain/voice/person-name.js";
import { dictatesNumber, spokenPhoneNumber } from "../../../domain/voice/spoken-phone-number.js";
import { calledName } from "../../../domain/voice/staff-match.js";
import { bookOffer, type Result } from "../../booking/offered.js";
import { done, refused, type ToolAnswer } from "../answer.js";
import type { ToolContext } from "../invocation.js";
import { refusedByRules, takenInstead } from "./outcome.js";

/** One number books at most so much by voice in a day, and so much at once while nobody has seen it (voice-agents 3.6). */
const BOOKED_A_DAY = 3;
const OPEN_OF_A_STRANGER = 2;

/** `book_appointment`: takes an offer of this call, after a yes. */
export async function bookAppointment(context: ToolContext): Promise<ToolAnswer> {
  const { deps, args, companyId, call, catalogue } = context;
  const { say } = deps;
  const said = args.customerPhone === null ? null : spokenPhoneNumber(args.customerPhone);
  const phone = said ?? context.callerPhone;
  const { offer, tooMuch } = await readOfferAndUsage(context, phone);
  if (!offer) {
    if (args.offerId === null) return refused("INVALID", say.invalid({ field: "offer" }), "ask_date");
    return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");
  }
  const repeated = offer.state === "taken" && offer.appointmentId !== null;
  if (!repeated && (offer.state === "released" || offer.expired))
    return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");

  const named = personName(args.customerName, catalogue);
  if (named.kind !== "name" && !repeated) {
    return refused("NEEDS_NAME", say.needsName({ heard: named.kind === "not_a_name" }), "ask_name");
  }
  // What was dictated and not understood is asked for again, not replaced by the number that calls.
  if (!repeated && (phone === null || (said === null && dictatesNumber(args.customerPhone)))) {
    return refused("NEEDS_PHONE", say.needsPhone({ heard: args.customerPhone !== null }), "ask_phone");
  }
  const appointment = spokenOffer(context, offer);
  const name = named.kind === "name" ? named.name : "";
  if (!args.confirmed && !repeated) {
    const price = catalogue.services.find((service) => service.id === offer.serviceId)?.priceCents ?? null;
    return done(
      "CONFIRM",
      say.confirmBooking({
        now: context.now,
        appointment,
        customerName: name,
        priceCents: price,
        phone: said === context.callerPhone ? null : said,
      }),
      "confirm",
    );
  }
  if (!repeated && tooMuch) return refused("TOO_MANY", say.tooMany({ cause: "number" }), "offer_callback");
  const result = await bookOffer(deps, {
    companyId,
    callId: call.id,
    offer,
    person: {
      name,
      email: null,
      phone,
      // The number was only said: what is booked with it is not somebody else's.
      ...(context.callerPhone === null ? { unverified: true as const } : {}),
    },
    notes: args.notes,
    deadline: context.deadline,
    accepted: (appointmentId) => context.ifLate(noted(context, offer, appointmentId)),
  });
  return await answerOf(context, offer, result);
}

async function answerOf(context: ToolContext, offer: OfferRow, result: Result): Promise<ToolAnswer> {
  const { say } = context.deps;
  const stands = result.result === "done" ? result.standsAt : undefined;
  const appointment = spokenOffer(
    context,
    stands ? { ...offer, startAt: stands.start, staffId: stands.staffId ?? offer.staffId } : offer,
  );
  switch (result.result) {
    case "done":
      return done("BOOKED", say.booked({ now: context.now, appointment, confirmationBy: null }), "end", {
        appointment_id: result.appointmentId,
      });
    case "pending":
      return noted(context, offer, result.appointmentId);
    case "taken":
      return await takenInstead(context, offer);
    case "expired":
      return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");
    case "refused":
      return refusedByRules(context, result);
  }
}

/** The chair is held and the booking goes on; Cal.com has not said yes. */
function noted(context: ToolContext, offer: OfferRow, appointmentId: string): ToolAnswer {
  const appointment = spokenOffer(context, offer);
  const say = context.deps.say.pending({
    now: context.now,
    change: "book",
    appointment,
    confirmationBy: null,
  });
  return done("PENDING", say, "end", { appointment_id: appointmentId });
}

/** An offer belongs to one call; anybody else's looks as if it had never been. */
export async function offerOfCall(context: ToolContext): Promise<OfferRow | null> {
  if (context.args.offerId === null) return null;
  return await inTenant(context.deps.db, context.companyId, async (tx) => {
    const { statements, read } = readingOffer(tx, context);
    return Closing.reading(statements, read);
  });
}

function readingOffer(tx: Transaction, { companyId, args, call }: ToolContext) {
  if (args.offerId === null) return { statements: [], read: () => Promise.resolve(null) };
  const row = offerRow(tx, companyId, args.offerId.toLowerCase().replaceAll(/[^a-z0-9_]/g, ""));
  return {
    statements: [row],
    read: async (): Promise<OfferRow | null> => {
      const [found] = await row;
      return found?.callId === call.id ? found : null;
    },
  };
}

/** The offer that is meant, and whether the number that is booked with, or the one that calls, books too much. */
async function readOfferAndUsage(
  context: ToolContext,
  phone: string | null,
): Promise<{ offer: OfferRow | null; tooMuch: boolean }> {
  const { deps, companyId, callerPhone, args } = context;
  if (args.offerId === null) return { offer: null, tooMuch: false };
  const numbers = args.confirmed ? new Set([phone, callerPhone]) : [];
  return await inTenant(deps.db, companyId, async (tx) => {
    const offer = readingOffer(tx, context);
    const usages = [...numbers].flatMap((number) => (number === null ? [] : numberUsage(tx, number)));
    return Closing.reading([...offer.statements, ...usages], async () => ({
      offer: await offer.read(),
      tooMuch: (await Promise.all(usages)).flat().some(isTooMuch),
    }));
  });
}

function isTooMuch(usage: NumberUsage): boolean {
  return usage.bookedToday >= BOOKED_A_DAY || (!usage.known && usage.open >= OPEN_OF_A_STRANGER);
}

/** Nobody is named whom Cal.com may yet replace: service and person spoken are those booked (salon-gateway I-9). */
export function spokenOffer(context: ToolContext, offer: OfferRow): SpokenAppointment {
  const { catalogue } = context;
  const open = !offer.staffWished && calcomChoosesHost(catalogue, offer.phases);
  const member = open ? undefined : catalogue.staff.find((candidate) => candidate.id === offer.staffId);
  const service = catalogue.services.find((candidate) => candidate.id === offer.serviceId);
  return {
    start: offer.startAt,
    zone: offer.timeZone,
    staff: member ? calledName(member, catalogue.staff) : null,
    service: service?.name ?? "",
  };
}
