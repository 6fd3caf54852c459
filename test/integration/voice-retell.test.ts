import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolAnswerSchema } from "../../api/voice/answer.js";
import { signRetell } from "../../api/voice/retell/signature.js";
import { VOICE_TOOLS } from "../../domain/voice/tools.js";
import { newNumber, phoneCall, RETELL_KEY, SALON_NUMBER, sendSigned } from "../support/phone.js";
import { closeSalons, type Salon } from "../support/salon.js";
import { OPEN_ALWAYS } from "../support/salon-document.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { makeCompany, ask as request } from "./contract-http.js";
import { ask, bookByPhone, dayIn, holdsOf, offerOf, startsOf, take } from "./voice-talk.js";

const INSTALLATION_KEY = "key_of_the_installation";
const OLD_KEY = "key_of_the_salon_before_it_was_rotated";
const NEIGHBOUR_KEY = "key_of_the_neighbour";
const NEIGHBOUR_NUMBER = "+493033081739";
const KEYLESS_NUMBER = "+493033081740";
const NOBODYS_NUMBER = "+493033081799";

let salon: Salon;
let neighbourToken: string;
beforeAll(async () => {
  salon = await startVoiceSalon({ env: { RETELL_API_KEY: INSTALLATION_KEY } }, (document) => ({
    ...document,
    retell: { apiKeys: [RETELL_KEY, OLD_KEY], agentIds: ["agent_salon"] },
  }));
  neighbourToken = await makeCompany(salon, "nachbar", {
    ...small("Nachbar", NEIGHBOUR_NUMBER),
    retell: { apiKeys: [NEIGHBOUR_KEY], agentIds: ["agent_nachbar"] },
  });
  await makeCompany(salon, "ohne-schluessel", small("Ohne Schlüssel", KEYLESS_NUMBER));
});
afterAll(closeSalons);

function small(name: string, number: string) {
  return {
    name,
    branches: [{ slug: "laden", name: "Laden", phoneNumbers: [number], openingHours: OPEN_ALWAYS }],
    staff: [{ slug: "ida", name: "Ida", workingHours: OPEN_ALWAYS }],
    services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
  };
}

const FUNCTION = "/api/webhooks/retell/function";

function bodyOf(over: Record<string, unknown> = {}, name = "list_services", args: unknown = {}) {
  return {
    name,
    args,
    call: { call_id: `call_${randomUUID()}`, from_number: newNumber(), to_number: SALON_NUMBER, ...over },
  };
}

async function post(body: unknown, key: string, { path = FUNCTION, at = Date.now() } = {}) {
  const response = await sendSigned(`${salon.url}${path}`, body, key, at);
  const text = await response.text();
  return { status: response.status, text, body: text === "" ? null : JSON.parse(text) };
}

describe("The signature", () => {
  it("holds for five minutes in both directions, with the key of today and with the one before it.", async () => {
    for (const key of [RETELL_KEY, OLD_KEY]) {
      for (const offset of [0, -4.9 * 60_000, 4.9 * 60_000]) {
        const answer = await post(bodyOf(), key, { at: Date.now() + offset });
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ ok: true, code: "SERVICES" });
      }
      for (const offset of [-5.1 * 60_000, 5.1 * 60_000]) {
        expect((await post(bodyOf(), key, { at: Date.now() + offset })).status).toBe(401);
      }
    }
  });

  it("that is missing, malformed, of other bytes or of another's key is a 401, and nothing is noted (11.67).", async () => {
    const raw = JSON.stringify(bodyOf({ call_id: "call_refused" }));
    const good = signRetell(raw, RETELL_KEY, Date.now());
    const send = async (signature: string | null, body = raw) =>
      await fetch(`${salon.url}${FUNCTION}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...(signature === null ? {} : { "X-Retell-Signature": signature }),
        },
        body,
      });
    for (const signature of [
      null,
      "",
      "v=1,d=00",
      good.slice(0, -1),
      `${good} `.replace("d=", "d=0"),
      good.replace(/v=\d+/, `v=${Date.now() + 1}`),
      signRetell(raw, INSTALLATION_KEY, Date.now()),
      signRetell(raw, NEIGHBOUR_KEY, Date.now()),
      signRetell(raw, "", Date.now()),
    ]) {
      const refused = await send(signature);
      expect(refused.status, String(signature)).toBe(401);
      expect(await refused.json()).toMatchObject({ type: "https://askpro.dev/problems/unauthorized" });
    }
    expect((await send(good, `${raw} `)).status).toBe(401);
    for (const path of ["/api/webhooks/retell/inbound", "/api/webhooks/retell"]) {
      expect((await post(bodyOf({ call_id: "call_refused" }), NEIGHBOUR_KEY, { path })).status).not.toBe(500);
    }
    const noted = await salon.admin.sql`SELECT 1 FROM calls WHERE provider_call_id = 'call_refused'`;
    expect(noted).toHaveLength(0);
    expect((await send(good)).status).toBe(200);
  });

  it("that is refused time and again is told to whoever watches: every call of that salon is dead (11.67).", async () => {
    const alerts = () =>
      salon.admin.sql`SELECT c.slug FROM alerts a JOIN companies c ON c.id = a.company_id
        WHERE a.type = 'voice.signatures_refused' AND c.slug = 'nachbar'`;
    expect(await alerts()).toEqual([]);
    for (let n = 0; n < 12; n += 1)
      expect((await post(bodyOf({ to_number: NEIGHBOUR_NUMBER }), OLD_KEY)).status).toBe(401);
    expect(await alerts()).toEqual([{ slug: "nachbar" }]);
  });

  it("of the installation counts only where the tenant has no key of its own.", async () => {
    const keyless = await post(bodyOf({ to_number: KEYLESS_NUMBER }), INSTALLATION_KEY);
    expect(keyless.body).toMatchObject({ ok: true, code: "SERVICES" });
    expect((await post(bodyOf(), INSTALLATION_KEY)).status).toBe(401);
    expect((await post(bodyOf({ to_number: KEYLESS_NUMBER }), RETELL_KEY)).status).toBe(401);
  });
});

describe("The tenant of a call", () => {
  it("is the owner of the called number, whatever number calls and whatever the arguments say (11.48, 11.66).", async () => {
    const answer = await post(
      bodyOf({ to_number: NEIGHBOUR_NUMBER, from_number: SALON_NUMBER }, "list_services", {
        company: "salon",
        call_id: "call_of_the_salon",
        to_number: SALON_NUMBER,
      }),
      NEIGHBOUR_KEY,
    );
    expect(answer.body).toMatchObject({ ok: true, code: "SERVICES" });
    const { body } = await request(salon, "GET", "/api/v2/voice/calls", { token: neighbourToken });
    expect(body.items).toHaveLength(1);
  });

  it("is the agent's where no number is known, and nobody's where neither is.", async () => {
    const web = bodyOf({ to_number: undefined, from_number: undefined, agent_id: "agent_salon" });
    expect((await post(web, RETELL_KEY)).body).toMatchObject({ ok: true, code: "SERVICES" });
    expect((await post({ ...web, call: { ...web.call, agent_id: "agent_x" } }, RETELL_KEY)).status).toBe(401);

    const nobody = bodyOf({ to_number: NOBODYS_NUMBER });
    const answer = await post(nobody, INSTALLATION_KEY);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ok: false, code: "TEMPORARY", next: "offer_callback" });
    const inbound = { event: "call_inbound", call_inbound: nobody.call };
    const greeted = await post(inbound, INSTALLATION_KEY, { path: "/api/webhooks/retell/inbound" });
    expect(greeted).toMatchObject({ status: 200, body: { call_inbound: {} } });
    const event = await post({ event: "call_ended", call: nobody.call }, INSTALLATION_KEY, {
      path: "/api/webhooks/retell",
    });
    expect(event.status).toBe(204);
    expect((await post(nobody, RETELL_KEY)).status).toBe(401);
  });

  it("is a wall: an offer of one company is none of another's.", async () => {
    const call = phoneCall(salon);
    const offer_id = offerOf(await ask(call, { days: 8, time: "10:00" }));
    const foreign = phoneCall(salon, {
      to: NEIGHBOUR_NUMBER,
      key: NEIGHBOUR_KEY,
      from: call.from,
      id: call.id,
    });
    expect(await take(foreign, offer_id)).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
    expect(await foreign.use("list_my_appointments")).toMatchObject({ code: "NOT_IDENTIFIED" });
    expect(await foreign.event("call_ended")).toBe(204);
    expect(await take(call, offer_id)).toMatchObject({ code: "BOOKED" });
  });

  it("is known from the first tool on, whoever calls, before any event has told of the call (11.66).", async () => {
    for (const from of ["anonymous", newNumber()]) {
      const call = phoneCall(salon, { from });
      expect(await call.use("list_services")).toMatchObject({ code: "SERVICES" });
      const { call_inbound } = await call.inbound();
      expect(call_inbound).toMatchObject({ dynamic_variables: { salon_name: "Salon" } });
      const values = Object.values(
        (call_inbound as { dynamic_variables: Record<string, unknown> }).dynamic_variables,
      );
      for (const value of values) expect(value).toBeTypeOf("string");
      expect(await call.event("call_started")).toBe(204);
      const rows = await salon.admin.sql`SELECT 1 FROM calls WHERE provider_call_id = ${call.id}`;
      expect(rows).toHaveLength(1);
    }
  });
});

describe("What is sent", () => {
  it("may be anything that is signed: it is answered with something to say.", async () => {
    for (const body of [
      "",
      "not json",
      "null",
      "[]",
      "7",
      '"text"',
      "{}",
      '{"name":7,"args":[],"call":[]}',
    ]) {
      const answer = await post(body, INSTALLATION_KEY);
      expect(answer.status, body).toBe(200);
      expect(toolAnswerSchema.parse(answer.body), body).toMatchObject({ ok: false });
    }
    expect((await post("not json", RETELL_KEY)).status).toBe(401);
  });

  it("may be two mebibytes of conversation and no more.", async () => {
    const large = bodyOf({ transcript: "a".repeat(1_900_000) });
    expect((await post(large, RETELL_KEY)).body).toMatchObject({ ok: true, code: "SERVICES" });
    const larger = bodyOf({ transcript: "a".repeat(2_200_000) });
    expect((await post(larger, RETELL_KEY)).status).toBe(413);
  });

  it("may name a tool with the version of a flow, in capitals of an older agent's fields, or none of ours (11.61, 11.63, 11.69).", async () => {
    const { name: _, args: __, ...call } = bodyOf();
    const older = { ...call, function_name: "list_services_v17", parameters: "{}" };
    expect((await post(older, RETELL_KEY)).body).toMatchObject({ ok: true, code: "SERVICES" });
    for (const name of [
      "get_alternatives",
      "confirm_booking",
      "",
      "__proto__",
      "list_services; DROP TABLE calls",
      "tool\u0000",
      "x".repeat(400),
      "\ud800",
    ]) {
      const answer = await post(bodyOf({}, name), RETELL_KEY);
      expect(answer.status, name).toBe(200);
      expect(answer.body, name).toMatchObject({ ok: false, code: "UNKNOWN_TOOL", next: "offer_callback" });
    }
  });

  it("may hold any arguments: each tool says something, and nothing is booked of it (11.59, 11.63).", async () => {
    const odd: unknown[] = [
      null,
      "null",
      "",
      [],
      7,
      "{}",
      { services: null, date: "", time: "null", when_text: "undefined", staff: "{{staff}}" },
      { services: "null", staff: [], date: 20261203, time: {} },
      { services: [{}, null, 7], when_text: "\u0000", date: "2026-99-99", time: "25:61" },
      { services: ["Schnitt\u0000"], when_text: "\ud800 morgen \u0000 um zehn", staff: "Emma\u0000" },
      { services: Array(500).fill("Schnitt"), when_text: "x".repeat(20_000) },
      { offer_id: "of_aaaaaaaaaaaa", customer_name: "null", caller_confirmed: "yes" },
      { offer_id: "'; DROP TABLE offers; --", customer_name: "O'Neill", caller_confirmed: true },
      { offer_id: ["of_x"], appointment_ref: "call_1", caller_confirmed: 1, topic: "\u0000" },
      { execution_message: "Einen Moment …", "\u0000": "\u0000", ["x".repeat(300)]: { deep: [[[]]] } },
    ];
    const before = salon.calcom.control.bookings().length;
    for (const tool of VOICE_TOOLS) {
      for (const [index, args] of odd.entries()) {
        const answer = await post(bodyOf({}, tool, args), RETELL_KEY);
        const which = `${tool} ${index} ${answer.text}`;
        expect(answer.status, which).toBe(200);
        const said = toolAnswerSchema.parse(answer.body);
        expect(said.code, which).not.toMatch(/^(TEMPORARY|BOOKED|CANCELLED|RESCHEDULED|PENDING)$/);
        expect(said.say, which).toMatch(/^\p{Lu}.*[.?!]$/u);
      }
    }
    expect(salon.calcom.control.bookings()).toHaveLength(before);
  });

  it("may have any id of a call: two callers who are both `call_1` are two calls (11.62).", async () => {
    for (const id of ["call_1", "1", "None", "", "call_\u0000"]) {
      const [one, two] = [phoneCall(salon, { id }), phoneCall(salon, { id })];
      const found = await ask(one, { days: 9, time: "10:00" });
      expect(startsOf(found), id).toHaveLength(1);
      expect(await take(two, offerOf(found))).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
      expect(startsOf(await ask(two, { days: 9, time: "10:00" }))).not.toEqual(startsOf(found));
      expect(await two.event("call_ended")).toBe(204);
      expect(await one.use("list_my_appointments")).toMatchObject({ code: "NOT_IDENTIFIED" });
      // Another's end of call has not taken the chair.
      expect(startsOf(await ask(phoneCall(salon), { days: 9, time: "10:00" }))).not.toEqual(startsOf(found));
      expect(await one.event("call_ended")).toBe(204);
    }
  });
});

describe("Every tool that is pasted into Retell", () => {
  it("is one that is answered here, with a schema of an object and our URL (11.69).", async () => {
    const { status, body } = await salon.get("/api/v2/voice/tools");
    expect(status).toBe(200);
    expect(body.tools.map((tool: { name: string }) => tool.name).sort()).toEqual([...VOICE_TOOLS].sort());
    for (const tool of body.tools) {
      expect(tool).toMatchObject({
        type: "custom",
        url: expect.stringMatching(/\/api\/webhooks\/retell\/function$/),
        parameters: { type: "object" },
      });
      expect(tool.description.length).toBeGreaterThan(20);
      // An identity is never an argument (voice-agents 3.2).
      for (const name of Object.keys(tool.parameters.properties ?? {})) {
        expect(name).not.toMatch(/call_?id|tenant|company|branch|user/i);
      }
      const answer = await post(bodyOf({}, tool.name), RETELL_KEY);
      expect(answer.body.code).not.toBe("UNKNOWN_TOOL");
    }
    expect(body.agentPrompt.length).toBeGreaterThan(200);
    expect(body.beginMessage).toBe("{{greeting}}");
    // The first sentence says that no human being speaks (voice-agents 3.8).
    expect(body.defaultDynamicVariables.greeting).toMatch(/KI|künstlich|digital/i);
  });
});

describe("Events of a call", () => {
  const analysed = {
    call_analysis: { custom_analysis_data: { appointment_booked: false }, call_successful: false },
  };

  it("end in one and the same record, repeated and in whatever order they come (11.89).", async () => {
    const events: [string, Record<string, unknown>][] = [
      ["call_started", {}],
      [
        "call_ended",
        { disconnection_reason: "user_hangup", duration_ms: 61_000, end_timestamp: Date.now() - 1_000 },
      ],
      ["call_analyzed", analysed],
    ];
    const views: unknown[] = [];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 1, 2, 0, 1],
      [2, 0, 2, 1, 1],
    ]) {
      const call = phoneCall(salon);
      for (const index of order) {
        const [event, extra] = events[index] ?? ["", {}];
        expect(await call.event(event, extra)).toBe(204);
      }
      const { body } = await salon.get("/api/v2/voice/calls");
      const found = body.items.filter((item: { providerCallId: string }) => item.providerCallId === call.id);
      expect(found).toHaveLength(1);
      const { id: _, providerCallId: __, startedAt: ___, ...view } = found[0];
      views.push(view);
    }
    for (const view of views) expect(view).toEqual(views[0]);
    expect(views[0]).toMatchObject({
      endReason: "user_hangup",
      durationMs: 61_000,
      claimsBooking: false,
      toolCalls: 0,
    });
  });

  it("of a kind that we do not know, or odd inside, are taken and change nothing.", async () => {
    const call = phoneCall(salon);
    for (const event of ["transcript_updated", "transfer_started", "", "call_ended\u0000"])
      expect(await call.event(event)).toBe(204);
    expect(
      await call.event("call_ended", {
        end_timestamp: 1e300,
        duration_ms: -5,
        disconnection_reason: "x\u0000".repeat(300),
        call_analysis: "no object",
        transcript_object: [7, null, { role: 1 }],
      }),
    ).toBe(204);
    expect(
      await call.event("call_analyzed", { call_analysis: { custom_analysis_data: [], call_summary: 7 } }),
    ).toBe(204);
  });

  it("never unmake what the ledger knows: a booking stands whatever the analysis says (11.77).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 10, time: "10:00" });
    await call.event("call_ended", { disconnection_reason: "user_hangup" });
    await call.event("call_analyzed", analysed);
    const { body } = await salon.get("/api/v2/voice/calls");
    const found = body.items.find((item: { providerCallId: string }) => item.providerCallId === call.id);
    expect(found).toMatchObject({ appointmentIds: [appointmentId], claimsBooking: false });
    const appointment = await salon.get(`/api/v2/bookings/${appointmentId}`);
    expect(appointment.body.status).toBe("confirmed");
    const alerts = await salon.admin.sql`SELECT 1 FROM alerts WHERE data->>'callId' = ${call.id}`;
    expect(alerts).toHaveLength(0);
  });

  it("that come after the caller has hung up free what the last tool still held.", async () => {
    const call = phoneCall(salon);
    await ask(call, { days: 11, time: "10:00" });
    expect(await call.event("call_ended")).toBe(204);
    expect(await holdsOf(salon, call.id)).toEqual([]);
  });
});

describe("The ledger of a call", () => {
  it("keeps every use with its result and nothing that says who called.", async () => {
    const call = phoneCall(salon);
    const found = await call.use("find_slots", {
      services: ["Schnitt"],
      when_text: "am liebsten früh, meine Nummer ist 0151 2345 6789 oder anna@example.org",
      date: dayIn(12),
      time: "10:00",
    });
    await call.use("book_appointment", {
      offer_id: found.offers?.[0]?.offer_id ?? "of_none",
      customer_name: "Wilhelmine Geheimrat",
      customer_phone: "0151 9876 5432",
      notes: "Bitte leise",
    });
    await call.use("request_callback", { topic: "Perücke für Wilhelmine", best_time: "abends" });
    const list = await salon.get("/api/v2/voice/calls");
    const { id } = list.body.items.find(
      (item: { providerCallId: string }) => item.providerCallId === call.id,
    );
    const { status, body } = await salon.get(`/api/v2/voice/calls/${id}`);
    expect(status).toBe(200);
    expect(body.tools.map((use: { tool: string }) => use.tool)).toEqual([
      "find_slots",
      "book_appointment",
      "request_callback",
    ]);
    for (const use of body.tools) {
      expect(use.code).toBeTypeOf("string");
      expect(use.latencyMs).toBeGreaterThanOrEqual(0);
    }
    const text = JSON.stringify(body);
    expect(text).not.toMatch(/Wilhelmine|Geheimrat|2345|9876|example\.org|Perücke|leise|abends/);
    expect(text).not.toContain(call.from);
    const foreign = await request(salon, "GET", `/api/v2/voice/calls/${id}`, { token: neighbourToken });
    expect(foreign.status).toBe(404);
  });
});
