import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { simulatorSeed } from "../../dev/seed/simulator.js";
import { InvalidTenantError, parseDocument } from "./document.js";

/** The example of contract.md 7. */
const EXAMPLE = {
  name: "Friseur 1",
  timeZone: "Europe/Berlin",
  locale: "de-DE",
  currency: "EUR",
  settings: {
    needsAppointmentBooking: true,
    serviceType: "appointment_booking",
    businessType: "hair_salon",
  },
  calcom: {
    baseUrl: "https://api.cal.com/v2",
    apiKey: "cal_live_x",
    teamId: 34209,
    webhookSecrets: ["s3cret"],
  },
  retell: { apiKeys: ["key_x"], agentIds: ["agent_x"] },
  branches: [
    {
      slug: "zentrale",
      name: "Friseur 1 Zentrale",
      timeZone: null,
      phoneNumbers: ["+493033081738"],
      openingHours: { mon: ["09:00-19:00"], sat: ["09:00-17:00"], sun: [] },
      closedOn: ["2026-12-25"],
      notifyEmails: ["zentrale@example.org"],
    },
  ],
  staff: [
    {
      slug: "emma",
      name: "Emma Williams",
      email: "emma@example.org",
      branches: ["zentrale"],
      skills: ["cut_men"],
      workingHours: { mon: ["09:00-12:00", "13:00-18:00"] },
      calcomUserId: 1346408,
    },
  ],
  services: [
    {
      slug: "herrenhaarschnitt",
      name: "Herrenhaarschnitt",
      aliases: ["Männerhaarschnitt"],
      category: "Schnitt",
      skill: "cut_men",
      priceCents: 2500,
      minimumNoticeMinutes: 120,
      maximumDaysAhead: 180,
      bufferAfterMinutes: 0,
      sameStaff: true,
      phases: [{ key: "main", minutes: 30, staffRequired: true }],
    },
  ],
  eventTypes: [
    { service: "herrenhaarschnitt", phase: "main", staff: null, branch: null, calcomEventTypeId: 3719739 },
  ],
  policies: [
    {
      for: { branch: "zentrale" },
      cancel: { noticeMinutes: 0, maxPerCustomerPerMonth: null, feeCents: 0 },
      reschedule: { noticeMinutes: 0, maxPerAppointment: null, feeCents: 0 },
      rescheduleFirst: true,
    },
  ],
};

type Json = Record<string, unknown>;

function errorsOf(document: unknown): Record<string, string> {
  try {
    parseDocument(document);
  } catch (error) {
    if (!(error instanceof InvalidTenantError)) throw error;
    return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]));
  }
  return {};
}

const [branch] = EXAMPLE.branches;
const [member] = EXAMPLE.staff;
const [service] = EXAMPLE.services;
const [mapping] = EXAMPLE.eventTypes;
const withBranch = (changes: Json) => ({ ...EXAMPLE, branches: [{ ...branch, ...changes }] });
const withStaff = (changes: Json) => ({ ...EXAMPLE, staff: [{ ...member, ...changes }] });
const withService = (changes: Json) => ({ ...EXAMPLE, services: [{ ...service, ...changes }] });
const withPolicy = (policy: Json) => ({ ...EXAMPLE, policies: [policy] });

describe("a tenant's document", () => {
  it("is accepted as the contract shows it, and changes nothing of it.", () => {
    expect(parseDocument(EXAMPLE)).toEqual(EXAMPLE);
  });

  it("fills in what may be left out.", () => {
    const parsed = parseDocument({
      name: "Klein",
      branches: [{ slug: "laden", name: "Laden", openingHours: {} }],
      staff: [{ slug: "ida", name: "Ida", workingHours: {} }],
      services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
      eventTypes: [{ service: "schnitt", calcomEventTypeId: 1 }],
    });
    expect(parsed).toMatchObject({
      timeZone: "Europe/Berlin",
      locale: "de-DE",
      currency: "EUR",
      calcom: { baseUrl: null, teamId: null },
      staff: [{ branches: ["laden"], email: null, calcomUserId: null }],
      services: [{ minimumNoticeMinutes: 120, maximumDaysAhead: 180, sameStaff: true, skill: null }],
      eventTypes: [{ phase: "main", staff: null, branch: null }],
      policies: [],
    });
    expect(parsed.calcom).not.toHaveProperty("apiKey");
    expect(parsed.calcom).not.toHaveProperty("webhookSecrets");
  });

  it("takes back what a GET gave, tokens included.", () => {
    expect(parseDocument({ ...EXAMPLE, tokens: [{ id: "x" }] })).toEqual(EXAMPLE);
  });

  it("names every unknown field with its path.", () => {
    const errors = errorsOf({
      ...EXAMPLE,
      colour: "red",
      branches: [{ ...branch, openingHours: { montag: ["09:00-10:00"] } }],
      services: [{ ...service, phases: [{ key: "main", minutes: 30, gap: true }] }],
    });
    expect(errors).toEqual({
      colour: "unknown field",
      "branches[0].openingHours.montag": "unknown field",
      "services[0].phases[0].gap": "unknown field",
    });
  });

  it("collects errors of form and of reference in one answer.", () => {
    const errors = errorsOf({
      ...EXAMPLE,
      timeZone: "Europe/Berlinn",
      staff: [{ ...member, branches: ["nowhere"], email: "emma" }],
      eventTypes: [
        { ...mapping, service: "nothing" },
        { ...mapping, staff: "nobody", branch: "nowhere" },
      ],
      policies: [{ for: { staff: "nobody" } }],
    });
    expect(Object.keys(errors).toSorted()).toEqual([
      "eventTypes[0].service",
      "eventTypes[1].branch",
      "eventTypes[1].staff",
      "policies[0].for.staff",
      "staff[0].branches[0]",
      "staff[0].email",
      "timeZone",
    ]);
  });

  it.each([
    ["09:00-25:00", "no span"],
    ["9:00-10:00", "no span"],
    ["22:00-02:00", "no span"],
    ["10:00-10:00", "no span"],
    ["10:00", "no span"],
  ])("refuses the span %s.", (span, message) => {
    expect(
      errorsOf(withBranch({ openingHours: { mon: [span] } }))["branches[0].openingHours.mon[0]"],
    ).toContain(message);
  });

  it("refuses spans that overlap and accepts those that touch, up to 24:00.", () => {
    const hours = (mon: string[]) => errorsOf(withStaff({ workingHours: { mon } }));
    expect(hours(["09:00-12:00", "11:59-13:00"])["staff[0].workingHours.mon[1]"]).toContain("overlaps");
    expect(hours(["13:00-18:00", "09:00-14:00"])["staff[0].workingHours.mon[1]"]).toContain("overlaps");
    expect(hours(["00:00-12:00", "12:00-24:00"])).toEqual({});
  });

  it.each<[string, Json, string]>([
    ["a zone that is an offset", { ...EXAMPLE, timeZone: "+01:00" }, "timeZone"],
    ["a currency that is none", { ...EXAMPLE, currency: "EURO" }, "currency"],
    ["a locale that is none", { ...EXAMPLE, locale: "d" }, "locale"],
    ["a locale that only looks like one", { ...EXAMPLE, locale: "deutsch" }, "locale"],
    ["a locale of no language", { ...EXAMPLE, locale: "xx-YY" }, "locale"],
    [
      "two people who are one host in Cal.com",
      {
        ...EXAMPLE,
        staff: [...EXAMPLE.staff, { ...EXAMPLE.staff[0], slug: "ida", name: "Ida" }],
      },
      "staff[1].calcomUserId",
    ],
    ["a local phone number", withBranch({ phoneNumbers: ["030 33081738"] }), "branches[0].phoneNumbers[0]"],
    ["a day that does not exist", withBranch({ closedOn: ["2026-02-29"] }), "branches[0].closedOn[0]"],
    ["a slug with a space", withBranch({ slug: "zen trale" }), "branches[0].slug"],
    ["an empty secret", { ...EXAMPLE, calcom: { webhookSecrets: [""] } }, "calcom.webhookSecrets[0]"],
    [
      "the secret that everybody knows",
      { ...EXAMPLE, calcom: { webhookSecrets: ["no-secret-provided"] } },
      "calcom.webhookSecrets[0]",
    ],
    ["a base URL of another scheme", { ...EXAMPLE, calcom: { baseUrl: "ftp://x.org" } }, "calcom.baseUrl"],
    ["no phases", withService({ phases: [] }), "services[0].phases"],
    [
      "a phase of no length",
      withService({ phases: [{ key: "main", minutes: 0 }] }),
      "services[0].phases[0].minutes",
    ],
    [
      "only gaps",
      withService({ phases: [{ key: "main", minutes: 5, staffRequired: false }] }),
      "services[0].phases",
    ],
    ["a price of half a cent", withService({ priceCents: 0.5 }), "services[0].priceCents"],
    ["text that cannot be stored", withService({ name: "Schnitt\0" }), "services[0].name"],
    [
      "a fee given twice",
      withPolicy({ cancel: { feeCents: 1, fee: { percent: 2 } } }),
      "policies[0].cancel.fee",
    ],
    [
      "a percentage over a hundred",
      withPolicy({ cancel: { fee: { percent: 101 } } }),
      "policies[0].cancel.fee.percent",
    ],
    [
      "a policy for two things",
      withPolicy({ for: { branch: "zentrale", staff: "emma" } }),
      "policies[0].for",
    ],
    ["no document at all", [] as unknown as Json, ""],
  ])("refuses %s.", (_, document, path) => {
    expect(Object.keys(errorsOf(document))).toContain(path);
  });

  it("takes several people without a host, several on one event type, and any language that exists.", () => {
    const [first] = EXAMPLE.staff;
    for (const locale of ["de", "de-AT", "tr-TR", "zh-Hans-CN", "pt-BR"]) {
      const document = {
        ...EXAMPLE,
        locale,
        staff: [
          first,
          { ...first, slug: "ida", calcomUserId: null },
          { ...first, slug: "olga", calcomUserId: null },
        ],
        eventTypes: [mapping, { ...mapping, staff: "ida" }, { ...mapping, staff: "olga" }],
      };
      expect(parseDocument(document).locale).toBe(locale);
    }
  });

  it("refuses what is there twice.", () => {
    const twice = <T>(items: T[]) => [...items, ...items];
    const errors = errorsOf({
      ...EXAMPLE,
      branches: twice(EXAMPLE.branches),
      staff: twice(EXAMPLE.staff),
      services: twice(EXAMPLE.services),
      eventTypes: twice(EXAMPLE.eventTypes),
      policies: twice(EXAMPLE.policies),
    });
    expect(Object.keys(errors).toSorted()).toEqual([
      "branches[1].phoneNumbers[0]",
      "branches[1].slug",
      "eventTypes[1]",
      "policies[1].for",
      "services[1].slug",
      "staff[1].slug",
    ]);
  });

  it("refuses an event type for two services, for a gap and for a phase that is not there.", () => {
    const phases = [
      { key: "main", minutes: 30 },
      { key: "wait", minutes: 10, staffRequired: false },
      { key: "end", minutes: 10 },
    ];
    const errors = errorsOf({
      ...withService({ phases }),
      eventTypes: [
        mapping,
        { ...mapping, phase: "end" },
        { ...mapping, phase: "wait", calcomEventTypeId: 2 },
        { ...mapping, phase: "rest", calcomEventTypeId: 3 },
        { ...mapping, branch: "zentrale" },
      ],
    });
    expect(Object.keys(errors)).toEqual([
      "eventTypes[1].calcomEventTypeId",
      "eventTypes[2].phase",
      "eventTypes[3].phase",
    ]);
  });

  it("is valid for the first tenant, and the simulator is made from it.", async () => {
    const file = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
    const document = parseDocument(JSON.parse(await readFile(file, "utf8")));
    const seed = simulatorSeed(document, {
      companySlug: "friseur-1",
      apiKey: "key",
      webhook: { url: "http://127.0.0.1:3000/api/webhooks/calcom/friseur-1", secret: "secret" },
    });
    const types = new Map(seed.eventTypes?.map((type) => [type.id, type]));
    expect(types.get(3719754)).toMatchObject({ lengthInMinutes: 30, hosts: [1001, 1346408] });
    expect(types.get(3800111)).toMatchObject({ lengthInMinutes: 50, hosts: [1001], hidden: true });
    for (const type of types.values()) expect(type.hosts, String(type.id)).not.toEqual([]);
    for (const { skill, slug } of document.services) {
      expect(
        document.staff.some((one) => skill === null || one.skills.includes(skill)),
        slug,
      ).toBe(true);
    }
  });
});
