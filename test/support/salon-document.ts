import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";

const ALWAYS = ["00:00-24:00"];
export const OPEN_ALWAYS = {
  mon: ALWAYS,
  tue: ALWAYS,
  wed: ALWAYS,
  thu: ALWAYS,
  fri: ALWAYS,
  sat: ALWAYS,
  sun: ALWAYS,
};

/** Event types of the salon; each test has a Cal.com of its own, so the numbers need not differ. */
export const TYPES = {
  cutEmma: 101,
  cutFabian: 102,
  anyone: 110,
  onRequest: 120,
  perm: { emma: [201, 202, 203, 204], fabian: [211, 212, 213, 214] },
} as const;

export const HOSTS = { emma: 11, fabian: 12 } as const;
const PERM = [
  { key: "wind", minutes: 50 },
  { key: "act", minutes: 15, staffRequired: false },
  { key: "fix", minutes: 5 },
  { key: "rest", minutes: 10, staffRequired: false },
  { key: "rinse", minutes: 15 },
  { key: "cut", minutes: 40 },
];
const PERM_STAFFED = ["wind", "fix", "rinse", "cut"] as const;

/** A salon that is always open: a plain cut, a round-robin service, one on request, and a perm of four staffed phases. */
export function salonDocument(calcomBaseUrl: string, webhookSecret: string): TenantDocument {
  return parseDocument({
    name: "Salon",
    timeZone: "Europe/Berlin",
    calcom: { baseUrl: calcomBaseUrl, apiKey: "cal_test", teamId: 50, webhookSecrets: [webhookSecret] },
    branches: [{ slug: "zentrale", name: "Zentrale", openingHours: OPEN_ALWAYS }],
    staff: (["emma", "fabian"] as const).map((slug) => ({
      slug,
      name: slug === "emma" ? "Emma Williams" : "Fabian Spitzer",
      email: `${slug}@salon.test`,
      branches: ["zentrale"],
      skills: ["cut"],
      workingHours: OPEN_ALWAYS,
      calcomUserId: HOSTS[slug],
    })),
    services: [
      {
        slug: "schnitt",
        name: "Schnitt",
        skill: "cut",
        priceCents: 2500,
        minimumNoticeMinutes: 0,
        phases: [{ key: "main", minutes: 30 }],
      },
      {
        slug: "beliebig",
        name: "Beliebig",
        skill: "cut",
        priceCents: 2000,
        minimumNoticeMinutes: 0,
        phases: [{ key: "main", minutes: 30 }],
      },
      {
        slug: "anfrage",
        name: "Anfrage",
        skill: "cut",
        priceCents: 3000,
        minimumNoticeMinutes: 0,
        phases: [{ key: "main", minutes: 30 }],
      },
      {
        slug: "dauerwelle",
        name: "Dauerwelle",
        skill: "cut",
        priceCents: 8500,
        minimumNoticeMinutes: 0,
        phases: PERM,
      },
    ],
    eventTypes: [
      { service: "schnitt", phase: "main", staff: "emma", calcomEventTypeId: TYPES.cutEmma },
      { service: "schnitt", phase: "main", staff: "fabian", calcomEventTypeId: TYPES.cutFabian },
      { service: "beliebig", phase: "main", staff: null, calcomEventTypeId: TYPES.anyone },
      { service: "anfrage", phase: "main", staff: "emma", calcomEventTypeId: TYPES.onRequest },
      ...(["emma", "fabian"] as const).flatMap((member) =>
        PERM_STAFFED.map((phase, index) => ({
          service: "dauerwelle",
          phase,
          staff: member,
          calcomEventTypeId: TYPES.perm[member][index],
        })),
      ),
    ],
  });
}
